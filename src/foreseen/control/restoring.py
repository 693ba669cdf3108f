"""Suppressed matches that people made alerts of: raised by a person's word, and taken back."""

from collections import Counter

from sqlalchemy import Engine, delete
from sqlalchemy.orm import Session

from foreseen.control.alert_commit import raise_alerts
from foreseen.control.alert_counts import take_counts
from foreseen.control.alert_feed import next_version
from foreseen.control.alert_history import Event
from foreseen.control.alert_tables import AlertHistoryRow, AlertMemberRow
from foreseen.control.alert_times import Measure, Took, take_times
from foreseen.control.audit_log import Actor, Change, record
from foreseen.control.database import writing
from foreseen.control.tables import AlertRow
from foreseen.core.alerts import Alert
from foreseen.core.errors import ConflictError, DeniedError, NotFoundError
from foreseen.core.ids import TenantId

RESTORE = "restore"
"""What begins the history of an alert that a person raised."""


def restore(  # noqa: PLR0913 (what, by whom, why, when)
    engine: Engine, tenant: TenantId, alert: Alert, *, by: Actor, text: str, now: int
) -> bool:
    """Raise the alert of a match that a person wants told; it has the match's uid.

    Args:
        engine: The control database.
        tenant: Whose.
        alert: As it shall be, with the match as its only member.
        by: Who wants it.
        text: Why, in their words.
        now: When, ms UTC.

    Returns:
        False when the match has an alert already, so nothing was done.
    """
    with writing(engine) as session:
        if session.get(AlertRow, (tenant, alert.uid)) is not None:
            return False
        begin = Event(1, now, by.name, RESTORE, text)
        raise_alerts(session, [alert], next_version(session, tenant), begin)
        session.flush()
        session.add(AlertMemberRow(tenant=tenant, alert=alert.uid, number=0, match=alert.uid))
        after = {"alert": alert.uid, "rule": alert.rule, "text": text}
        record(session, tenant, by, Change(RESTORE, "match", alert.uid, after=after), now=now)
    return True


def take_back(engine: Engine, tenant: TenantId, uid: str, *, by: Actor, now: int) -> None:
    """Take a restored match's alert away, as if it had never been raised.

    Only who restored it may, and only as long as nobody has done anything with the alert: after
    that it is dismissed, with a reason, like any other.

    Raises:
        NotFoundError: Nobody restored such a match.
        DeniedError: Somebody else restored it.
        ConflictError: Something has happened to the alert since.
    """
    with writing(engine) as session:
        row = session.get(AlertRow, (tenant, uid))
        begin = session.get(AlertHistoryRow, (tenant, uid, 1))
        if row is None or begin is None or begin.action != RESTORE:
            raise NotFoundError(f"nobody restored match {uid}")
        if begin.actor != by.name:
            raise DeniedError(f"{begin.actor} restored match {uid}; dismiss its alert instead")
        if row.version != row.first_version:
            raise ConflictError(
                f"something has happened to alert {uid} since it was restored; dismiss it instead"
            )
        before = {"alert": uid, "rule": row.rule, "text": begin.text}
        _forget(session, tenant, row)
        change = Change("undo restore", "match", uid, before=before)
        record(session, tenant, by, change, now=now)


def _forget(session: Session, tenant: TenantId, row: AlertRow) -> None:
    """An alert to which nothing has happened but that it was raised, and what was counted of it."""
    take_counts(session, tenant, Counter({(row.status, row.severity, row.rule): -1}))
    if row.raised is not None:
        took = Took(Measure.DETECT, row.rule, row.raised, row.raised - row.first_time, count=-1)
        take_times(session, tenant, [took])
    for part in (AlertMemberRow, AlertHistoryRow):
        session.execute(delete(part).where(part.tenant == tenant, part.alert == row.uid))
    session.delete(row)
