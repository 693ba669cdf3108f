"""One line of an audit log to one record; what cannot be read is said with its reason."""

import re
from dataclasses import replace
from typing import NamedTuple

from foreseen.core.records import LINE_LIMIT, Line, Quarantined, Reason
from foreseen.parsers.auditd_types import name_of, stands_alone

LOCAL = "localhost"


class Record(NamedTuple):
    """One audit record.

    Attributes:
        line: Where it came from; reading it again gives the same record.
        text: The line as text, undecodable bytes written as backslash escapes.
        node: Machine that the line names (`node=` or the syslog header), else `localhost`.
        name: Name of its type.
        stamp: `seconds.milliseconds:serial`, shared by the records of one event.
        body: What follows the header, enrichment included.
    """

    line: Line
    text: str
    node: str
    name: str
    stamp: str
    body: str


_TYPED = r"(?:node=(\S{1,255}) )?type=([A-Za-z0-9_\[\]]{1,48}) (?:msg=)?audit\("
_STAMP = r"([0-9]{1,11}\.[0-9]{3}:[0-9]{1,19})\)[: ] ?"  # old auditd wrote no colon
_HEADER = re.compile(_TYPED + _STAMP)
_TYPED_HEADER = re.compile(_TYPED)
_ANY_HEADER = re.compile((_TYPED + _STAMP).encode())
_SYSLOG = re.compile(
    r"(?:<[0-9]{1,3}>)?(?:1 )?"
    r"(?:[A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8}|[0-9]{4}-[0-9]{2}-[0-9]{2}T\S{8,24}) "
    r"(\S{1,255}) [^=]{0,160}(?=node=|type=)"
)
_OPEN_QUOTE = re.compile(r'="[^"]*\Z')
_HEADER_BYTES = 1024
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x7f]|\\x[89a-f][0-9a-f]")
_BEGINNINGS = ("type=", "node=")


def read(line: Line) -> Record | tuple[list[Record], list[Quarantined]]:
    """The record in a line; for a damaged line, what could be read of it and what could not."""
    data = line.data
    text = data.decode() if data.isascii() else text_of(data)
    header = _HEADER.match(text)
    if header is None or len(data) > LINE_LIMIT or data.endswith(b"\r"):
        return _without_header(line, text)
    end = header.end()
    # rare enough to be looked at closely: a second header, quotes that do not pair
    if text.find("msg=", end) >= 0 or text.count('"', end) & 1:
        return _closely(line)
    node, kind, stamp = header.groups()
    return Record(line, text, node or LOCAL, name_of(kind), stamp, text[end:])


def text_of(data: bytes) -> str:
    """Bytes of a line as text that Arrow and JSON take: undecodable bytes become escapes."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = data.decode("utf-8", "backslashreplace")
    return text.rstrip("\r\n")


def is_record(data: bytes) -> bool:
    """Whether a line begins as a record of its own and not in the middle of one."""
    text = text_of(data[:_HEADER_BYTES])
    return _HEADER.match(text) is not None or _behind_syslog(text) is not None


def _without_header(line: Line, text: str) -> Record | tuple[list[Record], list[Quarantined]]:
    if len(line.data) > LINE_LIMIT:
        detail = f"{len(line.data)} bytes; the limit is {LINE_LIMIT}"
        return [], [Quarantined(line, Reason.TOO_LONG, detail)]
    header = _behind_syslog(text)
    if header is None:
        return _closely(line)
    node, kind, stamp = header.groups()
    host = node or _syslog_host(text)
    return Record(line, text, host, name_of(kind), stamp, text[header.end() :])


def _behind_syslog(text: str) -> re.Match[str] | None:
    syslog = _SYSLOG.match(text)
    return None if syslog is None else _HEADER.match(text, syslog.end())


def _syslog_host(text: str) -> str:
    syslog = _SYSLOG.match(text)
    return LOCAL if syslog is None else syslog[1]


def _closely(line: Line) -> tuple[list[Record], list[Quarantined]]:
    """Writers may have written into one line: each part that begins with a header is read alone."""
    records: list[Record] = []
    rejected: list[Quarantined] = []
    starts = [header.start() for header in _ANY_HEADER.finditer(line.data)]
    if not starts or starts[0] > 0:
        starts.insert(0, 0)
    for start, end in zip(starts, [*starts[1:], len(line.data)], strict=True):
        part = line
        if end - start < len(line.data):
            part = replace(line, offset=line.offset + start, data=line.data[start:end])
        read_part = _part(part)
        if isinstance(read_part, Record):
            records.append(read_part)
        else:
            rejected.append(read_part)
    return records, rejected


def _part(line: Line) -> Record | Quarantined:
    text = text_of(line.data)
    header = _HEADER.match(text)
    if header is None:
        return Quarantined(line, *_why(text))
    node, kind, stamp = header.groups()
    name, body = name_of(kind), text[header.end() :]
    plain = body.partition("\x1d")[0].rstrip()
    if stands_alone(name):
        cut = "msg='" in plain and not plain.endswith("'")
    else:
        cut = _OPEN_QUOTE.search(plain) is not None
    if cut:
        return Quarantined(line, Reason.TRUNCATED, f"{name} record ends inside a quoted value")
    return Record(line, text, node or LOCAL, name, stamp, body)


def _why(text: str) -> tuple[Reason, str]:
    """Reason and detail for a line without any header that can be read."""
    if _CONTROL.search(text):
        return Reason.BINARY, "control characters or bytes that are no text"
    if _TYPED_HEADER.match(text):
        if "):" not in text:
            return Reason.TRUNCATED, "line ends inside its time stamp"
        return Reason.BAD_TIME, "expected audit(seconds.milliseconds:serial)"
    if text.startswith(_BEGINNINGS):
        return Reason.TRUNCATED, "line ends before its time stamp, or has none"
    return Reason.NOT_THIS_FORMAT, "an audit record begins with type= or node="
