"""Versions of a tenant's models: every training is one, and every choice among them is kept."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from foreseen.control import model_stages
from foreseen.control.audit_log import Actor, Change, record
from foreseen.control.database import reading, writing
from foreseen.control.model_stages import Placed
from foreseen.control.tables import ModelChoiceRow, ModelVersionRow
from foreseen.core.errors import ConfigurationError, NotFoundError
from foreseen.core.ids import ContentHash, RuleId, TenantId


@dataclass(frozen=True, slots=True)
class NewVersion:
    """What a training gave.

    Attributes:
        foresight: Hash of the artefact that names models, fusion and how they came about.
        author: Who asked for it, or what.
        reason: Why.
        time: When, ms UTC.
        refused: Why it may not be taken without a second person; None: it may.
        report: What the gates said, JSON-ready.
    """

    foresight: ContentHash
    author: str
    reason: str
    time: int
    refused: str | None = None
    report: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Version(NewVersion):
    """A version as kept; `number` counts from 1 for each tenant."""

    number: int = 0


@dataclass(frozen=True, slots=True)
class Choice:
    """A version was taken into use.

    Attributes:
        version: Its number.
        author: Who took it.
        reason: Why.
        time: When, ms UTC.
        second: The second person, where one was needed.
        instead_of: Version that was in use when it was decided (0: none); another one in use by now
            refuses the choice. None: whichever is in use.
    """

    version: int
    author: str
    reason: str
    time: int
    second: str | None = None
    instead_of: int | None = None


@dataclass(frozen=True, slots=True)
class InUse:
    """What decides now: the chosen version and the last word on each rule, of one moment."""

    version: Version
    choice: Choice
    placed: dict[RuleId, Placed]


def add(engine: Engine, tenant: TenantId, new: NewVersion) -> int:
    """Keep a version; returns its number."""
    with writing(engine) as session:
        number = 1 + (
            session.scalar(
                select(func.max(ModelVersionRow.number)).where(ModelVersionRow.tenant == tenant)
            )
            or 0
        )
        session.add(
            ModelVersionRow(
                tenant=tenant,
                number=number,
                foresight=new.foresight,
                author=new.author,
                reason=new.reason,
                time=new.time,
                refused=new.refused,
                report=new.report,
            )
        )
        return number


def take(
    engine: Engine,
    tenant: TenantId,
    choice: Choice,
    placed: Sequence[Placed],
    *,
    actor: Actor | None = None,
) -> None:
    """Take a version into use and place its models, all or nothing.

    Args:
        engine: The control database.
        tenant: Whose.
        choice: The choice.
        placed: Where its models stand.
        actor: Who is recorded in the audit log; None: nobody ordered it.

    Raises:
        NotFoundError: There is no such version.
        ConfigurationError: Another version came into use since it was decided; or the version is
            refused, and no second person besides the author stands for it.
    """
    with writing(engine) as session:
        version = _version(session, tenant, choice.version)
        used = _last_choice(session, tenant)
        number = used.version if used else 0
        if choice.instead_of is not None and number != choice.instead_of:
            raise ConfigurationError(
                f"version {number} came into use meanwhile, not {choice.instead_of}; compare with"
                " it first"
            )
        if version.refused and (not choice.second or choice.second == choice.author):
            raise ConfigurationError(
                f"version {version.number} is refused: {version.refused}; a second person"
                " has to stand for it (--second NAME, another one than the first)"
            )
        session.add(
            ModelChoiceRow(
                tenant=tenant,
                version=choice.version,
                author=choice.author,
                second=choice.second,
                reason=choice.reason,
                time=choice.time,
            )
        )
        model_stages.append(session, tenant, placed)
        if actor is not None:
            after = {"version": choice.version, "second": choice.second, "reason": choice.reason}
            change = Change("use", "model_version", str(choice.version), {"version": number}, after)
            record(session, tenant, actor, change, now=choice.time)


def in_use(engine: Engine, tenant: TenantId) -> InUse | None:
    """The version in use; None before the first choice."""
    with reading(engine) as session:
        row = _last_choice(session, tenant)
        if row is None:
            return None
        return InUse(
            _version(session, tenant, row.version),
            _choice(row),
            model_stages.last_placements(session, tenant),
        )


def version(engine: Engine, tenant: TenantId, number: int) -> Version:
    """One version.

    Raises:
        NotFoundError: There is no such version.
    """
    with reading(engine) as session:
        return _version(session, tenant, number)


def versions(engine: Engine, tenant: TenantId) -> list[Version]:
    """All versions, newest first."""
    query = (
        select(ModelVersionRow)
        .where(ModelVersionRow.tenant == tenant)
        .order_by(ModelVersionRow.number.desc())
    )
    with reading(engine) as session:
        return [_kept(row) for row in session.scalars(query)]


def choices(engine: Engine, tenant: TenantId) -> list[Choice]:
    """Every choice that was ever made, newest first."""
    query = (
        select(ModelChoiceRow)
        .where(ModelChoiceRow.tenant == tenant)
        .order_by(ModelChoiceRow.id.desc())
    )
    with reading(engine) as session:
        return [_choice(row) for row in session.scalars(query)]


def _last_choice(session: Session, tenant: TenantId) -> ModelChoiceRow | None:
    query = (
        select(ModelChoiceRow)
        .where(ModelChoiceRow.tenant == tenant)
        .order_by(ModelChoiceRow.id.desc())
        .limit(1)
    )
    return session.scalars(query).first()


def _version(session: Session, tenant: TenantId, number: int) -> Version:
    row = session.get(ModelVersionRow, (tenant, number))
    if row is None:
        raise NotFoundError(f"no version {number} of the models; 'foreseen models versions' lists")
    return _kept(row)


def _kept(row: ModelVersionRow) -> Version:
    return Version(
        foresight=ContentHash(row.foresight),
        author=row.author,
        reason=row.reason,
        time=row.time,
        refused=row.refused,
        report=row.report,
        number=row.number,
    )


def _choice(row: ModelChoiceRow) -> Choice:
    return Choice(row.version, row.author, row.reason, row.time, row.second)
