"""Thresholds of rules: how many matches within a time make an alert, counted as correlations do.

A rule with `threshold: N` and `window: W` tells of a match when W holds N of its matches with the
same aggregate values, in event time and both ends included, in whatever order they arrive. The
first of them wait; the alert that the last one opens names them all. While further ones come within
W of a match that was told so, they are told, too. What cannot be counted is told at once (law 4).
"""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

import orjson

from foreseen.core.ids import RuleId, content_hash
from foreseen.rules import Rule
from foreseen.rules.correlation.correlation import Bound, Condition, Correlation, Kind
from foreseen.rules.correlation.fields import length_of
from foreseen.rules.correlation.groups import Group, forget, held_since, insert
from foreseen.rules.correlation.link import LATENESS, Linked, link
from foreseen.rules.correlation.state import CorrelationState, Lost, Remembered
from foreseen.rules.correlation.step import MOST_GROUPS, MOST_KEPT

_WAITS, _TOLD, _ALONE = 0, 1, 2
"""What a counted match is: it waits, was told with others, or was told for a reason of its own."""

_LONGEST_KEY = 256


@dataclass(frozen=True, slots=True)
class Counted:
    """A match that would alert, as a threshold counts it.

    Attributes:
        uid: The match's name.
        time: When its event happened, no later than when we had it, ms UTC.
        key: Its aggregate values, as `aggregate_key` gives them.
        urgent: Why it is told without waiting for others, a sentence; empty when nothing says so.
    """

    uid: str
    time: int
    key: str
    urgent: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a match stands with the threshold of its rule.

    Attributes:
        tells: Whether it alerts; else it waits.
        waited: Matches that it brings along into its alert: (time in ms, name), in order of time.
        why: A sentence for the alert; empty for a rule without a threshold.
    """

    tells: bool = True
    waited: tuple[tuple[int, str], ...] = ()
    why: str = ""


NO_THRESHOLD = Standing()
"""Of matches that need no others."""


def columns_of(rule: Rule) -> tuple[str, ...]:
    """Columns whose values put matches together; none: the usual likeness.

    A threshold without columns of its own counts per stream, for that is where windows are.
    """
    alerting = rule.alerting
    return alerting.aggregate or (("stream",) if alerting.threshold > 1 else ())


def aggregate_key(row: Mapping[str, object], columns: Collection[str]) -> str:
    """The values of columns of a row as one text of bounded length; absence is a value, too."""
    content = orjson.dumps([row.get(name) for name in columns])
    return content.decode() if len(content) <= _LONGEST_KEY else content_hash(content)


def uncounted_of(state: CorrelationState) -> dict[tuple[str, str], int]:
    """How many matches alerted at once because they could not be counted, by rule and reason."""
    return {
        (name, _UNCOUNTED[reason]): count
        for name, each in state.rules.items()
        for reason, count in each.lost.items()
    }


def fit(state: CorrelationState, rules: Mapping[RuleId, Rule]) -> None:
    """Forget what belongs to rules that are gone or have no threshold any more, or another one."""
    for name, known in list(state.rules.items()):
        rule = rules.get(RuleId(name))
        is_gone = rule is None or rule.alerting.threshold == 1
        if is_gone or (rule and _linked(rule).correlation.digest != known.digest):
            del state.rules[name]


def stand(state: CorrelationState, rule: Rule, match: Counted) -> Standing:
    """Count a match of a rule with a threshold; `state` is advanced in place.

    Memory is bounded as that of correlations: where there is no room left for one more group, or a
    match is later than the lateness allows, it is told at once and counted as lost.
    """
    linked, key = _linked(rule), (match.key,)
    remembered = _remembered(state, rule)
    state.clock = max(state.clock, match.time)
    group = remembered.groups.get(key)
    if group is not None and match.time < group.times[-1] - LATENESS:
        remembered.lost[Lost.LATE] += 1
        return Standing(why=match.urgent or _LATE)
    if not _has_room(state, remembered, linked, is_new=group is None):
        remembered.lost[Lost.FULL_RULE] += 1
        return Standing(why=match.urgent or _FULL)
    group = remembered.groups.setdefault(key, Group())
    remembered.groups.move_to_end(key)
    found = _counted(group, linked, match)
    remembered.size += 1 - sum(forget(group, linked, group.times[-1] - LATENESS))
    return found


_UNCOUNTED = {
    Lost.LATE: "match is older than the lateness allows: it alerts at once",
    Lost.FULL_RULE: "more groups of matches are open than are counted: the match alerts at once",
}
_LATE = "It alerts at once: it came too late to be counted with the others."
_FULL = "It alerts at once: more groups of matches are open than are counted."
_GOES_ON = "It goes on: an earlier match within {span} reached the threshold of {least}."
_REACHED = "{count} matches within {span}; this rule alerts from {least} on."


def _counted(group: Group, linked: Linked, match: Counted) -> Standing:
    """Put a match at its place and see whether a window with it holds, or one near it did."""
    place, timespan = insert(group, match.time, match.uid, _WAITS), linked.correlation.timespan
    held = held_since(group, linked, place)
    if held is not None:
        begin, end = bisect_left(group.times, group.times[held] - timespan), held + 1
        why = _REACHED.format(count=end - begin, span=length_of(timespan), least=linked.least)
    elif _is_near(group, place, timespan):
        # what waited and is of the same time goes on from it as what comes later does
        begin, end = bisect_left(group.times, match.time), place + 1
        why = _GOES_ON.format(span=length_of(timespan), least=linked.least)
    else:
        group.extras[place] = _ALONE if match.urgent else _WAITS
        return Standing(tells=bool(match.urgent), why=match.urgent)
    group.extras[place] = _TOLD
    waited = _told(group, begin, end, timespan)
    return Standing(waited=tuple((group.times[at], group.uids[at]) for at in waited), why=why)


def _told(group: Group, begin: int, end: int, timespan: int) -> list[int]:
    """Places of those that waited in a part of a group, and of what goes on from it; now told."""
    times, extras = group.times, group.extras
    part = extras[begin:end]
    found: list[int] = []
    if _WAITS in part or _ALONE in part:  # seldom, in a burst that goes on
        found = [begin + at for at, extra in enumerate(part) if extra == _WAITS]
        extras[begin:end] = [_TOLD] * len(part)
    last = times[end - 1]
    for at in range(end, len(times)):  # what is late may close a gap before these
        if times[at] - last > timespan:
            break
        if extras[at] == _WAITS:
            found.append(at)
        extras[at], last = _TOLD, times[at]
    return found


def _is_near(group: Group, place: int, timespan: int) -> bool:
    """Whether a match that was told with others lies within a window of a place, on either side."""
    time = group.times[place]
    begin = bisect_left(group.times, time - timespan)
    return _TOLD in group.extras[begin : bisect_right(group.times, time + timespan)]


def _has_room(
    state: CorrelationState, remembered: Remembered, linked: Linked, *, is_new: bool
) -> bool:
    """Room for one more match, made where groups that no window can reach take it."""
    groups, reach = remembered.groups, linked.correlation.timespan + LATENESS
    while (is_new and len(groups) >= MOST_GROUPS) or remembered.size >= MOST_KEPT:
        oldest = next(iter(groups.values()))
        if oldest.times[-1] + reach >= state.clock:
            return False
        groups.popitem(last=False)
        remembered.size -= len(oldest.times)
    return True


def _remembered(state: CorrelationState, rule: Rule) -> Remembered:
    """What is remembered of a rule; one whose threshold has changed since begins anew."""
    digest = _linked(rule).correlation.digest
    known = state.rules.get(rule.id)
    if known is None or known.digest != digest:
        state.rules[rule.id] = known = Remembered(digest)
    return known


@lru_cache(maxsize=1_024)
def _linked(rule: Rule) -> Linked:
    """A rule's threshold as the correlation that counts it."""
    alerting = rule.alerting
    said = [alerting.threshold, alerting.window, columns_of(rule)]
    correlation = Correlation(
        id=RuleId(f"{rule.id}/threshold"),
        uuid="",
        title=rule.title,
        description="",
        level=rule.level,
        techniques=(),
        falsepositives=(),
        kind=Kind.EVENT_COUNT,
        rules=(rule.id,),
        group_by=columns_of(rule),
        aliases=(),
        timespan=alerting.window,
        condition=Condition((Bound("gte", alerting.threshold),)),
        generate=False,
        digest=content_hash(orjson.dumps(said)),
        path=rule.path,
        line=rule.line,
        rules_line=rule.line,
    )
    plan, errors = link([correlation], [replace(rule, uuid="")])
    if errors:
        raise errors[0]
    return plan.rules[0]
