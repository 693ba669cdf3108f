"""What a promised share of alerts would have come to on matches that calibrated nothing."""

from collections.abc import Mapping, Sequence
from math import lgamma, log, log1p

import numpy as np
import numpy.typing as npt

from foreseen.core.ids import RuleId
from foreseen.models.calibration import Calibration
from foreseen.models.foresight import Fusion, Weights, own_scores
from foreseen.models.moments.moment import Moment

Scores = npt.NDArray[np.float64]

_RARE = 0.05

BLOCKS = 5
"""Blocks of time of the later part; each is judged by a calibration on the others."""


def rehearsed(weights: Weights, raw: Scores, late: Mapping[RuleId, Sequence[Moment]]) -> Scores:
    """Probability of each match by a calibration that has not seen its time.

    Blocks of time, not single matches, are left out: matches of one busy hour are alike, and would
    vouch for each other.

    Args:
        weights: The chosen fusion.
        raw: Raw scores (moments, members) of members that were fitted on an earlier part.
        late: The moments by rule, in the order of `raw`.

    Returns:
        One a row of `raw`; 1 where there are too few matches for blocks.
    """
    times = np.asarray([moment.time for found in late.values() for moment in found], np.int64)
    rank = np.empty(len(times), np.int64)
    rank[np.argsort(times, kind="stable")] = np.arange(len(times))
    found = np.ones(len(times))
    for block in range(BLOCKS):
        here = rank * BLOCKS // max(len(times), 1) == block
        if here.any() and not here.all():
            found[here] = _calibrated(weights, raw[~here]).probabilities(raw[here])
    return found


def surely_above(hits: int, trials: int, share: float) -> bool:
    """Whether so many hits are too many for a share: rarer than one in twenty if it were true.

    The same as asking whether the exact lower bound is above it, at the cost of one sum. Hits are
    taken as independent; matches of one busy hour are not, so it says so too early, not too late.
    """
    if not hits:
        return False
    if not 0 < share < 1:
        return hits > share * trials
    k = np.arange(hits)
    chosen = [lgamma(trials + 1) - lgamma(i + 1) - lgamma(trials - i + 1) for i in range(hits)]
    terms = np.asarray(chosen) + k * log(share) + (trials - k) * log1p(-share)
    return 1.0 - float(np.exp(terms).sum()) < _RARE


def _calibrated(weights: Weights, raw: Scores) -> Fusion:
    members = tuple(Calibration.of(column) for column in raw.T)
    return Fusion(members, weights, Calibration.of(own_scores(members, weights, raw)))
