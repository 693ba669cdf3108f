"""JSON of any kind: every field is in one place, and its names tell what it is about."""

from collections.abc import Mapping
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foreseen.core.records import Line, Reason
from foreseen.parsers.json_event import columns_of
from foreseen.parsers.json_flat import flatten
from foreseen.parsers.json_shapes import COLUMNS
from foreseen.parsers.json_times import moment, time_of
from foreseen.parsers.protocol import Parsed, Row
from foreseen.parsers.registry import PARSERS
from foreseen.schema.columns import PARSED, Kind

NOON = 1_795_262_400_000  # 2026-11-21 12:00:00 UTC
KINDS = {column.name: column.kind for column in PARSED}


def parsed(*lines: bytes, received: int | None = None) -> Parsed:
    parser = PARSERS["json"]
    given_lines = [
        Line("test", number * 1000, number, "file", data, received)
        for number, data in enumerate(lines, start=1)
    ]
    return parser.parse(parser.initial(), given_lines)


def row_of(record: Mapping[str, Any], received: int | None = None) -> Row:
    done = parsed(orjson.dumps(record), received=received)
    assert done.quarantined == []
    (row,) = done.rows
    return row


def unmapped(row: Row) -> dict[str, Any]:
    found = row.columns["unmapped"]
    assert isinstance(found, dict)
    return found


WEB = {"cs-method": "GET", "cs-uri-query": "a=%27", "sc-status": 404, "cs-user-agent": "nikto"}
PROXY = {"c-uri": "http://example.com/a", "c-useragent": "curl/8", "cs-host": "example.com"}
WINDOWS = {"Image": "C:\\Windows\\cmd.exe", "CommandLine": "cmd /c whoami", "ParentImage": "C:\\a"}
LINUX = {"Image": "/usr/bin/id", "CommandLine": "id -u", "User": "root"}


@pytest.mark.parametrize(
    ("record", "told"),
    [
        (WEB, (4002, None, "json", None)),
        (PROXY, (4002, None, "json", None)),
        ({**WEB, "product": "nginx"}, (4002, None, "nginx", None)),
        ({"query": "a.example.com", "record_type": "TXT"}, (4003, None, "json", None)),
        ({"QueryName": "a.example.com"}, (4003, None, "json", None)),
        ({"query": "SELECT * FROM users"}, (0, None, "json", None)),
        (WINDOWS, (1007, 1, "windows", None)),
        (LINUX, (1007, 1, "linux", None)),
        ({"Image": "/bin/sh", "TargetFilename": "/etc/cron.d/a"}, (1001, 1, "linux", None)),
        ({"Image": "/bin/sh", "DestinationIp": "192.0.2.1"}, (4001, 1, "linux", None)),
        ({"CommandLine": "id", "category": "process_creation"}, (1007, 1, "json", None)),
        ({"src_ip": "192.0.2.1", "dst_ip": "192.0.2.2"}, (4001, None, "json", "firewall")),
        ({"eventType": "user.login", "published": "x"}, (0, None, "okta", "okta")),
        ({"protoPayload": {"methodName": "a"}}, (0, None, "gcp", "gcp.audit")),
        ({"Workload": "Exchange", "Operation": "New"}, (0, None, "m365", "audit")),
        ({"operationName": "Add", "category": "AuditLogs"}, (0, None, "azure", "auditlogs")),
        ({"operationName": "In", "category": "SignInLogs"}, (0, None, "azure", "signinlogs")),
        ({"ActivityDisplayName": "Add", "Category": "x"}, (0, None, "azure", "auditlogs")),
        ({"ResultType": 1, "ResultDescription": "a"}, (0, None, "azure", "signinlogs")),
        (
            {"eventSource": "SecurityComplianceCenter", "eventName": "a"},
            (0, None, "m365", "threat_management"),
        ),
        ({"uid": "C1", "id.orig_h": "::1", "_path": "http"}, (4002, None, "zeek", "http")),
        ({"action": "org.add_member", "org": "example"}, (0, None, "github", "audit")),
        ({"product": "Fortios", "service": "sslvpnd"}, (0, None, "fortios", "sslvpnd")),
        ({"anything": 1}, (0, None, "json", None)),
        ({"class_uid": 6003, "metadata": {}, "activity_id": 2}, (6003, 2, "json", None)),
    ],
)
def test_names_of_fields_tell_class_recorder_and_log(
    record: dict[str, Any], told: tuple[object, ...]
) -> None:
    columns = row_of(record).columns
    found = [columns.get(name) for name in ("class_uid", "activity_id", "product", "log_name")]
    if "category" in record and told[3] is None:
        found[3] = None
    assert tuple(found) == told


def test_columns_hold_the_sources_text_and_nothing_twice() -> None:
    row = row_of({**WEB, "extra": {"deep": [1, 2.0, True, None]}, "none": None})
    assert row.columns["http_method"] == "GET"
    assert row.columns["http_status"] == 404
    assert unmapped(row) == {
        "cs-uri-query": "a=%27",
        "cs-user-agent": "nikto",
        "sc-status": "404",
        "extra.deep": ["1", "2", "true"],
        "none": None,
    }


