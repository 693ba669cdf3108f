"""What people said of alerts: appended, undone by a mark, never deleted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from foreseen.control.database import reading, writing
from foreseen.control.tables import AlertRow, DispositionRow
from foreseen.core.alerts import AlertStatus
from foreseen.core.errors import DeniedError, MalformedInputError, NotFoundError
from foreseen.core.ids import TenantId

LONGEST_TEXT = 4_000
"""Letters of what a person may add in their own words."""


class Verdict(StrEnum):
    """What a person says of an alert."""

    DISMISSED = "dismissed"
    ESCALATED = "escalated"


class Reason(StrEnum):
    """Why a person says so: a closed list, so that reasons can be counted and acted on."""

    EXPECTED = "expected change"
    BUSINESS = "business operation"
    POLICY = "normal by policy"
    MAINTENANCE = "temporary maintenance"
    AUTHORISED_TEST = "authorised test"
    DUPLICATE = "duplicate"
    ATTACK = "attack"
    SUSPECTED = "suspected attack"
    VIOLATION = "policy violation"
    OTHER = "other"


REASONS: Mapping[Verdict, tuple[Reason, ...]] = {
    Verdict.DISMISSED: (
        Reason.EXPECTED,
        Reason.BUSINESS,
        Reason.POLICY,
        Reason.MAINTENANCE,
        Reason.AUTHORISED_TEST,
        Reason.DUPLICATE,
        Reason.OTHER,
    ),
    Verdict.ESCALATED: (Reason.ATTACK, Reason.SUSPECTED, Reason.VIOLATION, Reason.OTHER),
}

TEACHES_NOTHING = frozenset({Reason.MAINTENANCE, Reason.AUTHORISED_TEST, Reason.DUPLICATE})
"""Reasons to dismiss that do not make it expected: an authorised attack is one all the same, a
duplicate may be one of an attack, and what is temporary must alert when it goes on."""


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


def reason_of(verdict: Verdict, reason: str, text: str) -> Reason:
    """The reason of the closed list that a text names.

    Raises:
        MalformedInputError: It is not on the verdict's list, or `other` stands without a text, or
            the text is too long; the message names what is possible.
    """
    known = {each.value: each for each in REASONS[verdict]}
    if reason not in known:
        listed = ", ".join(f"'{name}'" for name in known)
        raise MalformedInputError(
            f"{reason[:50]!r} is no reason for '{verdict.value}'; choose one of {listed}"
        )
    if known[reason] is Reason.OTHER and not text.strip():
        raise MalformedInputError("'other' needs a text that says why")
    if len(text) > LONGEST_TEXT:
        raise MalformedInputError(f"the text has more than {LONGEST_TEXT} letters; shorten it")
    return known[reason]


def dispose(
    engine: Engine, tenant: TenantId, said: Disposition, *, matches: int | None = None
) -> int:
    """Record a disposition and set the alert's status with it.

    Args:
        engine: The control database.
        tenant: Whose alert.
        said: What was said.
        matches: How many matches the person has seen in the alert; None: whatever is in it now.

    Returns:
        Its number, for `undo`.

    Raises:
        NotFoundError: The tenant has no such alert.
        DeniedError: The alert has taken more matches than were seen.
    """
    with writing(engine) as session:
        alert = _alert(session, tenant, said.alert)
        if matches is not None and alert.count != matches:
            raise DeniedError(
                f"alert {said.alert} has {alert.count} matches by now, not the {matches} that this"
                " was said of; look at it again"
            )
        alert.status = said.verdict.value
        row = DispositionRow(
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
            matches=alert.count,
        )
        session.add(row)
        session.flush()
        return row.id


def keep_receipt(engine: Engine, tenant: TenantId, number: int, receipt: dict[str, object]) -> None:
    """Put the receipt to a disposition that was recorded before it could be told.

    Raises:
        NotFoundError: The tenant has no such disposition.
    """
    with writing(engine) as session:
        _row(session, tenant, number).receipt = receipt


def undo(
    engine: Engine, tenant: TenantId, number: int, *, now: int, actor: str | None = None
) -> AlertStatus:
    """Take a disposition back; the alert has the status of the last one that stands, or is open.

    Returns:
        The alert's status now.

    Raises:
        NotFoundError: The tenant has no such disposition.
    """
    with writing(engine) as session:
        row = _row(session, tenant, number)
        if row.undone is None:
            row.undone, row.undone_by = now, actor
        session.flush()
        alert = _alert(session, tenant, row.alert)
        status = _standing(_of_alert(session, tenant, row.alert), alert.count)
        alert.status = status.value
        return status


def disposition(engine: Engine, tenant: TenantId, number: int) -> Disposition:
    """One disposition.

    Raises:
        NotFoundError: The tenant has no such disposition.
    """
    with reading(engine) as session:
        return _disposition(_row(session, tenant, number))


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


def _standing(said: Sequence[Disposition], matches: int) -> AlertStatus:
    """The last word that stands; a dismissal says nothing of matches that came after it."""
    standing = [each for each in said if each.undone is None]
    if not standing:
        return AlertStatus.OPEN
    last = standing[-1]
    grown = last.matches is not None and last.matches < matches
    if last.verdict is Verdict.DISMISSED and grown:
        return AlertStatus.OPEN
    return AlertStatus(last.verdict.value)


def _of_alert(session: Session, tenant: TenantId, alert: str) -> list[Disposition]:
    query = (
        select(DispositionRow)
        .where(DispositionRow.tenant == tenant, DispositionRow.alert == alert)
        .order_by(DispositionRow.id)
    )
    return [_disposition(row) for row in session.scalars(query)]


def _disposition(row: DispositionRow) -> Disposition:
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


def _alert(session: Session, tenant: TenantId, uid: str) -> AlertRow:
    row = session.get(AlertRow, (tenant, uid))
    if row is None:
        raise NotFoundError(f"no alert {uid}")
    return row
