"""Files that are no lines: JSON documents of any layout give one line a record."""

import gzip
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foreseen.core.records import LINE_LIMIT, Line, Quarantined, Reason
from foreseen.parsers import registry
from foreseen.sources import file_bytes, file_json
from foreseen.sources.file import read

BOM = b"\xef\xbb\xbf"
RECORDS: list[dict[str, Any]] = [
    {"eventVersion": "1.08", "eventSource": "iam.amazonaws.com", "n": n, "deep": {"a": [{"b": n}]}}
    for n in range(7)
]
HARD: list[dict[str, Any]] = [
    {"text": '"}]{[', "path": "C:\\", "tail": "\\\\", "quote": '\\"}'},
    {"key}]": "\n{", "uni": "\u00e9\u2028", "empty": {}, "list": [], "nested": [[{"a": "]"}]]},
]


def cut(
    *files: bytes, folder: Path, documents: bool = True
) -> tuple[list[Line], list[Quarantined]]:
    """Lines and quarantine of files with these contents."""
    paths = [folder / f"file-{number}" for number in range(len(files))]
    for path, data in zip(paths, files, strict=True):
        path.write_bytes(data)
    lines: list[Line] = []
    quarantined: list[Quarantined] = []
    batches = read(
        [str(path) for path in paths],
        recognise=registry.sniff,
        stands_alone=registry.stands_alone,
        documents=documents,
    )
    for batch in batches:
        assert batch.format is not None or not batch.lines
        lines += batch.lines
        quarantined += batch.quarantined
    return lines, quarantined


def values(lines: Sequence[Line]) -> list[Any]:
    return [orjson.loads(line.data) for line in lines]


def pretty(value: object) -> bytes:
    return json.dumps(value, indent=2).encode()


LAYOUTS: dict[str, Callable[[list[dict[str, Any]]], bytes]] = {
    "one a line": lambda records: b"".join(orjson.dumps(r) + b"\n" for r in records),
    "indented, one behind the other": lambda records: b"\n".join(map(pretty, records)),
    "nothing between": lambda records: b"".join(map(orjson.dumps, records)),
    "indented list": pretty,
    "list in one line": orjson.dumps,
    "list, one a line": lambda records: b"[\n" + b",\n".join(map(orjson.dumps, records)) + b"\n]\n",
    "file of CloudTrail": lambda records: orjson.dumps({"Records": records}),
    "file of CloudTrail, indented": lambda records: pretty({"Records": records}) + b"\n",
    "list of Kubernetes": lambda records: pretty(
        {"kind": "EventList", "apiVersion": "audit.k8s.io/v1", "metadata": {}, "items": records}
    ),
    "list of Kubernetes, sorted": lambda records: pretty(
        {"apiVersion": "v1", "items": records, "kind": "List"}
    ),
    "text sequence": lambda records: b"".join(b"\x1e" + orjson.dumps(r) + b"\n" for r in records),
    "with a byte order mark": lambda records: BOM + pretty(records),
    "lines with a byte order mark": lambda records: (
        BOM + b"".join(orjson.dumps(r) + b"\r\n" for r in records)
    ),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("records", [RECORDS, HARD], ids=["plain", "hard"])
def test_every_layout_gives_its_records(
    tmp_path: Path, layout: str, records: list[dict[str, Any]]
) -> None:
    lines, quarantined = cut(LAYOUTS[layout](records), folder=tmp_path)
    assert quarantined == []
    assert values(lines) == records
    assert all(b"\n" not in line.data for line in lines)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_offsets_name_records_for_ever(tmp_path: Path, layout: str) -> None:
    one, other = LAYOUTS[layout](RECORDS), LAYOUTS["indented list"](HARD)
    lines, _ = cut(one, other, one, folder=tmp_path)
    offsets = [line.offset for line in lines]
    assert offsets == sorted(set(offsets))
    assert offsets[-1] < 2 * len(one) + len(other)
    again, _ = cut(one, other, one, folder=tmp_path)
    assert again == lines


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 4096])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_records_do_not_depend_on_the_pieces_that_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, layout: str, size: int
) -> None:
    whole = cut(LAYOUTS[layout](RECORDS + HARD), folder=tmp_path)
    monkeypatch.setattr(file_bytes, "_READ_BYTES", size)
    monkeypatch.setattr(file_bytes, "_GIVEN_BYTES", size)
    assert cut(LAYOUTS[layout](RECORDS + HARD), folder=tmp_path) == whole


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
OBJECTS = st.lists(st.dictionaries(st.text(min_size=1), JSON, min_size=1, max_size=5), min_size=1)


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(OBJECTS, st.integers(0, 4), st.sampled_from(["indented list", "nothing between"]))
def test_any_objects_are_cut_apart(
    tmp_path: Path, records: list[dict[str, Any]], indent: int, layout: str
) -> None:
    if layout == "indented list":
        data = json.dumps(records, indent=indent).encode()
    else:
        data = b" ".join(json.dumps(r, indent=indent).encode() for r in records) + b"\n"
    lines, quarantined = cut(data, folder=tmp_path)
    assert quarantined == []
    whole = [m for r in records for m in _expected(r, is_member=layout == "indented list")]
    assert values(lines) == whole


