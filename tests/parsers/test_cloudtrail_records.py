"""CloudTrail records of our own: where each field goes, and what the call was."""

from typing import Any, cast

import orjson
import pytest

from foreseen.core.records import Line, Reason
from foreseen.parsers.cloudtrail import CLOUDTRAIL, COLUMNS, WHOLE, CloudTrailParser
from foreseen.parsers.protocol import Parsed, Row
from foreseen.schema.columns import PARSED

PARSER = CloudTrailParser()
USER = {
    "type": "IAMUser",
    "principalId": "AIDAEXAMPLE",
    "arn": "arn:aws:iam::111122223333:user/alice",
    "accountId": "111122223333",
    "accessKeyId": "AKIAEXAMPLE",
    "userName": "alice",
}
RECORD: dict[str, Any] = {
    "eventVersion": "1.09",
    "userIdentity": USER,
    "eventTime": "2026-03-04T05:06:07Z",
    "eventSource": "iam.amazonaws.com",
    "eventName": "PutUserPolicy",
    "awsRegion": "us-east-1",
    "sourceIPAddress": "192.0.2.7",
    "userAgent": "aws-cli/2.0",
    "requestParameters": {
        "userName": "bob",
        "policyDocument": '{"Statement":[{"Effect":"Allow"}]}',
    },
    "responseElements": None,
    "eventID": "5d3c0b6a-0000-4000-8000-000000000001",
    "readOnly": False,
    "eventType": "AwsApiCall",
    "recipientAccountId": "111122223333",
}


def parsed(*documents: object) -> Parsed:
    lines, offset = [], 0
    for number, document in enumerate(documents, 1):
        data = document if isinstance(document, bytes) else orjson.dumps(document)
        lines.append(Line("trail", offset, number, "trail.json", data))
        offset += len(data) + 1
    return PARSER.parse(None, lines)


def row(**changes: object) -> Row:
    result = parsed({**RECORD, **changes})
    assert result.quarantined == []
    (one,) = result.rows
    return one


def unmapped(one: Row) -> dict[str, object]:
    return cast("dict[str, object]", one.columns["unmapped"])


def test_each_field_is_in_one_place() -> None:
    one = row()
    kept = unmapped(one)
    assert {name: one.columns.get(column) for name, column in COLUMNS.items()} == {
        "eventSource": "iam.amazonaws.com",
        "eventName": "PutUserPolicy",
        "eventType": "AwsApiCall",
        "errorCode": None,
        "sourceIPAddress": "192.0.2.7",
        "userAgent": "aws-cli/2.0",
        "awsRegion": "us-east-1",
        "recipientAccountId": "111122223333",
        "eventID": "5d3c0b6a-0000-4000-8000-000000000001",
        "userIdentity.userName": "alice",
        "userIdentity.arn": "arn:aws:iam::111122223333:user/alice",
        "userIdentity.accessKeyId": "AKIAEXAMPLE",
    }
    assert kept == {
        "eventVersion": "1.09",
        "eventTime": "2026-03-04T05:06:07Z",
        "userIdentity.type": "IAMUser",
        "userIdentity.principalId": "AIDAEXAMPLE",
        "userIdentity.accountId": "111122223333",
        "requestParameters.userName": "bob",
        "requestParameters.policyDocument": '{"Statement":[{"Effect":"Allow"}]}',
        "requestParameters": orjson.dumps(RECORD["requestParameters"]).decode(),
        "responseElements": None,
        "readOnly": "false",
    }


def test_the_inverse_is_one_to_one_and_names_columns() -> None:
    assert len(set(COLUMNS.values())) == len(COLUMNS)
    texts = {column.name for column in PARSED if column.kind == "string"}
    assert set(COLUMNS.values()) <= texts


def test_time_recorder_log_and_raw_are_said() -> None:
    one = row()
    assert one.time == 1772600767000
    assert one.columns["product"] == one.columns["log_name"] == "cloudtrail"
    assert orjson.loads(str(one.columns["raw"])) == RECORD


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("2026-03-04T05:06:07.891Z", 1772600767891),
        ("2026-03-04T06:06:07+01:00", 1772600767000),
        ("2026-03-04 05:06:07.891234567", 1772600767891),
        ("1970-01-01T00:00:00Z", 0),
    ],
)
def test_times_are_ms_utc(text: str, milliseconds: int) -> None:
    assert row(eventTime=text).time == milliseconds


