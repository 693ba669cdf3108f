"""Moments to numbers: which known tokens stand where before the match, and how much is unknown."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from foreseen.models.moments.moment import Moment

Matrix = npt.NDArray[np.float32]
Values = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]

Sparse = Any
"""A scipy.sparse.csr_matrix of float32: scipy ships no types."""

MAX_TOKENS = 160
"""Most frequent tokens kept a section; what is rarer counts as unknown."""

_RECENCY = 8.0
"""An event this many places before the match weighs half of the last one."""


def sections_of(moment: Moment) -> dict[str, Sequence[str]]:
    """Tokens of a moment by section, the most recent last."""
    return {
        "before": moment.window,
        "session": moment.session,
        "siblings": moment.siblings,
        "elsewhere": moment.elsewhere,
        "act": (moment.act.shape, moment.act.kind),
        "parent": (moment.parent,),
        "ancestry": moment.ancestry,
        "who": (moment.who,),
        "workload": (moment.workload,),
    }


Name = tuple[str, str | None]
"""Section and token; no token: the share of tokens that are unknown."""


class Features:
    """Columns of a rule's models: one a known token of a section, one a section's unknown share."""

    def __init__(self, names: Sequence[Name]) -> None:
        """Columns in order."""
        self.names = tuple(names)
        self._columns: dict[str, dict[str | None, int]] = {}
        for number, (section, token) in enumerate(self.names):
            self._columns.setdefault(section, {})[token] = number

    @classmethod
    def fit(cls, moments: Sequence[Moment]) -> "Features":
        """The most frequent tokens of each section."""
        counts: dict[str, Counter[str]] = {}
        for moment in moments:
            for section, tokens in sections_of(moment).items():
                counts.setdefault(section, Counter()).update(set(tokens))
        names: list[Name] = []
        for section, counter in counts.items():
            frequent = sorted(counter.items(), key=lambda item: (-item[1], item[0]))[:MAX_TOKENS]
            names.extend((section, token) for token, _ in frequent)
            names.append((section, None))
        return cls(names)

    def matrix(self, moments: Sequence[Moment]) -> Matrix:
        """One row a moment, float32, 0 where a token is absent, up to 1 for the latest event."""
        return np.asarray(self.rows(moments).toarray(), np.float32)

    def rows(self, moments: Sequence[Moment]) -> Sparse:
        """The same, sparse: a match has dozens of tokens, and a rule a thousand columns."""
        sections = [sections_of(moment) for moment in moments]
        filled = [
            self._filled(known, [found[section] for found in sections])
            for section, known in self._columns.items()
        ]
        keys = np.concatenate([_NO_KEYS, *(found for found, _ in filled)])
        values = np.concatenate([_NO_VALUES, *(weights for _, weights in filled)])
        order = np.argsort(keys, kind="stable")
        row, columns = np.divmod(keys[order], max(len(self.names), 1))
        ends = np.searchsorted(row, np.arange(len(moments) + 1))
        held = (values[order], columns.astype(np.int32), ends.astype(np.int32))
        return csr_matrix(held, shape=(len(moments), len(self.names)))

    def _filled(
        self, known: Mapping[str | None, int], rows: Sequence[Sequence[str]]
    ) -> tuple[Integers, Values]:
        """A section's cells, as (row times columns plus column) and value, in order.

        Each known token weighs by its latest place; what is unknown is a share of all weight.
        """
        lengths = np.fromiter(map(len, rows), np.int64, len(rows))
        row = np.repeat(np.arange(len(rows)), lengths)
        back = np.cumsum(lengths)[row] - 1 - np.arange(len(row))
        weights = _RECENCY / (_RECENCY + back)
        tokens = chain.from_iterable(rows)
        columns = np.fromiter((known.get(token, -1) for token in tokens), np.int64, len(row))
        cells = row * len(self.names) + columns
        told = np.flatnonzero(columns >= 0)[::-1]  # the latest place first, for it is kept
        keys, first = np.unique(cells[told], return_index=True)
        values = weights[told[first]]
        if None in known:
            missing = np.bincount(row, np.where(columns < 0, weights, 0.0), len(rows))
            some = np.flatnonzero(missing)
            whole = np.bincount(row, weights, len(rows))
            keys = np.concatenate([keys, some * len(self.names) + known[None]])
            values = np.concatenate([values, missing[some] / whole[some]])
        return keys, values.astype(np.float32)

    def dump(self) -> list[list[str | None]]:
        """JSON-ready names."""
        return [list(name) for name in self.names]

    @classmethod
    def load(cls, dumped: Sequence[Sequence[str | None]]) -> "Features":
        """Features from `dump`."""
        return cls([(str(section), token) for section, token in dumped])


_NO_KEYS: Integers = np.zeros(0, np.int64)
_NO_VALUES: Values = np.zeros(0, np.float32)
