"""Moments to numbers: which known tokens stand where before the match, and how much is unknown."""

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from foreseen.models.moments import Moment

Matrix = npt.NDArray[np.float32]

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
        self._column = {name: number for number, name in enumerate(self.names)}

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
        matrix = np.zeros((len(moments), len(self.names)), np.float32)
        for row, moment in zip(matrix, moments, strict=True):
            for column, value in self._values(moment):
                row[column] = max(row[column], value)
        return matrix

    def _values(self, moment: Moment) -> Iterator[tuple[int, float]]:
        for section, tokens in sections_of(moment).items():
            unknown = 0.0
            weight = total = 0.0
            for back, token in enumerate(reversed(tokens)):
                weight = _RECENCY / (_RECENCY + back)
                total += weight
                column = self._column.get((section, token))
                if column is None:
                    unknown += weight
                else:
                    yield column, weight
            if unknown and (column := self._column.get((section, None))) is not None:
                yield column, unknown / total

    def dump(self) -> list[list[str | None]]:
        """JSON-ready names."""
        return [list(name) for name in self.names]

    @classmethod
    def load(cls, dumped: Sequence[Sequence[str | None]]) -> "Features":
        """Features from `dump`."""
        return cls([(str(section), token) for section, token in dumped])
