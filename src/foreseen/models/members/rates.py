"""How often a rule matches on a workload: in how many ten minutes of a day."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from math import log2
from statistics import median_low
from typing import Any

from foreseen.models.moments.moment import Moment

SLOT = 600_000
"""Matches within this time count once, ms: a flood is rare however long it is."""

_DAY = 86_400_000


class Rates:
    """Slots of time with a match of one rule by workload, and the length of the history."""

    def __init__(self, slots: Mapping[str, int], days: float) -> None:
        """Slots by workload; days that the history spans."""
        self._slots = dict(slots)
        self.days = days

    @classmethod
    def fit(cls, moments: Iterable[Moment], span: int) -> "Rates":
        """Learn from expected matches of one rule, and the span of all rules' history in ms."""
        slots: dict[str, set[int]] = defaultdict(set)
        for moment in moments:
            slots[moment.workload].add(moment.time // SLOT)
        counts = {workload: len(found) for workload, found in sorted(slots.items())}
        return cls(counts, max(span, SLOT) / _DAY)

    def bits(self, moment: Moment, members: tuple[str, ...] = ()) -> float:
        """-log2 of the slots a day.

        Args:
            moment: A match of the rule.
            members: Other workloads; what is usual among them is known, not what one of them does.
        """
        return -log2((self.slots(moment.workload, members) + 0.5) / self.days)

    def slots(self, workload: str, members: tuple[str, ...] = ()) -> int:
        """Slots with a match in the history; among several workloads, those of the middle one."""
        every = (workload, *members) if members else (workload,)
        return median_low(self._slots.get(name, 0) for name in every)

    def dump(self) -> dict[str, object]:
        """JSON-ready."""
        return {"slots": self._slots, "days": self.days}

    @classmethod
    def load(cls, dumped: Mapping[str, Any]) -> "Rates":
        """Rates from `dump`."""
        slots = {str(name): int(count) for name, count in dumped["slots"].items()}
        return cls(slots, float(dumped["days"]))
