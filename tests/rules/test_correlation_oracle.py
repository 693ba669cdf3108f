"""Firings equal an independent slow oracle's: any order, any cut, through a restart, in chains."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.rules.correlation_oracle import Event, Oracle

from foreseen.core.ids import RuleId
from foreseen.rules.correlation.correlation import Kind
from foreseen.rules.correlation.entries import Fired, Labelled
from foreseen.rules.correlation.link import Plan, link
from foreseen.rules.correlation.parse import parse_correlation
from foreseen.rules.correlation.state import CorrelationState, dump, load
from foreseen.rules.correlation.step import finish, step
from foreseen.rules.document import documents_of

LATENESS = 8_000
SLOW = settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
BASE = ["a", "b", "c"]
KINDS = [kind.value for kind in Kind]
EXPRESSIONS = [
    "a and b",
    "a or b",
    "a and not b",
    "not b and a",
    "a and (b or not c)",
    "a and not (b or c)",
    "(a or b) and not c",
]


class Base:
    """A Sigma rule, as far as correlations know it."""

    def __init__(self, name: str) -> None:
        """Named."""
        self.id, self.uuid = RuleId(name), ""


def limits(numbers: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    above = st.fixed_dictionaries({"gte": numbers})
    return st.one_of(
        above,
        above,
        st.fixed_dictionaries({"gt": numbers}),
        st.sampled_from(["lt", "lte", "eq", "neq"]).flatmap(
            lambda op: st.fixed_dictionaries({op: numbers})
        ),
        st.fixed_dictionaries({"gte": numbers, "lte": numbers}),
    )


@st.composite
def correlations(draw: st.DrawFn, others: Sequence[str] = ()) -> dict[str, Any]:
    kind = draw(st.sampled_from(KINDS))
    rules = draw(st.lists(st.sampled_from([*BASE, *others]), min_size=1, max_size=3, unique=True))
    if others and not set(rules) & set(others):
        rules = [*rules[:2], others[0]]
    found: dict[str, Any] = {"type": kind, "rules": rules}
    if kind.startswith("temporal"):
        form = draw(st.sampled_from(["none", "count", "text"]))
        if form == "text" and not others:
            found["condition"] = draw(st.sampled_from(EXPRESSIONS))
            named = [name for name in BASE if name in found["condition"].replace("and", "")]
            found["rules"] = draw(st.permutations(named))
        elif form == "count":
            found["condition"] = draw(limits(st.integers(1, 3)))
    elif kind in {"event_count", "value_count"}:
        found["condition"] = draw(limits(st.integers(1, 4)))
    else:
        found["condition"] = draw(limits(st.integers(-3, 6) | st.sampled_from([0.5, 2.25])))
    if kind.startswith("value"):
        found["condition"]["field"] = draw(st.sampled_from(["n", "m", "alias"]))
    if kind == "value_percentile":
        found["condition"]["percentile"] = draw(st.sampled_from([1, 25, 50, 90, 99]))
    found["group-by"] = draw(st.sampled_from([[], ["g"], ["g"], ["g", "h"], ["alias"]]))
    found["aliases"] = {"alias": {found["rules"][0]: draw(st.sampled_from(["g", "n"]))}}
    found["timespan"] = draw(st.sampled_from(["2s", "5s", "10s"]))
    return found


def chains() -> st.SearchStrategy[dict[str, dict[str, Any]]]:
    inner = correlations()
    return st.one_of(
        st.fixed_dictionaries({"one": inner}),
        st.fixed_dictionaries({"one": inner, "two": correlations(["one"])}),
        st.fixed_dictionaries(
            {"one": inner, "two": correlations(["one"]), "xtra": correlations(["two", "one"])}
        ),
    )


texts = st.lists(st.sampled_from(["x", "X", "y"]), max_size=2)
numbers = st.lists(st.sampled_from(["1", "2", "-1", "0.5", "3", "none", ""]), max_size=2)


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    """Events in any order within the lateness, some beyond it."""
    now, events = 100_000, []
    for place in range(draw(st.integers(1, 16))):
        now += draw(st.sampled_from([0, 500, 1_000, 2_000, 3_000, 9_000]))
        late = draw(st.sampled_from([0, 0, 0, 1_000, 4_000, 5_500, 12_000]))
        labels = draw(
            st.lists(st.sampled_from([*BASE, "other"]), min_size=1, max_size=2, unique=True)
        )
        fields = {"g": draw(texts), "h": draw(texts), "n": draw(numbers), "m": draw(numbers)}
        events.append(Event(f"e{place}", now - late, labels, fields))
    return events


def plan_of(rules: Mapping[str, Mapping[str, Any]]) -> Plan:
    parsed = []
    for name, body in rules.items():
        text = yaml.safe_dump({"title": name, "name": name, "correlation": dict(body)})
        parsed.append(parse_correlation(documents_of(f"{name}.yml", text)[0]))
    plan, errors = link(parsed, [Base(name) for name in BASE], lateness=LATENESS)
    assert not errors
    return plan


def values(rule: str, name: str, row: Mapping[str, Any]) -> list[str]:
    assert rule in BASE
    return list(row.get(name, []))


def labelled(events: Sequence[Event]) -> list[Labelled]:
    return [Labelled(e.uid, e.time, e.labels, e.fields) for e in events]


def told(fired: Sequence[Fired]) -> list[tuple[str, str, int, Any]]:
    found = [
        (f.rule, f.event_uid, f.time, tuple(v and v.lower() for _, v in f.group)) for f in fired
    ]
    return sorted(found, key=repr)


@SLOW
@given(rules=chains(), events=histories())
def test_firings_equal_the_oracle(rules: dict[str, dict[str, Any]], events: list[Event]) -> None:
    plan = plan_of(rules)
    state, fired = step(CorrelationState(), labelled(events), plan, values)
    _, last = finish(state, plan, values)
    expected = Oracle(rules, LATENESS).run(events, ends=True)
    assert told([*fired, *last]) == sorted(expected, key=repr)


@SLOW
@given(rules=chains(), events=histories(), cuts=st.sets(st.integers(1, 15), max_size=4))
def test_cuts_and_restarts_change_no_firing(
    rules: dict[str, dict[str, Any]], events: list[Event], cuts: set[int]
) -> None:
    plan, given_events = plan_of(rules), labelled(events)
    whole, expected = step(CorrelationState(), given_events, plan, values)
    expected += finish(whole, plan, values)[1]
    state, found = CorrelationState(), []
    for begin, end in zip([0, *sorted(cuts)], [*sorted(cuts), len(events)], strict=True):
        state, fired = step(state, given_events[begin:end], plan, values)
        found += fired
        state = load(orjson.loads(orjson.dumps(dump(state))))
    found += finish(state, plan, values)[1]
    assert found == expected
