"""Incidents as stored, newest first, with a summary of their alerts."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Engine, and_, func, or_, select
from sqlalchemy.orm import Session

from foreseen.control.database import reading
from foreseen.control.tables import AlertRow, IncidentRow
from foreseen.core.errors import NotFoundError
from foreseen.core.ids import TenantId


@dataclass(frozen=True, slots=True)
class Story:
    """An incident and what its alerts come to.

    Attributes:
        uid: Its uid.
        opened: Event time of its first member, ms UTC.
        keys: What ties its members.
        alerts: How many alerts it has.
        open: How many of them are open or acknowledged.
        matches: Matches in them.
        risk: The highest.
        last_time: Event time of the last match, ms UTC.
        hosts: Machines, at most a few of all `host_count`.
        rules: Rules, at most a few of all `rule_count`.
    """

    uid: str
    opened: int
    keys: tuple[str, ...]
    alerts: int
    open: int
    matches: int
    risk: float
    last_time: int
    hosts: tuple[str, ...]
    rules: tuple[str, ...]
    host_count: int
    rule_count: int


_FEW = 20


def stories(
    engine: Engine, tenant: TenantId, *, after: tuple[int, str] | None = None, limit: int = 50
) -> list[Story]:
    """A tenant's incidents, those opened last first, from after (opened, uid) on."""
    query = select(IncidentRow).where(IncidentRow.tenant == tenant)
    if after is not None:
        opened, uid = after
        beyond = or_(IncidentRow.opened < opened, IncidentRow.uid > uid)
        query = query.where(and_(IncidentRow.opened <= opened, beyond))
    query = query.order_by(IncidentRow.opened.desc(), IncidentRow.uid).limit(limit)
    with reading(engine) as session:
        return _stories(session, tenant, session.scalars(query).all())


def story(engine: Engine, tenant: TenantId, uid: str) -> Story:
    """One incident.

    Raises:
        NotFoundError: The tenant has no such incident.
    """
    with reading(engine) as session:
        row = session.get(IncidentRow, (tenant, uid))
        if row is None:
            raise NotFoundError(f"no incident {uid}")
        return _stories(session, tenant, [row])[0]


def _stories(session: Session, tenant: TenantId, rows: Sequence[IncidentRow]) -> list[Story]:
    own = (AlertRow.tenant == tenant, AlertRow.incident.in_([row.uid for row in rows]))
    is_open = AlertRow.status.in_(("open", "acknowledged"))
    query = (
        select(
            AlertRow.incident,
            func.count(),
            func.count().filter(is_open),
            func.sum(AlertRow.count),
            func.max(AlertRow.risk),
            func.max(AlertRow.last_time),
        )
        .where(*own)
        .group_by(AlertRow.incident)
    )
    sums = {found[0]: found[1:] for found in session.execute(query)}
    hosts: dict[str, set[str]] = {row.uid: set() for row in rows}
    rules: dict[str, set[str]] = {row.uid: set() for row in rows}
    pairs = select(AlertRow.incident, AlertRow.host, AlertRow.rule).where(*own).distinct()
    for incident, host, rule in session.execute(pairs):
        hosts[str(incident)].add(host)
        rules[str(incident)].add(rule)
    return [
        Story(
            row.uid,
            row.opened,
            tuple(row.keys),
            *sums.get(row.uid, (0, 0, 0, 0.0, row.opened)),
            tuple(sorted(hosts[row.uid]))[:_FEW],
            tuple(sorted(rules[row.uid]))[:_FEW],
            len(hosts[row.uid]),
            len(rules[row.uid]),
        )
        for row in rows
    ]
