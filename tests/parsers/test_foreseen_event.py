"""Events in our own columns: typed, and what is wrong is named."""

from collections.abc import Mapping
from typing import Any

import orjson
import pytest

from foreseen.core.records import Line, Reason
from foreseen.parsers.protocol import Parsed, Row
from foreseen.parsers.registry import PARSERS
from foreseen.schema.arrow import EVENT_SCHEMA, batch_of
from foreseen.schema.columns import PARSED, Column, Kind

NOON = 1_795_262_400_000
SAMPLES: dict[Kind, object] = {
    Kind.STRING: "text",
    Kind.INT: 7,
    Kind.FLOAT: 0.5,
    Kind.BOOL: True,
    Kind.STRINGS: ["a", "b"],
    Kind.INTS: [1, 2],
    Kind.MAP: {"name": "text", "several": ["a", "b"], "none": None},
}
WRONG: dict[Kind, object] = {
    Kind.STRING: 7,
    Kind.INT: "7",
    Kind.FLOAT: "0.5",
    Kind.BOOL: 1,
    Kind.STRINGS: ["a", 1],
    Kind.INTS: [1, "2"],
    Kind.MAP: ["a"],
}


def parsed(record: Mapping[str, Any]) -> Parsed:
    parser = PARSERS["foreseen"]
    return parser.parse(parser.initial(), [Line("test", 5, 3, "file", orjson.dumps(record))])


def row_of(record: Mapping[str, Any]) -> Row:
    done = parsed(record)
    assert done.quarantined == []
    return done.rows[0]


EVERY = {column.name: SAMPLES[column.kind] for column in PARSED}


def test_every_column_is_taken_as_it_is() -> None:
    row = row_of({**EVERY, "time": NOON, "host": "db-1"})
    assert row.columns == EVERY
    assert (row.time, row.host, row.source, row.offset) == (NOON, "db-1", "test", 5)
    stored = batch_of([row.columns], EVENT_SCHEMA).to_pylist()[0]
    assert {name: stored[name] for name in ("class_uid", "raw")} == {"class_uid": 7, "raw": "text"}


@pytest.mark.parametrize("column", [column for column in PARSED if column.name != "class_uid"])
def test_a_wrong_type_is_quarantined_with_the_keys_name(column: Column) -> None:
    record = {"class_uid": 1007, "product": "agent", column.name: WRONG[column.kind]}
    done = parsed(record)
    assert done.rows == []
    (entry,) = done.quarantined
    assert entry.reason is Reason.NOT_THIS_FORMAT
    assert f"'{column.name}'" in entry.detail
    assert column.kind.value in entry.detail


@pytest.mark.parametrize("value", [True, 1.0, 2**63, "1007", None])
def test_integers_are_integers_of_64_bits(value: object) -> None:
    done = parsed({"class_uid": value, "product": "agent", "process_pid": value})
    assert bool(done.quarantined) is (value is not None)


def test_null_is_no_value() -> None:
    columns = row_of({"class_uid": 1007, "process_path": None, "lineage": None}).columns
    assert columns["process_path"] is None
    assert columns["unmapped"] == {}


def test_unknown_keys_go_to_unmapped() -> None:
    row = row_of(
        {"class_uid": 1, "product": "x", "own": {"a": [1, True]}, "unmapped": {"b": {"c": 2.0}}}
    )
    assert row.columns["unmapped"] == {"own.a": ["1", "true"], "b.c": "2"}


@pytest.mark.parametrize(
    ("record", "stream"),
    [
        ({"stream": "web-1/4f2a"}, ("web-1", "4f2a")),
        ({"stream": "web-1/4f2a", "host": "web-1"}, ("web-1", "4f2a")),
        ({"stream": "aws/111122223333/alice", "host": "aws/111122223333"}, None),
        ({"host": "web-1"}, ("web-1", "")),
        ({"stream": "7", "host": "web-1"}, ("web-1", "7")),
        ({}, ("", "")),
    ],
)
def test_host_and_boot_come_from_the_stream(
    record: dict[str, Any], stream: tuple[str, str] | None
) -> None:
    row = row_of({"class_uid": 1007, "product": "agent", **record})
    assert (row.host, row.boot) == (stream or ("aws/111122223333", "alice"))


@pytest.mark.parametrize(
    "record",
    [{"time": "noon"}, {"time": -1}, {"time": 1.5}, {"time": 2**62}, {"host": 1}, {"stream": []}],
)
def test_a_wrong_place_or_time_is_named(record: dict[str, Any]) -> None:
    (entry,) = parsed({"class_uid": 1007, "product": "agent", **record}).quarantined
    assert f"'{next(iter(record))}'" in entry.detail


def test_what_the_pipeline_says_of_events_cannot_be_forged() -> None:
    forged = {"tenant": "other", "seq": 9, "event_uid": "x", "labels": ["a"], "ruleset_hash": "h"}
    row = row_of({"class_uid": 1007, "product": "agent", **forged})
    assert not set(forged) & set(row.columns)
    assert row.columns["unmapped"] == {}
    assert all(name in str(row.columns["raw"]) for name in forged)


def test_the_workload_may_be_given() -> None:
    assert row_of({"class_uid": 1007, "product": "x", "workload": "db"}).workload == "db"


def test_other_json_is_rejected() -> None:
    for record in ({"a": 1}, {"class_uid": 1007}, {"class_uid": 1, "time": 1, "metadata": {}}):
        (entry,) = parsed(record).quarantined
        assert entry.reason is Reason.NOT_THIS_FORMAT
