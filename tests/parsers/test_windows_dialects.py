"""Windows events of three JSON dialects: the same event is the same row, with Sigma's names."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foreseen.core.records import Line
from foreseen.parsers.json_lines import JsonLinesParser
from foreseen.parsers.protocol import Parsed, Row
from foreseen.parsers.windows_event import WINDOWS_EVENT, columns_of

PARSER = JsonLinesParser(WINDOWS_EVENT)
SYSMON = "Microsoft-Windows-Sysmon/Operational"
TIME = "2026-03-04T05:06:07.089Z"
MILLISECONDS = 1_772_600_767_089
Event = tuple[str, int, str, Mapping[str, Any]]
#: What a dialect says in its own words: the text of the line, and when it was logged.
OWN_WORDS = {"TimeCreated_SystemTime", "@timestamp", "TimeCreated"}

CREATED = {
    "RuleName": "-",
    "UtcTime": "2026-03-04 05:06:07.089",
    "ProcessGuid": "{11111111-0000-0000-0000-000000000001}",
    "ProcessId": 4712,
    "Image": "C:\\Windows\\System32\\curl.exe",
    "OriginalFileName": "curl.exe",
    "CommandLine": "curl.exe -o C:\\Temp\\é.txt http://192.0.2.7/",
    "CurrentDirectory": "C:\\Temp\\",
    "User": "EXAMPLE\\ann",
    "LogonId": "0x8ab12",
    "ParentProcessId": 812,
    "ParentImage": "C:\\Windows\\explorer.exe",
    "ParentCommandLine": None,
}
LOGON = {
    "SubjectUserSid": "S-1-5-18",
    "SubjectUserName": "HOST7$",
    "SubjectLogonId": "0x3e7",
    "TargetUserName": "ann",
    "TargetLogonId": "0x8ab12",
    "LogonType": "3",
    "LogonProcessName": "Kerberos",
    "IpAddress": "198.51.100.9",
    "IpPort": "49822",
    "ProcessId": "0x2f4",
    "ProcessName": "-",
}
MALWARE = {
    "Product Name": "Antivirus",
    "Threat Name": "Test:EICAR",
    "Source Name": "Real-Time Protection",
    "Process Name": "C:\\Temp\\a.exe",
    "Version": "event's own",
    "Action ID": 9,
}
CLEARED = {"SubjectUserName": "ann", "Channel": "Security", "BackupPath": ""}
EVENTS: list[Event] = [
    (SYSMON, 1, "Microsoft-Windows-Sysmon", CREATED),
    ("Security", 4624, "Microsoft-Windows-Security-Auditing", LOGON),
    ("Microsoft-Windows-Windows Defender/Operational", 1116, "Windows Defender", MALWARE),
    ("Application", 33205, "MSSQLSERVER", {"Data": ["one", "two"]}),
    ("Elsewhere/Operational", 7, "Example", {}),
]


def parsed(records: Iterable[object]) -> Parsed:
    lines, offset = [], 0
    for number, record in enumerate(records, 1):
        data = orjson.dumps(record)
        lines.append(Line("test", offset, number, "test.jsonl", data))
        offset += len(data) + 1
    return PARSER.parse(None, lines)


def row(record: object) -> Row:
    result = parsed([record])
    assert result.quarantined == []
    return result.rows[0]


def flat(event: Event) -> dict[str, Any]:
    channel, number, provider, data = event
    system = {
        "Channel": channel,
        "EventID": number,
        "SourceName": provider,
        "Hostname": "host7.example.com",
        "RecordNumber": 77,
        "TimeCreated": TIME,
        "Level": 4,
    }
    return system | dict(data)


def evtx(event: Event, section: str = "EventData") -> dict[str, Any]:
    channel, number, provider, data = event
    own: object = dict(data) or None
    if section == "UserData":
        own = {"Section": {"#attributes": {"xmlns": "http://example.com/section"}, **data}}
    system = {
        "Provider": {"#attributes": {"Name": provider}},
        "EventID": {"#text": number, "#attributes": {"Qualifiers": 16384}}
        if number == 33205
        else number,
        "Level": 4,
        "TimeCreated": {"#attributes": {"SystemTime": TIME}},
        "EventRecordID": 77,
        "Correlation": None,
        "Channel": channel,
        "Computer": "host7.example.com",
        "Security": None,
    }
    attributes = {"xmlns": "http://example.com/event"}
    return {"Event": {"#attributes": attributes, "System": system, section: own}}


def winlogbeat(event: Event, section: str = "event_data") -> dict[str, Any]:
    channel, number, provider, data = event
    winlog = {
        "channel": channel,
        "event_id": str(number),
        "provider_name": provider,
        "computer_name": "host7.example.com",
        "record_id": 77,
        section: dict(data),
    }
    return {"@timestamp": TIME, "winlog": winlog, "Level": 4}


def dotted(record: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    pairs: dict[str, Any] = {}
    for name, value in record.items():
        if isinstance(value, dict) and not (prefix + name).endswith("_data."):
            pairs |= dotted(value, f"{prefix}{name}.")
        else:
            pairs[prefix + name] = value
    return pairs


def said(found: Row) -> dict[str, object]:
    """All that a row says but for a dialect's own words."""
    columns = {name: value for name, value in found.columns.items() if value is not None}
    del columns["raw"]
    unmapped = dict(found.columns["unmapped"])  # type: ignore[call-overload]  # a parser's is a dict
    own = OWN_WORDS | {"EventID_Qualifiers"}
    columns["unmapped"] = {name: value for name, value in unmapped.items() if name not in own}
    return columns | {"host": found.host, "boot": found.boot, "time": found.time}


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: f"{event[1]}")
def test_an_event_is_the_same_row_in_all_dialects(event: Event) -> None:
    expected = said(row(evtx(event)))
    assert said(row(flat(event))) == expected
    assert said(row(winlogbeat(event))) == expected
    assert said(row(dotted(winlogbeat(event)))) == expected


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
values = texts | st.integers(-(2**63), 2**63 - 1) | st.booleans() | st.none() | st.lists(texts)


