"""What happened to alerts, by whom: appended in the transaction of each change."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from foreseen.control.alert_tables import AlertHistoryRow
from foreseen.control.audit_log import Values
from foreseen.control.database import reading
from foreseen.control.tables import AlertRow
from foreseen.core.errors import NotFoundError
from foreseen.core.ids import TenantId


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to an alert.

    Attributes:
        number: From 1, in order.
        time: When, ms UTC.
        actor: Who; `server` for what the judge did.
        action: A verb, e.g. `raise`, `assign`, `comment`, `dismiss`.
        text: In the person's words.
        detail: What else there is to say, JSON-ready.
    """

    number: int
    time: int
    actor: str
    action: str
    text: str = ""
    detail: Values | None = None


def history(
    engine: Engine, tenant: TenantId, uid: str, *, after: int = 0, limit: int = 1_000
) -> list[Event]:
    """What happened to an alert, first thing first, from after a number on.

    Raises:
        NotFoundError: The tenant has no such alert.
    """
    query = (
        select(AlertHistoryRow)
        .where(
            AlertHistoryRow.tenant == tenant,
            AlertHistoryRow.alert == uid,
            AlertHistoryRow.number > after,
        )
        .order_by(AlertHistoryRow.number)
        .limit(limit)
    )
    with reading(engine) as session:
        alert_row(session, tenant, uid)
        return [
            Event(row.number, row.time, row.actor, row.action, row.text, row.detail)
            for row in session.scalars(query)
        ]


def alert_row(session: Session, tenant: TenantId, uid: str) -> AlertRow:
    """The row of an alert; raises NotFoundError where there is none."""
    row = session.get(AlertRow, (tenant, uid))
    if row is None:
        raise NotFoundError(f"no alert {uid}")
    return row


def note(session: Session, rows: Sequence[tuple[AlertRow, Event]]) -> None:
    """Append to the histories of alerts; the events' numbers are not looked at."""
    for row, event in rows:
        last = session.scalar(
            select(func.max(AlertHistoryRow.number)).where(
                AlertHistoryRow.tenant == row.tenant, AlertHistoryRow.alert == row.uid
            )
        )
        session.add(
            AlertHistoryRow(
                tenant=row.tenant,
                alert=row.uid,
                number=(last or 0) + 1,
                time=event.time,
                actor=event.actor,
                action=event.action,
                text=event.text,
                detail=dict(event.detail) if event.detail else None,
            )
        )
        session.flush()
