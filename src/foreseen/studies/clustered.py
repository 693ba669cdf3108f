"""Interval of a share whose trials come in clusters: sessions or host-days, not single matches."""

import numpy as np
import numpy.typing as npt

from foreseen.models.ledger import lower_bound, upper_bound
from foreseen.studies.benchmark.bootstrap import draws_of

Truths = npt.NDArray[np.bool_]

_TAIL = 0.025
_FEW = 100  # hits up to which the exact binomial interval widens the drawn one


def clustered_interval(
    clusters: npt.NDArray[np.int64], alerted: Truths, seed: int
) -> tuple[float, float]:
    """95 % interval of the share that alerted, by drawing clusters.

    Draws know nothing of alerts that might have been: with few of them the exact interval of as
    many single matches widens it; with none at all, each cluster counts as one trial.
    """
    ((low, high),) = clustered_intervals(clusters, alerted[:, np.newaxis], seed)
    return low, high


def clustered_intervals(
    clusters: npt.NDArray[np.int64], alerted: Truths, seed: int
) -> list[tuple[float, float]]:
    """The same of several questions on the same matches, one a column, all on the same draws."""
    hits = alerted.sum(axis=0).astype(int).tolist()
    exact = {each: _exact(each, clusters) for each in set(hits) if each <= _FEW}
    if not any(hits):
        return [exact[0]] * len(hits)
    drawn = zip(*_drawn(clusters, alerted, seed), hits, strict=True)
    return [
        exact[0] if hit == 0 else _wider((low, high), exact.get(hit, (low, high)))
        for low, high, hit in drawn
    ]


def _drawn(clusters: npt.NDArray[np.int64], alerted: Truths, seed: int) -> list[list[float]]:
    """Lower and upper ends over all draws, a value a question."""
    draws = draws_of(clusters, seed)
    blocks, width = draws.blocks[clusters], draws.counts.shape[1]
    hits = np.stack([np.bincount(blocks, each, minlength=width) for each in alerted.T], axis=1)
    matches = draws.counts @ np.bincount(blocks, minlength=width)
    shares = (draws.counts @ hits)[1:] / matches[1:, np.newaxis]
    ends: list[list[float]] = np.quantile(shares, [_TAIL, 1 - _TAIL], axis=0).tolist()
    return ends


def _exact(hits: int, clusters: npt.NDArray[np.int64]) -> tuple[float, float]:
    """The exact interval of as many single matches; of none at all, of as many clusters."""
    if hits == 0:
        return 0.0, upper_bound(0, len(np.unique(clusters)), 1 - _TAIL)
    low, high = (bound(hits, len(clusters), 1 - _TAIL) for bound in (lower_bound, upper_bound))
    return low, high


def _wider(one: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    return min(one[0], other[0]), max(one[1], other[1])
