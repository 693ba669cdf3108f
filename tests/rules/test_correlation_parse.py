"""Correlation documents: what the specification allows loads, the rest is told with its line."""

import pytest

from foreseen.core.ids import RuleId
from foreseen.rules.correlation.correlation import Bound, Correlation, Kind
from foreseen.rules.correlation.link import LATENESS, link
from foreseen.rules.correlation.parse import parse_correlation
from foreseen.rules.document import RuleError, documents_of

BRUTE = """title: Many failed logins
id: 0e95725d-7320-415d-80f7-004da920fc11
name: many_failed
level: high
tags: [attack.credential-access, attack.t1110.001]
correlation:
    type: event_count
    rules: [failed_login]
    group-by: [User]
    timespan: 10m
    condition:
        gte: 10
"""


class Base:
    """A Sigma rule, as far as correlations know it."""

    def __init__(self, name: str, uuid: str = "") -> None:
        """Named."""
        self.id, self.uuid = RuleId(name), uuid


def parsed(text: str) -> Correlation:
    return parse_correlation(documents_of("c.yml", text)[0])


def changed(old: str, new: str) -> Correlation:
    assert old in BRUTE
    return parsed(BRUTE.replace(old, new))


def chain(name: str, *rules: str, kind: str = "temporal") -> Correlation:
    text = f"title: {name}\nname: {name}\ncorrelation:\n  type: {kind}\n"
    return parsed(f"{text}  rules: [{', '.join(rules)}]\n  timespan: 5m\n")


def test_a_correlation_is_read_whole() -> None:
    found = parsed(BRUTE)
    assert (found.id, found.kind, found.rules) == (
        "many_failed",
        Kind.EVENT_COUNT,
        ("failed_login",),
    )
    assert (found.timespan, found.group_by, found.generate) == (600_000, ("User",), False)
    assert found.condition.bounds == (Bound("gte", 10),)
    assert (found.level, found.techniques, found.line) == ("high", ("T1110.001",), 1)


@pytest.mark.parametrize(
    ("kind", "details"),
    [
        ("value_count", "field: TargetUserName"),
        ("value_sum", "field: bytes_sent"),
        ("value_avg", "field: bytes_sent"),
        ("value_percentile", "field: bytes_sent\n        percentile: 95"),
        ("value_median", "field: bytes_sent"),
    ],
)
def test_every_kind_of_value_loads(kind: str, details: str) -> None:
    text = BRUTE.replace("event_count", kind).replace("gte: 10", f"gte: 10\n        {details}")
    assert parsed(text).kind == kind


def test_a_range_is_two_bounds() -> None:
    found = changed("gte: 10", "gt: 100\n        lte: 200")
    assert found.condition.bounds == (Bound("gt", 100), Bound("lte", 200))
    assert found.settles
    assert not parsed(BRUTE).settles


def test_temporal_rules_ask_for_all_their_rules_unless_they_say_otherwise() -> None:
    assert chain("c", "a", "b").condition.bounds == (Bound("gte", 2),)


def test_a_written_condition_names_the_rules() -> None:
    text = "title: t\nname: t\ncorrelation: {type: temporal, timespan: 1m, condition: a and not b}"
    found = parsed(text)
    assert found.rules == ("a", "b")
    assert found.settles


def test_generate_may_stand_below_or_beside_correlation() -> None:
    assert changed("timespan: 10m", "timespan: 10m\n    generate: true").generate
    assert parsed(f"{BRUTE}generate: true\n").generate


def test_the_digest_is_of_what_the_rule_computes() -> None:
    assert changed("level: high", "level: low").digest == parsed(BRUTE).digest
    assert changed("gte: 10", "gte: 11").digest != parsed(BRUTE).digest


