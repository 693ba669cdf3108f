"""Kubernetes audit events of our own: where each field goes, and bad input."""

from typing import Any, cast

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foreseen.core.records import Line, Reason
from foreseen.parsers.cloudtrail import CloudTrailParser
from foreseen.parsers.k8s_audit import COLUMNS, K8S_AUDIT, K8sAuditParser
from foreseen.parsers.protocol import Parsed, Row
from foreseen.schema.arrow import EVENT_SCHEMA, batch_of
from foreseen.schema.columns import PARSED

PARSER = K8sAuditParser()
POD = {
    "kind": "Pod",
    "spec": {
        "containers": [
            {"image": "a:1", "securityContext": {"privileged": True}},
            {"image": "b:2", "securityContext": {"capabilities": {"add": ["SYS_ADMIN"]}}},
            {"image": "c:3", "securityContext": {"privileged": False}},
        ],
        "volumes": [{"name": "root", "hostPath": {"path": "/"}}, {"name": "t", "emptyDir": {}}],
    },
}
EVENT: dict[str, Any] = {
    "kind": "Event",
    "apiVersion": "audit.k8s.io/v1",
    "level": "Request",
    "auditID": "0c4f7b3e-0000-4000-8000-000000000001",
    "stage": "ResponseComplete",
    "requestURI": "/api/v1/namespaces/shop/pods?fieldManager=kubectl",
    "verb": "create",
    "user": {
        "username": "system:serviceaccount:shop:deployer",
        "uid": "u-1",
        "groups": ["system:serviceaccounts", "system:authenticated"],
    },
    "sourceIPs": ["192.0.2.9", "198.51.100.1"],
    "userAgent": "kubectl/v1.30.0",
    "objectRef": {
        "resource": "pods",
        "namespace": "shop",
        "name": "web",
        "apiVersion": "v1",
        "subresource": "exec",
    },
    "responseStatus": {"metadata": {}, "code": 201},
    "requestObject": POD,
    "requestReceivedTimestamp": "2026-03-04T05:06:07.100000Z",
    "stageTimestamp": "2026-03-04T05:06:07.891234Z",
    "annotations": {"authorization.k8s.io/decision": "allow"},
}


def parsed(*documents: object, received: int | None = None) -> Parsed:
    lines, offset = [], 0
    for number, document in enumerate(documents, 1):
        data = document if isinstance(document, bytes) else orjson.dumps(document)
        lines.append(Line("audit", offset, number, "audit.log", data, received))
        offset += len(data) + 1
    result = PARSER.parse(None, lines)
    batch_of([row.columns for row in result.rows], EVENT_SCHEMA)
    return result


def row(**changes: object) -> Row:
    result = parsed({**EVENT, **changes})
    assert result.quarantined == []
    (one,) = result.rows
    return one


def unmapped(one: Row) -> dict[str, object]:
    return cast("dict[str, object]", one.columns["unmapped"])


def test_each_field_is_in_one_place() -> None:
    one = row()
    assert {name: one.columns.get(column) for name, column in COLUMNS.items()} == {
        "verb": "create",
        "stage": "ResponseComplete",
        "auditID": "0c4f7b3e-0000-4000-8000-000000000001",
        "requestURI": "/api/v1/namespaces/shop/pods?fieldManager=kubectl",
        "userAgent": "kubectl/v1.30.0",
        "user.username": "system:serviceaccount:shop:deployer",
        "user.uid": "u-1",
        "objectRef.resource": "pods",
        "objectRef.name": "web",
        "objectRef.namespace": "shop",
        "responseStatus.reason": None,
    }
    assert unmapped(one) == {
        "kind": "Event",
        "apiVersion": "audit.k8s.io/v1",
        "level": "Request",
        "user.groups": ["system:serviceaccounts", "system:authenticated"],
        "sourceIPs": ["192.0.2.9", "198.51.100.1"],
        "objectRef.apiVersion": "v1",
        "objectRef.subresource": "exec",
        "responseStatus.metadata": None,
        "responseStatus.code": "201",
        "requestObject": orjson.dumps(POD).decode(),
        "requestObject.kind": "Pod",
        "requestObject.spec.containers.image": ["a:1", "b:2", "c:3"],
        "requestObject.spec.containers.securityContext.privileged": ["true", "false"],
        "requestObject.spec.containers.securityContext.capabilities.add": ["SYS_ADMIN"],
        "requestObject.spec.volumes.name": ["root", "t"],
        "requestObject.spec.volumes.hostPath.path": "/",
        "requestObject.spec.volumes.emptyDir": None,
        "requestReceivedTimestamp": "2026-03-04T05:06:07.100000Z",
        "stageTimestamp": "2026-03-04T05:06:07.891234Z",
        "annotations.authorization.k8s.io/decision": "allow",
    }


