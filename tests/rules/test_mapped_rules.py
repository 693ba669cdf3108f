"""Rules in Sigma's names on records as their recorders write them: all parts agree."""

from dataclasses import dataclass

import orjson
import pytest

from foreseen.core.records import Line
from foreseen.parsers.registry import parser_named
from foreseen.rules import parse_rules
from foreseen.schema.arrow import EVENT_SCHEMA, batch_of

CREATED = {
    "Channel": "security",
    "EventID": 4688,
    "Provider_Name": "Microsoft-Windows-Security-Auditing",
    "Computer": "pc.example.com",
    "EventTime": "2026-01-02 03:04:05",
    "SubjectUserName": "PC$",
    "SubjectDomainName": "NT AUTHORITY",
    "SubjectLogonId": "0x3e7",
    "NewProcessId": "0x1f4",
    "NewProcessName": "C:\\Windows\\System32\\cmd.exe",
    "ProcessId": "0x64",
    "ParentProcessName": "C:\\Windows\\explorer.exe",
    "CommandLine": "cmd.exe /c whoami",
    "MandatoryLabel": "S-1-16-16384",
}
THREAT = {
    "Event": {
        "System": {
            "Provider": {"#attributes": {"Name": "Microsoft-Windows-Windows Defender"}},
            "EventID": 1116,
            "Channel": "Microsoft-Windows-Windows Defender/Operational",
            "Computer": "pc.example.com",
            "TimeCreated": {"#attributes": {"SystemTime": "2026-01-02T03:04:05Z"}},
        },
        "EventData": {
            "Threat Name": "HackTool:Win32/Example",
            "Path": "file:_C:\\t\\a.exe",
            "Source Name": "AMSI",
        },
    }
}
CALL = {
    "eventVersion": "1.08",
    "eventTime": "2026-01-02T03:04:05Z",
    "eventSource": "s3.amazonaws.com",
    "eventName": "PutBucketVersioning",
    "eventID": "11111111-2222-3333-4444-555555555555",
    "userAgent": "example/1",
    "userIdentity": {"type": "Root", "accountId": "111122223333"},
    "requestParameters": {"VersioningConfiguration": {"Status": "Suspended"}},
}
POD = {
    "kind": "Event",
    "apiVersion": "audit.k8s.io/v1",
    "auditID": "11111111-2222-3333-4444-555555555555",
    "stage": "ResponseComplete",
    "verb": "create",
    "stageTimestamp": "2026-01-02T03:04:05Z",
    "requestURI": "/api/v1/namespaces/kube-system/pods",
    "user": {"username": "someone"},
    "objectRef": {"resource": "pods", "namespace": "kube-system", "apiGroup": "apps"},
    "responseStatus": {"code": 403},
    "requestObject": {
        "spec": {
            "containers": [
                {"image": "a"},
                {"image": "b", "securityContext": {"capabilities": {"add": ["SYS_ADMIN"]}}},
            ],
            "volumes": [{"hostPath": {"path": "/"}}],
        }
    },
}
SERVED = {
    "category": "webserver",
    "time": "2026-01-02T03:04:05Z",
    "cs-method": "GET",
    "cs-uri-query": "/x?a=../../etc/passwd",
    "cs-user-agent": "scanner",
    "sc-status": 404,
}
FETCHED = {
    "category": "proxy",
    "time": "2026-01-02T03:04:05Z",
    "cs-method": "POST",
    "c-uri": "http://bad.example.com/a.exe",
    "c-useragent": "loader",
}
ASKED = {
    "category": "dns",
    "time": "2026-01-02T03:04:05Z",
    "query": "a.bad.example.com",
    "record_type": "TXT",
    "answer": "v=1",
}
STARTED = {
    "product": "linux",
    "category": "process_creation",
    "time": "2026-01-02T03:04:05Z",
    "Image": "/usr/bin/nc",
    "CommandLine": "nc -e /bin/sh",
    "ParentImage": "/bin/sh",
    "LogonId": "7",
}
CONNECTED = {
    "product": "linux",
    "category": "network_connection",
    "time": "2026-01-02T03:04:05Z",
    "Image": "/bin/bash",
    "Initiated": "true",
    "DestinationIp": "203.0.113.5",
    "DestinationPort": 4444,
    "DestinationHostname": "c2.example.com",
}
SAID = {
    "product": "linux",
    "service": "sshd",
    "time": "2026-01-02T03:04:05Z",
    "message": "error: buffer_get_ret: trying to get more bytes",
}
SIGNED_IN = {
    "product": "azure",
    "service": "signinlogs",
    "time": "2026-01-02T03:04:05Z",
    "ResultType": 50126,
    "Status": "Failure",
}


@dataclass(frozen=True)
class Promise:
    """A rule's log source and search, a record, and whether the rule labels it."""

    logsource: dict[str, str]
    search: object
    form: str
    record: object
    labels: bool = True


NETWORK = {"product": "windows", "category": "network_connection"}
PROCESS = {"product": "windows", "category": "process_creation"}
LINUX = {"product": "linux", "category": "network_connection"}
KUBERNETES = {"product": "kubernetes", "category": "application", "service": "audit"}
W, C, K, J = "windows_event", "cloudtrail", "k8s_audit", "json"

