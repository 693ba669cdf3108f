"""What the events of a window come to: a count, a sum, a percentile, rules seen or in order."""

from bisect import bisect_left, insort
from collections import Counter
from fractions import Fraction
from math import ceil
from typing import Protocol

from foreseen.rules.correlation.correlation import Correlation, Kind
from foreseen.rules.engine.scalars import Exact

Extra = int | tuple[str, ...] | tuple[Exact, ...]
"""What is kept of an event besides its time: bits of its rules, its values, or its numbers."""


class Measured(Protocol):
    """Events of a window, seen as what they come to."""

    def value(self, begin: int) -> Exact | None:
        """What its events since `begin` (ms) come to; None when there is nothing to reckon."""
        ...


class Window(Measured, Protocol):
    """Events of a window, added in the order of their times and taken away from its begin."""

    def add(self, time: int, extra: Extra) -> None:
        """One more event at its end."""
        ...

    def drop(self, extra: Extra) -> None:
        """The event at its begin is too old."""
        ...


def window_of(correlation: Correlation) -> Window:
    """An empty window for a rule."""
    match correlation.kind:
        case Kind.EVENT_COUNT:
            return _Events()
        case Kind.VALUE_COUNT:
            return _Distinct()
        case Kind.TEMPORAL:
            return Seen(len(correlation.rules))
        case Kind.TEMPORAL_ORDERED:
            return Ordered(len(correlation.rules))
        case Kind.VALUE_SUM | Kind.VALUE_AVG:
            return _Total(mean=correlation.kind is Kind.VALUE_AVG)
        case _:
            return _Ranked(correlation.condition.percentile)


class _Events:
    """How many events."""

    def __init__(self) -> None:
        self._count = 0

    def add(self, time: int, extra: Extra) -> None:
        """One more event."""
        del time, extra
        self._count += 1

    def drop(self, extra: Extra) -> None:
        """One event less."""
        del extra
        self._count -= 1

    def value(self, begin: int) -> Exact:
        """How many they are."""
        del begin
        return self._count


class _Distinct:
    """How many different values."""

    def __init__(self) -> None:
        self._counts: Counter[object] = Counter()

    def add(self, time: int, extra: Extra) -> None:
        """Its values count once more."""
        del time
        self._counts.update(extra if isinstance(extra, tuple) else ())

    def drop(self, extra: Extra) -> None:
        """Its values count once less."""
        for value in extra if isinstance(extra, tuple) else ():
            self._counts[value] -= 1
            if not self._counts[value]:
                del self._counts[value]

    def value(self, begin: int) -> Exact:
        """How many values there are."""
        del begin
        return len(self._counts)


class _Total:
    """Sum or mean of all numbers; none without a number."""

    def __init__(self, *, mean: bool) -> None:
        self._mean = mean
        self._sum: Exact = 0
        self._count = 0

    def add(self, time: int, extra: Extra) -> None:
        """Its numbers come to it."""
        del time
        for number in _numbers(extra):
            self._sum += number
            self._count += 1

    def drop(self, extra: Extra) -> None:
        """Its numbers leave it."""
        for number in _numbers(extra):
            self._sum -= number
            self._count -= 1

    def value(self, begin: int) -> Exact | None:
        """The sum or mean; None without numbers."""
        del begin
        if not self._count:
            return None
        return Fraction(self._sum, self._count) if self._mean else self._sum


class _Ranked:
    """A percentile by nearest rank, which is always a number that was seen; or the median."""

    def __init__(self, percentile: int | None) -> None:
        self._percentile = percentile
        self._sorted: list[Exact] = []

    def add(self, time: int, extra: Extra) -> None:
        """Its numbers take their places."""
        del time
        for number in _numbers(extra):
            insort(self._sorted, number)

    def drop(self, extra: Extra) -> None:
        """Its numbers leave their places."""
        for number in _numbers(extra):
            del self._sorted[bisect_left(self._sorted, number)]

    def value(self, begin: int) -> Exact | None:
        """The number at the rank; None without numbers."""
        del begin
        count = len(self._sorted)
        if not count:
            return None
        if self._percentile is None:
            return Fraction(self._sorted[(count - 1) // 2] + self._sorted[count // 2], 2)
        return self._sorted[ceil(Fraction(self._percentile * count, 100)) - 1]


class Seen:
    """How many of the rules have an event."""

    def __init__(self, rules: int) -> None:
        self._counts = [0] * rules
        self.bits = 0

    def add(self, time: int, extra: Extra) -> None:
        """Its rules are seen once more."""
        del time
        for slot in _slots(extra):
            self._counts[slot] += 1
            self.bits |= 1 << slot

    def drop(self, extra: Extra) -> None:
        """Its rules are seen once less."""
        for slot in _slots(extra):
            self._counts[slot] -= 1
            if not self._counts[slot]:
                self.bits &= ~(1 << slot)

    def value(self, begin: int) -> Exact:
        """How many rules are seen."""
        del begin
        return self.bits.bit_count()


class Ordered:
    """How many of the rules appear in their order, each on an event after the one before.

    `_latest[k][slot]` is the latest begin of k + 1 events in order that end with that rule: it
    only grows, so nothing is taken away; a begin before the window does not count.
    """

    def __init__(self, rules: int) -> None:
        self._latest = [[_NEVER] * rules for _ in range(rules)]

    def add(self, time: int, extra: Extra) -> None:
        """It lengthens what it can follow."""
        latest = self._latest
        for slot in reversed(_slots(extra)):  # so that one event is not two steps
            for length in range(slot, 0, -1):
                begin = max(latest[length - 1][:slot])
                latest[length][slot] = max(latest[length][slot], begin)
            latest[0][slot] = time

    def drop(self, extra: Extra) -> None:
        """Nothing: a begin that is too old does not count."""
        del extra

    def value(self, begin: int) -> Exact:
        """The most rules in order since `begin`."""
        for length in range(len(self._latest), 0, -1):
            if max(self._latest[length - 1]) >= begin:
                return length
        return 0


_NEVER = -(1 << 62)


def _numbers(extra: Extra) -> tuple[Exact, ...]:
    return tuple(n for n in extra if not isinstance(n, str)) if isinstance(extra, tuple) else ()


def _slots(extra: Extra) -> list[int]:
    bits = extra if isinstance(extra, int) else 0
    return [slot for slot in range(bits.bit_length()) if bits >> slot & 1]
