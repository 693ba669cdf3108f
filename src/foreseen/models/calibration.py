"""From raw scores to a share of expected matches, pooled over rules and workloads.

With few calibration matches a rule's own quantiles rank badly: where a rule saw nothing new for an
hour, one harmless new argument is already its strangest match. The members' scores mean the same
for every rule, so all rules share one scale.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float64]

SMALLEST_SHARE = 1e-9
"""What an empty calibration says of every score: it knows nothing to be expected (law 4)."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Sorted scores of expected matches that no member was fitted on."""

    scores: Scores

    @classmethod
    def of(cls, scores: Iterable[float]) -> "Calibration":
        """Calibration from scores in any order."""
        return cls(np.sort(np.asarray(list(scores), np.float64)))

    def shares(self, scores: Scores) -> Scores:
        """Share of expected matches at least as surprising as each score, in (0, 1]."""
        if not len(self.scores):
            return np.full(len(scores), SMALLEST_SHARE)
        above = len(self.scores) - np.searchsorted(self.scores, scores, side="left")
        return np.asarray((above + 1) / (len(self.scores) + 1), np.float64)

    def shares_without(self, scores: Scores) -> Scores:
        """Shares of scores that are in the calibration, each without itself (leave one out)."""
        above = len(self.scores) - np.searchsorted(self.scores, scores, side="left")
        return np.asarray(above / max(len(self.scores), 1), np.float64)

    def beyond(self, scores: Scores) -> Scores:
        """By how much each score is above all of the calibration; 0 where it is not."""
        if not len(self.scores):
            return np.zeros(len(scores))
        return np.asarray(np.maximum(scores - self.scores[-1], 0.0), np.float64)

    @property
    def resolution(self) -> float:
        """The smallest share that it can give: a budget below it could never be exceeded."""
        return 1.0 / (len(self.scores) + 1)

    def dump(self) -> list[float]:
        """JSON-ready scores."""
        return [float(score) for score in self.scores]
