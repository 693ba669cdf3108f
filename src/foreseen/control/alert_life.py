"""What people do with an alert besides saying what it was: take it, comment on it, resolve it.

Every change bumps the alert's version, is in its history and in the audit log, and can be made
undone by another one.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from foreseen.control.alert_counts import moved, take_counts
from foreseen.control.alert_feed import next_version
from foreseen.control.alert_history import Event, alert_row, note
from foreseen.control.alert_times import Measure, Took, take_times
from foreseen.control.audit_log import Actor, Change, record
from foreseen.control.database import writing
from foreseen.control.tables import AlertRow
from foreseen.core.alerts import AlertStatus
from foreseen.core.errors import ConflictError, MalformedInputError, StaleError
from foreseen.core.ids import TenantId

LONGEST_TEXT = 4_000
"""Letters of a comment."""

_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Act:
    """Who does something to an alert, when, and what they had seen of it.

    Attributes:
        alert: Its uid.
        by: Who.
        now: When, ms UTC.
        seen: Version of the alert that they looked at; None: whatever it is now.
    """

    alert: str
    by: Actor
    now: int
    seen: int | None = None


@dataclass(frozen=True, slots=True)
class Life:
    """Where an alert stands with people.

    Attributes:
        version: Of its last change; grows with each change of any of the organisation's alerts.
        status: Its status.
        assignee: Who has taken it, if somebody has.
        raised: When it was raised, ms UTC; None for those older than this record.
        known: When a person said what it was, in the word that stands.
        resolved: When an escalated one was resolved.
    """

    version: int
    status: AlertStatus
    assignee: str | None
    raised: int | None
    known: int | None
    resolved: int | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What shall become of an alert; the defaults change nothing.

    Attributes:
        status: Acknowledged while somebody looks into it, or open again.
        assigns: Whether `assignee` takes it.
        assignee: Who; None for nobody.
        resolved: Whether the response to an escalated alert is done.
        text: Why, for the history.
    """

    status: AlertStatus | None = None
    assigns: bool = False
    assignee: str | None = None
    resolved: bool | None = None
    text: str = ""


def change(engine: Engine, tenant: TenantId, act: Act, wanted: Wanted) -> Life:
    """Change an alert, all of it or nothing; what is so already leaves no trace.

    Raises:
        NotFoundError: The tenant has no such alert.
        StaleError: It was changed since it was looked at.
        ConflictError: It is not in a state for that; the message says what to do.
        MalformedInputError: A name or text is empty or too long.
    """
    if wanted.assignee is not None and not 0 < len(wanted.assignee.strip()) <= _LONGEST_NAME:
        raise MalformedInputError(f"an assignee has 1 to {_LONGEST_NAME} letters")
    if len(wanted.text) > LONGEST_TEXT:
        raise MalformedInputError(f"a text has at most {LONGEST_TEXT} letters; shorten it")

    def done(session: Session, row: AlertRow) -> list[str]:
        return [
            action
            for action in (
                _turned(session, row, wanted.status),
                _assigned(row, wanted),
                _resolved(session, row, wanted.resolved, act.now),
            )
            if action
        ]

    return _changed(engine, tenant, act, done, wanted.text)


def comment(engine: Engine, tenant: TenantId, act: Act, text: str) -> Life:
    """Say something on an alert.

    Raises:
        MalformedInputError: The text is empty or too long.
        NotFoundError, StaleError: As for `change`.
    """
    if not text.strip():
        raise MalformedInputError("a comment needs a text")
    if len(text) > LONGEST_TEXT:
        raise MalformedInputError(f"a comment has at most {LONGEST_TEXT} letters; shorten it")
    return _changed(engine, tenant, act, lambda _session, _row: ["comment"], text)


def as_life(row: AlertRow) -> Life:
    """Where it stands."""
    return Life(
        row.version, AlertStatus(row.status), row.assignee, row.raised, row.known, row.resolved
    )


def set_status(session: Session, row: AlertRow, status: AlertStatus) -> None:
    """Change an alert's status, and the counts with it."""
    before = (row.status, row.severity, row.rule)
    row.status = status.value
    after = (row.status, row.severity, row.rule)
    if before != after:
        take_counts(session, TenantId(row.tenant), moved(before, after))


def set_known(session: Session, row: AlertRow, known: int | None) -> None:
    """When a person's word that stands was said, and the time to know with it."""
    if row.known is not None:
        _time(session, row, Measure.KNOW, row.known, count=-1)
    row.known = known
    if known is not None:
        _time(session, row, Measure.KNOW, known)


def forget_resolved(session: Session, row: AlertRow) -> None:
    """It is not resolved any more, so it took no time to."""
    if row.resolved is not None:
        _time(session, row, Measure.RESPOND, row.resolved, count=-1)
        row.resolved = None


def _turned(session: Session, row: AlertRow, wanted: AlertStatus | None) -> str:
    """Open or acknowledged; the action, or nothing where it is so already."""
    if wanted is None or row.status == wanted:
        return ""
    if row.status not in {AlertStatus.OPEN, AlertStatus.ACKNOWLEDGED}:
        raise ConflictError(f"alert {row.uid} is {row.status}; take back what was said of it first")
    set_status(session, row, wanted)
    return "acknowledge" if wanted is AlertStatus.ACKNOWLEDGED else "release"


def _assigned(row: AlertRow, wanted: Wanted) -> str:
    if not wanted.assigns or row.assignee == wanted.assignee:
        return ""
    row.assignee = wanted.assignee
    return "assign"


def _resolved(session: Session, row: AlertRow, wanted: bool | None, now: int) -> str:  # noqa: FBT001
    if wanted is None or wanted == (row.resolved is not None):
        return ""
    if not wanted:
        forget_resolved(session, row)
        return "reopen"
    if row.status != AlertStatus.ESCALATED:
        raise ConflictError(f"alert {row.uid} is {row.status}; only an escalated one is resolved")
    row.resolved = now
    _time(session, row, Measure.RESPOND, now)
    return "resolve"


_Changing = Callable[[Session, AlertRow], list[str]]


def _changed(engine: Engine, tenant: TenantId, act: Act, change: _Changing, text: str) -> Life:
    """Do something to an alert in one transaction, with its traces; it tells its actions."""
    with writing(engine) as session:
        row = alert_row(session, tenant, act.alert)
        if act.seen is not None and act.seen != row.version:
            raise StaleError(
                f"alert {act.alert} is at version {row.version}, not {act.seen}: somebody changed "
                "it; look at it again"
            )
        before = _values(row)
        actions = change(session, row)
        if not actions:
            return as_life(row)
        row.version = next_version(session, tenant)
        after = {**_values(row), **({"text": text} if text else {})}
        for action in actions:
            note(session, [(row, Event(0, act.now, act.by.name, action, text, _values(row)))])
            told = Change(action, "alert", row.uid, before, after)
            record(session, tenant, act.by, told, now=act.now)
        return as_life(row)


def _values(row: AlertRow) -> dict[str, object]:
    return {"status": row.status, "assignee": row.assignee, "resolved": row.resolved}


def _time(
    session: Session, row: AlertRow, measure: Measure, moment: int, *, count: int = 1
) -> None:
    if row.raised is not None:
        took = Took(measure, row.rule, row.raised, moment - row.raised, count)
        take_times(session, TenantId(row.tenant), [took])
