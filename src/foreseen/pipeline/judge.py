"""The judge step: matches in the lake's commit order to predictions, decisions and alerts. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pyarrow as pa
import pyarrow.compute as pc

from foreseen.alerts.stories import Stories
from foreseen.alerts.thresholds import fit
from foreseen.core.alerts import Alert, Incident
from foreseen.core.decisions import Basis, Decision
from foreseen.models.moments.elsewhere import Context, Sighting, sightings_of, told
from foreseen.models.moments.moment import moments_of
from foreseen.pipeline.artefacts import JudgeArtefacts
from foreseen.pipeline.asking import Answer, answers_of
from foreseen.pipeline.by_hand import hidden_by_hand
from foreseen.pipeline.correlated import Correlated, both, correlate, correlate_time
from foreseen.pipeline.deciding import Case, Verdict, decided
from foreseen.pipeline.growing import Grown
from foreseen.pipeline.late import Revision, weighed
from foreseen.pipeline.open_streams import JudgeState
from foreseen.pipeline.provisional import Provisional, kept_row
from foreseen.pipeline.stories import told_stories
from foreseen.rules.correlation.fields import values_by
from foreseen.rules.correlation.state import CorrelationState
from foreseen.schema.arrow import integers, texts

__all__ = [
    "JudgeArtefacts",
    "JudgeBatch",
    "JudgeOut",
    "batch_of",
    "due_at",
    "judged",
    "pass_time",
    "step",
    "with_stories",
]


@dataclass(frozen=True, slots=True)
class JudgeOut:
    """What a batch of matches gave.

    Attributes:
        matches: The batch's matches, and after each those of the correlations that it made fire.
        decisions: One a match of `matches`, in order.
        alerts: Alerts that are new or took new members, each as it stands after the batch, with the
            members that the batch added.
        incidents: Incidents opened.
        failures: What went wrong in models, by rule, and in suppressions: the last error of each.
        revisions: Matches of this batch or of earlier ones that were decided once more.
    """

    matches: pa.Table
    decisions: Sequence[Decision]
    alerts: Sequence[Alert]
    incidents: Sequence[Incident]
    failures: Mapping[str, Exception]
    revisions: Sequence[Revision] = ()


Taught = Mapping[int, Sequence[Sighting]]
"""Sightings of matches that are not judged, by the place of the judged match that they precede."""


@dataclass(frozen=True, slots=True)
class JudgeBatch:
    """What is to be judged at once.

    Attributes:
        correlated: Matches in order, with what correlations made of them.
        taught: What is seen between them and is not judged here.
    """

    correlated: Correlated
    taught: Taught = field(default_factory=dict)


def step(
    state: JudgeState,
    matches: pa.Table,
    artefacts: JudgeArtefacts,
    now: int | None = None,
    since: int | None = None,
) -> tuple[JudgeState, JudgeOut]:
    """Decide every match of a batch, in order, then what waited for the time after it.

    The state is advanced in place and returned: the one passed in must not be used again. The
    decisions, and the last version of each alert, do not depend on how matches are cut.

    Args:
        state: What the judge remembers.
        matches: Rows of the matches table.
        artefacts: What else the decisions depend on.
        now: How late it is after the batch by a record of the log, ms UTC; None: it does not say.
        since: Matches of events before this time (ms UTC) belong to the accepted history: they are
            not judged, and those after them have seen them.
    """
    batch = batch_of(state.correlations, matches, artefacts, now, since)
    return state, with_stories(state.stories, judged(state, batch, artefacts), artefacts)


def pass_time(
    state: JudgeState, now: int | None, artefacts: JudgeArtefacts
) -> tuple[JudgeState, JudgeOut]:
    """Decide what waited for a time, e.g. for the absence of an event.

    Args:
        state: As for `step`.
        now: A record of the log: it is so late, ms UTC; None: there will be no more matches.
        artefacts: As for `step`.
    """
    out = judged(state, due_at(state.correlations, now, artefacts), artefacts)
    return state, with_stories(state.stories, out, artefacts)


def batch_of(
    state: CorrelationState,
    matches: pa.Table,
    artefacts: JudgeArtefacts,
    now: int | None = None,
    since: int | None = None,
) -> JudgeBatch:
    """Matches with what correlations make of them; `state` is advanced in place.

    Args:
        state: What correlations remember.
        matches: As for `step`, and so are the others.
        artefacts: Which correlations there are.
        now: How late it is after the matches.
        since: Where the accepted history ends.
    """
    plan, values = artefacts.correlations, values_by(artefacts.rules)
    own = matches if since is None else matches.filter(pc.field("time") >= since)
    correlated = correlate(state, own, plan, values)
    if now is not None:
        correlated = both(correlated, correlate_time(state, now, plan, values))
    return JudgeBatch(correlated, _taught(matches, correlated, since))


def due_at(state: CorrelationState, now: int | None, artefacts: JudgeArtefacts) -> JudgeBatch:
    """What correlations waited with until a time, as for `pass_time`."""
    plan, values = artefacts.correlations, values_by(artefacts.rules)
    return JudgeBatch(correlate_time(state, now, plan, values))


def with_stories(stories: Stories, out: JudgeOut, artefacts: JudgeArtefacts) -> JudgeOut:
    """What a batch gave, with the stories that its decisions tell together; `stories` advances."""
    told = told_stories(stories, out.matches, out.decisions, artefacts)
    return replace(
        out,
        alerts=[*out.alerts, *told.alerts],
        incidents=[*out.incidents, *told.incidents],
    )


@dataclass(slots=True)
class _Gathered:
    """What a batch has given so far."""

    decisions: list[Decision] = field(default_factory=list)
    alerts: Grown = field(default_factory=Grown)
    incidents: list[Incident] = field(default_factory=list)
    revisions: list[Revision] = field(default_factory=list)
    failures: dict[str, Exception] = field(default_factory=dict)

    def decide(self, verdict: Verdict, answer: Answer | None) -> None:
        """The next match of the batch."""
        self.decisions.append(verdict.decision)
        self._take(verdict, answer)

    def revise(self, revisions: Iterator[Revision]) -> None:
        """Matches that were decided once more."""
        for revision in revisions:
            self.revisions.append(revision)
            self._take(revision.verdict, revision.failure)

    def out(self, matches: pa.Table, unsure: Mapping[str, Exception]) -> JudgeOut:
        """All of it."""
        return JudgeOut(
            matches,
            self.decisions,
            self.alerts.whole(),
            self.incidents,
            {**self.failures, **unsure},
            self.revisions,
        )

    def _take(self, verdict: Verdict, answer: Answer | None) -> None:
        """The alert and the incident of a match, and what its model failed with."""
        if verdict.alert:
            self.alerts.add(verdict.alert)
        if verdict.opened:
            self.incidents.append(verdict.opened)
        if isinstance(answer, Exception):
            self.failures[verdict.decision.rule] = answer


def _taught(matches: pa.Table, correlated: Correlated, since: int | None) -> Taught:
    """Matches of the accepted history, each before the judged match that it came before."""
    if since is None:
        return {}
    own = [time >= since for time in integers(matches, "time")]
    uids = enumerate(texts(correlated.matches, "match_uid"))
    places = [place for place, uid in uids if uid not in correlated.firings]
    places.append(correlated.matches.num_rows)
    taught: dict[int, list[Sighting]] = {}
    passed = 0
    for sighting, is_judged in zip(sightings_of(matches), own, strict=True):
        if not is_judged:
            taught.setdefault(places[passed], []).append(sighting)
        passed += is_judged
    return taught


def judged(state: JudgeState, batch: JudgeBatch, artefacts: JudgeArtefacts) -> JudgeOut:
    """Decide a batch; `state` is advanced in place, but for correlations and stories."""
    correlated, taught = batch.correlated, batch.taught
    matches, gathered = correlated.matches, _Gathered()
    sightings = sightings_of(matches)
    contexts = _contexts(state, sightings, taught)
    moments = moments_of(matches, [told(context) for context in contexts])
    answers = answers_of(moments, artefacts)
    hidden, unsure = hidden_by_hand(matches, artefacts.suppressions)
    rows = matches.to_pylist()
    fit(state.thresholds, artefacts.rules)
    for place, (row, moment) in enumerate(zip(rows, moments, strict=True)):
        uid, sighting = moment.uid, sightings[place]
        for each in taught.get(place, ()):
            gathered.revise(weighed(state, each, artefacts))
        fired, answer = correlated.firings.get(uid), answers.get(uid)
        verdict = decided(state, Case(row, moment, answer, hidden.get(uid), fired), artefacts)
        gathered.decide(verdict, answer)
        if verdict.decision.basis is Basis.EXPECTED and sighting.names:
            entry = Provisional(kept_row(row), sighting, contexts[place], moment=moment)
            state.provisional.hold(uid, entry)
        gathered.revise(weighed(state, sighting, artefacts))
    for each in taught.get(len(rows), ()):
        gathered.revise(weighed(state, each, artefacts))
    for name in {str(row["stream"]) for row in rows} & state.streams.keys():
        state.forget(name)
    return gathered.out(matches, unsure)


def _contexts(state: JudgeState, sightings: Sequence[Sighting], taught: Taught) -> list[Context]:
    """What was seen elsewhere before each match: it depends on their order and on no decision."""
    contexts = []
    for place, sighting in enumerate(sightings):
        for each in taught.get(place, ()):
            state.whereabouts.meet(each)
        contexts.append(state.whereabouts.meet(sighting))
    for each in taught.get(len(sightings), ()):
        state.whereabouts.meet(each)
    return contexts
