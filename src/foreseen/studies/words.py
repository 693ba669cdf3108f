"""What models would say of matches, decided as the judge decides, without what happened around."""

from collections.abc import Mapping, Sequence
from math import isfinite

from foreseen.alerts.decide import Policy, Question, decide
from foreseen.core.decisions import Outcome, Prediction, Stage
from foreseen.core.ids import RuleId
from foreseen.models.foresight import Foresight
from foreseen.models.moments.moment import Moment

Matches = Mapping[RuleId, Sequence[Moment]]
Stages = Mapping[RuleId, Stage]


def silent(
    foresight: Foresight, matches: Matches, policy: Policy, stages: Stages | None = None
) -> dict[RuleId, list[Moment]]:
    """Matches that would be suppressed, in their order.

    Args:
        foresight: The models.
        matches: Matches by rule.
        policy: Bounds of silence.
        stages: How far each model is trusted; None: each may suppress, a rule that a mapping does
            not name only observes.
    """
    return {
        rule: [
            moment
            for moment, answer in zip(found, answers(foresight, rule, found), strict=True)
            if _is_silent(foresight, moment, answer, policy, _stage(rule, stages))
        ]
        for rule, found in matches.items()
    }


def _stage(rule: RuleId, stages: Stages | None) -> Stage:
    return Stage.SUPPRESS if stages is None else stages.get(rule, Stage.OBSERVE)


def _is_silent(
    foresight: Foresight,
    moment: Moment,
    answer: Prediction | None,
    policy: Policy,
    stage: Stage,
) -> bool:
    rule = RuleId(moment.rule)
    known = rule in foresight.models
    resolves = foresight.resolves(policy.budget)
    question = Question(
        foresee=True,
        has_model=known,
        failed=known and answer is None,
        history=foresight.history(rule, moment.workload) if resolves else 0,
        prediction=answer,
        complete=True,
        incident=None,
        stage=stage,
    )
    return decide(question, policy)[0] is Outcome.SUPPRESSED


def answers(
    foresight: Foresight, rule: RuleId, moments: Sequence[Moment]
) -> list[Prediction | None]:
    """Predictions of one rule's matches, in their order; None where there is no finite one.

    Without a model there is none. Where it fails each match is asked alone, as live.
    """
    if rule not in foresight.models or not moments:
        return [None] * len(moments)
    try:
        found = foresight.predict(rule, moments, doubt=0.0)
        return [each if isfinite(each.probability) else None for each in found]
    except Exception:  # noqa: BLE001 (law 4: whatever a model does, its matches alert)
        if len(moments) == 1:
            return [None]
        return [each for moment in moments for each in answers(foresight, rule, [moment])]
