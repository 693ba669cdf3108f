"""Moments to numbers: which known tokens stand where before the match, and how much is unknown."""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from foreseen.models.moments.moment import Moment

Matrix = npt.NDArray[np.float32]

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
        columns: list[int] = []
        values: list[float] = []
        ends = [0]
        for moment in moments:
            found: dict[int, float] = {}
            for section, tokens in sections_of(moment).items():
                if tokens:
                    _fill(found, self._columns.get(section, _NONE), tokens)
            for column in sorted(found):
                columns.append(column)
                values.append(found[column])
            ends.append(len(columns))
        shape = (len(moments), len(self.names))
        held = (np.array(values, np.float32), np.array(columns, np.int32), np.array(ends, np.int32))
        return csr_matrix(held, shape=shape)

    def dump(self) -> list[list[str | None]]:
        """JSON-ready names."""
        return [list(name) for name in self.names]

    @classmethod
    def load(cls, dumped: Sequence[Sequence[str | None]]) -> "Features":
        """Features from `dump`."""
        return cls([(str(section), token) for section, token in dumped])


def _fill(found: dict[int, float], known: Mapping[str | None, int], tokens: Sequence[str]) -> None:
    """Add a section's columns: each known token at its latest place, and the unknown share."""
    unknown, weights = 0.0, _weights(len(tokens))
    for token, weight in zip(reversed(tokens), weights, strict=True):
        column = known.get(token)
        if column is None:
            unknown += weight
        elif column not in found:
            found[column] = weight
    if unknown and None in known:
        found[known[None]] = unknown / sum(weights)


@lru_cache(maxsize=256)
def _weights(count: int) -> tuple[float, ...]:
    return tuple(_RECENCY / (_RECENCY + back) for back in range(count))


_NONE: Mapping[str | None, int] = {}
