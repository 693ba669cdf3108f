"""Thresholds: the Nth match within the window tells of all, in any order, in little room."""

from dataclasses import dataclass, field

import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from foreseen.alerts import thresholds
from foreseen.alerts.thresholds import Counted, aggregate_key, columns_of, fit, stand
from foreseen.core.ids import RuleId
from foreseen.rules import Rule, parse_rules
from foreseen.rules.correlation.link import LATENESS
from foreseen.rules.correlation.state import CorrelationState, Lost, dump, load

SECOND = 1_000
MINUTE = 60 * SECOND
START = 1_795_287_000_000


def rule_with(foreseen: str) -> Rule:
    text = f"""
title: A login failed
name: failed
logsource: {{product: linux, category: authentication}}
detection: {{selection: {{status_id: 2}}, condition: selection}}
foreseen: {foreseen}
"""
    (rule,) = parse_rules([("failed.yml", text)]).rules
    return rule


def least(count: int, window: str = "10m") -> Rule:
    return rule_with(f"{{threshold: {count}, window: {window}, aggregate: [host, src_ip]}}")


def counted(uid: str, minutes: float, key: str = "a", urgent: str = "") -> Counted:
    return Counted(uid, START + round(minutes * MINUTE), key, urgent)


def told(rule: Rule, *matches: Counted) -> list[tuple[str, ...]]:
    """For each match all that it tells of, itself last; nothing when it waits."""
    state, found = CorrelationState(), []
    for match in matches:
        standing = stand(state, rule, match)
        names = (*(uid for _, uid in standing.waited), match.uid)
        found.append(names if standing.tells else ())
        state = load(orjson.loads(orjson.dumps(dump(state))))
    return found


def test_the_nth_match_tells_of_all_and_further_ones_of_themselves() -> None:
    matches = [counted(name, minute) for minute, name in enumerate("abcde")]
    assert told(least(3), *matches) == [(), (), ("a", "b", "c"), ("d",), ("e",)]


@pytest.mark.parametrize(("last", "tells"), [(10, True), (10 + 1 / 60_000, False)])
def test_a_window_has_both_of_its_ends(last: float, *, tells: bool) -> None:
    found = told(least(3), counted("a", 0), counted("b", 5), counted("c", last))
    assert bool(found[-1]) is tells


def test_a_burst_goes_on_within_a_window_of_its_last_match_and_then_counts_anew() -> None:
    matches = [counted(str(minute), minute) for minute in (0, 1, 2, 12, 22, 33, 34, 35)]
    assert told(least(3), *matches) == [
        (), (), ("0", "1", "2"), ("12",), ("22",), (), (), ("33", "34", "35"),
    ]  # fmt: skip


def test_other_aggregate_values_count_by_themselves() -> None:
    matches = [counted(f"{key}{minute}", minute, key) for minute in range(3) for key in "ab"]
    assert told(least(3), *matches)[-2:] == [("a0", "a1", "a2"), ("b0", "b1", "b2")]


def test_a_late_match_completes_the_window_that_it_belongs_to() -> None:
    matches = (counted("a", 0), counted("c", 8), counted("d", 16), counted("b", 7))
    assert told(least(3), *matches)[-1] == ("a", "c", "d", "b")


def test_a_match_that_is_too_late_to_be_counted_tells_at_once_and_is_lost_to_the_count() -> None:
    state, rule = CorrelationState(), least(3)
    stand(state, rule, counted("new", 60))
    edge = stand(state, rule, Counted("edge", START + 60 * MINUTE - LATENESS, "a"))
    late = stand(state, rule, Counted("late", START + 60 * MINUTE - LATENESS - 1, "a"))
    assert not edge.tells
    assert late.tells
    assert "too late" in late.why
    assert state.rules["failed"].lost == {Lost.LATE: 1}


def test_the_wrong_clock_of_one_group_makes_no_other_late() -> None:
    ahead, *others = counted("x", 1e6, "b"), counted("a", 0), counted("b", 1), counted("c", 2)
    assert told(least(3), ahead, *others)[1:] == [(), (), ("a", "b", "c")]


def test_what_is_urgent_tells_alone_counts_and_is_told_once() -> None:
    matches = (counted("a", 0), counted("b", 1, urgent="Now."), counted("c", 2), counted("d", 30))
    assert told(least(3), *matches) == [(), ("b",), ("a", "c"), ()]


def test_what_was_urgent_drags_nothing_along() -> None:
    matches = (counted("a", 0, urgent="Now."), counted("b", 1), counted("c", 2))
    assert told(least(4), *matches) == [("a",), (), ()]


def test_it_says_why_in_words() -> None:
    state, rule = CorrelationState(), least(2)
    matches = (counted("a", 0), counted("b", 1), counted("c", 2), counted("d", 90, urgent="N."))
    assert [stand(state, rule, match).why for match in matches] == [
        "",
        "2 matches within 10 minutes; this rule alerts from 2 on.",
        "3 matches within 10 minutes; this rule alerts from 2 on.",
        "N.",
    ]


