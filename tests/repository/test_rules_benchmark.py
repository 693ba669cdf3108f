"""Promises about `make bench-rules`: what it compares is equal, and its bars are arithmetic."""

import tomllib
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pytest

from foreseen.rules.engine.engine import Engine
from foreseen.rules.loading import parse_rules
from foreseen.rules.tree import atoms_of
from foreseen.schema.arrow import EVENT_SCHEMA, batch_of
from rules_bars import Series, Spread, judged, spread, times_as_fast
from rules_columns import UnsayableError, wide
from rules_input import wanted
from rules_rivals import agree, duckdb_labels
from rules_scale import clones

ROOT = Path(__file__).resolve().parents[2]
CHANNEL = "Microsoft-Windows-Sysmon/Operational"
RULE = """
title: {title}
id: {id}
logsource: {{product: windows, category: process_creation}}
detection:
{detection}
level: low
"""
DETECTIONS = (
    "  a: {CommandLine|contains: [DOWNLOAD, 'it''s']}\n  condition: a",
    "  a: {Image|endswith: '\\tool.exe'}\n  b: {User: root}\n  condition: a and not b",
    "  a: {ParentImage: null}\n  condition: a",
    "  a: {Peer|cidr: [192.0.2.0/24, 2001:db8::/32]}\n  condition: a",
    "  a: {CommandLine|re: 'x[0-9]+$'}\n  b: {Image|fieldref: CommandLine}\n  condition: a or b",
    "  a: {Image: ['C:\\a.exe', 'C:\\b*.exe'], CommandLine|startswith: 'A?c'}\n  condition: a",
)


def rules_of(detections: Sequence[str]) -> list[tuple[str, str]]:
    """Documents of rules that ask these."""
    return [
        (
            f"r{number}.yml",
            RULE.format(
                title=f"rule {number}",
                id=f"00000000-0000-4000-8000-{number:012}",
                detection=detection,
            ),
        )
        for number, detection in enumerate(detections)
    ]


def events() -> pa.RecordBatch:
    """Process creations with values that are there, absent, in either case and several."""
    common: dict[str, object] = {
        "product": "windows",
        "log_name": CHANNEL,
        "event_type": "1",
        "class_uid": 1007,
    }
    rows: list[dict[str, object]] = [
        {"process_cmd_line": "x download y", "process_path": "C:\\Tool.EXE"},
        {"process_cmd_line": "IT'S", "process_path": "c:\\A.exe", "parent_path": "p"},
        {"process_cmd_line": "abc x12", "process_path": "C:\\bb.exe", "unmapped": {"User": "ROOT"}},
        {"process_path": "\\tool.exe", "process_cmd_line": "\\TOOL.exe", "parent_path": ""},
        {"unmapped": {"Peer": ["198.51.100.1", "192.0.2.7"]}, "parent_path": "p"},
        {"unmapped": {"Peer": "2001:db8::1", "User": None}},
        {"unmapped": {"Peer": "::ffff:192.0.2.255"}, "parent_path": "p"},
        {"unmapped": {"Peer": "not an address"}, "parent_path": "p"},
    ]
    return batch_of(
        [common | {"activity_id": 1, "status_id": 1} | row for row in rows], EVENT_SCHEMA
    )


def series(units: int, *seconds: float) -> Series:
    """Something measured."""
    return Series("it", units, seconds)


def test_a_rate_is_that_of_the_median_round() -> None:
    assert series(100, 1.0, 4.0, 2.0).rate == 50


def test_rates_are_compared_round_by_round() -> None:
    ours, other = series(200, 1.0, 2.0, 10.0), series(100, 10.0, 10.0, 10.0, 99.0)
    assert times_as_fast(ours, other) == Spread(10.0, 2.0, 20.0)


def test_what_was_never_measured_is_no_ratio() -> None:
    with pytest.raises(ValueError, match="no round in common"):
        times_as_fast(series(1, 1.0), series(1))


@pytest.mark.parametrize(
    ("bar", "kept"),
    [
        ({"at_least": 3}, True),
        ({"at_least": 3.1}, False),
        ({"at_most": 3}, True),
        ({"at_most": 2.9}, False),
    ],
)
def test_the_middle_figure_is_held_to_the_bar(bar: dict[str, object], *, kept: bool) -> None:
    (verdict,) = judged({"it": spread([1.0, 3.0, 9.0])}, {"it": bar})
    assert verdict.kept is kept


def test_a_bar_without_a_figure_and_a_figure_without_a_bar_stop_the_run() -> None:
    one = spread([1.0])
    with pytest.raises(ValueError, match="differ in bar, figure"):
        judged({"figure": one}, {"bar": {"at_least": 1}})
    with pytest.raises(ValueError, match="write at_least or at_most"):
        judged({"it": one}, {"it": {"atleast": 1}})


def test_every_bar_of_the_rules_has_a_bound() -> None:
    text = (ROOT / "benchmarks" / "budgets.toml").read_text(encoding="utf-8")
    bars = tomllib.loads(text)["rules"]
    verdicts = judged({name: spread([1.0]) for name in bars}, bars)
    assert len(verdicts) == len(bars) > 0


def test_sql_that_is_compared_asks_what_the_rule_asks() -> None:
    rules = parse_rules(rules_of(DETECTIONS))
    batch = events()
    rows, numbers = Engine(wanted(rules.compiled)).matches(batch)
    ours = set(zip(numbers.tolist(), rows.tolist(), strict=True))
    asked = duckdb_labels(wide(batch, [each.tree for each in rules.compiled]), rules.compiled)
    theirs = asked()
    agree(ours, theirs, rules.compiled, who="DuckDB")
    assert {rule for rule, _ in theirs} == set(range(len(DETECTIONS)))
    assert len(theirs) < len(DETECTIONS) * batch.num_rows


def test_different_labels_stop_the_run() -> None:
    rules = parse_rules(rules_of(DETECTIONS[:1]))
    with pytest.raises(ValueError, match=r"r0\.yml on row 7: only DuckDB"):
        agree({(0, 1)}, {(0, 1), (0, 7)}, rules.compiled, who="DuckDB")


def test_what_has_no_plain_sql_is_told_and_not_left_out() -> None:
    rules = parse_rules(rules_of(["  a: {Size|gt: 5}\n  condition: a"]))
    with pytest.raises(UnsayableError):
        duckdb_labels(wide(events(), [rules.compiled[0].tree]), rules.compiled)


def test_clones_ask_for_other_texts_but_keep_what_rules_share() -> None:
    shared = "  a: {Image|endswith: '\\tool.exe', CommandLine|contains: unique%s}\n  condition: a"
    own = wanted(parse_rules(rules_of([shared % letter for letter in "abcd"])).compiled)
    many = clones(own, 10)
    texts = [{atom.text for atom in atoms_of(each.tree)} for each in many]
    assert len(many) == 10
    assert set(many[:4]) == set(own)
    assert all("\\tool.exe" in each for each in texts)
    assert texts[4] != texts[0]
