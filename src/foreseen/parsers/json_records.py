"""Lines of JSON to the records in them, out of the documents that carry several or wrap one.

Understood are a record itself, a list of records, `{"Records": [...]}` (CloudTrail's files),
`{"kind": "EventList", "items": [...]}` (Kubernetes' audit webhook), an EventBridge event with the
record under `detail`, and a message of a CloudWatch Logs subscription with records as texts.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from json import JSONDecodeError, loads

import orjson

from foreseen.core.records import Line, Quarantined, Reason
from foreseen.parsers.json_flat import json_text

_ESCAPE = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}(\\u[dD][c-fC-F][0-9a-fA-F]{2})?"
    r"|u([dD][c-fC-F][0-9a-fA-F]{2})|.)"
)
_SHORTEST_TIME = len("2026-01-01T00:00:00")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
#: Field that holds a document's records, and one that such a document has.
_LISTS = (("Records", "Records"), ("items", "kind"), ("logEvents", "messageType"))


@dataclass(slots=True)
class Wrapped:
    """A record and where it came from.

    Attributes:
        line: The line of it alone: of the members of a document each has its own offset.
        record: The JSON object, fresh: the parser may take it apart.
        raw: Its text, as it came or, out of a document, written again.
        envelope: What the document says beside its records.
    """

    line: Line
    record: dict[str, object]
    raw: str
    envelope: dict[str, object] | None = None


def records_of(line: Line) -> Iterator[Wrapped | Quarantined]:
    """The records of a line of JSON, or why there is none; of a blank line nothing."""
    if not line.data or line.data.isspace():
        return
    try:
        value = read_json(line.data)
    except ValueError as error:
        yield Quarantined(line, _why(line.data, error), str(error))
        return
    members = _members(value)
    if members is not None:
        yield from _of_document(line, *members)
    elif isinstance(value, dict):
        yield Wrapped(line, value, line.data.decode())
    else:
        yield Quarantined(line, Reason.NOT_THIS_FORMAT, "expected a JSON object")


def read_json(data: bytes) -> object:
    """The value of a JSON text.

    Half of a surrogate pair becomes U+FFFD and a number that no float holds stays a text: they are
    valid JSON, and a record that has one must not escape the rules.

    Raises:
        ValueError: It is no JSON, is not UTF-8, or is nested deeper than can be read.
    """
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as refused:
        try:
            text = _ESCAPE.sub(_paired, data.decode())
            return loads(text, parse_int=_integer, parse_float=_real, parse_constant=str)
        except (JSONDecodeError, UnicodeDecodeError, RecursionError):
            raise refused from None


def time_of(value: object) -> int | None:
    """An ISO 8601 time stamp in ms UTC (UTC where it names no zone); null if it is none."""
    return _time_of(value) if isinstance(value, str) else None


def when(wrapped: Wrapped, *names: str) -> int | None:
    """Time of a record, ms UTC, by the first of these fields that holds one.

    A record without any of them happened, for us, when we had it; in a replay nobody knows.
    """
    for name in names:
        time = time_of(wrapped.record.get(name))
        if time is not None:
            return time
    there = not wrapped.record.keys().isdisjoint(names)
    return None if there else wrapped.line.received


def quarantined_time(wrapped: Wrapped, *names: str) -> Quarantined:
    """The record, rejected because none of these fields says when it happened."""
    there = {name: wrapped.record[name] for name in names if name in wrapped.record}
    said = json_text(there)[:200] if there else "there is none"
    detail = f"expected an ISO 8601 time in {' or '.join(names)}: {said}"
    return Quarantined(wrapped.line, Reason.BAD_TIME, detail)


def _members(value: object) -> tuple[list[object], dict[str, object]] | None:
    """Records of a document and what else it says; null if the value is no document."""
    if isinstance(value, list):
        return value, {}
    if not isinstance(value, dict):
        return None
    for name, marker in _LISTS:
        members = value.get(name)
        if isinstance(members, list) and marker in value:
            return members, {key: rest for key, rest in value.items() if key != name}
    detail = value.get("detail")
    if isinstance(detail, dict) and "detail-type" in value:
        return [detail], {key: rest for key, rest in value.items() if key != "detail"}
    return None


def _of_document(
    line: Line, members: list[object], envelope: dict[str, object]
) -> Iterator[Wrapped | Quarantined]:
    if not members:
        detail = "document without records"
        yield Quarantined(line, Reason.NOT_THIS_FORMAT, detail)
    for place, member in enumerate(members):
        text, around = json_text(member), envelope
        if isinstance(member, dict) and "messageType" in envelope:
            text = str(member.pop("message", ""))
            around = {**envelope, **member}
        part = replace(line, offset=line.offset + place, data=text.encode())
        yield _member(part, member, text, around)


def _member(
    part: Line, member: object, text: str, envelope: dict[str, object]
) -> Wrapped | Quarantined:
    if "messageType" in envelope:
        try:
            member = read_json(part.data)
        except ValueError as error:
            return Quarantined(part, _why(part.data, error), str(error))
    if isinstance(member, dict):
        return Wrapped(part, member, text, envelope)
    return Quarantined(part, Reason.NOT_THIS_FORMAT, "expected a JSON object")


def _why(data: bytes, error: ValueError) -> Reason:
    """Why a line is no JSON: what begins as an object or list and does not end was cut off."""
    stripped = data.strip()
    if stripped[:1] in {b"{", b"["}:
        at_end = isinstance(error, JSONDecodeError) and error.pos >= len(error.doc.rstrip())
        if at_end or stripped[-1:] not in {b"}", b"]"}:
            return Reason.TRUNCATED
    return Reason.BINARY if b"\0" in stripped else Reason.NOT_THIS_FORMAT


def _paired(escape: re.Match[str]) -> str:
    """An escape as it is, or U+FFFD for half of a surrogate pair."""
    written = escape[0]
    low_half_alone = escape[2] is not None
    high_half_alone = written[1:3].lower() == "ud" and escape[1] is None
    return "\\ufffd" if low_half_alone or high_half_alone else written


def _integer(written: str) -> int | str:
    return int(written) if len(written) < len(str(1 << 63)) else written


def _real(written: str) -> float | str:
    number = float(written)
    return written if abs(number) == float("inf") else number


@lru_cache(maxsize=4096)
def _time_of(text: str) -> int | None:
    if len(text) < _SHORTEST_TIME:
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    if time.tzinfo is None:
        time = time.replace(tzinfo=UTC)
    milliseconds = (time - _EPOCH) // _MILLISECOND
    return milliseconds if milliseconds >= 0 else None
