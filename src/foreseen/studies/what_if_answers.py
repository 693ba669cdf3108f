"""Two judges that share a model's answers: the same question is asked once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace

from foreseen.core.decisions import Prediction
from foreseen.core.ids import RuleId
from foreseen.models.foresight import Foresight
from foreseen.models.moments.moment import Moment
from foreseen.pipeline.judge import JudgeArtefacts

Question = tuple[RuleId, float, Moment]


@dataclass(frozen=True, slots=True)
class _Remembering(Foresight):
    """Foresight that asks its models each question once; an answer depends on nothing else."""

    answers: dict[Question, Prediction] = field(default_factory=dict)

    def predict(self, rule: RuleId, moments: Sequence[Moment], doubt: float) -> list[Prediction]:
        """As in `Foresight`."""
        asked = [m for m in dict.fromkeys(moments) if (rule, doubt, m) not in self.answers]
        if asked:
            found = Foresight.predict(self, rule, asked, doubt)
            self.answers.update(
                ((rule, doubt, moment), answer) for moment, answer in zip(asked, found, strict=True)
            )
        return [self.answers[rule, doubt, moment] for moment in moments]


def sharing(
    before: JudgeArtefacts, after: JudgeArtefacts
) -> tuple[JudgeArtefacts, JudgeArtefacts, Callable[[], None]]:
    """Both artefacts with shared answers where the models are the same, and how to forget them."""
    if before.foresight is None or before.foresight is not after.foresight:
        return before, after, lambda: None
    parts = {each.name: getattr(before.foresight, each.name) for each in fields(Foresight)}
    remembering = _Remembering(**parts)
    return (
        replace(before, foresight=remembering),
        replace(after, foresight=remembering),
        remembering.answers.clear,
    )
