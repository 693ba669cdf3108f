"""The judge step: matches in the lake's commit order to predictions, decisions and alerts. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import isfinite

import pyarrow as pa

from foreseen.alerts.decide import Policy, Question, decide
from foreseen.alerts.incidents import Ties, ties_of
from foreseen.alerts.thresholds import Counted, aggregate_key, columns_of, fit, stand
from foreseen.core.alerts import Alert, Incident
from foreseen.core.decisions import Basis, Decision, Outcome, Prediction, Stage
from foreseen.core.ids import ContentHash, EventUid, RuleId, TenantId
from foreseen.models.foresight import Foresight
from foreseen.models.moments import Moment, moments_of
from foreseen.pipeline.by_hand import hidden_by_hand
from foreseen.pipeline.correlated import Correlated, both, correlate, correlate_time
from foreseen.pipeline.growing import WITHOUT_STORY, Told, tell
from foreseen.pipeline.open_streams import JudgeState
from foreseen.rules import Rule
from foreseen.rules.correlation.fields import rule_of, values_by
from foreseen.rules.correlation.link import Plan
from foreseen.rules.suppression.suppressions import SuppressionSet


@dataclass(frozen=True, slots=True)
class JudgeArtefacts:
    """What the step depends on besides matches.

    Attributes:
        tenant: Organisation; one judge serves one.
        rules: Loaded rules by id.
        foresight: Trained models; None before the first training.
        policy: Bounds of silence.
        hashes: Content hashes by kind, written on every prediction.
        correlations: Rules that count the matches of other rules.
        suppressions: Suppressions by hand; None hides nothing.
        stages: How far each rule's model is trusted; a model without a stage may suppress.
    """

    tenant: TenantId
    rules: Mapping[RuleId, Rule]
    foresight: Foresight | None
    policy: Policy
    hashes: Mapping[str, ContentHash]
    correlations: Plan = field(default_factory=Plan)
    suppressions: SuppressionSet | None = None
    stages: Mapping[RuleId, Stage] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class JudgeOut:
    """What a batch of matches gave.

    Attributes:
        matches: The batch's matches, and after each those of the correlations that it made fire.
        decisions: One a match of `matches`, in order.
        alerts: Alerts that are new or took new members, each as it stands after the batch.
        incidents: Incidents opened.
        failures: What went wrong in models, by rule, and in suppressions: the last error of each.
    """

    matches: pa.Table
    decisions: Sequence[Decision]
    alerts: Sequence[Alert]
    incidents: Sequence[Incident]
    failures: Mapping[str, Exception]


def step(
    state: JudgeState, matches: pa.Table, artefacts: JudgeArtefacts, now: int | None = None
) -> tuple[JudgeState, JudgeOut]:
    """Decide every match of a batch, in order, then what waited for the time after it.

    The state is advanced in place and returned: the one passed in must not be used again. The
    decisions, and the last version of each alert, do not depend on how matches are cut.

    Args:
        state: What the judge remembers.
        matches: Rows of the matches table.
        artefacts: What else the decisions depend on.
        now: How late it is after the batch by a record of the log, ms UTC; None: it does not say.
    """
    plan, values = artefacts.correlations, values_by(artefacts.rules)
    correlated = correlate(state.correlations, matches, plan, values)
    if now is not None:
        correlated = both(correlated, correlate_time(state.correlations, now, plan, values))
    return state, _judged(state, correlated, artefacts)


def pass_time(
    state: JudgeState, now: int | None, artefacts: JudgeArtefacts
) -> tuple[JudgeState, JudgeOut]:
    """Decide what waited for a time, e.g. for the absence of an event.

    Args:
        state: As for `step`.
        now: A record of the log: it is so late, ms UTC; None: there will be no more matches.
        artefacts: As for `step`.
    """
    plan, values = artefacts.correlations, values_by(artefacts.rules)
    correlated = correlate_time(state.correlations, now, plan, values)
    return state, _judged(state, correlated, artefacts)


def _judged(state: JudgeState, correlated: Correlated, artefacts: JudgeArtefacts) -> JudgeOut:
    matches = correlated.matches
    rows = matches.to_pylist()
    moments = moments_of(matches)
    answers = _predictions(moments, artefacts)
    hidden, unsure = hidden_by_hand(matches, artefacts.suppressions)
    decisions: list[Decision] = []
    changed: dict[str, Alert] = {}
    opened: list[Incident] = []
    fit(state.thresholds, artefacts.rules)
    for row, moment in zip(rows, moments, strict=True):
        stream, ties = state.at(str(row["stream"]), _seen(row)), ties_of(row)
        incident = stream.incidents.find(ties, stream.now)
        question = _question(row, moment, answers.get(moment.uid), artefacts)
        question = replace(question, incident=incident, suppression=hidden.get(moment.uid))
        decision = _decision(row, moment, question, artefacts)
        fired = correlated.firings.get(moment.uid)
        told = Told(row, moment, _seen(row), fired, _rule(decision.rule, artefacts), decision)
        told = _counted(state, told, question)
        decision = told.decision
        if decision.outcome is Outcome.ALERTED:
            decision, alert, story = _tell(state, told, ties, artefacts)
            changed[alert.uid] = alert
            opened += story
        decisions.append(decision)
    for name in {str(row["stream"]) for row in rows} & state.streams.keys():
        state.forget(name)
    failures = {m.rule: a for m in moments if isinstance(a := answers.get(m.uid), Exception)}
    return JudgeOut(matches, decisions, list(changed.values()), opened, {**failures, **unsure})


def _seen(row: Mapping[str, object]) -> int:
    """When it happened, no later than when we had it: a clock that is ahead must not rule, ms."""
    time, received = int(str(row["time"])), row.get("ingested_time")
    return time if received is None else min(time, int(str(received)))


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


def _tell(
    state: JudgeState, told: Told, ties: Ties, artefacts: JudgeArtefacts
) -> tuple[Decision, Alert, list[Incident]]:
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
        return decision, alert, []
    names = (*ties.own, ties.session) if ties.session else ties.own
    return decision, alert, [Incident(alert.uid, artefacts.tenant, told.moment.time, names)]


Answer = Prediction | Exception


def _predictions(moments: Sequence[Moment], artefacts: JudgeArtefacts) -> dict[str, Answer]:
    """Answers by match, asked a rule at a time; a model that fails answers with its error."""
    if artefacts.foresight is None:
        return {}
    by_rule: dict[RuleId, list[Moment]] = {}
    for moment in moments:
        by_rule.setdefault(RuleId(moment.rule), []).append(moment)
    answers: dict[str, Answer] = {}
    for rule, asked in by_rule.items():
        if rule in artefacts.foresight.models:
            answers.update(_ask(artefacts.foresight, rule, asked, artefacts.policy.budget))
    return answers


def _ask(
    foresight: Foresight, rule: RuleId, asked: Sequence[Moment], budget: float
) -> Iterable[tuple[str, Answer]]:
    """Answers of one model; where it fails, each moment is asked alone: no answer hangs on others.

    A number that is none would poison what is computed and stored from it: it counts as a failure.
    """
    try:
        answers = foresight.predict(rule, asked, budget)
        return [(m.uid, _sound(answer)) for m, answer in zip(asked, answers, strict=True)]
    except Exception as error:  # noqa: BLE001 (law 4: whatever a model does, its matches alert)
        if len(asked) == 1:
            return [(asked[0].uid, error)]
        return [found for moment in asked for found in _ask(foresight, rule, [moment], budget)]


def _sound(prediction: Prediction) -> Answer:
    numbers = [prediction.probability, prediction.surprise]
    numbers += [evidence.surprise for evidence in prediction.evidence]
    return prediction if all(map(isfinite, numbers)) else ValueError(f"not finite: {prediction}")


def _question(
    row: Mapping[str, object], moment: Moment, answer: Answer | None, artefacts: JudgeArtefacts
) -> Question:
    rule = _rule(RuleId(moment.rule), artefacts)
    foresight = artefacts.foresight
    return Question(
        foresee=rule is not None and rule.foresee,
        has_model=foresight is not None and moment.rule in foresight.models,
        failed=isinstance(answer, Exception),
        history=_history(moment, artefacts),
        prediction=answer if isinstance(answer, Prediction) else None,
        complete=row["window_complete"] is True,
        incident=None,
        counted=moment.rule in artefacts.correlations.silent,
        stage=artefacts.stages.get(RuleId(moment.rule), Stage.SUPPRESS),
    )


def _decision(
    row: Mapping[str, object], moment: Moment, question: Question, artefacts: JudgeArtefacts
) -> Decision:
    outcome, basis = decide(question, artefacts.policy)
    return Decision(
        tenant=artefacts.tenant,
        match_uid=moment.uid,
        event_uid=EventUid(str(row["event_uid"])),
        rule=RuleId(moment.rule),
        outcome=outcome,
        basis=basis,
        prediction=question.prediction,
        incident=question.incident,
        artefacts=dict(artefacts.hashes),
        suppression=question.suppression if basis is Basis.SUPPRESSED_BY_HAND else None,
    )


def _history(moment: Moment, artefacts: JudgeArtefacts) -> int:
    """Clean history behind an answer; none where the calibration is too coarse for the budget."""
    foresight = artefacts.foresight
    if foresight is None or not foresight.resolves(artefacts.policy.budget):
        return 0
    return foresight.history(RuleId(moment.rule), moment.workload)


def _rule(name: RuleId, artefacts: JudgeArtefacts) -> Rule | None:
    linked = artefacts.correlations.get(name)
    return artefacts.rules.get(name) if linked is None else rule_of(linked.correlation)


def _signs(decision: Decision, *, is_new: bool) -> int:
    """What an alert says of its login session: a rule that alerts by itself says enough."""
    if decision.basis is Basis.NOT_FORESEEN:
        return 2
    return int(decision.basis is Basis.UNEXPECTED and is_new)
