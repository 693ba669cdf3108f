"""Changes of alerts in one order: who has seen a version asks for what came after it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from foreseen.control.alert_tables import AlertFeedRow
from foreseen.control.database import reading
from foreseen.control.tables import AlertRow
from foreseen.core.alerts import AlertStatus
from foreseen.core.ids import TenantId


@dataclass(frozen=True, slots=True)
class Changed:
    """An alert that was changed.

    Attributes:
        version: Of the change: grows over all alerts of the organisation.
        uid: Its uid.
        raised: Whether it is new: nothing else has happened to it.
        status: Its status now.
        severity: Its severity.
        risk: Its risk.
        title: Its title.
    """

    version: int
    uid: str
    raised: bool
    status: AlertStatus
    severity: str
    risk: float
    title: str


def next_version(session: Session, tenant: TenantId, count: int = 1) -> int:
    """The first of so many versions, in the caller's transaction."""
    row = session.get(AlertFeedRow, tenant)
    if row is None:
        row = AlertFeedRow(tenant=tenant, last=0)
        session.add(row)
    first = row.last + 1
    row.last += count
    session.flush()
    return first


def last_version(engine: Engine, tenant: TenantId) -> int:
    """The newest version; 0 before the first alert."""
    with reading(engine) as session:
        row = session.get(AlertFeedRow, tenant)
        return row.last if row else 0


def changed_since(
    engine: Engine, tenant: TenantId, version: int, limit: int = 500
) -> Sequence[Changed]:
    """Alerts that were changed after a version, in the order of their last changes."""
    query = (
        select(AlertRow)
        .where(AlertRow.tenant == tenant, AlertRow.version > version)
        .order_by(AlertRow.version)
        .limit(limit)
    )
    with reading(engine) as session:
        return [
            Changed(
                version=row.version,
                uid=row.uid,
                raised=row.version == row.first_version,
                status=AlertStatus(row.status),
                severity=row.severity,
                risk=row.risk,
                title=row.title,
            )
            for row in session.scalars(query)
        ]
