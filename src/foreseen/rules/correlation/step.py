"""Labelled events through correlations: which rules fire, on which event, for which group. Pure."""

from collections.abc import Iterable, Iterator
from fractions import Fraction

from foreseen.rules.correlation.entries import Entry, Fired, Item, Labelled, Values, entries_of
from foreseen.rules.correlation.groups import (
    Group,
    append_event,
    forget,
    held_since,
    insert,
    more,
    place_of,
    settled,
    window_members,
)
from foreseen.rules.correlation.link import Linked, Plan
from foreseen.rules.correlation.state import (
    CorrelationState,
    Key,
    Lost,
    Remembered,
    Waiting,
    fitted,
)
from foreseen.rules.engine.scalars import Exact

MOST_GROUPS = 20_000
"""Groups of one rule."""
MOST_KEPT = 200_000
"""Events in all groups of one rule."""
MOST_WAITING = 20_000
"""Events of one rule that wait for an answer."""


def step(
    state: CorrelationState, events: Iterable[Labelled], plan: Plan, values: Values
) -> tuple[CorrelationState, list[Fired]]:
    """Firings of a batch of events, in the order of their causes.

    The state is advanced in place and returned. Firings depend on the order of events, not on how
    they are cut into batches.
    """
    run = _Run(state, plan, values)
    for event in events:
        run.take(event)
    return state, run.fired


def steps(
    state: CorrelationState, events: Iterable[Labelled], plan: Plan, values: Values
) -> Iterator[list[Fired]]:
    """The same, event by event: for each what fired by its arrival."""
    run = _Run(state, plan, values)
    for event in events:
        run.fired = []
        run.take(event)
        yield run.fired


def advance(
    state: CorrelationState, now: int, plan: Plan, values: Values
) -> tuple[CorrelationState, list[Fired]]:
    """Firings that waited for the time `now` (ms UTC): for a source that is silent since."""
    run = _Run(state, plan, values)
    run.pass_time(now)
    return state, run.fired


def finish(
    state: CorrelationState, plan: Plan, values: Values
) -> tuple[CorrelationState, list[Fired]]:
    """Firings of all that still waits: there will be no more events."""
    run = _Run(state, plan, values)
    run.end()
    return state, run.fired


