"""IsolationForest on what stood in the window, one forest for each rule."""

from importlib import import_module
from typing import Any

import numpy as np

from foreseen.studies.benchmark.dataset import TRAIN, Dataset, Integers, Reals
from foreseen.studies.benchmark.method import Scored
from foreseen.studies.benchmark.vocabulary import (
    NOTHING,
    Vocabulary,
    codes,
    preceding,
    trained_events,
    vocabulary,
)

Sklearn = Any
"""What scikit-learn and scipy make: optional packages, whose types are not known everywhere."""


class WindowForest:
    """How easily a match's window is told from those of train (Liu, Ting and Zhou, ICDM 2008).

    scikit-learn's forest with the paper's parameters, which are its defaults: 100 trees, each on
    256 windows. A window is a bag of the match's own token and those of the `WINDOW` events before
    it. Counts are taken as logarithms: cuts fall evenly between the least and the greatest, so that
    a flood would take all of them. Tokens beyond the `KEYS` most frequent share one place.
    """

    name = "IsolationForest"

    def __call__(self, data: Dataset, *, budget: float, seed: int) -> Scored:
        """Higher where the window is easier to isolate; infinite for rules without history."""
        del budget
        words = vocabulary(data, trained_events(data), KEYS)
        event, rule = data.matches["event"].to_numpy(), codes(data.matches["rule"])
        windows = words.windows(np.column_stack([preceding(data, event, WINDOW), event]))
        train = data.column("part") == TRAIN
        scores = np.where(train, np.nan, np.inf)
        for one in np.unique(rule):
            known, asked = (np.flatnonzero((rule == one) & of) for of in (train, ~train))
            if len(known) and len(asked):
                forest = _forest(_bags(windows[_thinned(known, seed)], words), seed)
                scores[asked] = _isolation(forest, windows[asked], words)
        return Scored(scores)


def _thinned(rows: Integers, seed: int) -> Integers:
    """All that the trees together can look at; more to draw from would not change much."""
    if len(rows) <= SAMPLE:
        return rows
    return np.random.default_rng(seed).choice(rows, SAMPLE, replace=False)


def _forest(bags: Sklearn, seed: int) -> Sklearn:
    make = import_module("sklearn.ensemble").IsolationForest
    return make(n_estimators=100, max_samples="auto", random_state=seed, n_jobs=1).fit(bags)


def _isolation(forest: Sklearn, windows: Integers, words: Vocabulary) -> Reals:
    """Scores of windows; equal ones are scored once."""
    kinds, back = np.unique(np.sort(windows, axis=1), axis=0, return_inverse=True)
    parts = np.split(kinds, np.arange(_BATCH, len(kinds), _BATCH))
    scores: Reals = np.concatenate([forest.score_samples(_bags(part, words)) for part in parts])
    return -scores[back]


def _bags(windows: Integers, words: Vocabulary) -> Sklearn:
    """Logarithms of counts: a sparse matrix of shape (windows, tokens)."""
    row, place = np.nonzero(windows != NOTHING)
    counts = import_module("scipy.sparse").csr_matrix(
        (np.ones(len(row)), (row, windows[row, place])), (len(windows), words.size)
    )
    return counts.log1p()


WINDOW, KEYS, SAMPLE = 32, 500, 25_600
_BATCH = 20_000