@pytest.mark.parametrize(
    ("service", "name", "expected"),
    [
        ("ec2", "RunInstances", (6003, 1)),
        ("s3", "CreateBucket", (6003, 1)),
        ("ec2", "DescribeVpcs", (6003, 2)),
        ("secretsmanager", "BatchGetSecretValue", (6003, 2)),
        ("lambda", "UpdateFunctionCode20150331v2", (6003, 3)),
        ("cloudtrail", "StopLogging", (6003, 3)),
        ("ec2", "TerminateInstances", (6003, 4)),
        ("ssm", "SendCommand", (6003, 99)),
        ("kms", "Decrypt", (6003, 99)),
        ("iam", "CreateUser", (3001, 1)),
        ("iam", "ChangePassword", (3001, 3)),
        ("iam", "UpdateLoginProfile", (3001, 4)),
        ("iam", "DeleteRole", (3001, 6)),
        ("iam", "AttachRolePolicy", (3001, 7)),
        ("iam", "DeleteUserPolicy", (3001, 8)),
        ("iam", "EnableMFADevice", (3001, 10)),
        ("iam", "DeactivateMFADevice", (3001, 11)),
        ("iam", "CreateAccessKey", (3001, 99)),
        ("iam", "CreateGroup", (6003, 1)),
        ("transfer", "CreateUser", (6003, 1)),
        ("signin", "ConsoleLogin", (3002, 1)),
        ("signin", "CheckMfa", (3002, 99)),
        ("signin", "SwitchRole", (3002, 7)),
        ("sts", "AssumeRoleWithSAML", (3002, 1)),
        ("sts", "GetCallerIdentity", (6003, 2)),
        ("odd", "lowerCase", (6003, 99)),
    ],
)
def test_class_and_activity_follow_the_call(
    service: str, name: str, expected: tuple[int, int]
) -> None:
    columns = row(eventSource=f"{service}.amazonaws.com", eventName=name).columns
    assert (columns["class_uid"], columns["activity_id"]) == expected


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, 1),
        ({"errorCode": "AccessDenied"}, 2),
        ({"errorCode": None}, 1),
        ({"errorCode": "Success"}, 1),
        ({"eventName": "ConsoleLogin", "responseElements": {"ConsoleLogin": "Failure"}}, 2),
        ({"eventName": "ConsoleLogin", "responseElements": {"ConsoleLogin": "Success"}}, 1),
        ({"eventName": "CredentialChallenge", "serviceEventDetails": {"x": "Failure"}}, 1),
        (
            {
                "eventName": "CredentialChallenge",
                "serviceEventDetails": {"CredentialChallenge": "Failure"},
            },
            2,
        ),
    ],
)
def test_status_is_failure_when_the_record_says_so(changes: dict[str, object], status: int) -> None:
    assert row(**changes).columns["status_id"] == status


ASSUMED = {
    "type": "AssumedRole",
    "principalId": "AROAEXAMPLE:i-0abc",
    "arn": "arn:aws:sts::111122223333:assumed-role/Deploy/i-0abc",
    "sessionContext": {"sessionIssuer": {"type": "Role", "userName": "Deploy"}},
}


@pytest.mark.parametrize(
    ("identity", "session", "role"),
    [
        (USER, USER["arn"], "user/alice"),
        (ASSUMED, ASSUMED["arn"], "role/Deploy"),
        ({"arn": ASSUMED["arn"]}, ASSUMED["arn"], "role/Deploy"),
        ({"type": "AssumedRole", "principalId": "A:s"}, "A:s", "role/unknown"),
        ({"type": "Root", "arn": "arn:aws:iam::1:root"}, "arn:aws:iam::1:root", "root"),
        (
            {"type": "AWSService", "invokedBy": "e.example.com"},
            "service/e.example.com",
            "service/e.example.com",
        ),
        (
            {"accountId": "1", "invokedBy": "x.example.com"},
            "service/x.example.com",
            "service/x.example.com",
        ),
        (
            {"type": "AWSAccount", "accountId": "444455556666", "principalId": "P"},
            "P",
            "account/444455556666",
        ),
        ({"type": "IdentityCenterUser", "onBehalfOf": {"userId": "u-1"}}, "user/u-1", "user/u-1"),
        (
            {"type": "FederatedUser", "arn": "arn:aws:sts::1:federated-user/eve"},
            "arn:aws:sts::1:federated-user/eve",
            "user/eve",
        ),
        ({}, "unknown", "unknown"),
        (None, "unknown", "unknown"),
        ("alice", "unknown", "unknown"),
    ],
)
def test_a_session_is_the_stream_and_its_role_the_workload(
    identity: object, session: str, role: str
) -> None:
    one = row(userIdentity=identity)
    assert (one.host, one.boot) == ("aws/111122223333", session)
    assert one.workload == f"aws/111122223333/{role}"


