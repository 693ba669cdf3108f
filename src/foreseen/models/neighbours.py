"""How near is the nearest expected match: cosine over the features, rare tokens weighing more."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from foreseen.models.features import Matrix

Weighted = npt.NDArray[np.float64]

MAX_REFERENCES = 1_200
"""Expected matches kept a rule; distinct ones first, so that rare habits are not crowded out."""

_DECIMALS = 5


class Neighbours:
    """Expected matches of one rule as unit rows, and the weight of each column."""

    def __init__(self, references: Weighted, weights: Weighted) -> None:
        """References: unit rows (n, columns); weights: inverse document frequency a column."""
        self._references = references
        self._weights = weights

    @classmethod
    def fit(cls, matrix: Matrix, seed: int) -> "Neighbours":
        """Keep up to `MAX_REFERENCES` distinct rows."""
        share = (matrix > 0).mean(axis=0)
        weights = np.round(np.log((1.0 + 1e-3) / (share + 1e-3)) + 0.2, _DECIMALS)
        distinct = np.unique(np.round(matrix, 2), axis=0)
        if len(distinct) > MAX_REFERENCES:
            chosen = np.random.default_rng(seed).choice(
                len(distinct), MAX_REFERENCES, replace=False
            )
            distinct = distinct[np.sort(chosen)]
        return cls(np.round(_unit(distinct * weights), _DECIMALS), weights)

    def distances(self, matrix: Matrix) -> npt.NDArray[np.float64]:
        """1 - cosine to the nearest reference, one a row, in [0, 1]."""
        if not len(matrix):
            return np.zeros(0)
        nearest = (_unit(matrix * self._weights) @ self._references.T).max(axis=1)
        # Rounded, for the last bits of a product depend on how many rows are multiplied at once.
        return np.asarray(np.round(np.clip(1.0 - nearest, 0.0, 1.0), _DECIMALS), np.float64)

    def dump(self) -> dict[str, object]:
        """JSON-ready: the rows' non-zero columns and values."""
        rows = [
            [np.flatnonzero(row).tolist(), row[np.flatnonzero(row)].tolist()]
            for row in self._references
        ]
        return {"weights": self._weights.tolist(), "rows": rows}

    @classmethod
    def load(cls, dumped: Mapping[str, Sequence[Sequence[Sequence[float]]]]) -> "Neighbours":
        """Neighbours from `dump`."""
        weights = np.asarray(dumped["weights"], np.float64)
        references = np.zeros((len(dumped["rows"]), len(weights)), np.float64)
        for row, (columns, values) in zip(references, dumped["rows"], strict=True):
            row[np.asarray(columns, np.int64)] = values
        return cls(references, weights)


def _unit(matrix: Weighted) -> Weighted:
    norms = np.linalg.norm(matrix, axis=1, keepdims=True)
    return np.asarray(matrix / np.maximum(norms, 1e-9), np.float64)
