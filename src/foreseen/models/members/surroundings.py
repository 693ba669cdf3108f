"""What usually happens on a workload, whatever rule matched: how odd is what came just before?

A rule with few matches cannot know what usually comes before it, but its workload knows what
usually happens there. Every token of the windows of all expected matches counts once for each ten
minutes in which it occurred: what a flood repeats a thousand times is no more of a habit for it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from heapq import nlargest
from math import log2
from typing import Any

from foreseen.models.members.levels import known
from foreseen.models.members.novelty import FAMILIAR, UNKNOWN_BITS
from foreseen.models.moments.moment import Moment

SLOT = 600_000
"""A token counts once in this time, ms."""

RECENT = 900_000
"""Events older than this do not belong to what came just before, ms."""

MAX_TOKENS = 2_000
"""Tokens kept a workload, the most recurrent first; what is rarer counts as unknown."""

ODDEST = 3
"""Tokens that count: more would let a long window of small oddities drown one download."""


class Surroundings:
    """In how many slots of time each token occurred on each workload."""

    def __init__(self, slots: Mapping[str, Mapping[str, int]]) -> None:
        """Slots by workload and token."""
        self._slots = {workload: dict(tokens) for workload, tokens in slots.items()}
        self._bits: dict[tuple[str, tuple[str, ...]], dict[str, float]] = {}

    @classmethod
    def fit(cls, moments: Iterable[Moment]) -> "Surroundings":
        """Count the tokens before expected matches of all rules."""
        seen: dict[str, set[tuple[str, int]]] = defaultdict(set)
        for moment in moments:
            ages = ages_of(moment) or (0,) * len(moment.window)
            slots = ((moment.time - age) // SLOT for age in ages)
            seen[moment.workload].update(zip(moment.window, slots, strict=True))
        return cls(
            {
                workload: dict(
                    sorted(
                        Counter(token for token, _ in pairs).items(),
                        key=lambda item: (-item[1], item[0]),
                    )[:MAX_TOKENS]
                )
                for workload, pairs in sorted(seen.items())
            }
        )

    def bits(self, moment: Moment, members: tuple[str, ...] = ()) -> float:
        """Surprise at the oddest few distinct tokens just before the match, summed.

        Args:
            moment: A match of any rule.
            members: Other workloads whose habits count beside the moment's own.
        """
        bits = self._known(moment.workload, members)
        found = (bits.get(token, UNKNOWN_BITS) for token in set(recent(moment)))
        return sum(nlargest(ODDEST, found))

    def oddest(self, moment: Moment, members: tuple[str, ...] = ()) -> str | None:
        """The token just before the match that surprises most; None where nothing is known."""
        bits = self._known(moment.workload, members)
        found = [(bits.get(token, UNKNOWN_BITS), token) for token in set(recent(moment))]
        return max(found)[1] if found else None

    def seen(self, workload: str, token: str) -> int:
        """In how many slots of time a token occurred on a workload."""
        return self._slots.get(workload, {}).get(token, 0)

    def _known(self, workload: str, members: tuple[str, ...]) -> dict[str, float]:
        name = (workload, members)
        if name not in self._bits:
            own = self._slots.get(workload, {})
            seen = known(own, (self._slots.get(member, {}) for member in members))
            self._bits[name] = {t: log2(1 + FAMILIAR / count) for t, count in seen.items()}
        return self._bits[name]

    def dump(self) -> dict[str, dict[str, int]]:
        """JSON-ready slots."""
        return self._slots

    @classmethod
    def load(cls, dumped: Mapping[str, Any]) -> "Surroundings":
        """Surroundings from `dump`."""
        return cls(
            {
                str(workload): {str(token): int(count) for token, count in tokens.items()}
                for workload, tokens in dumped.items()
            }
        )


def ages_of(moment: Moment) -> tuple[int, ...]:
    """Ages of the window's events, ms; empty where they are not known for each of them."""
    return moment.ages if len(moment.ages) == len(moment.window) else ()


def recent(moment: Moment) -> Sequence[str]:
    """Tokens of what came just before the match."""
    ages = ages_of(moment)
    if not ages or max(ages) <= RECENT:
        return moment.window
    return [t for t, age in zip(moment.window, ages, strict=True) if age <= RECENT]
