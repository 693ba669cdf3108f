"""One match decided: the question, the decision, the threshold, the alert and its incident."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from foreseen.alerts.decide import Question, decide
from foreseen.alerts.incidents import Ties, ties_of
from foreseen.alerts.thresholds import Counted, aggregate_key, columns_of, stand
from foreseen.core.alerts import Alert, Incident
from foreseen.core.decisions import Basis, Decision, Outcome, Prediction, Stage
from foreseen.core.ids import EventUid, RuleId
from foreseen.models.moments.moment import Moment
from foreseen.pipeline.artefacts import JudgeArtefacts
from foreseen.pipeline.asking import Answer
from foreseen.pipeline.growing import WITHOUT_STORY, Told, tell
from foreseen.pipeline.open_streams import JudgeState
from foreseen.rules.correlation.entries import Fired


@dataclass(frozen=True, slots=True)
class Case:
    """A match to be decided.

    Attributes:
        row: The match's row.
        moment: The match as models see it.
        answer: What its rule's model said; None without one.
        hidden: Suppression by hand that hides it.
        fired: What it says if it is a correlation's firing.
        revised: Why it is decided once more, a sentence; empty the first time.
    """

    row: Mapping[str, object]
    moment: Moment
    answer: Answer | None
    hidden: str | None = None
    fired: Fired | None = None
    revised: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a match.

    Attributes:
        decision: The word on it.
        alert: The alert that it opened or joined, as it stands now.
        opened: The incident that it opened.
    """

    decision: Decision
    alert: Alert | None = None
    opened: Incident | None = None


def decided(state: JudgeState, case: Case, artefacts: JudgeArtefacts) -> Verdict:
    """Decide a match; what it opens or joins is in the state then."""
    row, moment, seen = case.row, case.moment, seen_of(case.row)
    stream, ties = state.at(str(row["stream"]), seen, str(row["host"])), ties_of(row)
    incident = stream.incidents.find(ties, stream.now)
    question = replace(_question(case, artefacts), incident=incident)
    decision = _decision(case, question, artefacts)
    told = Told(row, moment, seen, case.fired, artefacts.rule(decision.rule), decision)
    told = _counted(state, told, question)
    if told.decision.outcome is not Outcome.ALERTED:
        return Verdict(told.decision)
    return _tell(state, told, ties, artefacts)


def seen_of(row: Mapping[str, object]) -> int:
    """When it happened, no later than when we had it: a clock that is ahead must not rule, ms."""
    time, received = int(str(row["time"])), row.get("ingested_time")
    return time if received is None else min(time, int(str(received)))


def _question(case: Case, artefacts: JudgeArtefacts) -> Question:
    moment, answer, foresight = case.moment, case.answer, artefacts.foresight
    rule = artefacts.rule(RuleId(moment.rule))
    return Question(
        foresee=rule is not None and rule.foresee,
        has_model=foresight is not None and moment.rule in foresight.models,
        failed=isinstance(answer, Exception),
        history=_history(moment, artefacts),
        prediction=answer if isinstance(answer, Prediction) else None,
        complete=case.row["window_complete"] is True,
        incident=None,
        counted=moment.rule in artefacts.correlations.silent,
        suppression=case.hidden,
        stage=artefacts.stages.get(RuleId(moment.rule), Stage.OBSERVE),
    )


def _history(moment: Moment, artefacts: JudgeArtefacts) -> int:
    """Clean history behind an answer; none where the calibration is too coarse for the budget."""
    foresight = artefacts.foresight
    if foresight is None or not foresight.resolves(artefacts.policy.budget):
        return 0
    return foresight.history(RuleId(moment.rule), moment.workload)


def _decision(case: Case, question: Question, artefacts: JudgeArtefacts) -> Decision:
    outcome, basis = decide(question, artefacts.policy)
    return Decision(
        tenant=artefacts.tenant,
        match_uid=case.moment.uid,
        event_uid=EventUid(str(case.row["event_uid"])),
        rule=RuleId(case.moment.rule),
        outcome=outcome,
        basis=basis,
        prediction=question.prediction,
        incident=question.incident,
        artefacts=dict(artefacts.hashes),
        suppression=question.suppression if basis is Basis.SUPPRESSED_BY_HAND else None,
        elsewhere=case.moment.elsewhere,
        revised=case.revised,
    )


def _counted(state: JudgeState, told: Told, question: Question) -> Told:
    """A match that would alert, held to its rule's threshold.

    One of an open incident is told at once (law 7), and so is one before which telemetry is known
    to be missing: what was lost may be the others (law 4).
    """
    rule, decision = told.rule, told.decision
    if decision.outcome is not Outcome.ALERTED or told.fired is not None or rule is None:
        return told
    if rule.alerting.threshold == 1:
        return told
    urgent = ""
    if question.incident is not None:
        urgent = "It alerts at once, as it belongs to an open incident."
    elif not question.complete:
        urgent = "It alerts at once: telemetry is missing before it, perhaps others like it."
    key = aggregate_key(told.row, columns_of(rule))
    standing = stand(state.thresholds, rule, Counted(told.moment.uid, told.seen, key, urgent))
    if not standing.tells:
        decision = replace(decision, outcome=Outcome.SUPPRESSED, basis=Basis.BELOW_THRESHOLD)
    return replace(told, standing=standing, decision=decision)


def _tell(state: JudgeState, told: Told, ties: Ties, artefacts: JudgeArtefacts) -> Verdict:
    """Tell of a match: the decision with its incident, its alert, and the incident if it is new."""
    stream, decision = state.streams[str(told.row["stream"])], told.decision
    has_story = decision.basis not in WITHOUT_STORY
    if has_story and decision.incident is None:
        decision = replace(decision, incident=stream.incidents.suspected(ties, stream.now))
    told = replace(told, decision=decision)
    alert, is_new = tell(state, told, artefacts.correlations)
    decision = replace(decision, incident=decision.incident or alert.incident)
    if has_story:
        signs = _signs(decision, is_new=is_new)
        stream.incidents.join(str(decision.incident), ties, stream.now, signs=signs)
    if not is_new or alert.incident != alert.uid:
        return Verdict(decision, alert)
    names = (*ties.own, ties.session) if ties.session else ties.own
    opened = Incident(alert.uid, artefacts.tenant, told.moment.time, names)
    return Verdict(decision, alert, opened)


def _signs(decision: Decision, *, is_new: bool) -> int:
    """What an alert says of its login session: a rule that alerts by itself says enough."""
    if decision.basis is Basis.NOT_FORESEEN:
        return 2
    return int(decision.basis is Basis.UNEXPECTED and is_new)
