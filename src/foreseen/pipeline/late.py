"""What late evidence changes: a suppressed match that is not expected any more is told after all.

Only ever in that direction. Each piece of evidence is weighed by itself when it comes, so that the
result does not depend on what came in the same batch. Where a story begins so, the provisional
matches after it that it ties are told, too (law 7).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from foreseen.alerts.incidents import ties_of
from foreseen.core.decisions import Basis, Outcome, Prediction
from foreseen.models.moments.elsewhere import Sighting
from foreseen.models.moments.moment import Moment
from foreseen.pipeline.artefacts import JudgeArtefacts
from foreseen.pipeline.asking import Answer, answers_of
from foreseen.pipeline.by_hand import hidden_by_hand
from foreseen.pipeline.deciding import Case, Verdict, decided, seen_of
from foreseen.pipeline.growing import WITHOUT_STORY
from foreseen.pipeline.open_streams import JudgeState

_EVIDENCE = "It was suppressed at first; evidence that came late says otherwise: {token}."
_STORY = "It was suppressed at first; late evidence opened the incident that it belongs to."


@dataclass(frozen=True, slots=True)
class Revision:
    """A match that was decided once more.

    Attributes:
        time: When its event happened, ms UTC.
        workload: Its workload.
        verdict: What became of it now.
        failure: What the model failed with, if it did.
    """

    time: int
    workload: str
    verdict: Verdict
    failure: Exception | None = None


def weighed(state: JudgeState, evidence: Sighting, artefacts: JudgeArtefacts) -> Iterator[Revision]:
    """Matches that a sighting turns from suppressed to told, and those of their stories."""
    uids = state.provisional.touched(evidence)
    if not uids:
        return  # as nearly always
    moments = state.provisional.moments(uids)
    answers = answers_of(moments, artefacts)
    odd = [each for each in moments if not _expected(answers.get(each.uid), artefacts)]
    why = _EVIDENCE.format(token=evidence.token)
    for found in _again(state, odd, answers, why, artefacts):
        yield found.revision
        yield from _story(state, found, artefacts)


def _expected(answer: Answer | None, artefacts: JudgeArtefacts) -> bool:
    """Whether the model expects it still; what else has changed since is no late evidence."""
    return isinstance(answer, Prediction) and answer.probability > artefacts.policy.budget


@dataclass(frozen=True, slots=True)
class _Found:
    """A revision and where its story begins: its stream, and its time there, ms UTC."""

    revision: Revision
    stream: str
    seen: int


def _again(
    state: JudgeState,
    moments: Sequence[Moment],
    answers: Mapping[str, Answer],
    why: str,
    artefacts: JudgeArtefacts,
) -> Iterator[_Found]:
    """Decide these matches once more; those of which the outcome is another one now."""
    open_still = [each for each in moments if each.uid in state.provisional.entries]
    if not open_still:
        return
    rows = state.provisional.rows([each.uid for each in open_still])
    hidden, _ = hidden_by_hand(rows, artefacts.suppressions)
    for row, moment in zip(rows.to_pylist(), open_still, strict=True):
        if moment.uid not in state.provisional.entries:
            continue  # told in between, with the story of another one
        answer = answers.get(moment.uid)
        case = Case(row, moment, answer, hidden.get(moment.uid), revised=why)
        verdict = decided(state, case, artefacts)
        if _stays(verdict):
            continue
        state.provisional.drop(moment.uid)
        failure = answer if isinstance(answer, Exception) else None
        revision = Revision(moment.time, moment.workload, verdict, failure)
        yield _Found(revision, str(row["stream"]), seen_of(row))


def _stays(verdict: Verdict) -> bool:
    """Whether nothing changed; one that waits for a threshold now is not expected any more."""
    decision = verdict.decision
    return decision.outcome is Outcome.SUPPRESSED and decision.basis is not Basis.BELOW_THRESHOLD


def _story(state: JudgeState, begin: _Found, artefacts: JudgeArtefacts) -> Iterator[Revision]:
    """Provisional matches after one that was told late, tied to what it began."""
    if begin.revision.verdict.decision.basis in WITHOUT_STORY:
        return
    uids = state.provisional.later_on(begin.stream, begin.seen)
    if not uids:
        return
    stream = state.streams[begin.stream]
    for uid, row in zip(uids, state.provisional.rows(uids).to_pylist(), strict=True):
        if stream.incidents.find(ties_of(row), stream.now) is not None:
            moments = state.provisional.moments([uid])
            answers = answers_of(moments, artefacts)
            for found in _again(state, moments, answers, _STORY, artefacts):
                yield found.revision
