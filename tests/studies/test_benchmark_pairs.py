"""Matched pairs are read as written, and the figures over them are what they say."""

import math

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foreseen.core.errors import MalformedInputError
from foreseen.studies.benchmark.pairs import Pair, Place, apart, apart_by, parse_pairs


def _row(number: int, **other: object) -> dict[str, object]:
    return {
        "pair": f"test-{number:03}",
        "rule": "archive_tool",
        "before": "web_shell",
        "run": f"test-pair_web_shell-{number}",
        "same_ancestors": True,
        "quiet": False,
        "command": "tar czf",
        "malicious": {"part": "test", "node": "web-1", "time": "9.5", "serial": number * 2},
        "benign": {"part": "test", "node": "web-1", "time": "9.1", "serial": number * 2 + 1},
        **other,
    }


def _pairs(*rows: dict[str, object]) -> list[Pair]:
    return parse_pairs(orjson.dumps(rows), "pairs.json")


def _scores(pairs: list[Pair], *values: tuple[float, float]) -> dict[tuple[str, Place], float]:
    found: dict[tuple[str, Place], float] = {}
    for pair, (malicious, benign) in zip(pairs, values, strict=True):
        found[pair.rule, pair.malicious] = malicious
        found[pair.rule, pair.benign] = benign
    return found


def test_a_pair_names_its_events_as_labels_do() -> None:
    (pair,) = _pairs(_row(3))
    assert pair == Pair(
        "test-003",
        "archive_tool",
        "web_shell",
        same_ancestors=True,
        quiet=False,
        malicious=("web-1", "6"),
        benign=("web-1", "7"),
    )


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"3",
        b"[3]",
        b'{"a": 1}',
        orjson.dumps([{**_row(1), "same_ancestors": "yes"}]),
        orjson.dumps([{**_row(1), "quiet": 1}]),
        orjson.dumps([{**_row(1), "benign": "web-1"}]),
        orjson.dumps([{**_row(1), "malicious": {"node": "web-1"}}]),
    ],
)
def test_what_is_no_list_of_pairs_is_refused_by_name(content: bytes) -> None:
    with pytest.raises(MalformedInputError, match=r"here/pairs\.json"):
        parse_pairs(content, "here/pairs.json")


def test_an_event_on_two_sides_is_refused() -> None:
    with pytest.raises(MalformedInputError, match="test-002: event 2 of web-1"):
        _pairs(_row(1), _row(2, benign={"node": "web-1", "serial": 2}))


def test_one_event_may_be_a_side_of_pairs_of_two_rules() -> None:
    assert len(_pairs(_row(1), _row(1, rule="discovery_command"))) == 2


def test_a_tie_counts_half_and_both_figures_are_those_of_their_definition() -> None:
    pairs = _pairs(_row(1), _row(2), _row(3), _row(4))
    found = apart(pairs, _scores(pairs, (3, 1), (2, 2), (5, 4), (0, 6)))
    assert found.within == (1 + 0.5 + 1 + 0) / 4
    # 3, 2, 5, 0 against 1, 2, 4, 6: wins 2 + 1.5 + 3 + 0 of 16
    assert found.pooled == 6.5 / 16


def test_pooling_is_within_a_rule_and_rules_count_by_their_pairs() -> None:
    pairs = _pairs(_row(1), _row(2), _row(3, rule="compiler_run"))
    scores = _scores(pairs, (2, 1), (2, 1), (100, 200))
    assert apart(pairs, scores).pooled == 2 / 3
    rules = apart_by(pairs, scores, by="rule")
    assert {rule: one.pooled for rule, one in rules.items()} == {
        "archive_tool": 1.0,
        "compiler_run": 0.0,
    }


def test_what_came_before_groups_pairs() -> None:
    pairs = _pairs(_row(1), _row(2, before="failed_logins"))
    found = apart_by(pairs, _scores(pairs, (2, 1), (1, 2)), by="before")
    assert {name: one.within for name, one in found.items()} == {
        "web_shell": 1.0,
        "failed_logins": 0.0,
    }


def test_a_pair_without_a_score_is_named_and_counts_nowhere() -> None:
    pairs = _pairs(_row(1), _row(2))
    scores = _scores(pairs, (2, 1), (1, 2))
    del scores["archive_tool", ("web-1", "5")]
    found = apart(pairs, scores)
    assert (found.pairs, found.missing) == (1, ("test-002",))
    assert (found.within, found.pooled) == (1.0, 1.0)
    assert apart(pairs, {}).pooled is None


def test_a_score_of_another_rule_is_no_score_of_the_pair() -> None:
    pairs = _pairs(_row(1))
    scores = {("download_tool", place): 1.0 for place in (pairs[0].malicious, pairs[0].benign)}
    assert apart(pairs, scores).missing == ("test-001",)


def test_nan_is_refused_and_infinite_scores_tie() -> None:
    pairs = _pairs(_row(1))
    assert apart(pairs, _scores(pairs, (math.inf, math.inf))).within == 0.5
    with pytest.raises(ValueError, match="test-001"):
        apart(pairs, _scores(pairs, (math.nan, 1)))


@given(st.lists(st.floats(allow_nan=False), min_size=1, max_size=30))
def test_whoever_scores_both_sides_alike_has_half(values: list[float]) -> None:
    pairs = _pairs(*(_row(number) for number in range(len(values))))
    found = apart(pairs, _scores(pairs, *((value, value) for value in values)))
    assert found.within == 0.5
    assert found.pooled == pytest.approx(0.5)
