"""How fast things happened before a match, held against how fast they do at the workload's busiest.

In a flood, "R after R" is what a window expects. So the speed itself is looked at: how long ago was
the last event, the fourth, the sixteenth? Of every ten minutes of history the fastest counts, once:
a burst that comes every night is as expected as anything, and one that never was stands out, though
it repeat itself a thousand times.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from math import log2
from typing import Any

from foreseen.models.members.surroundings import SLOT, ages_of
from foreseen.models.moments.moment import Moment

PLACES = (1, 4, 16, 48)
"""Which of the last events are looked at, counted back from the match."""

MAX_KEPT = 1_000
"""Slots of time kept a workload, evenly over their order."""

NEVER = 7 * 86_400_000
"""The age of an event that the window does not hold, ms: slow, and so not odd."""


class Pace:
    """Ages of the last events in the fastest moment of each slot of time, by workload."""

    def __init__(self, ages: Mapping[str, Sequence[Sequence[int]]]) -> None:
        """Ages in order by workload, one list for each of `PLACES`."""
        self._ages = {name: [list(column) for column in columns] for name, columns in ages.items()}
        self._merged: dict[tuple[str, tuple[str, ...]], list[list[int]]] = {}

    @classmethod
    def fit(cls, moments: Iterable[Moment]) -> "Pace":
        """Learn from expected matches of all rules; those without ages say nothing."""
        fastest: dict[str, dict[int, tuple[int, ...]]] = {}
        for moment in moments:
            at = ages_at(moment)
            if at:
                slots = fastest.setdefault(moment.workload, {})
                slot = moment.time // SLOT
                slots[slot] = tuple(map(min, at, slots.get(slot, at)))
        return cls(
            {
                workload: [_thinned(sorted(column)) for column in zip(*slots.values(), strict=True)]
                for workload, slots in sorted(fastest.items())
            }
        )

    def bits(self, moment: Moment, members: tuple[str, ...] = ()) -> float:
        """Mean surprise at the ages: -log2 of the share of history that was at least as fast.

        Args:
            moment: A match of any rule.
            members: Other workloads whose history counts beside the moment's own.
        """
        at, known = ages_at(moment), self._known(moment.workload, members)
        if not at or not known:
            return 0.0
        shares = [
            (bisect_right(column, age) + 1) / (len(column) + 1)
            for column, age in zip(known, at, strict=True)
        ]
        return sum(-log2(share) for share in shares) / len(shares)

    def _known(self, workload: str, members: tuple[str, ...]) -> list[list[int]]:
        own = self._ages.get(workload, [])
        if not members:
            return own
        name = (workload, members)
        if name not in self._merged:
            every = [own, *(self._ages.get(member, []) for member in members)]
            columns = zip(*(each for each in every if each), strict=True)
            self._merged[name] = [
                sorted(age for part in column for age in part) for column in columns
            ]
        return self._merged[name]

    def dump(self) -> dict[str, list[list[int]]]:
        """JSON-ready ages."""
        return self._ages

    @classmethod
    def load(cls, dumped: Mapping[str, Any]) -> "Pace":
        """Pace from `dump`."""
        return cls(
            {
                str(workload): [sorted(int(age) for age in column) for column in columns]
                for workload, columns in dumped.items()
            }
        )


def ages_at(moment: Moment) -> tuple[int, ...]:
    """Ages of the last events at `PLACES`, ms; nothing where ages are not known."""
    ages = ages_of(moment)
    if not ages:
        return ()
    return tuple(max(ages[-place], 0) if place <= len(ages) else NEVER for place in PLACES)


def _thinned(ordered: list[int]) -> list[int]:
    if len(ordered) <= MAX_KEPT:
        return ordered
    step = (len(ordered) - 1) / (MAX_KEPT - 1)
    return [ordered[round(place * step)] for place in range(MAX_KEPT)]
