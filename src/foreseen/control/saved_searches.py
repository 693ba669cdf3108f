"""Saved searches: a query under a name, its owner's alone or shared with the organisation.

Whoever may hunt reads shared ones; only the owner changes or deletes one. Each change is in the
audit log and counts the version up, so that two people's changes do not overwrite each other.
"""

from dataclasses import asdict, dataclass
from enum import StrEnum

from sqlalchemy import Engine, or_, select
from sqlalchemy.orm import Session

from foreseen.control.audit_log import Actor, Change, record
from foreseen.control.database import reading, writing
from foreseen.control.saved_search_tables import SavedSearchRow
from foreseen.core.errors import DeniedError, MalformedInputError, NotFoundError, TransientError
from foreseen.core.ids import TenantId

LONGEST_NAME = 200
LONGEST_TEXT = 100_000
MOST_OF_ONE = 1_000
"""Saved searches of one owner."""


class SearchKind(StrEnum):
    """What a saved text is."""

    SQL = "sql"
    SEARCH = "search"


class ChangedError(TransientError):
    """Someone else changed it in between: look at it again."""


class TakenError(MalformedInputError):
    """The owner has one of that name."""


@dataclass(frozen=True, slots=True)
class Saved:
    """What is kept.

    Attributes:
        name: Its name, one of each for an owner.
        kind: What the text is.
        text: The query.
        table: Table that a search looks in.
        shared: Whether all who may hunt see it.
    """

    name: str
    kind: SearchKind
    text: str
    table: str = "events"
    shared: bool = False


@dataclass(frozen=True, slots=True)
class SavedSearch:
    """A saved search as it stands.

    Attributes:
        number: Its number.
        saved: What is kept.
        owner: Who made it.
        version: From 1, one more with each change.
        created: When, ms UTC.
        changed: When last, ms UTC.
    """

    number: int
    saved: Saved
    owner: str
    version: int
    created: int
    changed: int


@dataclass(frozen=True, slots=True)
class Seen:
    """Which search an actor means.

    Attributes:
        number: Its number.
        version: The one that the actor saw; None: whichever it is.
    """

    number: int
    version: int | None


def create(
    engine: Engine, tenant: TenantId, actor: Actor, saved: Saved, *, now: int
) -> SavedSearch:
    """Keep a search for the actor.

    Raises:
        TakenError: The actor has one of that name.
        MalformedInputError: The name or the text is empty or too long, or there are too many.
    """
    _check(saved)
    with writing(engine) as session:
        own = _owned(session, tenant, actor.name)
        _free(own, saved.name)
        if len(own) >= MOST_OF_ONE:
            raise MalformedInputError(f"{MOST_OF_ONE:,} saved searches at most; delete some")
        row = SavedSearchRow(tenant=tenant, owner=actor.name, version=1, created=now, changed=now)
        _fill(row, saved)
        session.add(row)
        session.flush()
        change = Change("create", "saved_search", str(row.id), None, asdict(saved))
        record(session, tenant, actor, change, now=now)
        return _search(row)


def change(  # noqa: PLR0913 (whose, by whom, which, what, when)
    engine: Engine, tenant: TenantId, actor: Actor, seen: Seen, saved: Saved, *, now: int
) -> SavedSearch:
    """Put other values into a search of the actor's.

    Raises:
        NotFoundError: There is none that the actor may see.
        DeniedError: It is another's.
        ChangedError: It has another version now.
        TakenError: The actor has another one of that name.
        MalformedInputError: The name or the text is empty or too long.
    """
    _check(saved)
    with writing(engine) as session:
        row = _own(session, tenant, actor.name, seen)
        _free([each for each in _owned(session, tenant, actor.name) if each is not row], saved.name)
        before = asdict(_search(row).saved)
        _fill(row, saved)
        row.version, row.changed = row.version + 1, now
        told = Change("change", "saved_search", str(row.id), before, asdict(saved))
        record(session, tenant, actor, told, now=now)
        return _search(row)


def delete(engine: Engine, tenant: TenantId, actor: Actor, seen: Seen, *, now: int) -> None:
    """Delete a search of the actor's; raises as `change`."""
    with writing(engine) as session:
        row = _own(session, tenant, actor.name, seen)
        told = Change("delete", "saved_search", str(row.id), asdict(_search(row).saved), None)
        session.delete(row)
        record(session, tenant, actor, told, now=now)


def saved_search(engine: Engine, tenant: TenantId, reader: str, number: int) -> SavedSearch:
    """One that the reader may see.

    Raises:
        NotFoundError: There is none.
    """
    with reading(engine) as session:
        return _search(_seen(session, tenant, reader, number))


def saved_searches(
    engine: Engine, tenant: TenantId, reader: str, *, after: int = 0, limit: int = 100
) -> list[SavedSearch]:
    """The reader's own and all shared ones, by number, from after one on."""
    query = (
        select(SavedSearchRow)
        .where(SavedSearchRow.tenant == tenant, SavedSearchRow.id > after)
        .where(or_(SavedSearchRow.owner == reader, SavedSearchRow.shared))
        .order_by(SavedSearchRow.id)
        .limit(limit)
    )
    with reading(engine) as session:
        return [_search(row) for row in session.scalars(query)]


def _owned(session: Session, tenant: TenantId, owner: str) -> list[SavedSearchRow]:
    query = select(SavedSearchRow).where(
        SavedSearchRow.tenant == tenant, SavedSearchRow.owner == owner
    )
    return list(session.scalars(query))


def _seen(session: Session, tenant: TenantId, reader: str, number: int) -> SavedSearchRow:
    row = session.get(SavedSearchRow, number)
    if row is None or row.tenant != tenant or not (row.shared or row.owner == reader):
        raise NotFoundError(f"no saved search {number}")
    return row


def _own(session: Session, tenant: TenantId, actor: str, seen: Seen) -> SavedSearchRow:
    row = _seen(session, tenant, actor, seen.number)
    if row.owner != actor:
        raise DeniedError(f"saved search {row.id} is {row.owner}'s; save one of your own")
    if seen.version is not None and seen.version != row.version:
        raise ChangedError(f"saved search {row.id} has version {row.version}, not {seen.version}")
    return row


def _free(own: list[SavedSearchRow], name: str) -> None:
    if any(row.name == name for row in own):
        raise TakenError(f"you have a saved search '{name}'; choose another name")


def _check(saved: Saved) -> None:
    for what, text, most in (
        ("name", saved.name, LONGEST_NAME),
        ("text", saved.text, LONGEST_TEXT),
    ):
        if not text.strip() or len(text) > most:
            raise MalformedInputError(f"{what}: 1 to {most:,} characters")
        if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
            raise MalformedInputError(f"{what}: NUL and halves of pairs cannot be kept")


def _fill(row: SavedSearchRow, saved: Saved) -> None:
    row.name, row.kind, row.text = saved.name, saved.kind, saved.text
    row.lake_table, row.shared = saved.table, saved.shared


def _search(row: SavedSearchRow) -> SavedSearch:
    saved = Saved(row.name, SearchKind(row.kind), row.text, row.lake_table, row.shared)
    return SavedSearch(row.id, saved, row.owner, row.version, row.created, row.changed)
