"""From raw scores to a share of expected matches: pooled over rules, shrunk towards the pool.

With few calibration matches a rule's own quantiles rank badly (conformal p-values in steps of
1/n); the pool of all rules lends it strength, and its own history takes over as it grows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from foreseen.core.ids import RuleId

Scores = npt.NDArray[np.float64]

POOL_WEIGHT = 150.0
"""Calibration matches of its own at which a rule's word weighs as much as the pool's."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Sorted scores of expected matches that no member was fitted on."""

    pool: Scores
    own: Mapping[RuleId, Scores]

    @classmethod
    def of(
        cls, scores: Mapping[RuleId, Sequence[float]] | Mapping[RuleId, Scores]
    ) -> "Calibration":
        """Calibration from scores by rule."""
        own = {rule: np.sort(np.asarray(values, np.float64)) for rule, values in scores.items()}
        pool = np.sort(np.concatenate([*own.values(), np.zeros(0)]))
        return cls(pool, own)

    def shares(self, rule: RuleId, scores: Scores) -> Scores:
        """Share of expected matches at least as surprising as each score, in (0, 1]."""
        pooled = _share_above(self.pool, scores)
        own = self.own.get(rule, np.zeros(0))
        above = len(own) - np.searchsorted(own, scores, side="left")
        return np.asarray((above + POOL_WEIGHT * pooled) / (len(own) + POOL_WEIGHT), np.float64)

    def dump(self) -> dict[RuleId, list[float]]:
        """JSON-ready scores by rule."""
        return {rule: scores.tolist() for rule, scores in self.own.items()}


def _share_above(ordered: Scores, scores: Scores) -> Scores:
    above = len(ordered) - np.searchsorted(ordered, scores, side="left")
    return np.asarray((above + 1) / (len(ordered) + 1), np.float64)
