"""Which alerts a bulk change is about, and what such changes there were."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import Engine, func, or_, select
from sqlalchemy.orm import Session

from foreseen.control.alerts import AlertFilter, conditions
from foreseen.control.bulk_tables import BulkItemRow, BulkRow
from foreseen.control.database import reading
from foreseen.control.tables import AlertRow
from foreseen.core.errors import NotFoundError
from foreseen.core.ids import TenantId

_AT_ONCE = 500  # of the parameters of a query
_Thing = TypeVar("_Thing")


@dataclass(frozen=True, slots=True)
class Chosen:
    """An alert and the version in which it was chosen; None: whatever it is."""

    uid: str
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Bulk:
    """A word on many alerts.

    Attributes:
        id: Its id.
        actor: Who said it.
        asked: What was asked for, JSON-ready.
        created: When, ms UTC.
        alerts: How many it changed.
        undone: When it was taken back, ms UTC.
        undone_by: Who took it back.
    """

    id: str
    actor: str
    asked: dict[str, object]
    created: int
    alerts: int
    undone: int | None
    undone_by: str | None


def chosen(
    engine: Engine, tenant: TenantId, wanted: AlertFilter, limit: int
) -> tuple[int, list[Chosen]]:
    """How many alerts a filter finds, and the newest of them."""
    where = (AlertRow.tenant == tenant, *conditions(wanted))
    newest = (AlertRow.first_time.desc(), AlertRow.uid)
    query = select(AlertRow.uid, AlertRow.version).where(*where).order_by(*newest).limit(limit)
    with reading(engine) as session:
        found = [Chosen(uid, version) for uid, version in session.execute(query)]
        if len(found) < limit:
            return len(found), found
        counted = session.scalar(select(func.count()).select_from(AlertRow).where(*where))
        return counted or 0, found


def existing(engine: Engine, tenant: TenantId, uids: Sequence[str]) -> int:
    """How many of these alerts the tenant has."""
    found = 0
    with reading(engine) as session:
        for some in chunks(uids, _AT_ONCE):
            own = (AlertRow.tenant == tenant, AlertRow.uid.in_(some))
            query = select(func.count()).select_from(AlertRow).where(*own)
            found += session.scalar(query) or 0
    return found


def words_of(engine: Engine, tenant: TenantId, bulk: str) -> list[tuple[str, int]]:
    """Alerts and dispositions of a word on many alerts that stand.

    Raises:
        NotFoundError: The tenant has no such bulk.
    """
    query = select(BulkItemRow.alert, BulkItemRow.disposition).where(
        BulkItemRow.tenant == tenant, BulkItemRow.bulk == bulk, BulkItemRow.undone.is_(None)
    )
    with reading(engine) as session:
        bulk_row(session, tenant, bulk)
        found = session.execute(query.order_by(BulkItemRow.alert))
        return [(alert, number) for alert, number in found if number is not None]


def bulk(engine: Engine, tenant: TenantId, id_: str) -> Bulk:
    """One word on many alerts.

    Raises:
        NotFoundError: The tenant has no such bulk.
    """
    with reading(engine) as session:
        return _bulks(session, tenant, [bulk_row(session, tenant, id_)])[0]


def bulks(
    engine: Engine, tenant: TenantId, *, after: tuple[int, str] | None = None, limit: int = 50
) -> list[Bulk]:
    """A tenant's words on many alerts, the newest first, from after (created, id) on."""
    query = select(BulkRow).where(BulkRow.tenant == tenant)
    if after is not None:
        created, id_ = after
        beyond = or_(BulkRow.created < created, BulkRow.id > id_)
        query = query.where(BulkRow.created <= created, beyond)
    query = query.order_by(BulkRow.created.desc(), BulkRow.id).limit(limit)
    with reading(engine) as session:
        return _bulks(session, tenant, session.scalars(query).all())


def chunks(things: Sequence[_Thing], size: int) -> Iterator[Sequence[_Thing]]:
    """Things in runs of so many."""
    return (things[start : start + size] for start in range(0, len(things), size))


def bulk_row(session: Session, tenant: TenantId, id_: str) -> BulkRow:
    """The row of a bulk change; raises NotFoundError where there is none."""
    row = session.get(BulkRow, (tenant, id_))
    if row is None:
        raise NotFoundError(f"no bulk {id_}")
    return row


def _bulks(session: Session, tenant: TenantId, rows: Sequence[BulkRow]) -> list[Bulk]:
    own = (BulkItemRow.tenant == tenant, BulkItemRow.bulk.in_([row.id for row in rows]))
    query = select(BulkItemRow.bulk, func.count()).where(*own).group_by(BulkItemRow.bulk)
    counts = {each[0]: each[1] for each in session.execute(query)}
    return [
        Bulk(
            row.id,
            row.actor,
            dict(row.asked),
            row.created,
            counts.get(row.id, 0),
            row.undone,
            row.undone_by,
        )
        for row in rows
    ]
