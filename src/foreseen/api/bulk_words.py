"""Words on many alerts, each weighed on its own, and taken back."""

import time
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace

from foreseen.alerts.interest import Speaker
from foreseen.api.bulk_views import BulkBody, ReceiptView
from foreseen.api.dispositions import one_receipt_at_a_time, speaker_of, told_here
from foreseen.api.problems import ProblemError
from foreseen.api.services import Services
from foreseen.api.workplaces import office_for
from foreseen.control import alert_bulk
from foreseen.control.alert_bulk import Outcome
from foreseen.control.audit_log import Actor
from foreseen.control.bulk_reading import Chosen
from foreseen.control.grants import Grant
from foreseen.control.reasons import Verdict
from foreseen.core.errors import ForeseenError, TransientError
from foreseen.studies.feedback import Office, Word, say, take_back

_WORDS_SECONDS = 50.0
"""How long one call weighs dismissals and escalations: each fits models and reads history."""

_NO_TIME = "there was no time left to weigh it; ask again for this one"


class Words:
    """Words of one person on alerts, one after the other while there is time."""

    def __init__(
        self, services: Services, grant: Grant, by: Actor, body: BulkBody, second: str | None
    ) -> None:
        self._office = replace(office_for(services, grant), by=by)
        self._speaker = speaker_of(services, grant, second)
        self._body, self._end = body, time.monotonic() + _WORDS_SECONDS

    def said(self, bulk: str, alerts: Sequence[Chosen]) -> Iterator[ReceiptView]:
        """Say it of each."""
        for each in alerts:
            if time.monotonic() > self._end:
                yield ReceiptView(uid=each.uid, outcome=Outcome.SKIPPED, reason=_NO_TIME)
            else:
                yield self._say(bulk, each.uid)

    def _say(self, bulk: str, uid: str) -> ReceiptView:
        body, office = self._body, self._office
        word = Word(uid, body.verdict or Verdict.DISMISSED, body.reason or "", body.text)
        is_dismissal = word.verdict is Verdict.DISMISSED
        try:
            with one_receipt_at_a_time() if is_dismissal else nullcontext(), told_here():
                said = say(office, word, self._speaker)
        except (ForeseenError, ProblemError) as error:
            return ReceiptView(uid=uid, outcome=Outcome.SKIPPED, reason=_why(error))
        number = said.number or 0
        version = alert_bulk.note_word(office.engine, office.tenant, bulk, uid, number)
        return ReceiptView(
            uid=uid,
            outcome=Outcome.CHANGED,
            reason=said.problem,
            version=version,
            disposition=number,
            receipt=said.receipt.dump() if said.receipt else None,
        )


def taken_back(office: Office, speaker: Speaker, bulk: str, uid: str, number: int) -> ReceiptView:
    """Take one word of a bulk back."""
    try:
        with told_here():
            take_back(office, number, speaker)
    except (ForeseenError, ProblemError) as error:
        return ReceiptView(uid=uid, outcome=Outcome.SKIPPED, reason=_why(error), disposition=number)
    version = alert_bulk.word_undone(office.engine, office.tenant, bulk, uid, now=office.now)
    return ReceiptView(uid=uid, outcome=Outcome.CHANGED, version=version, disposition=number)


def _why(error: ForeseenError | ProblemError) -> str:
    """In words that tell nothing of the server's inside."""
    if isinstance(error, TransientError):
        return "the server cannot do it now; retry later"
    return str(error)
