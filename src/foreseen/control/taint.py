"""Which matches people have spoken on: dismissed ones teach, open and escalated ones never do."""

from sqlalchemy import Engine, select

from foreseen.control.database import reading
from foreseen.control.tables import AlertRow
from foreseen.core.alerts import AlertStatus
from foreseen.core.ids import TenantId


def dismissed(engine: Engine, tenant: TenantId) -> frozenset[str]:
    """Matches of dismissed alerts, by uid."""
    return _members(engine, tenant, {AlertStatus.DISMISSED})


def tainted(engine: Engine, tenant: TenantId) -> frozenset[str]:
    """Matches of alerts that are open, acknowledged or escalated, by uid."""
    return _members(engine, tenant, set(AlertStatus) - {AlertStatus.DISMISSED})


def _members(engine: Engine, tenant: TenantId, statuses: set[AlertStatus]) -> frozenset[str]:
    query = select(AlertRow.members).where(AlertRow.tenant == tenant, AlertRow.status.in_(statuses))
    with reading(engine) as session:
        return frozenset(uid for members in session.scalars(query) for uid in members)
