"""Where alerts stand, for overviews: raised in a time, and the riskiest that wait, by workload."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Engine, func, select
from sqlalchemy.orm import InstrumentedAttribute

from foreseen.control.alert_tables import AlertCountRow
from foreseen.control.database import reading
from foreseen.control.tables import AlertRow, IncidentRow
from foreseen.core.alerts import AlertStatus
from foreseen.core.ids import TenantId

MOST = 5_000
"""Alerts that are looked at, of each status or of a workload: a million would take seconds."""

WAITING = (AlertStatus.OPEN, AlertStatus.ACKNOWLEDGED)
"""Alerts that a person has yet to speak of."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Alerts that wait, and the highest risk of one."""

    alerts: int = 0
    risk: float = 0.0


def raised_between(
    engine: Engine, tenant: TenantId, since: int | None, until: int | None
) -> tuple[int, int]:
    """Alerts and incidents whose first match was in a time, ms UTC; of all time from counters."""
    alerts = select(func.count()).where(AlertRow.tenant == tenant)
    if since is None and until is None:
        alerts = select(func.sum(AlertCountRow.alerts)).where(AlertCountRow.tenant == tenant)
    incidents = select(func.count()).where(IncidentRow.tenant == tenant)
    alerts = alerts.where(*_within(AlertRow.first_time, since, until))
    incidents = incidents.where(*_within(IncidentRow.opened, since, until))
    with reading(engine) as session:
        return int(session.scalar(alerts) or 0), int(session.scalar(incidents) or 0)


def riskiest(engine: Engine, tenant: TenantId) -> tuple[dict[str, Waiting], bool]:
    """The riskiest alerts that wait, by workload; and whether there are more than were looked at.

    An index has them in this order, so that it costs the same at a million alerts.
    """
    rows: list[tuple[str, float]] = []
    whole = True
    with reading(engine) as session:
        for status in WAITING:
            query = (
                select(AlertRow.workload, AlertRow.risk)
                .where(AlertRow.tenant == tenant, AlertRow.status == status.value)
                .order_by(AlertRow.risk.desc(), AlertRow.uid.desc())
                .limit(MOST)
            )
            found = [(workload, risk) for workload, risk in session.execute(query)]
            whole = whole and len(found) < MOST
            rows += found
    return _by_workload(rows), not whole


def waiting_on(engine: Engine, tenant: TenantId, workload: str) -> tuple[Waiting, bool]:
    """The newest alerts of a workload that wait; and whether older ones were not looked at."""
    query = (
        select(AlertRow.status, AlertRow.risk)
        .where(AlertRow.tenant == tenant, AlertRow.workload == workload)
        .order_by(AlertRow.first_time.desc(), AlertRow.uid.desc())
        .limit(MOST)
    )
    with reading(engine) as session:
        rows = [(status, risk) for status, risk in session.execute(query)]
    waits = [(workload, risk) for status, risk in rows if status in WAITING]
    return _by_workload(waits).get(workload, Waiting()), len(rows) == MOST


def _within(
    time: InstrumentedAttribute[int], since: int | None, until: int | None
) -> Iterator[ColumnElement[bool]]:
    if since is not None:
        yield time >= since
    if until is not None:
        yield time < until


def _by_workload(rows: Iterable[tuple[str, float]]) -> dict[str, Waiting]:
    found: dict[str, Waiting] = {}
    for workload, risk in rows:
        known = found.get(workload, Waiting())
        found[workload] = Waiting(known.alerts + 1, max(known.risk, risk))
    return found
