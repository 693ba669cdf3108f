"""Raw input on its way in: lines with their place, and what could not be understood."""

from dataclasses import dataclass
from enum import StrEnum

#: Longest line that is understood, in bytes; a longer one is quarantined.
LINE_LIMIT = 1 << 20


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a source as it came.

    Attributes:
        source: Name of the source; with `offset` it makes the event's identity.
        offset: Byte position of the line's start in the source (decompressed).
        number: Line number in `path`, from 1, for messages to people.
        path: File or endpoint the line came from, for messages to people.
        data: The line without its end-of-line.
        received: When we had it, in milliseconds UTC; None in a replay, where event time stands in.
    """

    source: str
    offset: int
    number: int
    path: str
    data: bytes
    received: int | None = None


class Reason(StrEnum):
    """Why a line was put into quarantine."""

    NOT_THIS_FORMAT = "not a record of this format"
    TRUNCATED = "record is cut off"
    BINARY = "binary data"
    TOO_LONG = "line is longer than the limit"
    BAD_TIME = "time stamp cannot be read"
    INCOMPLETE_EVENT = "event lacks its main record"
    UNKNOWN_FORMAT = "format of the file is not known"
    DAMAGED_FILE = "compressed file is damaged"
    DAMAGED_RECORD = "record of a binary log is damaged"


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A line that could not be understood, kept with its place and the reason."""

    line: Line
    reason: Reason
    detail: str = ""
