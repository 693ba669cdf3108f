"""What people said of alerts: appended, undone by a mark, never deleted."""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from foreseen.control.database import reading, writing
from foreseen.control.tables import AlertRow, DispositionRow
from foreseen.core.alerts import AlertStatus
from foreseen.core.errors import NotFoundError
from foreseen.core.ids import TenantId


class Verdict(StrEnum):
    """What a person says of an alert."""

    DISMISSED = "dismissed"
    ESCALATED = "escalated"


@dataclass(frozen=True, slots=True)
class Disposition:
    """One word of one person.

    Attributes:
        alert: Uid of the alert.
        actor: Who said it.
        verdict: Dismissed or escalated.
        reason: Closed-list reason, e.g. `expected change`.
        text: In the person's words.
        time: When, ms UTC.
        undone: When it was taken back, ms UTC; None while it stands.
    """

    alert: str
    actor: str
    verdict: Verdict
    reason: str
    text: str
    time: int
    undone: int | None = None


def dispose(engine: Engine, tenant: TenantId, said: Disposition) -> int:
    """Record a disposition and set the alert's status with it.

    Returns:
        Its number, for `undo`.

    Raises:
        NotFoundError: The tenant has no such alert.
    """
    with writing(engine) as session:
        _alert(session, tenant, said.alert).status = said.verdict.value
        row = DispositionRow(
            tenant=tenant,
            alert=said.alert,
            actor=said.actor,
            verdict=said.verdict,
            reason=said.reason,
            text=said.text,
            time=said.time,
            undone=said.undone,
        )
        session.add(row)
        session.flush()
        return row.id


def undo(engine: Engine, tenant: TenantId, number: int, *, now: int) -> None:
    """Take a disposition back; the alert has the status of the last one that stands, or is open.

    Raises:
        NotFoundError: The tenant has no such disposition.
    """
    with writing(engine) as session:
        row = session.get(DispositionRow, number)
        if row is None or row.tenant != tenant:
            raise NotFoundError(f"no disposition {number}")
        row.undone = row.undone or now
        session.flush()
        standing = [d for d in _of_alert(session, tenant, row.alert) if d.undone is None]
        status = standing[-1].verdict.value if standing else AlertStatus.OPEN.value
        _alert(session, tenant, row.alert).status = status


def dispositions(engine: Engine, tenant: TenantId, alert: str) -> list[Disposition]:
    """All that was said of an alert, first word first."""
    with reading(engine) as session:
        return _of_alert(session, tenant, alert)


def _of_alert(session: Session, tenant: TenantId, alert: str) -> list[Disposition]:
    query = (
        select(DispositionRow)
        .where(DispositionRow.tenant == tenant, DispositionRow.alert == alert)
        .order_by(DispositionRow.id)
    )
    return [
        Disposition(
            row.alert, row.actor, Verdict(row.verdict), row.reason, row.text, row.time, row.undone
        )
        for row in session.scalars(query)
    ]


def _alert(session: Session, tenant: TenantId, uid: str) -> AlertRow:
    row = session.get(AlertRow, (tenant, uid))
    if row is None:
        raise NotFoundError(f"no alert {uid}")
    return row
