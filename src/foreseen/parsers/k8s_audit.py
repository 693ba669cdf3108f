"""Kubernetes audit (audit.k8s.io): events, lists of them, and EKS's through CloudWatch Logs.

A field is in the column that `COLUMNS` names, else in `unmapped` under its dotted name; members of
the objects in a list share one name (`requestObject.spec.containers.image`: one text for each
container). Of the objects asked for as a whole only `requestObject` has its compact JSON text
beside its members. What an envelope says beside the event is `envelope.<name>`.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, cast

from foreseen.core.records import Line, Quarantined
from foreseen.parsers.json_claims import is_k8s_audit
from foreseen.parsers.json_flat import flatten, json_text, lift, places_of
from foreseen.parsers.json_lines import JsonFormat, JsonLinesParser, Record
from foreseen.parsers.json_records import Wrapped, quarantined_time, when
from foreseen.parsers.protocol import Row

#: Fields that are a column's text unchanged: the audit event's name to the column.
COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "verb": "api_operation",
        "stage": "event_type",
        "auditID": "original_uid",
        "requestURI": "http_url",
        "userAgent": "user_agent",
        "user.username": "user_name",
        "user.uid": "user_uid",
        "objectRef.resource": "resource_type",
        "objectRef.name": "resource_name",
        "objectRef.namespace": "resource_namespace",
        "responseStatus.reason": "error_code",
    }
)
WHOLE = "requestObject"
_PLACES = places_of(COLUMNS)
_KNOWN = re.compile(
    rb'\\?"(verb|auditID|objectRef|requestURI|requestReceivedTimestamp|stageTimestamp|sourceIPs'
    rb'|responseStatus)\\?"\s*:'
)
_GROUP = re.compile(rb'"apiVersion\\?"\s*:\s*\\?"audit\.k8s\.io/')
_NAMES = frozenset(("verb", "auditID", "objectRef", "requestURI", "stage"))
_FEWEST_NAMES = 2
_TIMES = ("stageTimestamp", "requestReceivedTimestamp")
_CLUSTER_LOG = re.compile(r"/aws/eks/([^/]+)/cluster")
_SERVICE_ACCOUNT = "system:serviceaccount:"

_API_ACTIVITY = 6003
_UNKNOWN, _SUCCESS, _FAILURE = 0, 1, 2
_FIRST_FAILURE, _LAST_CODE = 400, 999
_OTHER = 99
_ACTIVITIES = {
    "create": 1,
    "get": 2,
    "list": 2,
    "watch": 2,
    "update": 3,
    "patch": 3,
    "delete": 4,
    "deletecollection": 4,
}


def row_of(wrapped: Wrapped) -> Row | Quarantined:
    """Row of an audit event, which is taken apart."""
    line = wrapped.line
    time = when(wrapped, *_TIMES)
    if time is None:
        return quarantined_time(wrapped, *_TIMES)
    host = f"k8s/{_cluster(wrapped.envelope)}"
    columns = _columns(wrapped)
    user = str(columns.get("user_name") or "unknown")
    workload = f"{host}/{_role(user)}"
    return Row(line.source, line.offset, host, user, time, line.received, columns, workload)


def _cluster(envelope: Mapping[str, object] | None) -> str:
    """Name of the cluster where the log group says it; an audit event itself does not."""
    group = envelope.get("logGroup") if envelope else None
    named = _CLUSTER_LOG.fullmatch(group) if isinstance(group, str) else None
    return named[1] if named else "cluster"


def _role(user: str) -> str:
    """Role of a user: a service account by its namespace, all nodes one, else the user."""
    if user.startswith(_SERVICE_ACCOUNT):
        return "serviceaccount/" + user.removeprefix(_SERVICE_ACCOUNT).replace(":", "/", 1)
    return "node" if user.startswith("system:node:") else f"user/{user}"


def _columns(wrapped: Wrapped) -> dict[str, object]:
    record: dict[str, Any] = wrapped.record
    columns = lift(record, _PLACES)
    code = _code(record.get("responseStatus"))
    columns["class_uid"] = _API_ACTIVITY
    columns["activity_id"] = _ACTIVITIES.get(str(columns.get("api_operation")), _OTHER)
    columns["status_id"] = _status(code)
    columns["product"], columns["log_name"] = "kubernetes", "audit"
    if code is not None:
        columns["http_status"] = code
    addresses = record.get("sourceIPs")
    if isinstance(addresses, list) and addresses and isinstance(addresses[0], str):
        columns["src_ip"] = addresses[0]
    columns["raw"] = wrapped.raw
    unmapped = flatten(record)
    if isinstance(record.get(WHOLE), dict) and record[WHOLE]:
        unmapped[WHOLE] = json_text(record[WHOLE])
    if wrapped.envelope:
        flatten(wrapped.envelope, "envelope.", unmapped)
    columns["unmapped"] = unmapped
    return columns


def _code(status: object) -> int | None:
    """HTTP status of the answer, if there was one yet."""
    code = status.get("code") if isinstance(status, dict) else None
    if isinstance(code, str) and code.isdecimal() and len(code) <= len(str(_LAST_CODE)):
        code = int(code)
    if type(code) is not int or not 0 < code <= _LAST_CODE:
        return None
    return code


def _status(code: int | None) -> int:
    if code is None:
        return _UNKNOWN
    return _FAILURE if code >= _FIRST_FAILURE else _SUCCESS


def _read(line: Line, record: Record) -> Row | Quarantined:
    return row_of(Wrapped(line, cast("dict[str, Any]", record), line.data.decode()))


#: As one format among others: only what can be told from them.
K8S_AUDIT = JsonFormat("k8s_audit", is_k8s_audit, _read, row_of)


class K8sAuditParser(JsonLinesParser):
    """The parser of audit events; told so, it takes the barest for one."""

    def __init__(self) -> None:
        """One instance serves all sources: it has no state."""
        super().__init__(replace(K8S_AUDIT, claims=lambda record: not _NAMES.isdisjoint(record)))

    def sniff(self, head: Sequence[bytes]) -> bool:
        """Whether the lines, whole or parts of an indented document, are of this format."""
        return _looks_like(b"\n".join(head))

    def stands_alone(self, line: bytes) -> bool:
        """Whether the line begins as an object of this format."""
        return line.lstrip()[:1] == b"{" and _looks_like(line)


def _looks_like(text: bytes) -> bool:
    return _GROUP.search(text) is not None or len(set(_KNOWN.findall(text))) >= _FEWEST_NAMES
