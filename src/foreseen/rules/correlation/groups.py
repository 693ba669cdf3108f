"""Events of one group of a correlation in the order of their times, and whether a window holds."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

from foreseen.rules.correlation.correlation import ABOVE, Correlation, Kind
from foreseen.rules.correlation.link import Linked
from foreseen.rules.correlation.windows import (
    Extra,
    Measured,
    Ordered,
    Seen,
    Window,
    window_of,
)
from foreseen.rules.engine.scalars import Exact


@dataclass(slots=True)
class Group:
    """What is kept of a group; the last two fields follow from the others.

    Attributes:
        times: Event times, ms, ascending; events of one time in the order of arrival.
        uids: Their names.
        extras: Their rules, values or numbers.
        fired: Ends of windows that fired, ms.
        waiting: Times of events whose answer waits for later ones, ms.
        begin: Place of the first event of the newest window.
        window: The newest window; None when it must be made again.
    """

    times: list[int] = field(default_factory=list)
    uids: list[str] = field(default_factory=list)
    extras: list[Extra] = field(default_factory=list)
    fired: list[int] = field(default_factory=list)
    waiting: list[int] = field(default_factory=list)
    begin: int = 0
    window: Window | None = None


def insert(group: Group, time: int, uid: str, extra: Extra) -> int:
    """Put an event at its place, which is returned."""
    times = group.times
    if not times or time >= times[-1]:
        times.append(time)
        group.uids.append(uid)
        group.extras.append(extra)
        return len(times) - 1
    place = bisect_right(times, time)
    times.insert(place, time)
    group.uids.insert(place, uid)
    group.extras.insert(place, extra)
    group.window = None
    return place


def place_of(group: Group, time: int, uid: str) -> int | None:
    """Place of an event; None when it is not there."""
    place = bisect_left(group.times, time)
    while place < len(group.times) and group.times[place] == time:
        if group.uids[place] == uid:
            return place
        place += 1
    return None


def more(group: Group, place: int, extra: Extra) -> bool:
    """Add rules to an event that is there already; whether there were new ones."""
    known = group.extras[place]
    if not isinstance(known, int) or not isinstance(extra, int) or known | extra == known:
        return False
    group.extras[place] = known | extra
    group.window = None
    return True


def append_event(group: Group, linked: Linked, time: int, uid: str) -> bool:
    """One more event at the end of a group that counts events; whether its window holds."""
    times, begin, oldest = group.times, group.begin, time - linked.correlation.timespan
    times.append(time)
    group.uids.append(uid)
    group.extras.append(0)
    while times[begin] < oldest:
        begin += 1
    group.begin = begin
    return len(times) - begin >= linked.least


def forget(group: Group, linked: Linked, before: int) -> tuple[int, int]:
    """Drop what no window can reach, and what is too much; how many of either.

    Args:
        group: The group.
        linked: Its rule.
        before: Events of windows that end before this time (ms) are of no more use.
    """
    oldest = min([before, *group.waiting]) - linked.correlation.timespan
    stale = bisect_left(group.times, oldest)
    stale = stale if stale > _CHUNK or stale * 2 > len(group.times) else 0
    kept = len(group.times) - stale
    excess = kept - linked.capacity if kept > linked.capacity * 9 // 8 else 0  # seldom, as it costs
    cut = stale + excess
    if cut:
        del group.times[:cut], group.uids[:cut], group.extras[:cut]
        group.window = group.window if cut <= group.begin else None
        group.begin = max(0, group.begin - cut)
        group.fired = [time for time in group.fired if time >= oldest]
    return stale, excess


_CHUNK = 256


def held_since(group: Group, linked: Linked, place: int) -> int | None:
    """Place of the first event, from `place` on, whose window holds and reaches back to `place`.

    The window of an event is all that came within the timespan before it, it included, as far as
    it has arrived. Of an event that arrives in order that is the one window that it ends.
    """
    if place == len(group.times) - 1:
        return place if _newest_holds(group, linked) else None
    group.begin = bisect_left(group.times, group.times[-1] - linked.correlation.timespan)
    if _is_silent(group, linked, place):
        return None
    until = group.times[place] + linked.correlation.timespan
    for each, window in _windows(group, linked, place, until):
        if _holds(linked.correlation, window, group.times[each]):
            return each
    return None


def _is_silent(group: Group, linked: Linked, place: int) -> bool:
    """Whether no window of a late event can fire, nor be asked for: then none is reckoned."""
    timespan, first = linked.correlation.timespan, group.times[place]
    last = min(first + timespan, group.times[-1])
    covered = any(last - timespan <= fired <= first + timespan for fired in group.fired)
    return covered and all(counts for _, _, counts in linked.outers)


def settled(group: Group, linked: Linked, place: int) -> bool:
    """Whether an event's window held, and nothing within a timespan after it took that back."""
    correlation, time = linked.correlation, group.times[place]
    if correlation.condition.expression is not None:
        return _undisputed(group, linked, place)
    later = [bound for bound in correlation.condition.bounds if bound.operator not in ABOVE]
    for each, window in _windows(group, linked, place, time + correlation.timespan):
        bounds = correlation.condition.bounds if each == place else later
        value = window.value(group.times[each] - correlation.timespan)
        if value is None or not all(bound.holds(value) for bound in bounds):
            return False
    return True


