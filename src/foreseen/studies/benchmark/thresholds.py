"""Thresholds: what may alert, set on calibration alone and pooled over all rules.

Scores above a threshold alert. The pooled one is the lowest calibration score at which a further
match alerts with a probability of at most the budget, by the conformal count: (weight above + one
match) / (all weight + one match), where one match weighs as much as the mean one. Ties with the
threshold do not alert, so a method with few distinct scores alerts on less than the budget, never
on more. With too few matches for the budget the threshold is the highest score: what is stranger
than all of calibration alerts, and the promise says how often that is. Matches of infinite score
always alert and take no part in the quantile of the others; the promise counts them.
"""

import sys

import numpy as np

from foreseen.studies.benchmark.dataset import Reals, Truths

EVERYTHING = float("-inf")
"""The threshold where nothing is known to be expected: all alert (law 4)."""


def settled(scores: Reals) -> Reals:
    """Scores without NaN and minus infinity: what has no score alerts (law 4)."""
    return np.nan_to_num(scores, nan=np.inf, posinf=np.inf, neginf=-sys.float_info.max)


def pooled_threshold(scores: Reals, weights: Reals, budget: float) -> float:
    """The threshold at which a share of expected matches alerts.

    Args:
        scores: Settled scores of the matches of calibration, of all rules.
        weights: How many matches each one stands for.
        budget: Share of the matches with a finite score that may alert, in (0, 1).
    """
    finite = scores < np.inf
    values, places = np.unique(scores[finite], return_inverse=True)
    if not len(values):
        return EVERYTHING
    held = np.bincount(places, weights[finite])
    above = held.sum() - np.cumsum(held)
    one = held.sum() / len(places)
    fits = (above + one) / (held.sum() + one) <= budget * (1 + 1e-12)
    return float(values[np.argmax(fits)] if fits.any() else values[-1])


def alerting(scores: Reals, threshold: float) -> Truths:
    """Which of some settled scores alert."""
    return (scores > threshold) | (threshold == EVERYTHING)


def promise(scores: Reals, weights: Reals, threshold: float) -> float | None:
    """The share of expected matches that a threshold will alert on, as calibration has it.

    Args:
        scores: Settled scores of matches of calibration.
        weights: How many matches each one stands for.
        threshold: Scores above it alert.

    Returns:
        The share, None without any match.
    """
    if not len(scores):
        return None
    finite = scores < np.inf
    always, held = float(weights[~finite].sum()), float(weights[finite].sum())
    if not held:
        return 1.0
    one = held / int(finite.sum())
    above = float(weights[finite & alerting(scores, threshold)].sum())
    return (always + held * (above + one) / (held + one)) / (always + held)