@given(
    data=st.dictionaries(st.sampled_from([*CREATED, "My Field", "Odd"]), values),
    number=st.sampled_from([1, 3, 99]),
)
def test_whatever_an_event_says_is_the_same_in_all_dialects(
    data: dict[str, Any], number: int
) -> None:
    data.pop("UtcTime", None)
    event = (SYSMON, number, "Microsoft-Windows-Sysmon", data)
    expected = said(row(evtx(event)))
    assert said(row(flat(event))) == expected
    assert said(row(winlogbeat(event))) == expected


def test_sigmas_names_are_found_where_columns_of_says() -> None:
    columns = row(evtx(EVENTS[0])).columns
    where = columns_of(SYSMON, "1")
    for name in ("Image", "CommandLine", "CurrentDirectory", "User", "LogonId", "ProcessGuid"):
        assert columns[where[name]] == CREATED[name]
    assert columns["process_pid"] == 4712
    assert columns["unmapped"]["ProcessId"] == "4712"  # type: ignore[index]  # a parser's is a dict
    assert columns["process_name"] == "curl.exe"
    assert (columns["class_uid"], columns["activity_id"]) == (1007, 1)
    assert (columns["log_name"], columns["event_type"]) == (SYSMON, "1")


def test_hexadecimal_process_ids_become_numbers_and_stay_as_they_were() -> None:
    found = row(flat(EVENTS[1]))
    assert found.columns["process_pid"] == 0x2F4
    assert found.columns["unmapped"]["ProcessId"] == "0x2f4"  # type: ignore[index]  # a parser's is a dict


def test_blanks_in_field_names_do_not_count() -> None:
    found = row(evtx(EVENTS[2]))
    unmapped = found.columns["unmapped"]
    assert unmapped["ThreatName"] == "Test:EICAR"  # type: ignore[index]  # a parser's is a dict
    assert found.columns["process_path"] == "C:\\Temp\\a.exe"
    assert found.columns["log_provider"] == "Windows Defender"
    assert unmapped["SourceName"] == "Real-Time Protection"  # type: ignore[index]  # a parser's is a dict


