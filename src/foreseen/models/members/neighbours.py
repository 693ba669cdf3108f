"""How near is the nearest expected match: cosine over the features, rare tokens weighing more.

The same workload's matches come first: they alone are asked where there are enough of them. Where
other workloads answer, a match has to be near to what two of them did.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from foreseen.models.members.features import Features, Matrix, Sparse
from foreseen.models.members.levels import SPREAD

Distances = npt.NDArray[np.float64]

MAX_REFERENCES = 1_200
"""Expected matches kept a rule; distinct ones first, so that rare habits are not crowded out."""

_DECIMALS = 5


class Neighbours:
    """Expected matches of one rule as unit rows, whose they are, and the weight of each column."""

    def __init__(
        self, references: Sparse, about: Sequence[tuple[str, str]], weights: Distances
    ) -> None:
        """References: unit rows (n, columns); the uid and workload of each; weights a column."""
        if references.shape != (len(about), len(weights)):
            raise ValueError(f"{references.shape} references, {len(about)} names, {len(weights)}")
        self._references = references
        self._about = tuple(about)
        self._weights = weights
        self._own: dict[str, list[int]] = {}
        for row, (_, workload) in enumerate(self._about):
            self._own.setdefault(workload, []).append(row)
        self._blocks: dict[str, Sparse] = {}

    @classmethod
    def fit(
        cls, rows: Sparse, about: Sequence[tuple[str, str]], features: Features, seed: int
    ) -> "Neighbours":
        """Keep up to `MAX_REFERENCES` distinct rows, each under the name of the first that was so.

        Args:
            rows: Of `features`, one an expected match.
            about: Uid and workload of each.
            features: What the columns are.
            seed: Decides which rows stay where there are too many.
        """
        count = max(rows.shape[0], 1)
        share = np.bincount(rows.indices, minlength=rows.shape[1]) / count
        weights = np.round(np.log((1.0 + 1e-3) / (share + 1e-3)) + 0.2, _DECIMALS)
        weights[[section == "workload" for section, _ in features.names]] = 0.0
        distinct = _distinct(rows, [workload for _, workload in about])
        if len(distinct) > MAX_REFERENCES:
            chance = np.random.default_rng(seed)
            kept = chance.choice(len(distinct), MAX_REFERENCES, replace=False)
            distinct = [distinct[place] for place in np.sort(kept).tolist()]
        references = _unit(rows[distinct], weights)
        references.data = np.round(references.data, _DECIMALS)
        return cls(references, [about[row] for row in distinct], weights)

    def distances(
        self, rows: Sparse, workloads: Sequence[str], members: Sequence[tuple[str, ...]]
    ) -> Distances:
        """1 - cosine to the nearest expected match of each row's level, in [0, 1].

        Args:
            rows: Matches to look around.
            workloads: Workload of each.
            members: Other workloads that count for each; none: its own alone.
        """
        away = np.ones(rows.shape[0])
        unit = _unit(rows, self._weights)
        asked: dict[tuple[str, tuple[str, ...]], list[int]] = {}
        for row, name in enumerate(zip(workloads, members, strict=True)):
            asked.setdefault(name, []).append(row)
        for (workload, others), places in asked.items():
            away[places] = self._nearest_of(unit[places], workload, others)
        return away

    def nearest(
        self, matrix: Matrix, k: int, workloads: Collection[str] | None = None
    ) -> tuple[list[tuple[str, ...]], Distances]:
        """The nearest expected matches, the nearest first; ties in the order of the references.

        Args:
            matrix: Rows to look around, n of them.
            k: How many each; fewer where there are fewer references.
            workloads: Only matches of these; None: all.

        Returns:
            Their uids, one tuple a row, and their distances (n, at most k).
        """
        among = [i for i, (_, w) in enumerate(self._about) if workloads is None or w in workloads]
        references = self._references[among].T.tocsr()
        away = _away(_unit(csr_matrix(matrix), self._weights), references)
        order = np.argsort(away, axis=1, kind="stable")[:, : max(k, 0)]
        uids = [tuple(self._about[among[place]][0] for place in row) for row in order.tolist()]
        return uids, np.take_along_axis(away, order, axis=1)

    def _nearest_of(self, unit: Sparse, workload: str, others: Sequence[str]) -> Distances:
        """Distance to the nearest of its own, or to the second nearest of the other workloads."""
        nearest = self._to(unit, workload)
        if others:
            each = np.sort([self._to(unit, other) for other in others], axis=0)
            if len(each) >= SPREAD:
                nearest = np.minimum(nearest, each[SPREAD - 1])
        return nearest

    def _to(self, unit: Sparse, workload: str) -> Distances:
        if workload not in self._own:
            return np.ones(unit.shape[0])
        if workload not in self._blocks:
            self._blocks[workload] = self._references[self._own[workload]].T.tocsr()
        return np.asarray(_away(unit, self._blocks[workload]).min(axis=1), np.float64)

    def dump(self) -> dict[str, object]:
        """JSON-ready: the rows' non-zero columns and values."""
        return {
            "weights": self._weights.tolist(),
            "rows": [[columns.tolist(), values.tolist()] for columns, values in self._held()],
            "about": [list(each) for each in self._about],
        }

    def _held(self) -> Iterator[tuple[Any, Any]]:
        held, ends = self._references, self._references.indptr
        for first, end in pairwise(ends):
            yield held.indices[first:end], held.data[first:end]

    @classmethod
    def load(cls, dumped: Mapping[str, Any]) -> "Neighbours":
        """Neighbours from `dump`."""
        weights, rows = np.asarray(dumped["weights"], np.float64), dumped["rows"]
        if not (np.isfinite(weights).all() and (weights >= 0).all()):
            raise ValueError("a column's weight is no number, or below 0")
        columns = np.array([column for row, _ in rows for column in row], np.int32)
        values = np.array([value for _, row in rows for value in row], np.float64)
        if len(columns) and not 0 <= columns.min() <= columns.max() < len(weights):
            raise ValueError("a reference has a column without a weight")
        ends = np.cumsum([0, *(len(row) for row, _ in rows)])
        held = csr_matrix((values, columns, ends), shape=(len(rows), len(weights)))
        return cls(held, [(str(uid), str(workload)) for uid, workload in dumped["about"]], weights)


def _distinct(rows: Sparse, workloads: Sequence[str]) -> list[int]:
    """The first row of each kind on each workload, in order of what they hold."""
    first: dict[tuple[str, bytes, bytes], int] = {}
    rounded = np.round(rows.data, 2)
    bounds = pairwise(rows.indptr)
    for row, ((begin, end), workload) in enumerate(zip(bounds, workloads, strict=True)):
        key = (workload, rows.indices[begin:end].tobytes(), rounded[begin:end].tobytes())
        first.setdefault(key, row)
    return [first[key] for key in sorted(first)]


def _unit(rows: Sparse, weights: Distances) -> Sparse:
    """Rows weighed by column and of length one."""
    values = rows.data * weights[rows.indices]
    row = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
    norms = np.sqrt(np.bincount(row, values**2, minlength=rows.shape[0]))
    values = values / np.maximum(norms, 1e-9)[row]
    return csr_matrix((values, rows.indices, rows.indptr), shape=rows.shape)


def _away(unit: Sparse, references: Sparse) -> Distances:
    """1 - cosine to each reference (rows, references), in [0, 1].

    Each row is multiplied by itself: its last bits do not depend on the rows beside it.
    """
    near = (unit @ references).toarray()
    return np.asarray(np.round(np.clip(1.0 - near, 0.0, 1.0), _DECIMALS), np.float64)