def test_what_has_another_form_in_a_column_keeps_its_text() -> None:
    columns = row().columns
    assert columns["http_status"] == 201
    assert columns["src_ip"] == "192.0.2.9"
    assert (columns["product"], columns["log_name"]) == ("kubernetes", "audit")
    assert orjson.loads(str(columns["raw"])) == EVENT


def test_the_inverse_is_one_to_one_and_names_columns() -> None:
    assert len(set(COLUMNS.values())) == len(COLUMNS)
    assert set(COLUMNS.values()) <= {each.name for each in PARSED if each.kind == "string"}


def test_it_happened_when_the_stage_was_reached() -> None:
    assert row().time == 1772600767891
    assert row(stageTimestamp=None).time == 1772600767100


@pytest.mark.parametrize(
    ("verb", "activity"),
    [
        ("create", 1),
        ("get", 2),
        ("list", 2),
        ("watch", 2),
        ("update", 3),
        ("patch", 3),
        ("delete", 4),
        ("deletecollection", 4),
        ("impersonate", 99),
        (7, 99),
    ],
)
def test_activity_follows_the_verb(verb: object, activity: int) -> None:
    columns = row(verb=verb).columns
    assert (columns["class_uid"], columns["activity_id"]) == (6003, activity)


@pytest.mark.parametrize(
    ("answer", "status", "code"),
    [
        ({"code": 200}, 1, 200),
        ({"code": 399}, 1, 399),
        ({"code": 403, "reason": "Forbidden"}, 2, 403),
        ({"code": "500"}, 2, 500),
        ({}, 0, None),
        (None, 0, None),
        ({"code": True}, 0, None),
        ({"code": 1 << 63}, 0, None),
        ({"code": "\u00b2"}, 0, None),
        ("200", 0, None),
    ],
)
def test_status_follows_the_answers_code(answer: object, status: int, code: int | None) -> None:
    columns = row(responseStatus=answer).columns
    assert (columns["status_id"], columns.get("http_status")) == (status, code)


def test_the_reason_of_a_refusal_is_its_error() -> None:
    refused = row(responseStatus={"code": 403, "reason": "Forbidden"})
    assert refused.columns["error_code"] == "Forbidden"


@pytest.mark.parametrize(
    ("user", "role"),
    [
        ("system:serviceaccount:shop:deployer", "serviceaccount/shop/deployer"),
        ("system:node:ip-192-0-2-1.example.com", "node"),
        ("system:anonymous", "user/system:anonymous"),
        ("alice@example.com", "user/alice@example.com"),
    ],
)
def test_a_user_is_the_stream_and_its_role_the_workload(user: str, role: str) -> None:
    one = row(user={"username": user})
    assert (one.host, one.boot, one.workload) == ("k8s/cluster", user, f"k8s/cluster/{role}")
    assert "user" not in unmapped(one)