@pytest.mark.parametrize(
    ("old", "new", "line", "word"),
    [
        ("type: event_count", "type: event_counts", 7, "event_count"),
        ("type: event_count", "type: value_count", 11, "field"),
        ("type: event_count", "types: event_count", 7, "type"),
        ("rules: [failed_login]", "rules: {a: b}", 8, "list"),
        ("rules: [failed_login]", "rules: [a, a]", 8, "twice"),
        ("rules: [failed_login]", "rules: []", 8, "needs 'rules'"),
        ("group-by: [User]", "group-by: {a: b}", 9, "list"),
        ("timespan: 10m", "timespan: 10", 10, "10m"),
        ("timespan: 10m", "timespan: 0m", 10, "10m"),
        ("timespan: 10m", "timespan: 3M", 10, "7d"),
        ("timespan: 10m", "timespan: 367d", 10, "366d"),
        ("gte: 10", "gte: ten", 12, "number"),
        ("gte: 10", "gte: true", 12, "number"),
        ("gte: 10", "gte: .nan", 12, "number"),
        ("gte: 10", "gte: 0", 12, "without any event"),
        ("gte: 10", "gte: 1000000", 12, "100000"),
        ("gte: 10", "gte: 10\n        field: a", 13, "remove"),
        ("gte: 10", "gte: 10\n        percentile: 5", 13, "remove"),
        ("gte: 10", "min: 10", 12, "gte"),
        ("condition:\n        gte: 10", "condition: failed_login", 11, "mapping"),
        ("condition:\n        gte: 10", "generate: 1", 6, "condition"),
        ("timespan: 10m", "timespan: 10m\n    aliases: {u: {other: a}}", 11, "not among"),
        ("timespan: 10m", "timespan: 10m\n    generate: 1", 11, "true or false"),
        ("level: high", "level: severe", 4, "one of"),
        ("title: Many failed logins\n", "", 1, "title"),
        ("name: many_failed", "name: 'many failed'", 3, "letters"),
    ],
)
def test_a_mistake_is_told_with_its_line(old: str, new: str, line: int, word: str) -> None:
    with pytest.raises(RuleError) as refused:
        changed(old, new)
    assert (refused.value.path, refused.value.line) == ("c.yml", line)
    assert word in refused.value.message


@pytest.mark.parametrize(
    ("condition", "word"),
    [
        ("a and d", "'d', which is not among"),
        ("a and b", "does not name 'c'"),
        ("a and b and c and not", "lacks a rule's name"),
        ("(a and b or c", "closing parenthesis"),
        ("a b c", "goes on with"),
        ("a and b and $", "which is no rule's name"),
        ("not a and not b and not c", "without any event"),
        ("a or not b or c", "without any event"),
        ("not " * 40 + "a and b and c", "nested deeper"),
        ("a and b and c" + " and a" * 200, "words"),
    ],
)
def test_a_written_condition_that_cannot_be_read_is_refused(condition: str, word: str) -> None:
    text = "title: t\nname: t\ncorrelation:\n  type: temporal\n  rules: [a, b, c]\n  timespan: 1m\n"
    with pytest.raises(RuleError) as refused:
        parsed(f"{text}  condition: {condition}\n")
    assert refused.value.line == 7
    assert word in refused.value.message


def test_percentile_must_be_said() -> None:
    text = BRUTE.replace("event_count", "value_percentile").replace(
        "gte: 10", "gte: 1\n        field: a"
    )
    with pytest.raises(RuleError, match="needs 'percentile'"):
        parsed(text)


def test_rules_are_found_by_name_and_by_id_and_chained_inner_first() -> None:
    outer = chain("outer", "0e95725d-7320-415d-80f7-004da920fc11", "ok", kind="temporal_ordered")
    plan, errors = link([outer, parsed(BRUTE)], [Base("failed_login"), Base("login_ok", "ok")])
    assert not errors
    assert [each.correlation.id for each in plan.rules] == ["many_failed", "outer"]
    assert plan.rules[1].rules == ("many_failed", "login_ok")
    assert plan.by_rule == {"failed_login": ((0, 0),), "login_ok": ((1, 1),)}
    assert plan.lateness == LATENESS


CIRCLE = ", which stands in a circle with it, is refused, or is chained deeper than 16"


def test_what_cannot_be_linked_is_told_all_at_once_and_the_rest_runs() -> None:
    broken = [
        chain("circle_a", "circle_b", "a"),
        chain("circle_b", "circle_a"),
        chain("self", "self"),
        chain("lost", "nowhere", "ab"),
        chain("above_lost", "lost"),
        chain("a", "b"),
    ]
    plan, errors = link([*broken, chain("fine", "a")], [Base("a"), Base("abc"), Base("b")])
    assert [each.correlation.id for each in plan.rules] == ["fine"]
    assert [(error.line, error.message.split(";")[0]) for error in errors] == [
        (1, "another rule is called 'a', too"),
        (5, f"correlation 'above_lost' counts lost{CIRCLE}"),
        (5, f"correlation 'circle_a' counts circle_b{CIRCLE}"),
        (5, f"correlation 'circle_b' counts circle_a{CIRCLE}"),
        (5, "correlation 'lost' names 'ab', which no rule is called"),
        (5, "correlation 'lost' names 'nowhere', which no rule is called"),
        (5, f"correlation 'self' counts self{CIRCLE}"),
    ]


def test_rules_that_are_only_counted_are_silent_unless_one_generates() -> None:
    speaking = parsed(
        BRUTE.replace("many_failed", "x").replace("0e95", "1e95") + "generate: true\n"
    )
    rules = [Base("failed_login"), Base("other")]
    assert link([parsed(BRUTE)], rules)[0].silent == {"failed_login"}
    assert not link([parsed(BRUTE), speaking], rules)[0].silent
