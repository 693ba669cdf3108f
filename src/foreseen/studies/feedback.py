"""A person's word on an alert: refused, or recorded with the receipt of what it moves.

An escalation is always recorded, whatever fails afterwards; a dismissal is recorded only when
everything could be checked (law 4).
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Engine

from foreseen.alerts.interest import (
    HOW_SECOND,
    LOGIN_COLUMNS,
    PROCESS_COLUMNS,
    Speaker,
    objection,
    subjects_of,
)
from foreseen.control.alerts import alert_by_uid
from foreseen.control.audit_log import Actor
from foreseen.control.dispositions import Disposition, dispose, disposition, keep_receipt, undo
from foreseen.control.reasons import Reason, Verdict, reason_of
from foreseen.core.alerts import Alert, AlertStatus
from foreseen.core.errors import DeniedError, ForeseenError, TransientError
from foreseen.core.ids import TenantId
from foreseen.lake.lake import Lake
from foreseen.studies.desk import Desk
from foreseen.studies.receipt import Receipt, receipt_of, standing_of
from foreseen.studies.weighing import Progress

log = logging.getLogger("foreseen.feedback")


@dataclass(frozen=True, slots=True)
class Office:
    """Where words on a tenant's alerts are taken.

    Attributes:
        tenant: Organisation.
        lake: Its matches: whom an alert is about.
        engine: Its alerts and dispositions.
        desk: Opens what receipts need; what it raises refuses a dismissal and no escalation.
        now: Wall time for the records, ms UTC.
        by: Who asks, for the audit log; None: the speaker, on this machine's command line.
    """

    tenant: TenantId
    lake: Lake
    engine: Engine
    desk: Callable[[], Desk]
    now: int
    by: Actor | None = None


@dataclass(frozen=True, slots=True)
class Word:
    """What a person wants to say of an alert.

    Attributes:
        alert: Its uid.
        verdict: Dismissed or escalated.
        reason: One of the closed list.
        text: In their words.
    """

    alert: str
    verdict: Verdict
    reason: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """What became of it.

    Attributes:
        number: Number of the disposition, for undo; None: it was only tried.
        receipt: What it moves; None when that could not be told.
        problem: Why not.
    """

    number: int | None
    receipt: Receipt | None
    problem: str | None = None


def say(
    office: Office,
    word: Word,
    speaker: Speaker,
    progress: Progress = lambda *_: None,
    *,
    dry: bool = False,
) -> Said:
    """Take a word on an alert.

    Args:
        office: Where.
        word: What is said.
        speaker: Who says it.
        progress: Told what is done: stage, steps done, steps in all.
        dry: Whether the receipt is told and nothing is recorded.

    Raises:
        NotFoundError: There is no such alert.
        MalformedInputError: The reason is none, or lacks a text.
        DeniedError: This person may not dismiss it; or the change would lose an attack replay and
            nobody stands for it besides; or the alert has grown meanwhile.
        ForeseenError: The receipt of a dismissal cannot be computed.
    """
    reason = reason_of(word.verdict, word.reason, word.text)
    alert = alert_by_uid(office.engine, office.tenant, word.alert)
    if word.verdict is Verdict.ESCALATED and not dry:
        return _escalated(office, alert, (word, reason, speaker), progress)
    if word.verdict is Verdict.DISMISSED:
        _check_speaker(office, alert, speaker)
    receipt = _receipt(office, alert, (word.verdict, reason), progress)
    if dry:
        return Said(None, receipt)
    _check_chains(receipt, speaker)
    said = _disposition(office, word, reason, speaker, receipt)
    return Said(
        dispose(office.engine, office.tenant, said, matches=len(alert.members), by=office.by),
        receipt,
    )


def take_back(office: Office, number: int, speaker: Speaker) -> AlertStatus:
    """Take a disposition back; returns the alert's status now.

    Raises:
        NotFoundError: There is no such disposition.
        DeniedError: It would leave the alert dismissed, and the alert is about this person.
    """
    said = disposition(office.engine, office.tenant, number)
    if said.verdict is Verdict.ESCALATED:
        alert = alert_by_uid(office.engine, office.tenant, said.alert)
        _check_speaker(office, alert, speaker)
    return undo(
        office.engine, office.tenant, number, now=office.now, actor=speaker.name, by=office.by
    )


def _escalated(
    office: Office, alert: Alert, said: tuple[Word, Reason, Speaker], progress: Progress
) -> Said:
    """Recorded first: what comes after may fail in any way, and the alert stays escalated."""
    word, reason, speaker = said
    standing = standing_of(office.engine, office.tenant, alert)
    new = _disposition(office, word, reason, speaker, None)
    number = dispose(office.engine, office.tenant, new, by=office.by)
    try:
        receipt = receipt_of(office.desk(), alert, (word.verdict, reason), standing, progress)
        keep_receipt(office.engine, office.tenant, number, receipt.dump())
    except Exception as error:
        log.exception("no receipt of escalation %s", number)
        return Said(number, None, _told(error))
    return Said(number, receipt)


def _check_speaker(office: Office, alert: Alert, speaker: Speaker) -> None:
    own = pc.field("tenant") == office.tenant
    columns = ["match_uid", *LOGIN_COLUMNS, *PROCESS_COLUMNS]
    members = pa.array(alert.members, pa.string())
    rows = office.lake.read("matches", columns, own & pc.field("match_uid").isin(members))
    found = {str(row["match_uid"]): row for row in rows.to_pylist()}
    problem = objection(speaker, subjects_of(found.values(), len(set(alert.members))))
    if problem:
        raise DeniedError(problem)


def _receipt(
    office: Office, alert: Alert, said: tuple[Verdict, Reason], progress: Progress
) -> Receipt:
    standing = standing_of(office.engine, office.tenant, alert)
    try:
        return receipt_of(office.desk(), alert, said, standing, progress)
    except ForeseenError:
        raise
    except Exception as error:
        log.exception("no receipt of a word on alert %s", alert.uid)
        raise TransientError(
            f"what it would move cannot be computed ({_told(error)}), so it is not recorded"
        ) from error


def _check_chains(receipt: Receipt, speaker: Speaker) -> None:
    lost = receipt.moved.chains.lost
    if receipt.verdict == Verdict.DISMISSED and lost and speaker.second is None:
        raise DeniedError(
            f"if the models learned it, {len(lost)} recorded attacks would no longer be caught:"
            f" {', '.join(lost)}; a second person has to agree ({HOW_SECOND}), or escalate it"
        )


def _disposition(
    office: Office, word: Word, reason: Reason, speaker: Speaker, receipt: Receipt | None
) -> Disposition:
    return Disposition(
        alert=word.alert,
        actor=speaker.name,
        verdict=word.verdict,
        reason=reason.value,
        text=word.text,
        time=office.now,
        account=speaker.account,
        second=speaker.second,
        receipt=None if receipt is None else receipt.dump(),
    )


def _told(error: Exception) -> str:
    return str(error) if isinstance(error, ForeseenError) else repr(error)
