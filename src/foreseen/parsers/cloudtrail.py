"""AWS CloudTrail: records, files of records, and both as EventBridge and CloudWatch send them.

A field is in the column that `COLUMNS` names, else in `unmapped` under its dotted name. An object
asked for as a whole (`requestParameters|contains`) is answered for those of `WHOLE`: beside its
members, their compact JSON text stands under the object's own name. What an envelope says beside
the record is `envelope.<name>`.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, cast

from foreseen.core.records import Line, Quarantined
from foreseen.parsers.cloudtrail_calls import activity_of, status_of
from foreseen.parsers.cloudtrail_principals import account_of, principal_of
from foreseen.parsers.json_claims import is_cloudtrail
from foreseen.parsers.json_flat import flatten, json_text, lift, places_of
from foreseen.parsers.json_lines import JsonFormat, JsonLinesParser, Record
from foreseen.parsers.json_records import Wrapped, quarantined_time, when
from foreseen.parsers.protocol import Row

#: Fields that are a column's text unchanged: CloudTrail's name to the column.
COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "eventSource": "api_service",
        "eventName": "api_operation",
        "eventType": "event_type",
        "errorCode": "error_code",
        "sourceIPAddress": "src_ip",
        "userAgent": "user_agent",
        "awsRegion": "cloud_region",
        "recipientAccountId": "cloud_account",
        "eventID": "original_uid",
        "userIdentity.userName": "user_name",
        "userIdentity.arn": "user_uid",
        "userIdentity.accessKeyId": "session_uid",
    }
)
#: Objects whose compact JSON text is kept beside their members.
WHOLE = ("requestParameters", "responseElements", "additionalEventData", "serviceEventDetails")
_PLACES = places_of(COLUMNS)
_KNOWN = re.compile(
    rb'\\?"(eventVersion|eventSource|eventName|eventID|eventType|awsRegion|userIdentity'
    rb'|sourceIPAddress|recipientAccountId)\\?"\s*:'
)
_NAMES = frozenset(("eventName", "eventSource", "eventID", "eventType", "userIdentity"))
_S3_NOTIFICATION = re.compile(rb'"eventSource"\s*:\s*"aws:')
_FEWEST_NAMES = 2


def row_of(wrapped: Wrapped) -> Row | Quarantined:
    """Row of a CloudTrail record, which is taken apart."""
    record, line = wrapped.record, wrapped.line
    time = when(wrapped, "eventTime")
    if time is None:
        return quarantined_time(wrapped, "eventTime")
    host = f"aws/{account_of(record)}"
    session, role = principal_of(record.get("userIdentity"))
    columns = _columns(wrapped)
    return Row(
        line.source, line.offset, host, session, time, line.received, columns, f"{host}/{role}"
    )


def _columns(wrapped: Wrapped) -> dict[str, object]:
    record = wrapped.record
    columns = lift(record, _PLACES)
    service, operation = str(columns.get("api_service", "")), str(columns.get("api_operation", ""))
    columns["class_uid"], columns["activity_id"] = activity_of(service, operation)
    columns["status_id"] = status_of(record, columns.get("error_code"), operation)
    columns["product"] = columns["log_name"] = "cloudtrail"
    columns["raw"] = wrapped.raw
    unmapped = flatten(record)
    for name in WHOLE:
        if isinstance(record.get(name), dict) and record[name]:
            unmapped[name] = json_text(record[name])
    if wrapped.envelope:
        flatten(wrapped.envelope, "envelope.", unmapped)
    columns["unmapped"] = unmapped
    return columns


def _read(line: Line, record: Record) -> Row | Quarantined:
    return row_of(Wrapped(line, cast("dict[str, Any]", record), line.data.decode()))


#: As one format among others: only what can be told from them.
CLOUDTRAIL = JsonFormat("cloudtrail", is_cloudtrail, _read, row_of)


class CloudTrailParser(JsonLinesParser):
    """The parser of CloudTrail records; told so, it takes the barest for one."""

    def __init__(self) -> None:
        """One instance serves all sources: it has no state."""
        super().__init__(replace(CLOUDTRAIL, claims=lambda record: not _NAMES.isdisjoint(record)))

    def sniff(self, head: Sequence[bytes]) -> bool:
        """Whether the lines, whole or parts of an indented document, are of this format."""
        return _looks_like(b"\n".join(head))

    def stands_alone(self, line: bytes) -> bool:
        """Whether the line begins as an object of this format."""
        return line.lstrip()[:1] == b"{" and _looks_like(line)


def _looks_like(text: bytes) -> bool:
    if _S3_NOTIFICATION.search(text):
        return False
    return len(set(_KNOWN.findall(text))) >= _FEWEST_NAMES
