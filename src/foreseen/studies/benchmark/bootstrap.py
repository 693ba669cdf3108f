"""Intervals by bootstrap over clusters: sessions or networks are drawn, not single matches.

Matches of a session are alike, so drawing them singly would make every interval too narrow. All
methods see the same draws (paired), so what a hard session does to both falls out of their
difference. Everything is summed by cluster once; a draw is then a product of small matrices.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from foreseen.studies.benchmark.dataset import Integers, Reals, Truths
from foreseen.studies.benchmark.labels import Labels
from foreseen.studies.benchmark.outcome import CONFIDENCE, LEAST_MALICIOUS, Judged, counts_in_roc

DRAWS = 1_000
MOST_CLUSTERS = 1_000
"""Of more clusters, some are put together at random and drawn as one."""


class Figure(StrEnum):
    """What methods are compared by."""

    SUPPRESSED = "benign_suppressed"
    RECALL = "malicious_recall"
    ROC = "roc_within_rules"


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with the ends of its 95 % percentile interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Draws:
    """How often each cluster was drawn.

    Attributes:
        counts: Times, a row a draw and a column a (block of) clusters.
        blocks: Column of each cluster.
    """

    counts: Reals
    blocks: Integers

    def sums(self, labels: Labels, values: Reals) -> Reals:
        """Sum of values of matches, draw by draw."""
        return np.asarray(self.counts @ self.by_block(labels, values), np.float64)

    def by_block(self, labels: Labels, values: Reals) -> Reals:
        """Sum of values of matches, column by column."""
        width = self.counts.shape[1]
        return np.bincount(self.blocks[labels.clusters], values, minlength=width).astype(np.float64)


Replicates = Mapping[Figure, Reals]
"""A figure draw by draw, NaN where a draw cannot tell; the first is of the data as they are."""


def draws_of(clusters: Integers, seed: int, times: int = DRAWS) -> Draws:
    """Draws of clusters with replacement; the first takes each once: the data as they are.

    Args:
        clusters: Codes of those that have a match, in any order.
        seed: The same seed gives the same draws.
        times: How many.
    """
    rng = np.random.default_rng(seed)
    present = np.unique(clusters)
    width = min(len(present), MOST_CLUSTERS)
    blocks = np.zeros(int(present.max(initial=-1)) + 1, np.int64)
    blocks[present] = rng.permutation(np.arange(len(present)) % max(width, 1))
    counts = np.ones((1 + times, width))
    if width:
        counts[1:] = rng.multinomial(width, np.full(width, 1 / width), size=times)
    return Draws(counts, blocks)


def replicates(judged: Judged, draws: Draws) -> Replicates:
    """Every figure of a method on the matches of test, draw by draw."""
    labels = judged.labels
    benign = np.where(labels.benign, labels.weights, 0.0)
    malicious = labels.malicious.astype(np.float64)
    silent = np.logical_not(judged.alerts)
    few = malicious.sum() < LEAST_MALICIOUS
    recall = _ratio(draws, labels, malicious * judged.alerts, malicious)
    return {
        Figure.SUPPRESSED: _ratio(draws, labels, benign * silent, benign),
        Figure.RECALL: np.full_like(recall, np.nan) if few else recall,
        Figure.ROC: _roc_within(judged, draws),
    }


def interval(values: Reals) -> Interval | None:
    """The interval of a figure's replicates; None where the data do not give the figure."""
    known = values[1:][~np.isnan(values[1:])]
    if np.isnan(values[0]) or not len(known):
        return None
    low, high = np.quantile(known, _TAILS)
    return Interval(float(values[0]), float(low), float(high))


def difference(ours: Replicates, theirs: Replicates) -> dict[Figure, Interval | None]:
    """By how much a method is better than another, figure by figure, on the same draws."""
    return {figure: interval(ours[figure] - theirs[figure]) for figure in Figure}


def promise_interval(
    promised: float, test: Judged, calibration: Judged, draws: Draws
) -> Interval | None:
    """Where the realised rate should lie if a promise holds.

    Both sides vary: the promise was made on some clusters and is kept on others. What a draw does
    to the difference of the two rates is laid around the promise.

    Args:
        promised: The promised share.
        test: Matches of test; their benign ones are what the realised rate is of.
        calibration: Matches that the promise was made on.
        draws: Of the clusters of both.
    """
    benign = np.where(test.labels.benign, test.labels.weights, 0.0)
    weights = calibration.labels.weights
    kept = _ratio(draws, test.labels, benign * test.alerts, benign)
    made = _ratio(draws, calibration.labels, weights * calibration.alerts, weights)
    found = interval(kept - made)
    if found is None:
        return None
    low, high = np.clip(promised - found.value + np.array([found.low, found.high]), 0.0, 1.0)
    return Interval(promised, float(low), float(high))


_TAILS = ((1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2)


def _ratio(draws: Draws, labels: Labels, hits: Reals, all_: Reals) -> Reals:
    return _divided(draws.sums(labels, hits), draws.sums(labels, all_))


def _divided(hits: Reals, all_: Reals) -> Reals:
    quotients = np.full(len(hits), np.nan)
    np.divide(hits, all_, out=quotients, where=all_ > 0)
    return quotients


def _roc_within(judged: Judged, draws: Draws) -> Reals:
    """Mean over rules of the ROC within each; a draw without a side of a rule leaves it out."""
    found = [
        _roc(judged.only(members), draws)
        for members in _members(judged.labels)
        if (judged.labels.benign & members).any() and (judged.labels.malicious & members).any()
    ]
    if not found:
        return np.full(len(draws.counts), np.nan)
    table = np.array(found)
    known = ~np.isnan(table)
    return _divided(np.where(known, table, 0.0).sum(axis=0), known.sum(axis=0).astype(np.float64))


def _members(labels: Labels) -> Sequence[Truths]:
    """Of each rule that counts, which matches are its own."""
    masks = [(name, labels.rules == rule) for rule, name in enumerate(labels.names)]
    return [
        mask
        for name, mask in masks
        if counts_in_roc(labels, name, int((labels.malicious & mask).sum()))
    ]


def _roc(judged: Judged, draws: Draws) -> Reals:
    """ROC of one rule, draw by draw: of each pair of clusters, how many pairs of matches are right.

    The malicious of one cluster meet the benign of all others, so a draw weighs a pair of clusters
    by the product of how often it took them.
    """
    labels = judged.labels
    columns = draws.blocks[labels.clusters]
    hostile, benign = labels.malicious, labels.benign
    values, places = np.unique(judged.scores[hostile], return_inverse=True)
    sources, rows = np.unique(columns[hostile], return_inverse=True)
    targets, lines = np.unique(columns[benign], return_inverse=True)
    attacks = np.zeros((len(sources), len(values)))
    np.add.at(attacks, (rows, places), 1.0)
    won = np.zeros((len(targets), len(values) + 1))  # by the lowest malicious score that wins
    for side in ("left", "right"):  # a tie is won on one of both: half
        place = np.searchsorted(values, judged.scores[benign], side=side)
        np.add.at(won, (lines, place), labels.weights[benign] / 2)
    right = attacks @ np.cumsum(won, axis=1)[:, :-1].T
    taken, met = draws.counts[:, sources], draws.counts[:, targets]
    pairs = draws.sums(labels, hostile.astype(np.float64)) * draws.sums(
        labels, np.where(benign, labels.weights, 0.0)
    )
    return _divided(((taken @ right) * met).sum(axis=1), pairs)
