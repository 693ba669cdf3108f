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
    hits, matches = int(alerted.sum()), len(alerted)
    if hits == 0:
        return 0.0, upper_bound(0, len(np.unique(clusters)), 1 - _TAIL)
    draws = draws_of(clusters, seed)
    width = draws.counts.shape[1]
    sums = [
        draws.counts @ np.bincount(draws.blocks[clusters], weights, minlength=width)
        for weights in (alerted.astype(np.float64), np.ones(matches))
    ]
    low, high = np.quantile(sums[0][1:] / sums[1][1:], [_TAIL, 1 - _TAIL])
    if hits <= _FEW:
        low = min(low, lower_bound(hits, matches, 1 - _TAIL))
        high = max(high, upper_bound(hits, matches, 1 - _TAIL))
    return float(low), float(high)
