"""When a rule matches: hour of the day, weekday, day of the month, month.

A cycle says something only once the history went through it several times: a rule that was watched
for an afternoon has no nights to miss. Days count, not matches: a flood is one day's habit.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from math import log2
from typing import Any

from foreseen.models.members.levels import SPREAD
from foreseen.models.moments.moment import Moment

DAY = 86_400_000


@dataclass(frozen=True, slots=True)
class Cycle:
    """Something that comes round.

    Attributes:
        name: For people.
        size: Places in it.
        reach: Places to either side that count as the same time.
        span: History, in days, below which it says nothing.
        place: Of a time.
    """

    name: str
    size: int
    reach: int
    span: int
    place: Callable[[datetime], int]


CYCLES = (
    Cycle("hour", 24, 1, 7, lambda when: when.hour),
    Cycle("weekday", 7, 0, 28, lambda when: when.weekday()),
    Cycle("day of the month", 31, 1, 124, lambda when: when.day - 1),
    Cycle("month", 12, 1, 730, lambda when: when.month - 1),
)


@dataclass(frozen=True, slots=True)
class Habit:
    """When a rule matched on a workload.

    Attributes:
        first: Time of the first match, ms UTC.
        last: Time of the last match, ms UTC.
        days: Distinct days with a match by place, one mapping for each of `CYCLES`.
    """

    first: int
    last: int
    days: tuple[Mapping[int, int], ...]


class Times:
    """Habits of one rule by workload."""

    def __init__(self, habits: Mapping[str, Habit]) -> None:
        """Habits by workload."""
        self._habits = dict(habits)

    @classmethod
    def fit(cls, moments: Iterable[Moment]) -> "Times":
        """Learn from expected matches."""
        slots: dict[str, set[int]] = defaultdict(set)
        ends: dict[str, tuple[int, int]] = {}
        for moment in moments:
            first, last = ends.get(moment.workload, (moment.time, moment.time))
            ends[moment.workload] = min(first, moment.time), max(last, moment.time)
            slots[moment.workload].add(moment.time // _HOUR)
        return cls({name: _habit(*ends[name], slots[name]) for name in sorted(slots)})

    def bits(self, moment: Moment, members: tuple[str, ...] = ()) -> float:
        """By how much the time of the match is rarer than chance would have it, at most.

        Args:
            moment: A match of the rule.
            members: Other workloads: where several answer, it is usual only if it is for two.
        """
        if not members:
            return self._bits(moment, moment.workload)
        return sorted(self._bits(moment, member) for member in members)[:SPREAD][-1]

    def _bits(self, moment: Moment, workload: str) -> float:
        return max([0.0, *(bits for _, bits in self.oddities(moment, workload))])

    def oddities(self, moment: Moment, workload: str) -> list[tuple[str, float]]:
        """Each cycle that a workload's history knows and the surprise at its place, 0 if usual."""
        habit = self._habits.get(workload)
        if habit is None:
            return []
        when = _when(moment.time)
        return [
            (cycle.name, _oddity(days, cycle, cycle.place(when)))
            for cycle, days in zip(CYCLES, habit.days, strict=True)
            if habit.last - habit.first >= cycle.span * DAY
        ]

    def dump(self) -> dict[str, object]:
        """JSON-ready."""
        return {
            name: [h.first, h.last, [sorted(map(list, days.items())) for days in h.days]]
            for name, h in self._habits.items()
        }

    @classmethod
    def load(cls, dumped: Mapping[str, Any]) -> "Times":
        """Times from `dump`."""
        return cls(
            {
                str(name): Habit(
                    int(first), int(last), tuple({int(p): int(n) for p, n in d} for d in days)
                )
                for name, (first, last, days) in dumped.items()
            }
        )


def _habit(first: int, last: int, hours: Iterable[int]) -> Habit:
    known = [_when(hour * _HOUR) for hour in sorted(hours)]
    days = tuple(
        dict(
            sorted(
                Counter(
                    place for _, place in {(when.date(), cycle.place(when)) for when in known}
                ).items()
            )
        )
        for cycle in CYCLES
    )
    return Habit(first, last, days)


def _oddity(days: Mapping[int, int], cycle: Cycle, place: int) -> float:
    width = 2 * cycle.reach + 1
    near = (
        days.get((place + step) % cycle.size, 0) for step in range(-cycle.reach, cycle.reach + 1)
    )
    chance = sum(days.values()) * width / cycle.size
    return max(0.0, log2((chance + 1) / (sum(near) + 1)))


def _when(time: int) -> datetime:
    """A time in UTC; one that no calendar has is its edge."""
    return datetime.fromtimestamp(min(max(time, 0), _LATEST) / 1000, UTC)


_HOUR = 3_600_000
_LATEST = 253_402_300_799_000