@dataclass
class Slow:
    """The promise in other words: plain lists, every window looked at anew."""

    least: int
    window: int
    waiting: list[tuple[int, str]] = field(default_factory=list)
    burst: list[tuple[int, str]] = field(default_factory=list)
    alone: list[tuple[int, str]] = field(default_factory=list)

    def take(self, time: int, uid: str, *, urgent: bool) -> set[str]:
        """Names of all that one more match tells of."""
        own = (time, uid)
        everyone = [*self.waiting, *self.burst, *self.alone, own]
        fresh: set[tuple[int, str]] = set()
        for end, _ in everyone:
            inside = {each for each in everyone if end - self.window <= each[0] <= end}
            if own in inside and len(inside) >= self.least:
                fresh |= inside
        if not fresh and any(abs(each - time) <= self.window for each, _ in self.burst):
            fresh = {own}
        if not fresh:
            (self.alone if urgent else self.waiting).append(own)
            return {uid} if urgent else set()
        fresh |= set(self.burst)
        more = True
        while more:
            after = [each for each in (*self.waiting, *self.alone) if each not in fresh
                     and any(0 <= each[0] - told <= self.window for told, _ in fresh)]  # fmt: skip
            fresh |= set(after)
            more = bool(after)
        named = {name for _, name in fresh - set(self.burst) - set(self.alone)}
        self.waiting = [each for each in self.waiting if each not in fresh]
        self.alone = [each for each in self.alone if each not in fresh]
        self.burst = list(fresh)
        return named


@settings(max_examples=400, deadline=None)
@given(
    count=st.integers(2, 5),
    window=st.integers(1, 60),
    arrivals=st.lists(
        st.tuples(st.integers(0, 240), st.sampled_from([False, False, False, True])), max_size=40
    ),
)
@example(
    count=4,
    window=2,
    arrivals=[(4, False), (5, False), (7, False), (7, False), (7, False), (4, False)],
)
def test_it_agrees_with_a_slow_count_of_every_window(
    count: int, window: int, arrivals: list[tuple[int, bool]]
) -> None:
    rule, state = least(count, f"{window}s"), CorrelationState()
    slow = Slow(count, window * SECOND)
    for number, (second, urgent) in enumerate(arrivals):
        time, uid = START + second * SECOND, str(number)
        found = stand(state, rule, Counted(uid, time, "a", "Now." if urgent else ""))
        names = {name for _, name in found.waited} | ({uid} if found.tells else set())
        assert names == slow.take(time, uid, urgent=urgent)
        state = load(orjson.loads(orjson.dumps(dump(state))))


def test_room_is_bounded_and_what_finds_none_tells_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thresholds, "MOST_GROUPS", 2)
    state, rule = CorrelationState(), least(2)
    found = [stand(state, rule, counted(key, 0, key)) for key in "abc"]
    assert [each.tells for each in found] == [False, False, True]
    assert "more groups" in found[-1].why
    assert stand(state, rule, counted("a2", 1, "a")).tells  # what is known is counted still
    assert state.rules["failed"].lost == {Lost.FULL_RULE: 1}
    later = 10 + LATENESS / MINUTE + 2
    assert not stand(state, rule, counted("e", later, "e")).tells  # in the room of one that is over
    assert list(state.rules["failed"].groups) == [("a",), ("e",)]


def test_matches_in_all_groups_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thresholds, "MOST_KEPT", 5)
    state, rule = CorrelationState(), least(4)
    tells = [stand(state, rule, counted(str(n), 0, "ab"[n % 2])).tells for n in range(9)]
    assert tells == [False] * 5 + [True] * 4
    remembered = state.rules["failed"]
    assert remembered.size == sum(len(each.times) for each in remembered.groups.values()) == 5
    assert not stand(state, rule, counted("later", 60, "a")).tells
    assert remembered.size == sum(len(each.times) for each in remembered.groups.values()) == 1


def test_a_long_burst_keeps_no_more_than_its_group_may() -> None:
    state, rule = CorrelationState(), least(5)
    for number in range(6_000):
        assert stand(state, rule, counted(str(number), number / 60_000)).tells is (number >= 4)
    (group,) = state.rules["failed"].groups.values()
    assert len(group.times) == state.rules["failed"].size < 3_000


def test_a_changed_threshold_begins_anew_and_one_that_is_gone_is_forgotten() -> None:
    state = CorrelationState()
    stand(state, least(3), counted("a", 0))
    stand(state, least(3), counted("b", 1))
    fit(state, {RuleId("failed"): least(2)})
    assert not stand(state, least(2), counted("c", 2)).tells
    fit(state, {RuleId("failed"): rule_with("{aggregate: [host]}")})
    assert not state.rules
    stand(state, least(3), counted("a", 0))
    fit(state, {})
    assert not state.rules


def test_without_columns_a_threshold_counts_by_stream() -> None:
    assert columns_of(rule_with("{threshold: 2, window: 1m}")) == ("stream",)
    assert columns_of(rule_with("{}")) == ()
    assert columns_of(least(2)) == ("host", "src_ip")


VALUES = st.lists(st.none() | st.text() | st.integers(-(2**63), 2**63 - 1), max_size=3)


@settings(max_examples=100, deadline=None)
@given(first=VALUES, second=VALUES)
def test_keys_are_equal_only_for_equal_values_and_bounded(
    first: list[object], second: list[object]
) -> None:
    columns = ("a", "b", "c")
    one, two = (dict(zip(columns, values, strict=False)) for values in (first, second))
    same = [one.get(name) for name in columns] == [two.get(name) for name in columns]
    assert (aggregate_key(one, columns) == aggregate_key(two, columns)) is same
    assert len(aggregate_key({**one, "a": "x" * 100_000}, columns)) <= 256


def test_a_list_and_unmapped_fields_make_keys_too() -> None:
    row = {"lineage_paths": ["/bin/sh"], "unmapped": [("user", ["eve"])]}
    assert aggregate_key(row, ("lineage_paths", "unmapped")) == '[["/bin/sh"],[["user",["eve"]]]]'
