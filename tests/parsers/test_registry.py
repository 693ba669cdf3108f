"""Formats are told apart by content."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from foreseen.core.errors import ConfigurationError
from foreseen.core.records import Line
from foreseen.parsers.registry import JSON_PARSERS, PARSERS, parser_named, routed, sniff
from foreseen.parsers.registry import stands_alone as is_whole

AUDIT = (Path(__file__).parents[1] / "fixtures" / "auditd" / "kinds.log").read_bytes()
RECORDS: dict[str, list[dict[str, Any]]] = {
    "windows_event": [
        {"Event": {"System": {"EventID": 1, "Channel": "Security"}, "EventData": {}}},
        {"winlog": {"channel": "Security", "event_id": "4688"}, "@timestamp": "2026-11-21"},
        {"EventID": 4688, "Channel": "Security", "Hostname": "a"},
    ],
    "cloudtrail": [
        {"eventVersion": "1.08", "eventSource": "iam.amazonaws.com", "eventName": "CreateUser"},
        {"eventSource": "s3.amazonaws.com", "eventName": "GetObject"},
    ],
    "k8s_audit": [
        {"kind": "Event", "apiVersion": "audit.k8s.io/v1", "verb": "get", "auditID": "1"},
        {"verb": "create", "objectRef": {"resource": "pods"}},
    ],
    "foreseen": [{"class_uid": 1007, "product": "agent", "process_path": "/bin/id"}],
    "json": [
        {"a": 1},
        {"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "eventVersion": "2.1"},
        {"class_uid": 1007, "metadata": {"version": "1.8.0"}, "process": {}},
        {"verb": "run"},
        {"Event": "text"},
        {"EventID": 5},
        {},
    ],
}
CASES = [(name, record) for name, records in RECORDS.items() for record in records]


@pytest.mark.parametrize(("name", "record"), CASES)
def test_json_is_told_apart_by_its_keys(name: str, record: dict[str, Any]) -> None:
    line = orjson.dumps(record)
    assert sniff([line]) == name
    assert sniff([b"", b"cut off, then", line]) == name
    assert routed(name) == "json"
    assert is_whole(line)


@pytest.mark.parametrize(("name", "record"), CASES)
def test_what_is_recognised_is_claimed_by_no_other_format(
    name: str, record: dict[str, Any]
) -> None:
    line = Line("s", 0, 1, "p", orjson.dumps(record))
    for other in ("windows_event", "cloudtrail", "k8s_audit", "foreseen"):
        claimed = PARSERS[other].sniff([line.data])
        if other == name:
            assert claimed
        elif other in {"windows_event", "foreseen"}:
            assert not claimed


def test_audit_logs_are_recognised() -> None:
    head = AUDIT.splitlines()[:5]
    assert sniff(head) == "auditd"
    assert routed("auditd") == "auditd"
    assert all(map(is_whole, head))


@pytest.mark.parametrize(
    "line", [b"", b"hello", b"{", b'{"a": 1', b"[1, 2]", b"17", b"Nov  1 10:00:00 web-1 sshd: x"]
)
def test_other_text_is_not(line: bytes) -> None:
    assert sniff([line]) is None
    assert routed(None) is None
    assert not is_whole(line)


def test_every_parser_is_found_by_its_name_and_others_are_listed() -> None:
    for name, parser in PARSERS.items():
        assert parser_named(name) is parser
        assert parser.name == name
    with pytest.raises(ConfigurationError, match=r"'syslog'.*auditd, cloudtrail, foreseen, json"):
        parser_named("syslog")
    assert set(PARSERS) - {"auditd"} == JSON_PARSERS


@pytest.mark.parametrize("name", sorted(JSON_PARSERS))
def test_json_formats_keep_no_state(name: str) -> None:
    parser = PARSERS[name]
    state = parser.initial()
    parser.parse(state, [Line("s", 0, 1, "p", b'{"a": 1}')])
    assert parser.dump(state) == {}
    assert parser.load({}) == state
    assert parser.tick(state, 10**15) == parser.finish(state)
    assert parser.finish(state).rows == []
