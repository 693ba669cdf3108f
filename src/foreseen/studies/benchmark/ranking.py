"""How well scores tell the malicious from the benign, whatever the threshold.

Benign matches count by weight, malicious ones one each.
"""

from dataclasses import dataclass

import numpy as np

from foreseen.studies.benchmark.dataset import Integers, Reals, Truths

ORACLE_RECALLS = (1.0, 0.99, 0.95)
"""Malicious recall at which thresholds that know the test are tried."""

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Ranking:
    """Distinct scores, ascending, with what has each of them.

    Attributes:
        values: The scores.
        benign: Weight of the benign matches with each.
        malicious: How many malicious matches have each.
    """

    values: Reals
    benign: Reals
    malicious: Reals


def ranked(scores: Reals, malicious: Truths, weights: Reals) -> Ranking:
    """Scores in order; infinite ones are ties of each other."""
    values, places = np.unique(scores, return_inverse=True)
    count = len(values)
    return Ranking(
        values,
        _summed(places, np.where(malicious, 0.0, weights), count),
        _summed(places, malicious.astype(np.float64), count),
    )


def roc(ranking: Ranking) -> float | None:
    """Area under the ROC curve: how often the malicious one of a pair scores higher, ties half.

    None where either side is empty.
    """
    pairs = ranking.benign.sum() * ranking.malicious.sum()
    if not pairs:
        return None
    below = np.cumsum(ranking.benign) - ranking.benign / 2
    return float(ranking.malicious @ below / pairs)


def oracle_suppressed(ranking: Ranking, recall: float) -> float | None:
    """Benign weight below the highest threshold that still alerts on a share of the malicious.

    The threshold is chosen on the test itself: a figure to compare rankings by, no promise. None
    without a malicious match.
    """
    count = ranking.malicious.sum()
    if not count:
        return None
    least = np.ceil(recall * count - _ROUNDING)
    alerted = count - np.cumsum(ranking.malicious) + ranking.malicious
    place = int(np.flatnonzero(alerted >= least)[-1])
    return float(ranking.benign[:place].sum())


def curve(ranking: Ranking) -> tuple[Reals, Reals]:
    """Share of benign and of malicious matches that alert, threshold by threshold, from (0, 0).

    A side that is empty stays at 0.
    """
    shares = []
    for side in (ranking.benign, ranking.malicious):
        held = np.concatenate([[0.0], np.cumsum(side[::-1])])
        shares.append(np.minimum(held / held[-1] if held[-1] else held, 1.0))
    return shares[0], shares[1]


def _summed(places: Integers, values: Reals, count: int) -> Reals:
    return np.bincount(places, values, minlength=count).astype(np.float64)
