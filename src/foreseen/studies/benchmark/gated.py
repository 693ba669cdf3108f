"""A sequence model of our own, to compare the ensemble with: a small recurrent network."""

from dataclasses import dataclass

import numpy as np

from foreseen.studies.benchmark.dataset import TRAIN, Dataset, Integers, Reals
from foreseen.studies.benchmark.method import Scored
from foreseen.studies.benchmark.sequences import Torch, seeded
from foreseen.studies.benchmark.vocabulary import (
    RARE,
    Vocabulary,
    codes,
    drawn_evenly,
    preceding,
    trained_events,
    vocabulary,
)


class GatedSequence:
    """-log p(token | the tokens before it, the pauses between them, the workload), by a GRU.

    One layer of 64 (Cho et al., 2014) over 32 events; tokens and pauses (powers of four) are
    embedded, and so is the workload, so that each has its own habits while all share what they have
    in common. Trained by Adam for three epochs on `SAMPLE` events of train, as even over workloads
    as they allow: a quiet one would be forgotten else. Workloads and tokens that train never saw
    share what rare ones learned.
    """

    name = "GRU"

    def __call__(self, data: Dataset, *, budget: float, seed: int) -> Scored:
        """Higher where the token was less probable; infinite if there is nothing to learn from."""
        del budget
        train, judged = trained_events(data), data.column("part") != TRAIN
        scores = np.where(judged, np.inf, np.nan)
        if train.any() and judged.any():
            inputs = _inputs(data, train)
            learnt = np.flatnonzero(train)
            chosen = drawn_evenly(inputs.workload[learnt], SAMPLE, np.random.default_rng(seed))
            with seeded(seed) as torch:
                network = _fitted(torch, inputs, data, learnt[chosen])
                rows = data.matches["event"].to_numpy()[judged]
                scores[judged] = _surprise(torch, network, inputs, data, rows)
        return Scored(scores)


@dataclass(frozen=True, slots=True)
class _Inputs:
    """What the network reads of each event.

    Attributes:
        words: Tokens as numbers.
        workload: Number of the workload, 0 for one that train never saw.
        workloads: Numbers in use.
        time: In ms.
    """

    words: Vocabulary
    workload: Integers
    workloads: int
    time: Integers

    def windows(self, data: Dataset, rows: Integers) -> tuple[Integers, Integers, Integers]:
        """Tokens and pauses before some events, and their workloads."""
        before = preceding(data, rows, WINDOW)
        after = np.concatenate([before[:, 1:], rows[:, np.newaxis]], axis=1)
        gaps = np.where(before < 0, 0, self.time[after] - self.time[before])
        pauses = np.log2(1 + np.maximum(gaps, 0)).astype(np.int64) // 2
        return self.words.windows(before), np.minimum(pauses, PAUSES - 1), self.workload[rows]


def _inputs(data: Dataset, train: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> _Inputs:
    workload = codes(data.events["workload"])
    known = np.unique(workload[train])
    place = np.zeros(int(workload.max(initial=0)) + 1, np.int64)
    place[known] = np.arange(len(known)) + 1
    times = np.asarray(data.events["time"].to_numpy(), np.int64)
    return _Inputs(vocabulary(data, train, KEYS), place[workload], len(known) + 1, times)


def _network(torch: Torch, inputs: _Inputs) -> Torch:
    nn = torch.nn
    return nn.ModuleDict(
        {
            "token": nn.Embedding(inputs.words.size, 32),
            "pause": nn.Embedding(PAUSES, 8),
            "workload": nn.Embedding(inputs.workloads, WIDTH),
            "gru": nn.GRU(40, WIDTH, batch_first=True),
            "out": nn.Linear(WIDTH, inputs.words.size),
        }
    )


Windows = tuple[Integers, Integers, Integers]
"""Tokens and pauses (n, `WINDOW`), and workloads (n)."""


def _part(windows: Windows, rows: Integers) -> Windows:
    tokens, pauses, workload = windows
    return tokens[rows], pauses[rows], workload[rows]


def _logits(torch: Torch, network: Torch, windows: Windows) -> Torch:
    tokens, pauses, workload = (torch.from_numpy(each) for each in windows)
    steps = torch.cat([network["token"](tokens), network["pause"](pauses)], dim=-1)
    begin = network["workload"](workload)
    states, _ = network["gru"](steps, begin.unsqueeze(0))
    return network["out"](states[:, -1] + begin)


def _fitted(torch: Torch, inputs: _Inputs, data: Dataset, rows: Integers) -> Torch:
    network = _network(torch, inputs)
    steps = torch.optim.Adam(network.parameters(), lr=3e-3)
    loss = torch.nn.CrossEntropyLoss()
    windows, wanted = inputs.windows(data, rows), torch.from_numpy(inputs.words.number[rows])
    for _ in range(EPOCHS):
        for part in torch.randperm(len(rows)).split(_BATCH):
            steps.zero_grad()
            logits = _logits(torch, network, _part(windows, part.numpy()))
            loss(logits, wanted[part]).backward()
            steps.step()
    return network


def _surprise(
    torch: Torch, network: Torch, inputs: _Inputs, data: Dataset, rows: Integers
) -> Reals:
    number, windows = inputs.words.number[rows], inputs.windows(data, rows)
    chance = np.empty(len(rows))
    with torch.no_grad():
        for start in range(0, len(rows), _JUDGED):
            part = np.arange(start, min(start + _JUDGED, len(rows)))
            logits = _logits(torch, network, _part(windows, part))
            told = torch.log_softmax(logits, dim=-1).numpy()
            chance[part] = told[np.arange(len(told)), number[part]]
    return np.where(number == RARE, np.log(inputs.words.rare + 1), 0.0) - chance


WINDOW, WIDTH, PAUSES, EPOCHS, KEYS, SAMPLE = 32, 64, 16, 3, 500, 60_000
_BATCH, _JUDGED = 256, 4096
