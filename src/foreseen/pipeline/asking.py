"""Models asked of matches, a rule at a time; a model that fails answers with its error."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import isfinite

from foreseen.core.decisions import Evidence, Prediction
from foreseen.core.ids import RuleId
from foreseen.models.foresight import Foresight
from foreseen.models.moments.moment import Moment
from foreseen.pipeline.artefacts import JudgeArtefacts

Answer = Prediction | Exception

ELSEWHERE = "elsewhere"
"""Member of the evidence that says what was seen of the same person; no model, so no surprise."""

_LAST = 6


def answers_of(moments: Sequence[Moment], artefacts: JudgeArtefacts) -> dict[str, Answer]:
    """Answers by match; none of rules without a model."""
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


def elsewhere_sentence(tokens: Sequence[str]) -> str:
    """What was seen elsewhere, as a sentence; empty when there is nothing."""
    if not tokens:
        return ""
    more = f" and {len(tokens) - _LAST} more before" if len(tokens) > _LAST else ""
    said = "; ".join(reversed(tokens[-_LAST:]))
    return f"Elsewhere, within the hour before, the latest first: {said}{more}."


def _ask(
    foresight: Foresight, rule: RuleId, asked: Sequence[Moment], budget: float
) -> Iterable[tuple[str, Answer]]:
    """Answers of one model; where it fails, each moment is asked alone: no answer hangs on others.

    A number that is none would poison what is computed and stored from it: it counts as a failure.
    """
    try:
        answers = foresight.predict(rule, asked, budget)
        return [(m.uid, _sound(m, answer)) for m, answer in zip(asked, answers, strict=True)]
    except Exception as error:  # noqa: BLE001 (law 4: whatever a model does, its matches alert)
        if len(asked) == 1:
            return [(asked[0].uid, error)]
        return [found for moment in asked for found in _ask(foresight, rule, [moment], budget)]


def _sound(moment: Moment, prediction: Prediction) -> Answer:
    """The answer with what was seen elsewhere beside it, if its numbers are numbers."""
    numbers = [prediction.probability, prediction.surprise]
    numbers += [evidence.surprise for evidence in prediction.evidence]
    if not all(map(isfinite, numbers)):
        return ValueError(f"not finite: {prediction}")
    if not moment.elsewhere:
        return prediction
    seen = Evidence(ELSEWHERE, 0.0, elsewhere_sentence(moment.elsewhere))
    return replace(prediction, evidence=(*prediction.evidence, seen))