class _Run:
    """A plan with its state, for one call."""

    def __init__(self, state: CorrelationState, plan: Plan, values: Values) -> None:
        self.fired: list[Fired] = []
        self._state = state
        self._plan = plan
        self._values = values
        self._remembered = fitted(state, plan)
        self._settling = [i for i, each in enumerate(plan.rules) if each.correlation.settles]

    def take(self, event: Labelled) -> None:
        """One event: first what its time makes due, then itself."""
        if event.time > self._state.clock:
            self.pass_time(event.time)
        found: dict[int, list[Item]] = {}
        by_rule = self._plan.by_rule
        if len(event.labels) == 1:
            label = event.labels[0]
            counting = by_rule.get(label, ())
            if len(counting) == 1 and self._plan.rules[counting[0][0]].plain:
                place, slot = counting[0]
                if self._count_plain(place, (slot, label, event.time), event, found):
                    self._go_on(found, event)
                    return
        for label in event.labels:
            for place, slot in by_rule.get(label, ()):
                item = (slot, label, event.time)
                if place in found:
                    found[place].append(item)
                else:
                    found[place] = [item]
        self._go_on(found, event)

    def pass_time(self, now: int) -> None:
        """Move the clock and answer what has waited for that."""
        state = self._state
        state.clock = max(state.clock, now)
        for place in self._settling:
            waiting = self._remembered[place].waiting
            while waiting and waiting[0].due <= state.clock:
                self._settle(place)

    def end(self) -> None:
        """Answer everything, inner correlations first."""
        for place in self._settling:
            while self._remembered[place].waiting:
                self._settle(place)

    def _go_on(self, found: dict[int, list[Item]], event: Labelled) -> None:
        """Through the correlations that count the event, and those that count these."""
        while found:
            place = min(found)
            self._count(place, found.pop(place), event, found)

    def _count(
        self, place: int, items: list[Item], event: Labelled, found: dict[int, list[Item]]
    ) -> None:
        """Add the event to its groups; a firing goes on to the correlations that count this one."""
        linked, remembered = self._plan.rules[place], self._remembered[place]
        if linked.plain and len(items) == 1 and self._count_plain(place, items[0], event, found):
            return
        for (key, time), entry in entries_of(
            linked, items, event, self._values, remembered.lost
        ).items():
            group = self._group(remembered, linked, key, time)
            if group is None:
                continue
            before = place_of(group, time, event.event_uid)
            if before is None:
                at = insert(group, time, event.event_uid, entry.extra)
                remembered.size += 1
            elif more(
                group, before, entry.extra
            ):  # another rule matches it, too, or comes to know it
                at = before
            else:
                continue
            if linked.correlation.settles:
                due, uid = self._due(linked), event.event_uid
                waits = Waiting(due, key, entry.shown, time, uid, entry.via, event.row)
                self._wait(place, group, waits)
            elif (held := held_since(group, linked, at)) is not None:
                fires = self._fire(place, group, held, event, entry)
                _feed(linked, found, group.times[held], entry.via, fires=fires)
            if not len(group.times) % _OFTEN or remembered.size > MOST_KEPT:
                self._forget(remembered, linked, group)
            if len(remembered.groups) > MOST_GROUPS or remembered.size > MOST_KEPT:
                self._evict(remembered, linked)

    def _count_plain(
        self, place: int, item: Item, event: Labelled, found: dict[int, list[Item]]
    ) -> bool:
        """The same for what is most frequent: one more event, in order, of a group that is known.

        Whether it was that; if not, nothing is done.
        """
        slot, via, time = item
        linked, remembered = self._plan.rules[place], self._remembered[place]
        texts = self._values(via, linked.group_names[slot][0], event.row)
        if len(texts) != 1:
            return False
        key = (texts[0].lower(),)
        group = remembered.groups.get(key)
        if group is None or time <= group.times[-1] or not (len(group.times) + 1) % _OFTEN:
            return False
        remembered.groups.move_to_end(key)
        remembered.size += 1
        if append_event(group, linked, time, event.event_uid):
            entry = Entry(0, (texts[0],), via, slot)
            fires = self._fire(place, group, len(group.times) - 1, event, entry)
            _feed(linked, found, time, via, fires=fires)
        return True

    def _group(self, remembered: Remembered, linked: Linked, key: Key, time: int) -> Group | None:
        """The event's group, as the one that was used last; None for an event that is too late."""
        groups = remembered.groups
        group = groups.get(key)
        if group is None:
            groups[key] = group = Group()
        else:
            groups.move_to_end(key)
            if group.times and time < group.times[-1] - self._plan.lateness - linked.lag:
                remembered.lost[Lost.LATE] += 1
                return None
        return group

    def _forget(self, remembered: Remembered, linked: Linked, group: Group) -> None:
        """Drop of a group what no window can reach any more, and what it has too much."""
        before = group.times[-1] - self._plan.lateness - linked.lag
        stale, excess = forget(group, linked, before)
        remembered.size -= stale + excess
        if excess and not linked.spares:
            remembered.lost[Lost.FULL_GROUP] += excess

    def _evict(self, remembered: Remembered, linked: Linked) -> None:
        """Drop the groups longest without an event until the rest is within the limits."""
        reach = linked.correlation.timespan + self._plan.lateness + linked.lag
        groups = remembered.groups
        while len(groups) > MOST_GROUPS or (remembered.size > MOST_KEPT and len(groups) > 1):
            _, gone = groups.popitem(last=False)
            remembered.size -= len(gone.times)
            if gone.times[-1] + reach >= self._state.clock:
                remembered.lost[Lost.FULL_RULE] += 1

    def _due(self, linked: Linked) -> int:
        """When all that may take an answer back has come, ms: also what is late, on our clock."""
        return self._state.clock + linked.correlation.timespan + self._plan.lateness + linked.lag

    def _wait(self, place: int, group: Group, entry: Waiting) -> None:
        remembered = self._remembered[place]
        remembered.waiting.append(entry)
        group.waiting.append(entry.time)
        if len(remembered.waiting) > MOST_WAITING:
            remembered.lost[Lost.EARLY] += 1
            self._settle(place)

    def _settle(self, place: int) -> None:
        """Answer the event that has waited longest."""
        linked, remembered = self._plan.rules[place], self._remembered[place]
        waited = remembered.waiting.popleft()
        group = remembered.groups.get(waited.key)
        at = None if group is None else place_of(group, waited.time, waited.event_uid)
        if group is None or at is None:
            return  # forgotten for want of room, and counted when it was
        group.waiting.remove(waited.time)
        if settled(group, linked, at):
            event = Labelled(waited.event_uid, waited.time, (), waited.row)
            entry = Entry(group.extras[at], waited.shown, waited.via, 0)
            fires = self._fire(place, group, at, event, entry)
            found: dict[int, list[Item]] = {}
            _feed(linked, found, waited.time, waited.via, fires=fires)
            self._go_on(found, event)

    def _fire(self, place: int, group: Group, at: int, event: Labelled, entry: Entry) -> bool:
        """Fire, unless the group is silent still or the event has completed this rule already."""
        linked, remembered = self._plan.rules[place], self._remembered[place]
        end, timespan = group.times[at], linked.correlation.timespan
        if event.event_uid in remembered.spoken:
            return False
        if any(abs(end - fired) <= timespan for fired in group.fired):
            return False  # no event is a member of two firings
        remembered.spoken.append(event.event_uid)
        group.fired.append(end)
        count, members, value = window_members(group, linked, at)
        is_number = linked.correlation.condition.expression is None and value is not None
        fired = Fired(
            rule=linked.correlation.id,
            event_uid=event.event_uid,
            time=end,
            via=entry.via,
            group=tuple(zip(linked.correlation.group_by, entry.shown, strict=True)),
            count=count,
            members=tuple(members),
            value=_plain(value) if is_number else None,
            row=event.row,
        )
        self.fired.append(fired)
        return True


_OFTEN = 64


def _feed(
    linked: Linked, found: dict[int, list[Item]], time: int, via: str, *, fires: bool
) -> None:
    """Tell the correlations that count this one.

    A count counts firings. A temporal one asks whether the condition held at a time: with firings
    alone, a success after the eleventh failure would not follow ten failures.
    """
    for place, slot, counts in linked.outers:
        if fires or not counts:
            found.setdefault(place, []).append((slot, via, time))


def _plain(value: Exact | None) -> int | float | None:
    return float(value) if isinstance(value, Fraction) else value
