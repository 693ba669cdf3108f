"""Floods: what repeats thousands of times is thinned, and what is kept stands for the rest."""

import numpy as np

from foreseen.studies.benchmark.dataset import Integers, Reals, Truths


def first_of(groups: Integers, limit: int) -> Truths:
    """Whether each row is among the first of its group."""
    return _ranks(groups) < limit


def thinned(groups: Integers, limit: int) -> tuple[Integers, Reals]:
    """Rows that stand for all: of a group with more than `limit` exactly so many, evenly spread.

    Args:
        groups: A number for the group of each row; rows are in order of time.
        limit: Rows that stay of a group.

    Returns:
        Rows kept, ascending, and for each how many rows it stands for: itself and those of its
        group up to the next one kept. A group's weights sum to its size.
    """
    if not len(groups):
        return np.zeros(0, np.int64), np.zeros(0, np.float64)
    ranks, sizes = _ranks(groups), np.bincount(groups)[groups]
    buckets = np.where(sizes > limit, ranks * limit // sizes, ranks)
    keys = groups * (int(buckets.max()) + 1) + buckets
    _, first, counts = np.unique(keys, return_index=True, return_counts=True)
    order = np.argsort(first)
    return first[order].astype(np.int64), counts[order].astype(np.float64)


def _ranks(groups: Integers) -> Integers:
    """How many rows of its group are before each row."""
    order = np.argsort(groups, kind="stable")
    ordered = groups[order]
    ranks = np.empty(len(groups), np.int64)
    ranks[order] = np.arange(len(groups)) - np.searchsorted(ordered, ordered)
    return ranks
