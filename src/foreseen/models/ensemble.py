"""One rule's model: novelty, context and neighbours, fused with weights chosen on calibration."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from foreseen.models.context import Context
from foreseen.models.features import Features
from foreseen.models.moments import Moment
from foreseen.models.negatives import corrupted
from foreseen.models.neighbours import Neighbours
from foreseen.models.novelty import Novelty, Surprise

Scores = npt.NDArray[np.float64]

MEMBERS = ("act", "parent", "user", "ancestry", "context", "neighbours")
"""Columns of `scores`: the four views of novelty, then the two that look at the window."""

_MAX_FITTED = 4_000


@dataclass(frozen=True, slots=True)
class RuleModel:
    """The fitted members of one rule.

    Attributes:
        rule: Whose matches it foresees.
        history: Expected matches that it was fitted on, by workload.
        novelty: Counts of acts, parents, users and lineages.
        features: Columns of the two members below.
        context: Classifier of act in context; None when corruption gave nothing to learn from.
        neighbours: Nearest expected matches.
    """

    rule: str
    history: Mapping[str, int]
    novelty: Novelty
    features: Features
    context: Context | None
    neighbours: Neighbours

    def surprises(self, moments: Sequence[Moment]) -> list[list[Surprise]]:
        """The views of novelty, one list a moment."""
        return [self.novelty.surprises(moment) for moment in moments]

    def scores(
        self, moments: Sequence[Moment], surprises: Sequence[Sequence[Surprise]] | None = None
    ) -> Scores:
        """Raw scores (moments, members): higher is less expected.

        Args:
            moments: Matches of this rule.
            surprises: What `surprises` gave for them, if the caller has it.
        """
        found = self.surprises(moments) if surprises is None else surprises
        matrix = self.features.matrix(moments)
        novelty = [[surprise.bits for surprise in views] for views in found]
        against = self.context.odds_against(matrix) if self.context else np.zeros(len(moments))
        distances = self.neighbours.distances(matrix)
        if not moments:
            return np.zeros((0, len(MEMBERS)))
        return np.column_stack([np.asarray(novelty, np.float64), against, distances])

    def dump(self) -> dict[str, object]:
        """JSON-ready."""
        return {
            "rule": self.rule,
            "history": dict(sorted(self.history.items())),
            "novelty": self.novelty.dump(),
            "features": self.features.dump(),
            "context": self.context.dump() if self.context else None,
            "neighbours": self.neighbours.dump(),
        }


def fit(rule: str, moments: Sequence[Moment], others: Sequence[Moment], seed: int) -> RuleModel:
    """Fit one rule's members on expected matches.

    Args:
        rule: The rule.
        moments: Its expected matches in order of time.
        others: Expected matches of any rule, the source of foreign parts for corruption.
        seed: The same seed and input give the same model, byte for byte.
    """
    history: dict[str, int] = {}
    for moment in moments:
        history[moment.workload] = history.get(moment.workload, 0) + 1
    sample = _spread(moments, _MAX_FITTED)
    features = Features.fit(sample)
    matrix = features.matrix(sample)
    foreign = features.matrix(corrupted(sample, others, seed))
    return RuleModel(
        rule=rule,
        history=history,
        novelty=Novelty.fit(moments),
        features=features,
        context=Context.fit(matrix, foreign, seed) if len(foreign) else None,
        neighbours=Neighbours.fit(matrix, seed),
    )


def _spread(moments: Sequence[Moment], limit: int) -> list[Moment]:
    """At most `limit` moments, evenly over time."""
    if len(moments) <= limit:
        return list(moments)
    return [moments[int(i)] for i in np.linspace(0, len(moments) - 1, limit)]


def load(dumped: Mapping[str, object]) -> RuleModel:
    """Model from `RuleModel.dump`."""
    parts: dict[str, object] = dict(dumped)
    context = parts["context"]
    return RuleModel(
        rule=str(parts["rule"]),
        history=parts["history"],  # type: ignore[arg-type]  # JSON; `foresight.load` answers for it
        novelty=Novelty.load(parts["novelty"]),  # type: ignore[arg-type]  # JSON; `foresight.load` answers for it
        features=Features.load(parts["features"]),  # type: ignore[arg-type]  # JSON; `foresight.load` answers for it
        context=Context.load(context) if context else None,  # type: ignore[arg-type]  # JSON; `foresight.load` answers for it
        neighbours=Neighbours.load(parts["neighbours"]),  # type: ignore[arg-type]  # JSON; `foresight.load` answers for it
    )
