"""Real Windows events of other people's captures: none is refused, nothing of them is lost."""

import json
import lzma
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
import pytest

from foreseen.core.records import Line
from foreseen.parsers.json_lines import JsonLinesParser
from foreseen.parsers.protocol import Row
from foreseen.parsers.windows_event import WINDOWS_EVENT, columns_of

PARSER = JsonLinesParser(WINDOWS_EVENT)
FLAT_NAMES = {
    "SourceName": "Provider_Name",
    "Hostname": "Computer",
    "RecordNumber": "EventRecordID",
}


def rows(lines: list[bytes]) -> list[Row]:
    """Their rows; a line that is quarantined fails."""
    numbered = enumerate(lines)
    result = PARSER.parse(
        None, [Line("test", place, place, "test", data) for place, data in numbered]
    )
    assert [one.detail for one in result.quarantined] == []
    return result.rows


def documents(text: str) -> Iterator[dict[str, Any]]:
    """JSON objects of a text, one after the other."""
    decoder, place = json.JSONDecoder(), 0
    while place < len(text):
        value, end = decoder.raw_decode(text, place)
        yield value
        place = end + len(text[end:]) - len(text[end:].lstrip())


def values(found: Row, name: str) -> object:
    """What a rule sees of a field."""
    columns = found.columns
    where = columns_of(str(columns.get("log_name")), str(columns["event_type"])).get(name)
    kept = columns["unmapped"]
    if where is None or name in kept:  # type: ignore[operator]  # a parser's is a dict
        return kept[name]  # type: ignore[index]
    return found.host if where == "host" else columns[where]


def test_every_field_of_real_events_is_where_columns_of_says(foreseen_data: Path) -> None:
    path = foreseen_data / "otrf-windows" / "events-20k.jsonl.xz"
    with lzma.open(path) as file:
        lines = [line.rstrip(b"\n") for line in islice(file, 0, None, 5)]
    for line, found in zip(lines, rows(lines), strict=True):
        record = orjson.loads(line)
        assert found.columns["raw"] == line.decode()
        places = sum(value is not None for value in found.columns.values())
        assert places > 8
        for name, value in record.items():
            seen = values(found, FLAT_NAMES.get(name, name))
            if isinstance(value, bool):
                assert seen == str(value).lower()
            elif isinstance(value, list):
                assert seen == value[0]
            else:
                assert seen == (value if value is None else str(value))


def test_sysmons_moment_agrees_with_the_shippers_local_time(foreseen_data: Path) -> None:
    path = foreseen_data / "otrf-windows" / "events-20k.jsonl.xz"
    with lzma.open(path) as file:
        lines = [
            line for line in islice(file, 5_000) if b'"UtcTime"' in line and b'"EventTime"' in line
        ]
    assert len(lines) > 500
    without = [orjson.dumps({**orjson.loads(line), "UtcTime": "-"}) for line in lines]
    for exact, local in zip(rows(lines), rows(without), strict=True):
        assert abs(exact.time - local.time) < 60_000


def test_regression_cases_are_read_and_agree_with_their_logs(foreseen_data: Path) -> None:
    evtx = pytest.importorskip("evtx")
    cases = sorted((foreseen_data / "sigma-regression").rglob("*.json"))
    assert len(cases) == 116
    for case in cases:
        records = list(documents(case.read_text("utf-8")))
        by_json = rows([orjson.dumps(record) for record in records])
        log = evtx.PyEvtxParser(str(case.with_suffix(".evtx")))
        by_evtx = rows([one["data"].encode() for one in log.records_json()])
        assert len(by_json) == len(records) > 0
        told = [_said(found) for found in by_evtx]
        assert all(_said(found) in told for found in by_json)
        for found, record in zip(by_json, records, strict=True):
            assert found.host == record["Event"]["System"]["Computer"]
            assert found.columns["log_name"] == record["Event"]["System"]["Channel"]


def _said(found: Row) -> dict[str, str]:
    """All but the line and the spelling of its time; the published JSON was touched up by hand.

    It lost blanks at the ends of values, and in one case the capitals of a file name.
    """
    unmapped: dict[str, object] = dict(found.columns["unmapped"])  # type: ignore[call-overload]  # a parser's is a dict
    del unmapped["TimeCreated_SystemTime"]
    told = {**found.columns, **unmapped, "host": found.host, "time": found.time}
    del told["raw"], told["unmapped"]
    return {name: str(value).rstrip().lower() for name, value in told.items()}
