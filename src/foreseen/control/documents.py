"""Texts that people write and mend (suppressions, rules): every version kept, with who and why."""

from collections.abc import Callable
from dataclasses import dataclass
from difflib import unified_diff
from enum import StrEnum

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from foreseen.control.audit_log import Actor, record
from foreseen.control.audit_log import Change as Told
from foreseen.control.database import reading, writing
from foreseen.control.tables import DocumentRow
from foreseen.core.errors import NotFoundError, StaleError
from foreseen.core.ids import TenantId


class DocumentKind(StrEnum):
    """What a document is."""

    RULE = "rule"
    SUPPRESSION = "suppression"
    PLACEHOLDERS = "placeholders"


class DocumentState(StrEnum):
    """Whether a version takes part."""

    ACTIVE = "active"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class Edit:
    """What a person does to a document.

    Attributes:
        kind: What it is.
        name: Which one, e.g. a suppression's id.
        author: Who does it.
        reason: Why, in the person's words.
        time: When, ms UTC.
        seen: Version that the person looked at, 0 for none; None to take the newest, whichever it
            is.
        by: How the author came, for the audit log; None: by the machine's own command line.
    """

    kind: DocumentKind
    name: str
    author: str
    reason: str
    time: int
    seen: int | None = None
    by: Actor | None = None


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a document; it never changes.

    Attributes:
        kind: What it is.
        name: Which one.
        number: From 1.
        state: Whether it takes part while it is the newest.
        text: The document.
        author: Who made this version.
        reason: Why.
        time: When, ms UTC.
    """

    kind: DocumentKind
    name: str
    number: int
    state: DocumentState
    text: str
    author: str
    reason: str
    time: int


def put(engine: Engine, tenant: TenantId, edit: Edit, text: str) -> int:
    """Keep a new version; the text that is active already is no new one.

    Returns:
        Its number.

    Raises:
        StaleError: Somebody made another version since the one seen.
    """

    def changed(newest: DocumentRow | None) -> tuple[str, DocumentState]:
        del newest
        return text, DocumentState.ACTIVE

    with writing(engine) as session:
        return _append(session, tenant, edit, changed)


def restore(engine: Engine, tenant: TenantId, edit: Edit, number: int) -> int:
    """Make a new, active version with the text of an old one; returns its number.

    Raises:
        NotFoundError: There is no such version.
        StaleError: Somebody made another version since the one seen.
    """
    with writing(engine) as session:
        old = _row(session, tenant, edit.kind, edit.name, number)
        text = old.text
        return _append(session, tenant, edit, lambda _: (text, DocumentState.ACTIVE))


def retire(engine: Engine, tenant: TenantId, edit: Edit) -> int:
    """Make a document take no part any more; its versions stay. Returns the version that says so.

    Raises:
        NotFoundError: There is no such document.
        StaleError: Somebody made another version since the one seen.
    """

    def changed(newest: DocumentRow | None) -> tuple[str, DocumentState]:
        if newest is None:
            raise NotFoundError(f"no {edit.kind} '{edit.name}'")
        return newest.text, DocumentState.RETIRED

    with writing(engine) as session:
        return _append(session, tenant, edit, changed)


def documents(
    engine: Engine, tenant: TenantId, kind: DocumentKind, *, retired: bool = False
) -> list[Version]:
    """The newest version of each document by name; active ones, with `retired` those, too."""
    newest = (
        select(DocumentRow.name, func.max(DocumentRow.version).label("version"))
        .where(DocumentRow.tenant == tenant, DocumentRow.kind == kind)
        .group_by(DocumentRow.name)
        .subquery()
    )
    query = (
        select(DocumentRow)
        .join(
            newest,
            (DocumentRow.name == newest.c.name) & (DocumentRow.version == newest.c.version),
        )
        .where(DocumentRow.tenant == tenant, DocumentRow.kind == kind)
        .order_by(DocumentRow.name)
    )
    with reading(engine) as session:
        found = [_version(row) for row in session.scalars(query)]
    return [each for each in found if retired or each.state is DocumentState.ACTIVE]


def document(
    engine: Engine, tenant: TenantId, kind: DocumentKind, name: str, number: int | None = None
) -> Version:
    """One version of a document, the newest unless another is asked for.

    Raises:
        NotFoundError: There is none.
    """
    with reading(engine) as session:
        return _version(_row(session, tenant, kind, name, number))


def history(engine: Engine, tenant: TenantId, kind: DocumentKind, name: str) -> list[Version]:
    """All versions of a document, newest first.

    Raises:
        NotFoundError: There is no such document.
    """
    query = (
        select(DocumentRow)
        .where(DocumentRow.tenant == tenant, DocumentRow.kind == kind, DocumentRow.name == name)
        .order_by(DocumentRow.version.desc())
    )
    with reading(engine) as session:
        found = [_version(row) for row in session.scalars(query)]
    if not found:
        raise NotFoundError(f"no {kind} '{name}'")
    return found


def diff(old: Version, new: Version) -> str:
    """What changed in the text between two versions, as a unified diff; empty where nothing did."""
    lines = unified_diff(
        old.text.splitlines(),
        new.text.splitlines(),
        f"{old.name} version {old.number}",
        f"{new.name} version {new.number}",
        lineterm="",
    )
    return "\n".join(lines)


Change = Callable[[DocumentRow | None], tuple[str, DocumentState]]


def _append(session: Session, tenant: TenantId, edit: Edit, change: Change) -> int:
    """Append a version, unless it would be equal to the newest; the audit log tells of it."""
    newest = _newest(session, tenant, edit.kind, edit.name)
    number = newest.version if newest else 0
    if edit.seen is not None and edit.seen != number:
        raise StaleError(
            f"{edit.kind} '{edit.name}' is at version {number}, not {edit.seen}: somebody changed"
            " it; look at the newest version first"
        )
    text, state = change(newest)
    if newest and (newest.text, newest.state) == (text, state):
        return number
    session.add(
        DocumentRow(
            tenant=tenant,
            kind=edit.kind,
            name=edit.name,
            version=number + 1,
            state=state,
            text=text,
            author=edit.author,
            reason=edit.reason,
            time=edit.time,
        )
    )
    _tell(session, tenant, edit, newest, state)
    return number + 1


def _tell(
    session: Session,
    tenant: TenantId,
    edit: Edit,
    newest: DocumentRow | None,
    state: DocumentState,
) -> None:
    """Tell the audit log; texts are kept as versions and not once more."""
    before = None if newest is None else {"version": newest.version, "state": newest.state}
    number = 1 if newest is None else newest.version + 1
    after = {"version": number, "state": state.value, "reason": edit.reason}
    action = "retire" if state is DocumentState.RETIRED else "change" if newest else "create"
    actor = edit.by or Actor(edit.author, "command")
    told = Told(action, edit.kind.value, edit.name, before, after)
    record(session, tenant, actor, told, now=edit.time)


def _row(
    session: Session, tenant: TenantId, kind: DocumentKind, name: str, number: int | None
) -> DocumentRow:
    if number is None:
        found = _newest(session, tenant, kind, name)
    else:
        found = session.get(DocumentRow, (tenant, kind, name, number))
    if found is None:
        version = "" if number is None else f" of version {number}"
        raise NotFoundError(f"no {kind} '{name}'{version}")
    return found


def _newest(
    session: Session, tenant: TenantId, kind: DocumentKind, name: str
) -> DocumentRow | None:
    query = (
        select(DocumentRow)
        .where(DocumentRow.tenant == tenant, DocumentRow.kind == kind, DocumentRow.name == name)
        .order_by(DocumentRow.version.desc())
        .limit(1)
    )
    return session.scalars(query).first()


def _version(row: DocumentRow) -> Version:
    return Version(
        kind=DocumentKind(row.kind),
        name=row.name,
        number=row.version,
        state=DocumentState(row.state),
        text=row.text,
        author=row.author,
        reason=row.reason,
        time=row.time,
    )