def test_without_a_trail_account_the_callers_stands_in() -> None:
    record = {name: value for name, value in RECORD.items() if name != "recipientAccountId"}
    assert parsed(record).rows[0].host == "aws/111122223333"


def test_objects_asked_as_a_whole_are_compact_json_beside_their_members() -> None:
    whole = {"a": {"b": ["Suspended", 1]}}
    kept = unmapped(row(**dict.fromkeys(WHOLE, whole)))
    for name in WHOLE:
        assert kept[name] == '{"a":{"b":["Suspended",1]}}'
        assert kept[f"{name}.a.b"] == ["Suspended", "1"]


def test_a_json_null_is_present_and_an_absent_field_is_not() -> None:
    kept = unmapped(row(errorCode=None, userAgent=None))
    assert kept["errorCode"] is None
    assert kept["userAgent"] is None
    assert "errorMessage" not in kept


def test_a_file_of_records_gives_rows_with_places_of_their_own() -> None:
    records = [{**RECORD, "eventID": str(number)} for number in range(3)]
    (one,) = parsed({"Records": records[:1]}).rows
    assert one.columns["raw"] == orjson.dumps(records[0]).decode()
    rows = parsed(RECORD, {"Records": records}, records).rows
    assert [each.columns["original_uid"] for each in rows[1:]] == ["0", "1", "2"] * 2
    assert len({each.offset for each in rows}) == 7


def test_eventbridge_and_cloudwatch_wrap_the_same_record() -> None:
    bridge = {"version": "0", "detail-type": "AWS API Call via CloudTrail", "detail": RECORD}
    message = {
        "messageType": "DATA_MESSAGE",
        "owner": "111122223333",
        "logGroup": "trail",
        "logEvents": [{"id": "7", "timestamp": 1, "message": orjson.dumps(RECORD).decode()}],
    }
    plain, bridged, subscribed = parsed(RECORD, bridge, message).rows
    expected = {**plain.columns, "unmapped": None}
    assert {**bridged.columns, "unmapped": None} == expected
    assert {**subscribed.columns, "unmapped": None} == expected
    assert unmapped(bridged) == {
        **unmapped(plain),
        "envelope.version": "0",
        "envelope.detail-type": "AWS API Call via CloudTrail",
    }
    assert unmapped(subscribed) == {
        **unmapped(plain),
        "envelope.messageType": "DATA_MESSAGE",
        "envelope.owner": "111122223333",
        "envelope.logGroup": "trail",
        "envelope.id": "7",
        "envelope.timestamp": "1",
    }


def test_a_bad_member_of_a_document_leaves_the_others() -> None:
    result = parsed({"Records": [RECORD, 5, {**RECORD, "eventTime": "soon"}, RECORD]})
    assert len(result.rows) == 2
    assert [(one.line.offset, one.reason) for one in result.quarantined] == [
        (1, Reason.NOT_THIS_FORMAT),
        (2, Reason.BAD_TIME),
    ]
    assert result.quarantined[0].line.data == b"5"


@pytest.mark.parametrize(
    "head",
    [
        [orjson.dumps(RECORD)],
        [orjson.dumps({"Records": [RECORD]})],
        orjson.dumps({"Records": [RECORD]}, option=orjson.OPT_INDENT_2).split(b"\n"),
        [
            b'{"detail-type": "AWS API Call via CloudTrail", "detail": '
            + orjson.dumps(RECORD)
            + b"}"
        ],
        [b'{"eventSource": "s3.amazonaws.com", "eventName": "ListBuckets"}'],
    ],
)
def test_cloudtrail_is_recognised(head: list[bytes]) -> None:
    assert PARSER.sniff(head)


@pytest.mark.parametrize(
    "line",
    [
        b"type=SYSCALL msg=audit(1.2:3): x",
        b'{"kind":"Event","verb":"get","eventName":"x"}',
        b'{"Records":[{"eventSource":"aws:s3","eventName":"ObjectCreated:Put","awsRegion":"x"}]}',
        rb'{"EventID":4688,"CommandLine":"echo {\"eventName\" \"awsRegion\"}"}',
        b"",
    ],
)
def test_other_formats_are_not_taken_for_it(line: bytes) -> None:
    assert not PARSER.sniff([line])
    assert not PARSER.stands_alone(line)


def test_as_one_format_among_others_it_claims_its_records_only() -> None:
    assert CLOUDTRAIL.claims(RECORD)
    assert not CLOUDTRAIL.claims({"eventName": "x", "verb": "get"})
