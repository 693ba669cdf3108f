"""Models with an anchor beside them: what taught itself may take silence away, never give it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from foreseen.core.decisions import Evidence, Prediction
from foreseen.core.ids import RuleId
from foreseen.models.foresight import Foresight
from foreseen.models.moments.moment import Moment


@dataclass(frozen=True, slots=True)
class Anchored(Foresight):
    """Models that also learned from what nobody has looked at, held by those that did not.

    A match is as probable as the more doubtful of the two finds it, so what is suppressed is also
    suppressed by the anchor alone, whatever the others were taught meanwhile.

    Attributes:
        anchor: Models of what people accepted or dismissed, and of nothing else.
    """

    anchor: Foresight | None = None

    def history(self, rule: RuleId, workload: str) -> int:
        """Expected matches of a rule on a workload that both were fitted on."""
        own = Foresight.history(self, rule, workload)
        return min(own, self.anchor.history(rule, workload)) if self.anchor else own

    def resolves(self, budget: float) -> bool:
        """Whether both calibrations are fine enough to hold predictions to a budget."""
        own = Foresight.resolves(self, budget)
        return own and (self.anchor is None or self.anchor.resolves(budget))

    def predict(self, rule: RuleId, moments: Sequence[Moment], doubt: float) -> list[Prediction]:
        """The more doubtful answer of the two; the anchor is asked where the other sees no doubt.

        Args:
            rule: A rule that has a model.
            moments: Its matches.
            doubt: As for `Foresight.predict`.
        """
        answers = Foresight.predict(self, rule, moments, doubt)
        if self.anchor is None or rule not in self.anchor.models:
            return answers
        asked = [place for place, answer in enumerate(answers) if answer.probability > doubt]
        held = self.anchor.predict(rule, [moments[place] for place in asked], doubt)
        for place, answer in zip(asked, held, strict=True):
            if not answer.probability >= answers[place].probability:  # so a NaN alerts, too
                answers[place] = _held(answers[place], answer)
        return answers


def _held(own: Prediction, anchor: Prediction) -> Prediction:
    """The anchor's answer in the name of the models that it holds."""
    told = Evidence(
        "anchor",
        round(anchor.surprise, 2),
        "The models of what people accepted, without what taught itself since, find it odder:"
        f" {anchor.probability:.2%} of what they expect is as odd, not {own.probability:.2%}.",
    )
    return replace(anchor, evidence=(told, *anchor.evidence), model=own.model)