PROMISES = {
    "4688 image": Promise(
        PROCESS,
        {"Image|endswith": "\\cmd.exe", "ParentImage|endswith": "\\explorer.exe"},
        W,
        CREATED,
    ),
    "4688 user": Promise(PROCESS, {"User|contains": "AUTHORI", "LogonId": "0x3e7"}, W, CREATED),
    "4688 integrity": Promise(PROCESS, {"IntegrityLevel": ["System", "S-1-16-16384"]}, W, CREATED),
    "4688 number": Promise(PROCESS, {"ProcessId": "0x1f4"}, W, CREATED),
    "4688 creator": Promise(
        {"product": "windows", "service": "security"}, {"ProcessId": "0x64"}, W, CREATED
    ),
    "4688 id": Promise(
        {"product": "windows", "service": "security"}, {"EventID": 4688}, W, CREATED
    ),
    "4688 not in system": Promise(
        {"product": "windows", "service": "system"}, {"EventID": 4688}, W, CREATED, labels=False
    ),
    "defender": Promise(
        {"product": "windows", "service": "windefend"},
        {"Threat Name|contains": "HackTool", "SourceName": "AMSI"},
        W,
        THREAT,
    ),
    "antivirus": Promise(
        {"category": "antivirus"},
        {"Signature|contains": "HackTool", "Filename|endswith": ".exe"},
        W,
        THREAT,
    ),
    "cloudtrail call": Promise(
        {"product": "aws", "service": "cloudtrail"},
        {
            "eventSource": "s3.amazonaws.com",
            "eventName": "PutBucketVersioning",
            "requestParameters|contains": "Suspended",
            "userIdentity.type": "Root",
        },
        C,
        CALL,
    ),
    "cloudtrail no error": Promise(
        {"product": "aws", "service": "cloudtrail"}, {"errorCode": None}, C, CALL
    ),
    "kubernetes pod": Promise(
        KUBERNETES,
        {
            "verb": "create",
            "objectRef.resource": "pods",
            "hostPath": "*",
            "capabilities": "*",
            "apiGroup": "apps",
        },
        K,
        POD,
    ),
    "kubernetes code": Promise(
        {"product": "kubernetes", "service": "audit"}, {"responseStatus.code": [401, 403]}, K, POD
    ),
    "web query": Promise(
        {"category": "webserver"}, {"cs-uri-query|contains": "../", "sc-status": 404}, J, SERVED
    ),
    "web agent": Promise({"category": "webserver"}, {"c-useragent": "scanner"}, J, SERVED),
    "web is no proxy": Promise(
        {"category": "proxy"}, {"cs-method": "GET"}, J, SERVED, labels=False
    ),
    "proxy address": Promise(
        {"category": "proxy"}, {"c-uri|endswith": ".exe", "cs-user-agent": "loader"}, J, FETCHED
    ),
    "dns": Promise(
        {"category": "dns"},
        {"query|endswith": ".example.com", "record_type": "TXT", "answer": "v=1"},
        J,
        ASKED,
    ),
    "linux json": Promise(
        {"product": "linux", "category": "process_creation"},
        {
            "Image|endswith": "/nc",
            "CommandLine|contains": "-e",
            "ParentImage": "/bin/sh",
            "LogonId": 7,
        },
        J,
        STARTED,
    ),
    "linux json connection": Promise(
        LINUX,
        {
            "Initiated": "true",
            "DestinationHostname|endswith": ".example.com",
            "DestinationIp": "203.0.113.5",
            "DestinationPort": 4444,
        },
        J,
        CONNECTED,
    ),
    "linux is not windows": Promise(PROCESS, {"Image|endswith": "/nc"}, J, STARTED, labels=False),
    "sshd": Promise({"product": "linux", "service": "sshd"}, ["buffer_get_ret"], J, SAID),
    "sshd is not sudo": Promise(
        {"product": "linux", "service": "sudo"}, ["buffer_get_ret"], J, SAID, labels=False
    ),
    "azure": Promise(
        {"product": "azure", "service": "signinlogs"}, {"ResultType": 50126}, J, SIGNED_IN
    ),
}


@pytest.mark.parametrize("promise", PROMISES.values(), ids=PROMISES)
def test_rule_labels_the_record(promise: Promise) -> None:
    rule = {
        "title": "a rule",
        "name": "rule",
        "logsource": promise.logsource,
        "detection": {"search": promise.search, "condition": "search"},
    }
    rules = parse_rules([("rule.yml", orjson.dumps(rule).decode())])
    parser = parser_named(promise.form)
    line = Line("test", 0, 1, "record.json", orjson.dumps(promise.record))
    parsed = parser.parse(parser.initial(), [line])
    assert parsed.quarantined == []
    rows = [{**row.columns, "host": row.host, "time": row.time} for row in parsed.rows]
    expected = ["rule"] if promise.labels else []
    assert rules.label(batch_of(rows, EVENT_SCHEMA)).to_pylist() == [expected]