def test_lists_of_events_and_cloudwatch_messages_are_unpacked() -> None:
    listed = {"kind": "EventList", "apiVersion": "audit.k8s.io/v1", "items": [EVENT, EVENT]}
    message = {
        "messageType": "DATA_MESSAGE",
        "logGroup": "/aws/eks/prod-1/cluster",
        "logStream": "kube-apiserver-audit-1",
        "logEvents": [{"id": "1", "timestamp": 5, "message": orjson.dumps(EVENT).decode()}],
    }
    plain, first, second, subscribed = parsed(EVENT, listed, message).rows
    assert {**first.columns, "unmapped": None} == {**plain.columns, "unmapped": None}
    assert second.offset == first.offset + 1
    assert unmapped(first)["envelope.kind"] == "EventList"
    assert (subscribed.host, subscribed.boot) == ("k8s/prod-1", plain.boot)
    assert subscribed.workload == "k8s/prod-1/serviceaccount/shop/deployer"
    assert unmapped(subscribed)["envelope.logStream"] == "kube-apiserver-audit-1"


def test_other_logs_of_the_same_group_are_quarantined() -> None:
    texts = ["I0304 05:06:07.891 1 controller.go:1] synced", orjson.dumps(EVENT).decode()]
    events = [{"id": str(place), "message": text} for place, text in enumerate(texts)]
    result = parsed({"messageType": "DATA_MESSAGE", "logEvents": events})
    assert [one.reason for one in result.quarantined] == [Reason.NOT_THIS_FORMAT]
    assert len(result.rows) == 1


def test_without_any_time_an_event_happened_when_it_was_received() -> None:
    bare = {"verb": "get", "objectRef": {"resource": "secrets"}}
    (one,) = parsed(bare).quarantined
    assert one.reason is Reason.BAD_TIME
    assert parsed(bare, received=7).rows[0].time == 7


@pytest.mark.parametrize("time", ["soon", 5, [], "2026-03-04"])
def test_a_time_that_is_none_is_named(time: object) -> None:
    event = {**EVENT, "stageTimestamp": time, "requestReceivedTimestamp": None}
    (one,) = parsed(event, received=7).quarantined
    assert one.reason is Reason.BAD_TIME
    assert "stageTimestamp" in one.detail


@pytest.mark.parametrize(
    "data", [b"", b" ", b"{", b"[]", b"9", b'{"kind":"Pod"}', b"\xff\xfe{", b'{"items":1}']
)
def test_what_is_no_event_is_quarantined_or_blank(data: bytes) -> None:
    result = parsed(data)
    assert result.rows == []
    assert len(result.quarantined) == (1 if data.strip() else 0)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 63), (1 << 64) - 1) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["code", "username", "resource"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(sorted(EVENT)), VALUES))
def test_wrong_types_everywhere_are_a_row_or_quarantined(changes: dict[str, object]) -> None:
    result = parsed({**EVENT, **changes})
    assert len(result.rows) + len(result.quarantined) == 1


def test_deep_and_wide_objects_are_one_row() -> None:
    nested = b'{"a":' * 200 + b"1" + b"}" * 200
    deep = orjson.dumps(EVENT)[:-1] + b',"responseObject":' + nested + b"}"
    wide = {**EVENT, "responseObject": {f"k{number}": 1 for number in range(100_000)}}
    first, second = parsed(deep, wide).rows
    assert any(name.startswith("responseObject.a.a") for name in unmapped(first))
    assert orjson.loads(str(unmapped(second)["responseObject"])) == wide["responseObject"]


@pytest.mark.parametrize(
    "head",
    [
        [orjson.dumps(EVENT)],
        orjson.dumps(EVENT, option=orjson.OPT_INDENT_2).split(b"\n"),
        [b'{"kind":"EventList","apiVersion":"audit.k8s.io/v1","items":[]}'],
        [b'{"verb": "list", "objectRef": {"resource": "secrets"}}'],
        [orjson.dumps({"messageType": "DATA_MESSAGE", "m": orjson.dumps(EVENT).decode()})],
    ],
)
def test_audit_events_are_recognised(head: list[bytes]) -> None:
    assert PARSER.sniff(head)
    assert not CloudTrailParser().sniff(head)


def test_other_objects_are_not_claimed() -> None:
    assert K8S_AUDIT.claims(EVENT)
    assert not K8S_AUDIT.claims({"kind": "Event", "message": "pulled"})
    assert not PARSER.sniff([b'{"kind":"Event","reason":"Pulled"}', b"type=SYSCALL"])
