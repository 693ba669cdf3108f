"""What people said of alerts: appended, undone by a mark, never deleted."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from foreseen.control.alert_feed import next_version
from foreseen.control.alert_history import Event, alert_row, note
from foreseen.control.alert_life import forget_resolved, set_known, set_status
from foreseen.control.audit_log import Actor, Change, record
from foreseen.control.database import reading, writing
from foreseen.control.reasons import Verdict
from foreseen.control.tables import AlertRow, DispositionRow
from foreseen.core.alerts import AlertStatus
from foreseen.core.errors import DeniedError, NotFoundError
from foreseen.core.ids import TenantId

_ACTIONS = {Verdict.DISMISSED: "dismiss", Verdict.ESCALATED: "escalate"}


@dataclass(frozen=True, slots=True)
class Disposition:
    """One word of one person.

    Attributes:
        alert: Uid of the alert.
        actor: Who said it.
        verdict: Dismissed or escalated.
        reason: One of the closed list; older ones may be others.
        text: In the person's words.
        time: When, ms UTC.
        undone: When it was taken back, ms UTC; None while it stands.
        account: Account that the person worked with, where it is known.
        second: The second person who stands for it, where one was needed or named.
        undone_by: Who took it back.
        receipt: What it moves, JSON-ready; None where it could not be told.
        matches: How many matches the alert had then; given when it is recorded.
    """

    alert: str
    actor: str
    verdict: Verdict
    reason: str
    text: str
    time: int
    undone: int | None = None
    account: str | None = None
    second: str | None = None
    undone_by: str | None = None
    receipt: dict[str, object] | None = None
    matches: int | None = None


def dispose(
    engine: Engine,
    tenant: TenantId,
    said: Disposition,
    *,
    matches: int | None = None,
    by: Actor | None = None,
) -> int:
    """Record a disposition and set the alert's status with it.

    Args:
        engine: The control database.
        tenant: Whose alert.
        said: What was said.
        matches: How many matches the person has seen in the alert; None: whatever is in it now.
        by: Who, for the audit log; None: the person named, on this machine's command line.

    Returns:
        Its number, for `undo`.

    Raises:
        NotFoundError: The tenant has no such alert.
        DeniedError: The alert has taken more matches than were seen.
    """
    with writing(engine) as session:
        alert = alert_row(session, tenant, said.alert)
        if matches is not None and alert.count != matches:
            raise DeniedError(
                f"alert {said.alert} has {alert.count} matches by now, not the {matches} that this"
                " was said of; look at it again"
            )
        before = _values(alert)
        set_status(session, alert, AlertStatus(said.verdict.value))
        forget_resolved(session, alert)
        set_known(session, alert, said.time)
        row = _new_row(tenant, said, alert.count)
        session.add(row)
        session.flush()
        action = _ACTIONS[said.verdict]
        words: dict[str, object] = {"reason": said.reason, "second": said.second, "number": row.id}
        who = by or _commanding(said.actor)
        _tell(session, alert, (said.time, who), (action, said.text, words))
        after = {**_values(alert), **words, "text": said.text}
        change = Change(action, "alert", alert.uid, before, after)
        record(session, tenant, who, change, now=said.time)
        return row.id


def keep_receipt(engine: Engine, tenant: TenantId, number: int, receipt: dict[str, object]) -> None:
    """Put the receipt to a disposition that was recorded before it could be told.

    Raises:
        NotFoundError: The tenant has no such disposition.
    """
    with writing(engine) as session:
        _row(session, tenant, number).receipt = receipt


def undo(  # noqa: PLR0913 (which, when, and who)
    engine: Engine,
    tenant: TenantId,
    number: int,
    *,
    now: int,
    actor: str | None = None,
    by: Actor | None = None,
) -> AlertStatus:
    """Take a disposition back; the alert has the status of the last one that stands, or is open.

    Returns:
        The alert's status now.

    Raises:
        NotFoundError: The tenant has no such disposition.
    """
    with writing(engine) as session:
        row = _row(session, tenant, number)
        alert = alert_row(session, tenant, row.alert)
        if row.undone is not None:
            return AlertStatus(alert.status)
        row.undone, row.undone_by = now, actor
        session.flush()
        before = _values(alert)
        status, known = _standing(_of_alert(session, tenant, row.alert), alert.count)
        set_status(session, alert, status)
        forget_resolved(session, alert)
        set_known(session, alert, known)
        who = by or _commanding(actor or "?")
        _tell(session, alert, (now, who), ("undo", "", {"number": number}))
        change = Change("undo", "alert", alert.uid, before, {**_values(alert), "number": number})
        record(session, tenant, who, change, now=now)
        return status


def disposition(engine: Engine, tenant: TenantId, number: int) -> Disposition:
    """One disposition.

    Raises:
        NotFoundError: The tenant has no such disposition.
    """
    with reading(engine) as session:
        return disposition_of(_row(session, tenant, number))


def dispositions(engine: Engine, tenant: TenantId, alert: str) -> list[Disposition]:
    """All that was said of an alert, first word first."""
    with reading(engine) as session:
        return _of_alert(session, tenant, alert)


def last_said(engine: Engine, tenant: TenantId) -> int:
    """When a person last spoke of an alert or took a word back, ms UTC; 0: never."""
    query = select(func.max(DispositionRow.time), func.max(DispositionRow.undone)).where(
        DispositionRow.tenant == tenant
    )
    with reading(engine) as session:
        return max((each or 0 for each in session.execute(query).one()), default=0)


def _standing(said: Sequence[Disposition], matches: int) -> tuple[AlertStatus, int | None]:
    """The last word that stands, and when it was said, ms UTC.

    A dismissal says nothing of matches that came after it.
    """
    standing = [each for each in said if each.undone is None]
    if not standing:
        return AlertStatus.OPEN, None
    last = standing[-1]
    grown = last.matches is not None and last.matches < matches
    if last.verdict is Verdict.DISMISSED and grown:
        return AlertStatus.OPEN, None
    return AlertStatus(last.verdict.value), last.time


def _new_row(tenant: TenantId, said: Disposition, matches: int) -> DispositionRow:
    return DispositionRow(
        tenant=tenant,
        alert=said.alert,
        actor=said.actor,
        verdict=said.verdict,
        reason=said.reason,
        text=said.text,
        time=said.time,
        undone=said.undone,
        account=said.account,
        second=said.second,
        undone_by=said.undone_by,
        receipt=said.receipt,
        matches=matches,
    )


def _commanding(name: str) -> Actor:
    return Actor(name, "command")


def _values(row: AlertRow) -> dict[str, object]:
    return {"status": row.status}


def _tell(
    session: Session,
    alert: AlertRow,
    when: tuple[int, Actor],
    said: tuple[str, str, dict[str, object]],
) -> None:
    """A new version of the alert, and a line in its history."""
    alert.version = next_version(session, TenantId(alert.tenant))
    (now, who), (action, text, detail) = when, said
    note(session, [(alert, Event(0, now, who.name, action, text, detail))])


def _of_alert(session: Session, tenant: TenantId, alert: str) -> list[Disposition]:
    query = (
        select(DispositionRow)
        .where(DispositionRow.tenant == tenant, DispositionRow.alert == alert)
        .order_by(DispositionRow.id)
    )
    return [disposition_of(row) for row in session.scalars(query)]


def disposition_of(row: DispositionRow) -> Disposition:
    """A row as a disposition."""
    return Disposition(
        alert=row.alert,
        actor=row.actor,
        verdict=Verdict(row.verdict),
        reason=row.reason,
        text=row.text,
        time=row.time,
        undone=row.undone,
        account=row.account,
        second=row.second,
        undone_by=row.undone_by,
        receipt=row.receipt,
        matches=row.matches,
    )


def _row(session: Session, tenant: TenantId, number: int) -> DispositionRow:
    row = session.get(DispositionRow, number)
    if row is None or row.tenant != tenant:
        raise NotFoundError(f"no disposition {number}")
    return row