def test_a_process_creation_is_in_the_columns_of_a_process() -> None:
    columns = row_of({**WINDOWS, "ProcessId": "4242"}).columns
    assert columns["process_path"] == WINDOWS["Image"]
    assert columns["process_cmd_line"] == WINDOWS["CommandLine"]
    assert columns["parent_path"] == WINDOWS["ParentImage"]
    assert columns["process_pid"] == 4242
    assert unmapped(row_of({**WINDOWS, "ProcessId": "4242"})) == {"ProcessId": "4242"}


def test_a_field_of_a_columns_own_name_is_in_it() -> None:
    row = row_of({"user_agent": "curl", "dst_port": 443, "src_ip": "192.0.2.7", "dst_ip": "::1"})
    assert row.columns["user_agent"] == "curl"
    assert row.columns["dst_port"] == 443
    assert row.columns["src_ip"] == "192.0.2.7"
    assert unmapped(row) == {}


def test_a_column_that_is_taken_leaves_the_other_field_where_it_is() -> None:
    row = row_of({"Image": "/bin/a", "DestinationIp": "192.0.2.1", "dst_ip": "192.0.2.2"})
    assert row.columns["dst_ip"] == "192.0.2.1"
    assert unmapped(row) == {"dst_ip": "192.0.2.2"}


@pytest.mark.parametrize("class_uid", COLUMNS)
def test_mappings_are_injective_and_name_columns_of_texts(class_uid: int) -> None:
    names = columns_of(class_uid)
    assert len(set(names.values())) == len(names)
    assert {KINDS[column] for column in names.values()} == {Kind.STRING}
    assert columns_of(999) == {}


NAMES = st.sampled_from(
    [*{name for each in COLUMNS.values() for name in each}, *KINDS, "category", "sc-status", "x.y"]
)
SCALARS = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text() | st.floats()
VALUES = SCALARS | st.lists(SCALARS, max_size=3) | st.dictionaries(st.text(), SCALARS, max_size=3)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(NAMES, VALUES, max_size=12))
def test_no_field_is_lost_and_columns_have_their_types(record: dict[str, Any]) -> None:
    line = orjson.dumps(record | {"metadata": 1})  # so that it is not of our own schema
    done = parsed(line)
    assert done.quarantined == []
    (row,) = done.rows
    assert row.columns["raw"] == line.decode()
    kept = unmapped(row)
    held = {str(value) for name, value in row.columns.items() if name not in {"raw", "unmapped"}}
    for name, value in flatten(orjson.loads(line)).items():
        assert name.replace(" ", "") in kept or value in held, name
    for name, column in row.columns.items():
        if KINDS[name] is Kind.STRING:
            assert column is None or isinstance(column, str)
        elif KINDS[name] is Kind.INT:
            assert isinstance(column, int)
            assert not isinstance(column, bool)
            assert -(2**63) <= column < 2**63


@pytest.mark.parametrize(
    ("record", "time"),
    [
        ({"@timestamp": "2026-11-21T12:00:00Z"}, NOON),
        ({"timestamp": "2026-11-21T13:00:00.250+01:00"}, NOON + 250),
        ({"time": NOON}, NOON),
        ({"ts": NOON / 1000}, NOON),
        ({"time": NOON * 1000}, NOON),
        ({"time": NOON * 1_000_000}, NOON),
        ({"timestamp": str(NOON)}, NOON),
        ({"UtcTime": "2026-11-21 12:00:00.000"}, NOON),
        ({"TimeGenerated": "2026-11-21T12:00:00.1234567Z"}, NOON + 123),
        ({"date": "2026-11-21", "time": "12:00:00"}, NOON),
        ({"@timestamp": "yesterday", "published": "2026-11-21T12:00:00Z"}, NOON),
        ({}, None),
        ({"time": "no"}, None),
        ({"time": -5}, None),
        ({"time": True}, None),
        ({"time": float("inf")}, None),
        ({"time": 10**30}, None),
        ({"time": "9" * 5000}, None),
        ({"time": "0001-01-01T00:00:00+14:00"}, None),
        ({"time": {"a": 1}}, None),
    ],
)
def test_times_are_found_in_the_usual_fields(record: dict[str, Any], time: int | None) -> None:
    assert time_of(record) == time


@given(st.text() | st.integers() | st.floats() | st.none())
def test_nothing_that_stands_for_a_time_fails(value: object) -> None:
    found = moment(value)
    assert found is None or 0 <= found <= 253_402_300_799_999


def test_an_event_without_a_time_is_read_all_the_same() -> None:
    assert row_of({"a": 1}).time == 0
    assert row_of({"a": 1}, received=NOON).time == NOON


def test_the_stream_is_the_host_or_the_principal() -> None:
    assert row_of({"host": "web-1"}).host == "web-1"
    assert row_of({"host": {"name": "web-2"}}).host == "web-2"
    okta = row_of({"eventType": "a", "published": "b", "actor": {"alternateId": "a@example.com"}})
    assert (okta.host, okta.boot) == ("okta", "a@example.com")