def _expected(record: dict[str, Any], *, is_member: bool) -> list[Any]:
    """A document that happens to be an envelope is opened; a member of a list is not."""
    records = record.get("Records")
    return records if isinstance(records, list) and not is_member else [record]


def test_lines_of_json_are_a_log_that_may_be_cut_at_any_byte(tmp_path: Path) -> None:
    log = b"".join(orjson.dumps(r) + b"\n" for r in [*RECORDS[:2], *HARD])
    whole, _ = cut(log, folder=tmp_path)
    for place in range(len(log) + 1):
        lines, quarantined = cut(log[:place], log[place:], folder=tmp_path)
        assert quarantined == [], place
        told = [(line.source, line.offset, line.data) for line in lines]
        assert told == [(line.source, line.offset, line.data) for line in whole], place


def test_numbers_are_those_of_the_lines_that_records_begin_in(tmp_path: Path) -> None:
    lines, _ = cut(b'\n{"a": 1,\n "b": 2}\n\n{"a":\n3}\n', folder=tmp_path)
    assert [line.number for line in lines] == [2, 5]
    members, _ = cut(pretty([{"a": 1}, {"a": 2}]), folder=tmp_path)
    assert [line.number for line in members] == [2, 5]


def test_a_file_larger_than_a_line_may_be_is_read(tmp_path: Path) -> None:
    records = [{"n": n, "text": "x" * 1000} for n in range(3 * LINE_LIMIT // 1000)]
    for data in (orjson.dumps({"Records": records}), orjson.dumps(records)):
        lines, quarantined = cut(gzip.compress(data), folder=tmp_path)
        assert quarantined == []
        assert values(lines) == records


def test_a_record_over_the_limit_is_quarantined_and_the_others_are_read(tmp_path: Path) -> None:
    huge = {"text": "y" * (2 * LINE_LIMIT)}
    for data in (
        orjson.dumps({"Records": [RECORDS[0], huge, RECORDS[1]]}),
        pretty([RECORDS[0], huge, RECORDS[1]]),
        b"\n".join(map(pretty, [RECORDS[0], huge, RECORDS[1]])),
    ):
        lines, quarantined = cut(data, folder=tmp_path)
        assert values(lines) == RECORDS[:2]
        assert [one.reason for one in quarantined] == [Reason.TOO_LONG]
        assert len(quarantined[0].line.data) <= 4096


def test_a_document_over_its_limit_is_quarantined(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_json, "DOCUMENT_LIMIT", 1000)
    big = {"kind": "none", "parts": [{"text": "z" * 100} for _ in range(50)]}
    lines, quarantined = cut(pretty(big) + pretty(RECORDS[0]), folder=tmp_path)
    assert values(lines) == RECORDS[:1]
    assert [one.reason for one in quarantined] == [Reason.TOO_LONG]
    assert str(len(pretty(big))) in quarantined[0].detail


@pytest.mark.parametrize(
    "data",
    [
        orjson.dumps({"Records": RECORDS})[:-150],
        pretty(RECORDS)[:-150],
        orjson.dumps(RECORDS)[:-150],
        b"[\n" + b",\n".join(map(orjson.dumps, RECORDS))[:-30],
        b"[\n" + b",\n".join(map(orjson.dumps, RECORDS)),
        orjson.dumps({"Records": RECORDS, "more": 1})[:-9],
    ],
)
def test_a_file_that_is_cut_off_gives_the_records_before_the_cut(
    tmp_path: Path, data: bytes
) -> None:
    lines, quarantined = cut(data, folder=tmp_path)
    read_whole = values(lines)
    assert read_whole == RECORDS[: len(read_whole)]
    assert len(read_whole) >= len(RECORDS) - 2
    assert Reason.TRUNCATED in {one.reason for one in quarantined}


def test_a_broken_document_is_named_and_the_next_ones_are_read(tmp_path: Path) -> None:
    broken = pretty(RECORDS[0]).replace(b'"n": 0', b'"n": nul')
    data = pretty(RECORDS[1]) + b"\n" + broken + b"\n" + pretty(RECORDS[2])
    lines, quarantined = cut(data, folder=tmp_path)
    assert values(lines) == RECORDS[1:3]
    assert [one.line.number for one in quarantined] == [1 + pretty(RECORDS[1]).count(b"\n") + 1]
    assert "(line" in quarantined[0].detail


def test_a_broken_first_line_hides_no_other_line(tmp_path: Path) -> None:
    log = b'{"a": 1,\n' + b"".join(orjson.dumps(r) + b"\n" for r in RECORDS)
    lines, _ = cut(log, folder=tmp_path)
    assert values(lines[1:]) == RECORDS
    assert lines[0].data == b'{"a": 1,'


def test_lines_that_are_objects_survive_brackets_that_do_not_match(tmp_path: Path) -> None:
    data = b"[\n" + orjson.dumps(RECORDS[0]) + b",\n]}\n"
    rest = b"".join(orjson.dumps(r) + b",\n" for r in RECORDS[1:])
    lines, quarantined = cut(data + rest, folder=tmp_path)
    assert values(lines) == RECORDS
    assert len(quarantined) == 1


def test_an_unclosed_document_swallows_no_line_that_is_an_object(tmp_path: Path) -> None:
    data = b'{\n"open": {\n' + b"".join(orjson.dumps(r) + b"\n" for r in RECORDS)
    lines, quarantined = cut(b'{\n"a": 1\n}\n' + data, folder=tmp_path)
    assert values(lines)[1:] == RECORDS
    assert [one.reason for one in quarantined] == [Reason.TRUNCATED]


def test_members_that_are_no_objects_are_not_lost(tmp_path: Path) -> None:
    lines, quarantined = cut(b'[{"a": 1}, 17, "text", {"b": 2}, true]', folder=tmp_path)
    assert values(lines) == [{"a": 1}, {"b": 2}]
    assert [one.line.data for one in quarantined] == [b'17, "text"', b"true"]


@pytest.mark.long
@pytest.mark.parametrize(
    "data",
    [
        b"}" * 300_000,
        b"}\n" * 100_000,
        b"]}{[" * 50_000,
        b"[" * 400_000,
        b'{"a":' * 100_000,
        b"{\n" * 200_000,
        b'{"' + b"\\" * 300_001,
        b'{"a": "' + b"\n" * 100_000,
        b'[\n"' + b'\\"' * 200_000,
    ],
)
def test_hostile_nesting_ends_in_quarantine(tmp_path: Path, data: bytes) -> None:
    lines, quarantined = cut(b'{\n"a": 1\n}\n' + data, folder=tmp_path)
    assert values(lines[:1]) == [{"a": 1}]
    assert quarantined
    assert sum(len(one.line.data) for one in quarantined) <= 20 * 4096


def test_empty_documents_have_no_records(tmp_path: Path) -> None:
    for data in (b"[]", b"[\n]\n", b'{"Records": []}\n\n', b"  \n[ ]  "):
        assert cut(data, folder=tmp_path) == ([], [])


def test_a_forced_line_format_is_read_by_lines(tmp_path: Path) -> None:
    lines, _ = cut(pretty([RECORDS[0]]), folder=tmp_path, documents=False)
    assert all(b"Records" not in line.data for line in lines)
    assert len(lines) <= 1


def test_files_of_several_formats_are_read_together(tmp_path: Path) -> None:
    audit = (Path(__file__).parents[1] / "fixtures" / "auditd" / "kinds.log").read_bytes()
    lines, quarantined = cut(
        audit[:-1], pretty(RECORDS), audit, LAYOUTS["one a line"](HARD), folder=tmp_path
    )
    assert quarantined == []
    logs = audit.splitlines()
    assert [line.data for line in lines[: len(logs)]] == logs
    assert values(lines[len(logs) : len(logs) + 7]) == RECORDS
    assert values(lines[-2:]) == HARD
    assert len(lines) == 2 * len(logs) + len(RECORDS) + len(HARD)
