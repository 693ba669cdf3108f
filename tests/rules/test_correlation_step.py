"""What a correlation means by its window, its groups, its firing; what it costs to forget."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
import pytest

from foreseen.core.errors import CorruptError
from foreseen.core.ids import RuleId
from foreseen.rules.correlation import step as correlation_step
from foreseen.rules.correlation.entries import Fired, Labelled
from foreseen.rules.correlation.link import Plan, link
from foreseen.rules.correlation.parse import parse_correlation
from foreseen.rules.correlation.state import CorrelationState, Lost, dump, load
from foreseen.rules.correlation.step import advance, finish, step
from foreseen.rules.document import documents_of

MINUTE = 60_000
START = 1_795_287_000_000


class Base:
    """A Sigma rule, as far as correlations know it."""

    def __init__(self, name: str) -> None:
        """Named."""
        self.id, self.uuid = RuleId(name), ""


def planned(*bodies: str) -> Plan:
    """Correlations named c, d, ... over the rules a and b."""
    texts = [
        f"title: T\nname: {name}\ncorrelation: {{{body}}}\n"
        for name, body in zip("cdef", bodies, strict=False)
    ]
    parsed = [parse_correlation(documents_of("c.yml", text)[0]) for text in texts]
    plan, errors = link(parsed, [Base("a"), Base("b")])
    assert not errors
    return plan


THREE = "type: event_count, rules: [a], group-by: user, timespan: 10m, condition: {gte: 3}"


def event(uid: str, minutes: float, label: str = "a", /, **fields: object) -> Labelled:
    return Labelled(uid, START + int(minutes * MINUTE), [label], {"user": ["eve"], **fields})


def values(rule: str, name: str, row: Mapping[str, Any]) -> Sequence[str]:
    assert rule in {"a", "b"}
    return list(row.get(name, ()))


def fired(plan: Plan, events: Sequence[Labelled], *, ends: bool = False) -> list[tuple[str, str]]:
    state, found = step(CorrelationState(), events, plan, values)
    if ends:
        found += finish(state, plan, values)[1]
    return [(each.rule, each.event_uid) for each in found]


def lost(plan: Plan, events: Sequence[Labelled]) -> dict[str, int]:
    state, _ = step(CorrelationState(), events, plan, values)
    return {reason.name: count for reason, count in state.rules["c"].lost.items()}


def many(*minutes: float) -> list[Labelled]:
    return [event(f"e{place}", minute) for place, minute in enumerate(minutes)]


def test_it_fires_on_the_event_that_completes_it_and_says_what_it_saw() -> None:
    events = [event("x", 0, user=["Eve"]), event("y", 1), event("z", 9, user=["EVE"])]
    _, found = step(CorrelationState(), events, planned(THREE), values)
    assert found == [
        Fired(
            rule=RuleId("c"),
            event_uid="z",
            time=START + 9 * MINUTE,
            via="a",
            group=(("user", "EVE"),),
            count=3,
            members=("x", "y", "z"),
            value=3,
            row=events[2].row,
        )
    ]


def test_windows_slide_and_have_both_their_ends() -> None:
    assert fired(planned(THREE), many(9, 11, 19)) == [("c", "e2")]
    assert fired(planned(THREE), many(9, 11, 19.001)) == []


def test_no_event_is_in_two_firings_of_a_group() -> None:
    plan = planned(THREE)
    assert fired(plan, many(*range(11))) == [("c", "e2")]
    assert fired(plan, many(*range(26))) == [("c", "e2"), ("c", "e13"), ("c", "e24")]


def test_absence_is_a_value_to_group_by_and_differs_from_the_empty_text() -> None:
    absent = [event(f"e{place}", place, user=[]) for place in range(3)]
    assert fired(planned(THREE), absent) == [("c", "e2")]
    assert fired(planned(THREE), [*absent[:2], event("x", 2, user=[""])]) == []


def test_an_event_with_several_values_is_in_each_group_and_fires_a_rule_once() -> None:
    both = [event(f"e{place}", place, user=["eve", "bob"]) for place in range(3)]
    assert fired(planned(THREE), both) == [("c", "e2")]
    assert fired(planned(THREE), [*both[:2], event("x", 2, user=["bob"])]) == [("c", "x")]


def test_a_late_event_counts_at_its_place_and_a_too_late_one_is_counted_as_lost() -> None:
    plan = planned(THREE)
    assert fired(plan, many(0, 20, 6, 8)) == [("c", "e3")]
    assert fired(plan, many(4, 20, 4.9, 3)) == []
    assert lost(plan, many(4, 20, 4.9, 3)) == {"LATE": 2}


def test_one_wrong_clock_makes_late_only_its_own_group() -> None:
    ahead = event("ahead", 600_000, user=["mallory"])
    assert fired(planned(THREE), [ahead, *many(0, 1, 2)]) == [("c", "e2")]


def test_upper_limits_wait_until_the_time_is_up() -> None:
    plan = planned(THREE.replace("gte: 3", "lt: 3"))
    assert fired(plan, many(0, 1, 2), ends=True) == []
    assert fired(plan, many(0, 1), ends=True) == [("c", "e0")]
    state, found = step(CorrelationState(), many(0, 1), plan, values)
    assert not found
    assert not advance(state, START + 24 * MINUTE, plan, values)[1]
    assert [f.event_uid for f in advance(state, START + 25 * MINUTE, plan, values)[1]] == ["e0"]


def test_what_must_be_absent_is_waited_for_on_both_sides() -> None:
    body = "type: temporal, timespan: 5m, group-by: user, condition: a and not b"
    plan = planned(body)
    alone, other = [event("x", 10)], event("y", 14, "b")
    assert fired(plan, alone, ends=True) == [("c", "x")]
    assert fired(plan, [*alone, other], ends=True) == []
    assert fired(plan, [event("y", 6, "b"), *alone], ends=True) == []
    assert fired(plan, [*alone, event("y", 14, "b", user=["bob"])], ends=True) == [("c", "x")]


def test_order_is_by_event_time_however_events_arrive() -> None:
    plan = planned("type: temporal_ordered, rules: [a, b], timespan: 5m")
    assert fired(plan, [event("x", 0, "a"), event("y", 1, "b")]) == [("c", "y")]
    assert fired(plan, [event("y", 1, "b"), event("x", 0, "a")]) == [("c", "x")]
    assert fired(plan, [event("x", 0, "b"), event("y", 1, "a")]) == []


def test_one_event_is_not_two_steps_of_an_order() -> None:
    plan = planned("type: temporal_ordered, rules: [a, b], timespan: 5m")
    both = Labelled("x", START, ["a", "b"], {})
    assert fired(plan, [both]) == []
    assert fired(plan, [both, both._replace(event_uid="y")]) == [("c", "y")]
    assert fired(planned("type: temporal, rules: [a, b], timespan: 5m"), [both]) == [("c", "x")]


def test_a_success_after_long_guessing_follows_the_guessing() -> None:
    plan = planned(THREE, "type: temporal_ordered, rules: [c, b], group-by: user, timespan: 2m")
    guesses = many(*range(9))
    assert fired(plan, [*guesses, event("in", 9, "b")]) == [("c", "e2"), ("d", "in")]
    assert fired(plan, [*guesses, event("in", 11, "b")]) == [("c", "e2")]


def test_a_count_of_correlations_counts_their_firings() -> None:
    plan = planned(THREE, "type: event_count, rules: [c], timespan: 1h, condition: {gte: 2}")
    assert ("d", "e13") in fired(plan, many(*range(14)))
    assert fired(plan, many(*range(13))) == [("c", "e2")]


def test_aliases_join_fields_of_different_names() -> None:
    body = "type: temporal, rules: [a, b], timespan: 5m, group-by: ip"
    plan = planned(f"{body}, aliases: {{ip: {{a: src, b: dst}}}}")
    seen = [event("x", 0, "a", src=["192.0.2.1"]), event("y", 1, "b", dst=["192.0.2.1"])]
    assert fired(plan, seen) == [("c", "y")]
    assert fired(plan, [seen[0], event("y", 1, "b", dst=["192.0.2.2"])]) == []


def test_what_is_no_number_is_counted_and_left_out() -> None:
    plan = planned("type: value_avg, rules: [a], timespan: 1h, condition: {gte: 10, field: n}")
    events = [
        event(f"e{i}", i, n=[text])
        for i, text in enumerate(["none", "0x10", "1e999", "\u0661\u0660", "10.0"])
    ]
    assert fired(plan, events) == [("c", "e4")]
    assert lost(plan, events) == {"NO_NUMBER": 4}


def test_sums_leave_nothing_behind_when_they_slide() -> None:
    plan = planned("type: value_sum, rules: [a], timespan: 1s, condition: {gt: 0.3, field: n}")
    events = [event(f"e{i}", i, n=["1e15" if i % 2 else "0.1"]) for i in range(3)]
    events += [event(f"f{i}", 9 + i / 100_000, n=["0.1"]) for i in range(3)]
    assert fired(plan, events) == [("c", "e1")]  # three tenths are not more than 0.3


def test_too_many_groups_forget_the_one_longest_without_an_event(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(correlation_step, "MOST_GROUPS", 2)
    plan = planned(THREE)
    users = [event(f"e{i}", i / 10, user=[f"u{n}"]) for i, n in enumerate((0, 1, 0, 2))]
    assert lost(plan, users) == {"FULL_RULE": 1}
    assert fired(plan, [*users, event("x", 1, user=["u0"])]) == [("c", "x")]


def test_a_full_group_keeps_its_newest_and_a_count_loses_nothing_by_it() -> None:
    burst = [event(f"e{n}", n / 10_000, n=[str(n)]) for n in range(5_000)]
    plan = planned(THREE)
    state, _ = step(CorrelationState(), burst, plan, values)
    assert state.rules["c"].size < 2_500
    assert lost(plan, burst) == {}
    distinct = "type: value_count, rules: [a], timespan: 1h, condition: {gte: 2000, field: n}"
    assert lost(planned(distinct), burst)["FULL_GROUP"] > 2_000
    assert fired(planned(distinct), burst) == [("c", "e1999")]


def test_too_many_that_wait_are_decided_early(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(correlation_step, "MOST_WAITING", 1)
    plan = planned("type: temporal, timespan: 5m, condition: a and not b")
    assert fired(plan, many(0, 6)) == [("c", "e0")]
    assert lost(plan, many(0, 6)) == {"EARLY": 1}


def test_a_changed_rule_forgets_its_own_and_the_others_go_on() -> None:
    before = planned(THREE, THREE)
    after = planned(THREE.replace("gte: 3", "gte: 4"), THREE)
    state, _ = step(CorrelationState(), many(0, 1), before, values)
    state = load(orjson.loads(orjson.dumps(dump(state))))
    _, found = step(state, many(2, 3), after, values)
    assert [(each.rule, each.count) for each in found] == [("d", 3)]


def test_a_state_of_another_shape_is_told() -> None:
    state, _ = step(CorrelationState(), many(0, 1), planned(THREE), values)
    good = orjson.loads(orjson.dumps(dump(state)))
    assert load(good).rules["c"].size == 2
    assert good == orjson.loads(orjson.dumps(dump(load(good))))
    for bad in ({}, {"clock": 0, "rules": []}, {**good, "rules": {"c": {"digest": "x"}}}):
        with pytest.raises(CorruptError):
            load(bad)
    good["rules"]["c"]["groups"][0][2].pop()
    with pytest.raises(CorruptError):
        load(good)


def test_every_reason_has_words() -> None:
    assert all(" " in reason.value for reason in Lost)