def test_records_of_different_formats_in_one_file_are_read_by_what_they_are() -> None:
    windows = {"Channel": "Security", "EventID": 4688, "TimeCreated": "2026-11-21T12:00:00Z"}
    trail = {
        "eventVersion": "1.08",
        "eventSource": "iam.amazonaws.com",
        "eventName": "CreateUser",
        "eventTime": "2026-11-21T12:00:00Z",
    }
    audit = {
        "kind": "Event",
        "apiVersion": "audit.k8s.io/v1",
        "auditID": "1",
        "stage": "ResponseComplete",
        "verb": "create",
        "objectRef": {"resource": "pods"},
        "stageTimestamp": "2026-11-21T12:00:00Z",
    }
    own = {"class_uid": 1007, "product": "agent", "time": NOON, "process_path": "/bin/id"}
    records = [windows, trail, audit, own, {"a": 1}] * 2
    done = parsed(*map(orjson.dumps, records))
    assert done.quarantined == []
    products = [row.columns["product"] for row in done.rows]
    assert products == ["windows", "cloudtrail", "kubernetes", "agent", "json"] * 2
    assert [row.offset for row in done.rows] == [n * 1000 for n in range(1, 11)]


def test_a_record_cannot_name_itself_into_another_format_from_within() -> None:
    trail = {
        "eventVersion": "1.08",
        "eventSource": "iam.amazonaws.com",
        "eventName": "CreateUser",
        "eventTime": "2026-11-21T12:00:00Z",
        "requestParameters": {"Event": {"System": {}}, "EventID": 1, "Channel": "Security"},
    }
    assert row_of(trail).columns["product"] == "cloudtrail"


def test_a_line_of_several_records_gives_them_all() -> None:
    records = [{"n": 1}, {"n": 2}]
    done = parsed(orjson.dumps(records), orjson.dumps({"Records": records}))
    assert [unmapped(row) for row in done.rows] == [{"n": "1"}, {"n": "2"}] * 2
    assert len({row.offset for row in done.rows}) == 4


def test_a_stray_byte_hides_no_event() -> None:
    done = parsed(b'{"CommandLine": "a \xff b", "Image": "/bin/a"}')
    assert done.quarantined == []
    assert done.rows[0].columns["process_cmd_line"] == "a \N{REPLACEMENT CHARACTER} b"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"a": 1', Reason.TRUNCATED),
        (b'{"a": nul}', Reason.NOT_THIS_FORMAT),
        (b"17", Reason.NOT_THIS_FORMAT),
        (b'"text"', Reason.NOT_THIS_FORMAT),
        (b"no JSON", Reason.NOT_THIS_FORMAT),
        (b'{"a":' * 3000, Reason.TRUNCATED),
        (b"[" * 3000 + b"]" * 3000, Reason.NOT_THIS_FORMAT),
    ],
)
def test_what_is_no_record_is_quarantined_with_its_reason(line: bytes, reason: Reason) -> None:
    done = parsed(b'{"ok": 1}', line, b"  ", b'{"ok": 2}')
    assert [one.reason for one in done.quarantined] == [reason]
    assert done.quarantined[0].line.number == 2
    assert len(done.rows) == 2


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("json", b'{"CommandLine": "a \xff b", "Image": '),  # cut off
        ("json", b"no JSON at all: \xfe\xff"),
        ("json", b'"\xc3("'),
        ("windows_event", b'{"CommandLine": "a \xff b"}'),  # of another format
        ("cloudtrail", b'{"eventVersion": "1.08", "eventName": "\xff", "eventTime": "never"}'),
    ],
)
def test_quarantine_keeps_the_bytes_that_came(name: str, line: bytes) -> None:
    parser = PARSERS[name]
    came = Line("test", 7, 3, "file", line, 5)
    (kept,) = parser.parse(parser.initial(), [came]).quarantined
    assert kept.line == came


def test_deep_records_are_read() -> None:
    line = (
        b'{"top":' + orjson.dumps("x") + b',"deep":' + b'{"a":[' * 500 + b"1" + b"]}" * 500 + b"}"
    )
    done = parsed(line)
    assert len(done.rows) == 1
    assert unmapped(done.rows[0])["top"] == "x"


@given(st.lists(st.sampled_from([b'{"a":1}', b'{"cs-method":"GET"}', b"{", b"[]"]), max_size=8))
def test_the_result_does_not_depend_on_where_lines_are_cut(lines: list[bytes]) -> None:
    parser = PARSERS["json"]
    given_lines = [Line("s", n * 100, n + 1, "p", data) for n, data in enumerate(lines)]
    whole = parser.parse(parser.initial(), given_lines)
    one_by_one = [parser.parse(parser.initial(), [line]) for line in given_lines]
    assert whole.rows == [row for each in one_by_one for row in each.rows]
    assert whole.quarantined == [one for each in one_by_one for one in each.quarantined]
