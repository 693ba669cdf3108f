"""The judge's commit: what a batch decided, and how far it has come, all or nothing."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, delete, select
from sqlalchemy.orm import Session

from foreseen.alerts.risk import risk_of
from foreseen.control.alert_counts import Kind, take_counts
from foreseen.control.alert_feed import next_version
from foreseen.control.alert_history import Event, note
from foreseen.control.alert_life import forget_resolved, set_known, set_status
from foreseen.control.alert_tables import AlertHistoryRow, AlertMemberRow
from foreseen.control.alert_times import Measure, Took, take_times
from foreseen.control.audit_log import SERVER
from foreseen.control.cursors import Checkpoint, advance
from foreseen.control.database import writing
from foreseen.control.tables import AlertRow, IncidentRow, OutboxEntry
from foreseen.core.alerts import Alert, AlertStatus, Incident, OutboxRow
from foreseen.core.ids import TenantId

_AT_ONCE = 500  # of the parameters of a query


@dataclass(frozen=True, slots=True)
class Decided:
    """What one batch of the judge changes.

    Attributes:
        alerts: New alerts, and known ones as they stand now, with the members that are new.
        incidents: New incidents, and known ones with the keys that they have now.
        outbox: Whom to tell what.
    """

    alerts: Sequence[Alert] = ()
    incidents: Sequence[Incident] = ()
    outbox: Sequence[OutboxRow] = ()


def commit_decisions(
    engine: Engine, tenant: TenantId, decided: Decided, reached: Checkpoint, *, now: int = 0
) -> bool:
    """Store a batch of the judge and how far it has come, all or nothing.

    Delivered again it changes nothing. An alert that is known takes the new members and keeps
    what people said of it.

    Args:
        engine: The control database.
        tenant: Whose.
        decided: What changes.
        reached: How far the judge has come with it.
        now: When alerts are raised by it, ms UTC.

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
        _store(session, tenant, decided.alerts, now)
        session.flush()
        for row in decided.outbox:
            _enqueue(session, tenant, row)
    return True


def _store(session: Session, tenant: TenantId, alerts: Sequence[Alert], now: int) -> None:
    """Alerts as they stand now; of those that are known what people said stays."""
    for start in range(0, len(alerts), _AT_ONCE):
        some = alerts[start : start + _AT_ONCE]
        query = select(AlertRow).where(
            AlertRow.tenant == tenant, AlertRow.uid.in_([alert.uid for alert in some])
        )
        known = {row.uid: row for row in session.scalars(query)}
        fresh = [alert for alert in some if alert.uid not in known]
        grown = [(known[alert.uid], alert) for alert in some if alert.uid in known]
        first = next_version(session, tenant, len(some))
        for version, (row, alert) in enumerate(grown, first):
            _grow(session, row, alert, now)
            row.version = version
        raise_alerts(session, fresh, first + len(grown), Event(1, now, SERVER.name, "raise"))
        _forget_members(session, tenant, [alert.uid for _, alert in grown if not alert.earlier])
    session.flush()
    session.add_all(
        AlertMemberRow(tenant=tenant, alert=alert.uid, number=number, match=match)
        for alert in alerts
        for number, match in enumerate(alert.members, alert.earlier)
    )


def raise_alerts(session: Session, alerts: Sequence[Alert], first: int, begin: Event) -> None:
    """New alerts, from a version on, with what is counted of them and what begins their history.

    Their members are the caller's to add.
    """
    if not alerts:
        return
    tenant, now = alerts[0].tenant, begin.time
    session.add_all(
        AlertRow(
            tenant=tenant,
            uid=alert.uid,
            version=version,
            first_version=version,
            raised=now,
            status=alert.status.value,
            **_values(alert),
        )
        for version, alert in enumerate(alerts, first)
    )
    session.flush()
    session.add_all(
        AlertHistoryRow(
            tenant=tenant,
            alert=alert.uid,
            number=1,
            time=now,
            actor=begin.actor,
            action=begin.action,
            text=begin.text,
        )
        for alert in alerts
    )
    kinds: Counter[Kind] = Counter((a.status.value, a.severity, a.rule) for a in alerts)
    take_counts(session, tenant, kinds)
    took = (Took(Measure.DETECT, a.rule, now, now - a.first_time) for a in alerts)
    take_times(session, tenant, took)


def _forget_members(session: Session, tenant: TenantId, uids: Sequence[str]) -> None:
    """Of alerts that a person restored and the judge raises after all: it tells them anew."""
    if uids:
        own = (AlertMemberRow.tenant == tenant, AlertMemberRow.alert.in_(uids))
        session.execute(delete(AlertMemberRow).where(*own))


def _grow(session: Session, row: AlertRow, alert: Alert, now: int) -> None:
    """A known alert with new members.

    What a person said holds for what was in the alert then: new members open a dismissed one again.
    """
    if row.status == AlertStatus.DISMISSED and row.count < alert.count:
        set_status(session, row, AlertStatus.OPEN)
        set_known(session, row, None)
        forget_resolved(session, row)
        text = f"{alert.count - row.count} matches came after it was dismissed"
        note(session, [(row, Event(0, now, SERVER.name, "reopen", text))])
    for name, value in _values(alert).items():
        setattr(row, name, value)


def _values(alert: Alert) -> dict[str, Any]:
    return {
        "rule": alert.rule,
        "workload": alert.workload,
        "host": alert.host,
        "stream": alert.stream,
        "first_time": alert.first_time,
        "last_time": alert.last_time,
        "count": alert.count,
        "severity": alert.severity,
        "risk": risk_of(alert.severity, alert.surprise),
        "title": alert.title,
        "sentences": list(alert.sentences),
        "surprise": alert.surprise,
        "incident": alert.incident,
        "decision": dict(alert.decision),
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
