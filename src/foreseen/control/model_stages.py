"""How far each rule's model is trusted: every change kept, with who or which gate, when and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from foreseen.control.audit_log import Actor, Change, record
from foreseen.control.database import reading, writing
from foreseen.control.tables import ModelStageRow
from foreseen.core.decisions import Stage
from foreseen.core.errors import StaleError
from foreseen.core.ids import ContentHash, RuleId, TenantId


class Cause(StrEnum):
    """What made a stage what it is."""

    GATES = "gates"
    """A new version's gates: passed, or failed."""
    ACCEPTED = "accepted"
    """A person accepted the history, and all gates passed."""
    AGREED = "agreed"
    """The model's word agreed with what came of its matches for as long as settings ask."""
    PROMOTED = "promoted"
    """A person's order."""
    DEMOTED = "demoted"
    """A person's order; it stands for later models, too, until a person promotes the rule."""
    REVIEWED = "reviewed"
    """What a review of the models in use found."""
    ROLLED_BACK = "rolled back"
    """An older version came back into use."""


@dataclass(frozen=True, slots=True)
class Placed:
    """One rule's model was placed in a stage.

    Attributes:
        rule: Whose model.
        stage: How far it is trusted from then on.
        cause: What made it so.
        author: Who, or which gate or review.
        reason: Why, in a sentence.
        model: Content hash of the model that was placed; another model of the rule only observes.
        version: Number of the version that it is of.
        time: When, ms UTC.
        evidence: What it rests on: sentences with figures, uids of matches.
        number: Its place in the history; given by the database.
    """

    rule: RuleId
    stage: Stage
    cause: Cause
    author: str
    reason: str
    model: ContentHash
    version: int
    time: int
    evidence: tuple[str, ...] = ()
    number: int = 0


def place(
    engine: Engine,
    tenant: TenantId,
    placed: Sequence[Placed],
    *,
    actor: Actor | None = None,
    seen: int | None = None,
) -> None:
    """Append to the history, all or nothing.

    Args:
        engine: The control database.
        tenant: Whose.
        placed: What is said.
        actor: Who is recorded in the audit log; None: nobody ordered it.
        seen: Number of the last word on these rules that it was decided by (0: none); another one
            refuses it. None: whichever it is.

    Raises:
        StaleError: Another word came meanwhile.
    """
    with writing(engine) as session:
        before = last_placements(session, tenant)
        for one in placed:
            old = before.get(one.rule)
            if seen is not None and (old.number if old else 0) != seen:
                raise StaleError(f"the model of '{one.rule}' was placed anew meanwhile")
            if actor is not None:
                record(session, tenant, actor, _change(one, old), now=one.time)
        append(session, tenant, placed)


def _change(one: Placed, old: Placed | None) -> Change:
    return Change(
        "demote" if one.cause is Cause.DEMOTED else "promote",
        "model",
        one.rule,
        before={"stage": old.stage.value, "model": old.model} if old else None,
        after={"stage": one.stage.value, "model": one.model, "reason": one.reason},
    )


def append(session: Session, tenant: TenantId, placed: Sequence[Placed]) -> None:
    """Append to the history in the caller's transaction."""
    for one in placed:
        session.add(
            ModelStageRow(
                tenant=tenant,
                rule=one.rule,
                stage=one.stage,
                cause=one.cause,
                author=one.author,
                reason=one.reason,
                model=one.model,
                version=one.version,
                evidence=list(one.evidence),
                time=one.time,
            )
        )


def placements(engine: Engine, tenant: TenantId) -> dict[RuleId, Placed]:
    """The last word on each rule."""
    with reading(engine) as session:
        return last_placements(session, tenant)


def last_placements(session: Session, tenant: TenantId) -> dict[RuleId, Placed]:
    """The last word on each rule, as the caller's transaction sees it."""
    last = (
        select(func.max(ModelStageRow.id))
        .where(ModelStageRow.tenant == tenant)
        .group_by(ModelStageRow.rule)
    )
    query = select(ModelStageRow).where(ModelStageRow.id.in_(last)).order_by(ModelStageRow.rule)
    return {RuleId(row.rule): _placed(row) for row in session.scalars(query)}


def history(engine: Engine, tenant: TenantId, rule: RuleId | None = None) -> list[Placed]:
    """All that was ever said of one rule's model, or of every rule's, newest first."""
    query = select(ModelStageRow).where(ModelStageRow.tenant == tenant)
    if rule is not None:
        query = query.where(ModelStageRow.rule == rule)
    with reading(engine) as session:
        return [_placed(row) for row in session.scalars(query.order_by(ModelStageRow.id.desc()))]


def in_force(
    placed: Mapping[RuleId, Placed], models: Mapping[RuleId, ContentHash]
) -> dict[RuleId, Stage]:
    """The stage of each model in use: that of the last word on it, else it only observes.

    A word on another model of the same rule counts for nothing: trust was given to that one.

    Args:
        placed: The last word on each rule.
        models: Hash of each rule's model in use.
    """
    return {
        rule: placed[rule].stage
        if rule in placed and placed[rule].model == model
        else Stage.OBSERVE
        for rule, model in sorted(models.items())
    }


def _placed(row: ModelStageRow) -> Placed:
    return Placed(
        rule=RuleId(row.rule),
        stage=Stage(row.stage),
        cause=Cause(row.cause),
        author=row.author,
        reason=row.reason,
        model=ContentHash(row.model),
        version=row.version,
        time=row.time,
        evidence=tuple(map(str, row.evidence)),
        number=row.id,
    )
