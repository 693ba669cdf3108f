"""Alerts and incidents as stored, and the judge's commit."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, Select, and_, or_, select
from sqlalchemy.orm import Session

from foreseen.control.cursors import Checkpoint, advance
from foreseen.control.database import reading, writing
from foreseen.control.tables import AlertRow, IncidentRow, OutboxEntry
from foreseen.core.alerts import Alert, AlertStatus, Incident, OutboxRow
from foreseen.core.decisions import Basis
from foreseen.core.errors import NotFoundError
from foreseen.core.ids import RuleId, TenantId

_AT_ONCE = 500  # of the parameters of a query


@dataclass(frozen=True, slots=True)
class Decided:
    """What one batch of the judge changes.

    Attributes:
        alerts: New alerts, and known ones with the members that they have now.
        incidents: New incidents, and known ones with the keys that they have now.
        outbox: Whom to tell what.
    """

    alerts: Sequence[Alert] = ()
    incidents: Sequence[Incident] = ()
    outbox: Sequence[OutboxRow] = ()


@dataclass(frozen=True, slots=True)
class AlertKey:
    """Place in a list of alerts, newest first."""

    first_time: int
    uid: str


@dataclass(frozen=True, slots=True)
class AlertFilter:
    """Which alerts to list; None means any."""

    status: AlertStatus | None = None
    rule: RuleId | None = None
    workload: str | None = None


@dataclass(frozen=True, slots=True)
class Surprise:
    """An alert that a model's word raised: when its first match was (ms UTC), its size, status."""

    first_time: int
    matches: int
    status: AlertStatus


def commit_decisions(
    engine: Engine, tenant: TenantId, decided: Decided, reached: Checkpoint
) -> bool:
    """Store a batch of the judge and how far it has come, all or nothing.

    Delivered again it changes nothing. An alert that is known takes the new members and keeps
    what people said of it.

    Returns:
        False when the cursor stood there or further, so nothing was done.

    Raises:
        TransientError: The database was locked too long or the disk is full.
    """
    with writing(engine) as session:
        if not advance(session, tenant, reached):
            return False
        for incident in decided.incidents:
            session.merge(_incident_row(incident))
        session.flush()
        _store(session, tenant, decided.alerts)
        session.flush()
        for row in decided.outbox:
            _enqueue(session, tenant, row)
    return True


def alert_by_uid(engine: Engine, tenant: TenantId, uid: str) -> Alert:
    """One alert.

    Raises:
        NotFoundError: The tenant has no such alert.
    """
    with reading(engine) as session:
        row = session.get(AlertRow, (tenant, uid))
    if row is None:
        raise NotFoundError(f"no alert {uid}")
    return _alert(row)


def alerts(
    engine: Engine,
    tenant: TenantId,
    *,
    wanted: AlertFilter = AlertFilter(),
    after: AlertKey | None = None,
    limit: int = 100,
) -> list[Alert]:
    """A tenant's alerts, newest first, at most `limit`, from after a place on."""
    query = _filtered(select(AlertRow).where(AlertRow.tenant == tenant), wanted)
    if after is not None:
        query = query.where(
            or_(
                AlertRow.first_time < after.first_time,
                and_(AlertRow.first_time == after.first_time, AlertRow.uid > after.uid),
            )
        )
    query = query.order_by(AlertRow.first_time.desc(), AlertRow.uid).limit(limit)
    with reading(engine) as session:
        return [_alert(row) for row in session.scalars(query)]


def surprises(engine: Engine, tenant: TenantId) -> list[Surprise]:
    """Alerts that were raised because a model did not expect the match, oldest first."""
    basis = AlertRow.decision["basis"].as_string()
    query = (
        select(AlertRow.first_time, AlertRow.count, AlertRow.status)
        .where(AlertRow.tenant == tenant, basis == Basis.UNEXPECTED.value)
        .order_by(AlertRow.first_time, AlertRow.uid)
    )
    with reading(engine) as session:
        return [
            Surprise(time, count, AlertStatus(status))
            for time, count, status in session.execute(query)
        ]


def incidents(engine: Engine, tenant: TenantId) -> list[Incident]:
    """A tenant's incidents, oldest first."""
    query = (
        select(IncidentRow)
        .where(IncidentRow.tenant == tenant)
        .order_by(IncidentRow.opened, IncidentRow.uid)
    )
    with reading(engine) as session:
        return [
            Incident(row.uid, TenantId(row.tenant), row.opened, tuple(row.keys))
            for row in session.scalars(query)
        ]


def _filtered(query: Select[AlertRow], wanted: AlertFilter) -> Select[AlertRow]:
    if wanted.status is not None:
        query = query.where(AlertRow.status == wanted.status)
    if wanted.rule is not None:
        query = query.where(AlertRow.rule == wanted.rule)
    if wanted.workload is not None:
        query = query.where(AlertRow.workload == wanted.workload)
    return query


def _store(session: Session, tenant: TenantId, alerts: Sequence[Alert]) -> None:
    """Alerts as they stand now; of those that are known what people said stays."""
    for start in range(0, len(alerts), _AT_ONCE):
        some = alerts[start : start + _AT_ONCE]
        query = select(AlertRow).where(
            AlertRow.tenant == tenant, AlertRow.uid.in_([alert.uid for alert in some])
        )
        known = {row.uid: row for row in session.scalars(query)}
        for alert in some:
            row = known.get(alert.uid)
            if row is None:
                row = AlertRow(tenant=tenant, uid=alert.uid, **_values(alert, alert.status))
                session.add(row)
                known[alert.uid] = row
                continue
            for name, value in _values(alert, _status(row, alert)).items():
                setattr(row, name, value)


def _status(row: AlertRow, alert: Alert) -> AlertStatus:
    """What a person said holds for what was in the alert then: new members open it again."""
    dismissed = row.status == AlertStatus.DISMISSED
    if dismissed and len(row.members) < alert.count:
        return AlertStatus.OPEN
    return AlertStatus(row.status)


def _values(alert: Alert, status: AlertStatus) -> dict[str, Any]:
    return {
        "rule": alert.rule,
        "workload": alert.workload,
        "host": alert.host,
        "stream": alert.stream,
        "first_time": alert.first_time,
        "last_time": alert.last_time,
        "count": alert.count,
        "severity": alert.severity,
        "title": alert.title,
        "sentences": list(alert.sentences),
        "surprise": alert.surprise,
        "members": list(alert.members),
        "incident": alert.incident,
        "decision": dict(alert.decision),
        "status": status,
    }


def _incident_row(incident: Incident) -> IncidentRow:
    return IncidentRow(
        tenant=incident.tenant,
        uid=incident.uid,
        opened=incident.opened,
        keys=list(incident.keys),
    )


def _enqueue(session: Session, tenant: TenantId, row: OutboxRow) -> None:
    if session.get(OutboxEntry, (tenant, row.alert, row.output)) is None:
        session.add(
            OutboxEntry(
                tenant=tenant, alert=row.alert, output=row.output, state="waiting", attempts=0
            )
        )


def _alert(row: AlertRow) -> Alert:
    return Alert(
        uid=row.uid,
        tenant=TenantId(row.tenant),
        rule=RuleId(row.rule),
        workload=row.workload,
        host=row.host,
        stream=row.stream,
        first_time=row.first_time,
        last_time=row.last_time,
        severity=row.severity,
        title=row.title,
        sentences=tuple(row.sentences),
        surprise=row.surprise,
        members=tuple(row.members),
        incident=row.incident,
        decision=row.decision,
        status=AlertStatus(row.status),
    )