def window_members(group: Group, linked: Linked, place: int) -> tuple[int, list[str], Exact | None]:
    """How many events the window of a place has, names of its last ones, what they come to."""
    correlation, end = linked.correlation, group.times[place]
    begin = bisect_left(group.times, end - correlation.timespan)
    _, window = next(_windows(group, linked, place, end))
    names = group.uids[max(begin, place + 1 - MOST_MEMBERS) : place + 1]
    return place + 1 - begin, names, window.value(end - correlation.timespan)


MOST_MEMBERS = 100


def _newest_holds(group: Group, linked: Linked) -> bool:
    correlation, times = linked.correlation, group.times
    begin, oldest = group.begin, times[-1] - correlation.timespan
    if correlation.kind is Kind.EVENT_COUNT:
        while times[begin] < oldest:
            begin += 1
        group.begin = begin
        return all(bound.holds(len(times) - begin) for bound in correlation.condition.bounds)
    window = group.window
    if window is None:
        begin = bisect_left(times, oldest)
        group.window = window = _made(correlation)
        for time, extra in zip(times[begin:], group.extras[begin:], strict=True):
            window.add(time, extra)
    else:
        window.add(times[-1], group.extras[-1])
    while times[begin] < oldest:
        window.drop(group.extras[begin])
        begin += 1
    group.begin = begin
    return _holds(correlation, window, times[-1])


def _windows(
    group: Group, linked: Linked, place: int, until: int
) -> Iterator[tuple[int, Measured]]:
    """The windows that end with the events from a place on, as long as they are not after `until`.

    The window that is given is the same object each time, slid on.
    """
    times, extras, timespan = group.times, group.extras, linked.correlation.timespan
    begin = bisect_left(times, times[place] - timespan)
    if linked.correlation.kind is Kind.EVENT_COUNT:
        for each in range(place, bisect_right(times, until)):
            yield each, Count(each + 1 - bisect_left(times, times[each] - timespan))
        return
    window = _made(linked.correlation)
    for each in range(begin, bisect_right(times, until)):
        window.add(times[each], extras[each])
        if each < place:
            continue
        while times[begin] < times[each] - timespan:
            window.drop(extras[begin])
            begin += 1
        yield each, window


@dataclass(frozen=True, slots=True)
class Count:
    """A window of which only the number of its events is known."""

    count: int

    def value(self, begin: int) -> Exact | None:
        """The number of its events."""
        del begin
        return self.count


class _Told:
    """A window for an expression: rules seen, and how many of the wanted ones in their order."""

    def __init__(self, correlation: Correlation, wanted: int) -> None:
        self._seen = Seen(len(correlation.rules))
        self._ordered = Ordered(len(correlation.rules))
        self._in_order = correlation.kind is Kind.TEMPORAL_ORDERED
        self._wanted = wanted

    def add(self, time: int, extra: Extra) -> None:
        self._seen.add(time, extra)
        if self._in_order and isinstance(extra, int):
            self._ordered.add(time, extra & self._wanted)

    def drop(self, extra: Extra) -> None:
        self._seen.drop(extra)

    def value(self, begin: int) -> Exact | None:
        return self._seen.value(begin)

    def bits(self, begin: int) -> int | None:
        """Bits of the rules seen; None where they were not in order."""
        seen = self._seen.bits
        wanted = (seen & self._wanted).bit_count()
        in_order = not self._in_order or self._ordered.value(begin) == wanted
        return seen if in_order else None


def _made(correlation: Correlation) -> Window:
    expression = correlation.condition.expression
    if expression is None:
        return window_of(correlation)
    return _Told(correlation, expression.slots())


def _holds(correlation: Correlation, window: Measured, end: int) -> bool:
    begin = end - correlation.timespan
    expression = correlation.condition.expression
    if expression is not None and isinstance(window, _Told):
        seen = window.bits(begin)
        return seen is not None and expression.holds(seen, seen)
    value = window.value(begin)
    return value is not None and all(b.holds(value) for b in correlation.condition.bounds)


def _undisputed(group: Group, linked: Linked, place: int) -> bool:
    """An expression with `not`: what must be absent was absent for a timespan on both sides."""
    correlation, time = linked.correlation, group.times[place]
    expression = correlation.condition.expression
    _, window = next(_windows(group, linked, place, time))
    seen = window.bits(time - correlation.timespan) if isinstance(window, _Told) else None
    if expression is None or seen is None:
        return False
    begin = bisect_left(group.times, time - correlation.timespan)
    around = 0
    for extra in group.extras[begin : bisect_right(group.times, time + correlation.timespan)]:
        around |= extra if isinstance(extra, int) else 0
    return expression.holds(seen, around)
