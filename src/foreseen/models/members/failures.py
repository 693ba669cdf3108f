"""How often logins failed before the one that a match belongs to, held against how often they do.

People mistype. That a login comes after as many failures as never before on this workload is
another thing, whatever is done in it. Of every ten minutes of history the largest number counts.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from math import log2
from typing import Any

from foreseen.models.members.surroundings import SLOT
from foreseen.models.moments.moment import Moment


class Failures:
    """The most failed logins before a login in each slot of time, by workload."""

    def __init__(self, most: Mapping[str, Iterable[int]]) -> None:
        """Numbers by workload, in any order."""
        self._most = {workload: sorted(numbers) for workload, numbers in most.items()}

    @classmethod
    def fit(cls, moments: Iterable[Moment]) -> "Failures":
        """Learn from expected matches of all rules; those without a login say nothing."""
        most: dict[str, dict[int, int]] = {}
        for moment in moments:
            if moment.failures is not None:
                slots = most.setdefault(moment.workload, {})
                slot = moment.time // SLOT
                slots[slot] = max(moment.failures, slots.get(slot, 0))
        return cls({workload: slots.values() for workload, slots in sorted(most.items())})

    def bits(self, moment: Moment, members: tuple[str, ...] = ()) -> float:
        """-log2 of the share of history with as many, and the more the larger the number.

        Args:
            moment: A match of any rule.
            members: Other workloads whose history counts beside the moment's own.
        """
        if not moment.failures:
            return 0.0
        as_many, slots = self.slots(moment, members)
        return log2(moment.failures) - log2((as_many + 0.5) / (slots + 1))

    def slots(self, moment: Moment, members: tuple[str, ...] = ()) -> tuple[int, int]:
        """Slots of history with at least as many failures, and slots with a login."""
        every = [self._most.get(name, []) for name in (moment.workload, *members)]
        number = moment.failures or 0
        return sum(len(own) - bisect_left(own, number) for own in every), sum(map(len, every))

    def dump(self) -> dict[str, list[int]]:
        """JSON-ready numbers."""
        return self._most

    @classmethod
    def load(cls, dumped: Mapping[str, Any]) -> "Failures":
        """Failures from `dump`."""
        return cls({str(name): [int(number) for number in own] for name, own in dumped.items()})
