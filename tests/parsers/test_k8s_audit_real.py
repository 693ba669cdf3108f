"""Audit events of others: understood where they are whole, and found by the names of rules."""

import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml

from foreseen.core.records import Line, Reason
from foreseen.parsers.k8s_audit import COLUMNS, K8sAuditParser
from foreseen.parsers.protocol import Parsed

PARSER = K8sAuditParser()
#: Names that rules use for something else: the rules' mapping says what (rules/mapping).
ALIASES = {
    "apiGroup": "objectRef.apiGroup",
    "capabilities": "requestObject.spec.containers.securityContext.capabilities.add",
    "hostPath": "requestObject.spec.volumes.hostPath.path",
}


def samples_of(folder: Path, name: str) -> list[Any]:
    path = folder / "samples" / "k8s_audit" / name
    return [orjson.loads(line)["log"] for line in path.read_bytes().splitlines()]


def parsed(records: list[Any], received: int | None = None) -> Parsed:
    lines = [
        Line("audit", number << 20, number, "audit.log", orjson.dumps(record), received)
        for number, record in enumerate(records)
    ]
    return PARSER.parse(None, lines)


def test_events_of_eks_are_rows_where_they_say_a_time(foreseen_data: Path) -> None:
    records = samples_of(foreseen_data, "panther_eks_tests.jsonl")
    result = parsed(records)
    assert (len(result.rows), len(result.quarantined)) == (16, 4)
    assert {one.reason for one in result.quarantined} == {Reason.BAD_TIME}
    assert len(parsed(records, received=1).rows) == len(records) == 20
    assert {row.columns["class_uid"] for row in result.rows} == {6003}


def test_events_without_times_are_rows_when_received(foreseen_data: Path) -> None:
    records = samples_of(foreseen_data, "panther_k8s_tests.jsonl")
    kubernetes = [record for record in records if {"verb", "objectRef"} & record.keys()]
    assert len(kubernetes) == 165
    rows = parsed(kubernetes, received=1).rows
    assert len(rows) == len(kubernetes)
    for record, row in zip(kubernetes, rows, strict=True):
        assert row.columns.get("api_operation") == record.get("verb")
        assert row.columns.get("resource_type") == record.get("objectRef", {}).get("resource")
        assert row.columns.get("http_status") == record.get("responseStatus", {}).get("code")


def test_events_of_other_clouds_are_not_taken_for_them(foreseen_data: Path) -> None:
    records = samples_of(foreseen_data, "panther_k8s_tests.jsonl")
    others = [record for record in records if {"protoPayload", "category"} & record.keys()]
    assert len(others) > 60
    assert parsed(others, received=1).rows == []


def test_the_golden_pair_of_ocsf_agrees(foreseen_data: Path) -> None:
    folder = foreseen_data / "samples/ocsf_examples/AWS/v1.5.0/EKS Audit Logs/samples"
    golden = (folder / "eks.ocsf").read_text()  # no valid JSON, so searched as a text
    line = Line("s", 0, 1, "s", (folder / "eks.raw").read_bytes())
    (row,) = PARSER.parse(None, [line]).rows
    columns = row.columns
    assert f'"time": {row.time},' in golden
    for name in ("class_uid", "activity_id"):
        assert f'"{name}": {columns[name]},' in golden
    for name, column in (("operation", "api_operation"), ("ip", "src_ip"), ("uid", "user_uid")):
        assert f'"{name}": "{columns[column]}"' in golden
    assert f'"name": "{columns["user_name"]}"' in golden
    assert f'"user_agent": "{columns["user_agent"]}"' in golden


@pytest.fixture(scope="module")
def asked(foreseen_data: Path) -> set[str]:
    """Field names of SigmaHQ's rules for Kubernetes audit, without modifiers."""
    fields: set[str] = set()
    with tarfile.open(foreseen_data / "sigmahq" / "rules-8eaafff1.tar.xz") as rules:
        for member in rules:
            if "/kubernetes/" in member.name and member.name.endswith(".yml"):
                text = rules.extractfile(member)
                assert text is not None
                rule = yaml.safe_load(text)
                if rule["logsource"].get("product") == "kubernetes":
                    fields |= set(_named(rule["detection"]))
    return fields


def _named(detection: dict[str, Any]) -> Iterator[str]:
    for search in detection.values():
        if isinstance(search, dict):
            yield from (name.partition("|")[0] for name in search)


def test_fields_of_sigmahq_rules_are_found(asked: set[str]) -> None:
    pod = {
        "containers": [{"securityContext": {"capabilities": {"add": ["SYS_ADMIN"]}}}],
        "volumes": [{"hostPath": {"path": "/"}}],
    }
    event = {
        "verb": "create",
        "userAgent": "kubectl",
        "requestURI": "/api/v1/pods",
        "stageTimestamp": "2026-03-04T05:06:07Z",
        "responseStatus": {"code": 201},
        "objectRef": {
            "resource": "pods",
            "subresource": "exec",
            "namespace": "kube-system",
            "apiGroup": "apps",
        },
        "requestObject": {"spec": pod},
    }
    (row,) = parsed([event]).rows
    unmapped = row.columns["unmapped"]
    assert isinstance(unmapped, dict)
    found = unmapped.keys() | {name for name, column in COLUMNS.items() if column in row.columns}
    assert len(asked) > 8
    assert {ALIASES.get(name, name) for name in asked} <= found
    assert asked - found == ALIASES.keys()
