"""Formats of which each line is one JSON object and one event: all that they share.

Such a format says by the keys of an object whether it is its own (`claims`) and makes a row of it
(`read`); `JsonLinesParser` makes a parser of that. So an object is decoded once, also where the
lines of a file are of different formats (`json_event.JsonParser`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import orjson

from foreseen.core.records import Line, Quarantined, Reason
from foreseen.parsers.json_records import Wrapped, read_json, records_of
from foreseen.parsers.protocol import Parsed, Row

Record = Mapping[str, Any]
Read = Callable[[Line, Record], Row | Quarantined]

_SNIFFED_LINES = 20
_TOLD_KEYS = 5
_TOLD = 200
WRAPPING = frozenset({"Records", "items", "logEvents", "detail"})
"""Keys of an object that may hold records."""


@dataclass(frozen=True, slots=True)
class JsonFormat:
    """A format of which each JSON object is one event.

    Attributes:
        name: Name of its parser.
        claims: Whether an object is of this format, told by its own keys alone.
        read: Row of an object that is claimed, or why it cannot be read. It may use it up.
        read_wrapped: The same of an object out of a document that says more than its records.
        read_known: The same of any object of which one look tells that it is claimed and holds no
            records; null where `claims` must tell.
    """

    name: str
    claims: Callable[[Record], bool]
    read: Read
    read_wrapped: Callable[[Wrapped], Row | Quarantined] | None = None
    read_known: Callable[[Line, Record], Row | Quarantined | None] = lambda *_: None


class JsonLinesParser:
    """The parser of one format; it remembers nothing between lines."""

    def __init__(self, form: JsonFormat) -> None:
        """Objects that the format does not claim are rejected."""
        self.name = form.name
        self.formats: tuple[JsonFormat, ...] = (form,)

    def form_of(self, record: Record) -> JsonFormat | None:
        """The format that reads an object; null when none does."""
        for form in self.formats:
            if form.claims(record):
                return form
        return None

    def sniff(self, head: Sequence[bytes]) -> bool:
        """Whether one of the first lines is an object that is read here."""
        records = (record_of(line) for line in head[:_SNIFFED_LINES])
        return any(record is not None and self.form_of(record) for record in records)

    def stands_alone(self, line: bytes) -> bool:
        """Whether the line is a whole JSON object."""
        return record_of(line) is not None

    def initial(self) -> None:
        """Nothing is remembered."""

    def parse(self, state: None, lines: Sequence[Line]) -> Parsed:  # noqa: ARG002  the protocol's
        """A row for each record of the lines, in their order; what is none is quarantined."""
        parsed = Parsed()
        loads, known, put = orjson.loads, self._known(), parsed.rows.append
        for line in lines:
            try:
                record = loads(line.data)
            except orjson.JSONDecodeError:
                record = None
            if type(record) is not dict:
                self._read_hard(line, parsed)
                continue
            row = known(line, record)
            if row is None:
                if not record.keys().isdisjoint(WRAPPING):
                    self._read_hard(line, parsed)
                    continue
                row = self._read(line, record)
            if type(row) is Row:
                put(row)
            else:
                parsed.quarantined.append(cast("Quarantined", row))
        return parsed

    def _known(self) -> Callable[[Line, Record], Row | Quarantined | None]:
        """Of several formats another one may claim what one of them knows."""
        return self.formats[0].read_known if len(self.formats) == 1 else lambda *_: None

    def _read(self, line: Line, record: Record) -> Row | Quarantined:
        form = self.form_of(record)
        return self._foreign(line, record) if form is None else form.read(line, record)

    def _read_hard(self, line: Line, parsed: Parsed) -> None:
        """Rows of a line of several records, or of one that strict JSON refuses.

        A line that is quarantined whole keeps the bytes that it came with.
        """
        read = _as_utf8(line)
        for one in records_of(read):
            row = self._read_wrapped(one) if isinstance(one, Wrapped) else one
            if isinstance(row, Row):
                parsed.rows.append(row)
            else:
                parsed.quarantined.append(replace(row, line=line) if row.line is read else row)

    def _read_wrapped(self, wrapped: Wrapped) -> Row | Quarantined:
        form = self.form_of(wrapped.record)
        if form is None:
            return self._foreign(wrapped.line, wrapped.record)
        if form.read_wrapped is not None:
            return form.read_wrapped(wrapped)
        return form.read(wrapped.line, wrapped.record)

    def _foreign(self, line: Line, record: Record) -> Quarantined:
        keys = ", ".join(list(record)[:_TOLD_KEYS])
        return rejected(line, f"JSON object is no {self.name} record; its keys: {keys}")

    def tick(self, state: None, now: int) -> Parsed:  # noqa: ARG002  the protocol's
        """Nothing waits."""
        return Parsed()

    def finish(self, state: None) -> Parsed:  # noqa: ARG002  the protocol's
        """Nothing is pending."""
        return Parsed()

    def dump(self, state: None) -> Mapping[str, object]:  # noqa: ARG002  the protocol's
        """An empty state."""
        return {}

    def load(self, dumped: Mapping[str, object]) -> None:
        """The state of nothing."""


def record_of(line: bytes) -> dict[str, Any] | None:
    """The JSON object that a line is, null when it is none."""
    if not line.lstrip().startswith(b"{"):
        return None
    try:
        return cast("dict[str, Any]", orjson.loads(line))
    except orjson.JSONDecodeError:
        return _loosely(line)


def _loosely(line: bytes) -> dict[str, Any] | None:
    """The object of a line that strict JSON refuses for a stray byte or number."""
    try:
        found = read_json(line.decode("utf-8", "replace").encode())
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def rejected(line: Line, detail: str) -> Quarantined:
    """The line in quarantine, as not of this format."""
    return Quarantined(line, Reason.NOT_THIS_FORMAT, detail[:_TOLD])


def _as_utf8(line: Line) -> Line:
    """The line with U+FFFD for bytes that are no UTF-8: a stray byte must hide no event."""
    try:
        line.data.decode()
    except UnicodeDecodeError:
        return replace(line, data=line.data.decode("utf-8", "replace").encode())
    return line