def test_user_data_are_fields_like_event_data() -> None:
    event: Event = (
        "Microsoft-Windows-WMI-Activity/Operational",
        5858,
        "WMI",
        {"Operation": "a::b"},
    )
    by_xml, by_beat = row(evtx(event, "UserData")), row(winlogbeat(event, "user_data"))
    assert by_xml.columns["api_operation"] == by_beat.columns["api_operation"] == "a::b"


def test_the_channel_that_was_cleared_is_what_a_rule_for_it_asks_for() -> None:
    event: Event = ("System", 104, "Microsoft-Windows-Eventlog", CLEARED)
    assert "Channel" not in columns_of("System", "104")
    for found in (row(evtx(event, "UserData")), row(winlogbeat(event, "user_data"))):
        assert found.columns["log_name"] == "System"
        assert found.columns["unmapped"]["Channel"] == "Security"  # type: ignore[index]  # a parser's is a dict


def test_event_data_without_names_are_a_list() -> None:
    found = row(evtx(EVENTS[3]))
    assert found.columns["unmapped"]["Data"] == ["one", "two"]  # type: ignore[index]  # a parser's is a dict
    assert found.columns["event_type"] == "33205"
    text = {"Event": {**evtx(EVENTS[4])["Event"], "EventData": "all of it"}}
    assert row(text).columns["unmapped"]["Data"] == "all of it"  # type: ignore[index]  # a parser's is a dict


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"UtcTime": "2026-03-04 05:06:07.089", "@timestamp": "2026-03-04T09:00:00Z"}, 0),
        ({"EventTime": "2026-03-04T07:06:07.089+02:00"}, 0),
        ({"EventTime": "2026-03-04 05:06:07.089"}, 0),
        ({"@timestamp": "2026-03-04T05:06:07.0899999Z"}, 0),
        (
            {
                "EventTime": "2026-03-04 00:06:07",
                "EventReceivedTime": "2026-03-04 00:06:09",
                "@timestamp": "2026-03-04T05:06:09.900Z",
            },
            -89,
        ),
        (
            {
                "EventTime": "2026-03-04 00:06:07",
                "EventReceivedTime": "2026-03-04 00:01:00",
                "@timestamp": "2026-03-04T05:06:07.089Z",
            },
            0,
        ),
    ],
    ids=["sysmon", "zone", "no-zone", "fraction", "local", "no-quarter-of-an-hour"],
)
def test_the_time_is_utc_whatever_the_clock(fields: dict[str, str], expected: int) -> None:
    found = row({"EventID": 7, "Channel": "Elsewhere", "Hostname": "h", **fields})
    assert found.time - MILLISECONDS == expected


@pytest.mark.parametrize(
    ("keywords", "status"),
    [
        ("0x8020000000000000", 1),
        ("0x8010000000000000", 2),
        (-9214364837600034816, 1),
        (["Audit Failure"], 2),
        ("0", 0),
        ("none", 0),
        (["Audit Success", "Classic"], 0),
    ],
)
def test_the_audit_log_says_what_failed(keywords: object, status: int) -> None:
    record = flat(EVENTS[1]) | {"Keywords": keywords}
    assert row(record).columns["status_id"] == status


def test_the_kind_of_object_chooses_the_class() -> None:
    record = {"Channel": "Security", "EventID": 4656, "Hostname": "h", "TimeCreated": TIME}
    classes = {
        kind: row(record | {"ObjectType": kind}).columns["class_uid"]
        for kind in ("File", "Key", "Process", "SAM_DOMAIN")
    }
    assert classes == {"File": 1001, "Key": 201001, "Process": 1007, "SAM_DOMAIN": 201003}


def test_raw_is_the_line_and_the_result_does_not_depend_on_the_cut() -> None:
    records = [flat(event) for event in EVENTS] + [evtx(event) for event in EVENTS]
    together = parsed(records).rows
    assert [found.columns["raw"] for found in together] == [
        json.dumps(record, ensure_ascii=False, separators=(",", ":")) for record in records
    ]
    assert [said(found) for found in together] == [said(row(record)) for record in records]
