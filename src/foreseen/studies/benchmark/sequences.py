"""Methods that read events as a language: how probable was this token after those before it?"""

import random
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from importlib import import_module
from io import StringIO
from typing import Any

import numpy as np

from foreseen.studies.benchmark.dataset import TRAIN, Dataset, Integers, Reals, Truths
from foreseen.studies.benchmark.loaders.columns import combined
from foreseen.studies.benchmark.method import Scored
from foreseen.studies.benchmark.vocabulary import (
    RARE,
    Vocabulary,
    codes,
    preceding,
    trained_events,
    vocabulary,
)

Torch = Any
"""Torch and what is made with it: an optional package, whose types are not known everywhere."""


class Trigram:
    """-log p(token | two tokens before it), counted on all events of train.

    Interpolated Witten-Bell back-off to the bigram, the unigram and the uniform distribution (Chen
    and Goodman, An empirical study of smoothing techniques, 1998), so that it has no parameters.
    """

    name = "trigram"

    def __call__(self, data: Dataset, *, budget: float, seed: int) -> Scored:
        """Higher where the token was less probable."""
        del budget, seed
        token, train = codes(data.events["token"]), trained_events(data)
        rows = preceding(data, np.arange(len(token)), 2)
        second, first = np.where(rows < 0, 0, token[rows] + 1).T
        chance = np.full(len(token), 1 / (len(np.unique(token[train])) + 1))
        for history in (np.zeros_like(token), first, combined(first, second)):
            chance = _backed_off(chance, history, token, train)
        scores = -np.log(chance[data.matches["event"].to_numpy()])
        return Scored(np.where(data.column("part") == TRAIN, np.nan, scores))


def _backed_off(lower: Reals, history: Integers, token: Integers, train: Truths) -> Reals:
    """Each event's probability given its history, of which `lower` is that given a shorter one."""
    joint = combined(history, token)
    together = np.bincount(joint[train], minlength=int(joint.max(initial=0)) + 1)
    size = int(history.max(initial=0)) + 1
    alone = np.bincount(history[train], minlength=size)
    first = np.unique(joint, return_index=True)[1]
    kinds = np.bincount(history[first][together > 0], minlength=size)
    total = np.maximum(alone + kinds, 1)[history]
    chance = (together[joint] + kinds[history] * lower) / total
    return np.where(alone[history] > 0, chance, lower)


class DeepLog:
    """-log p(token | ten tokens before it) by the LSTM of DeepLog (Du et al., CCS 2017).

    PyPI deeplog 0.0.3 with the paper's window of 10 and two layers of 64, trained as its
    documentation shows: Adam, ten epochs, batches of 128. Log keys are tokens. Those beyond the
    `KEYS` most frequent share one key and its probability evenly, with one share left for tokens
    never seen. The paper's "not among the top g" is replaced by the probability itself, so that the
    cut is the benchmark's budget and not a g for each data set.

    Cut: it learns from `SAMPLE` events of train, drawn as they come: on AIT-ADS that gives what
    follows in calibration a higher likelihood than a sample that is even over tokens.
    """

    name = "DeepLog"

    def __call__(self, data: Dataset, *, budget: float, seed: int) -> Scored:
        """Higher where the token was less probable; infinite if there is nothing to learn from."""
        del budget
        train = trained_events(data)
        judged = data.column("part") != TRAIN
        scores = np.where(judged, np.inf, np.nan)
        if train.any() and judged.any():
            words, learnt = vocabulary(data, train, KEYS), np.flatnonzero(train)
            draw = np.random.default_rng(seed)
            learnt = np.sort(draw.permutation(learnt)[:SAMPLE])
            with seeded(seed) as torch:
                network = _fitted(torch, data, words, learnt)
                rows = data.matches["event"].to_numpy()[judged]
                scores[judged] = _surprise(torch, network, data, words, rows)
        return Scored(scores)


def _fitted(torch: Torch, data: Dataset, words: Vocabulary, rows: Integers) -> Torch:
    network = import_module("deeplog").DeepLog(words.size, 64, words.size)
    return network.fit(
        torch.from_numpy(words.windows(preceding(data, rows, WINDOW))),
        torch.from_numpy(words.number[rows]),
        epochs=EPOCHS,
        batch_size=128,
        optimizer=torch.optim.Adam,
    )


def _surprise(
    torch: Torch, network: Torch, data: Dataset, words: Vocabulary, rows: Integers
) -> Reals:
    windows, number = words.windows(preceding(data, rows, WINDOW)), words.number[rows]
    chance = np.empty(len(rows))
    with torch.no_grad():
        for start in range(0, len(rows), _BATCH):
            part = slice(start, start + _BATCH)
            told = network(torch.from_numpy(windows[part])).numpy()
            chance[part] = told[np.arange(len(told)), number[part]]
    return np.where(number == RARE, np.log(words.rare + 1), 0.0) - chance


@contextmanager
def seeded(seed: int) -> Iterator[Torch]:
    """Torch on one thread and from a seed, its progress bars not shown; all is put back after."""
    torch = import_module("torch")
    threads, state = torch.get_num_threads(), random.getstate()
    with torch.random.fork_rng(devices=[]), redirect_stderr(StringIO()):
        torch.set_num_threads(1)
        torch.manual_seed(seed)
        random.seed(seed)
        try:
            yield torch
        finally:
            torch.set_num_threads(threads)
            random.setstate(state)


WINDOW, EPOCHS, KEYS, SAMPLE = 10, 10, 500, 100_000
_BATCH = 4096
