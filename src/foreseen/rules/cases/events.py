"""Events in tests of rules: mappings of our columns, or records that go through their parser."""

from collections.abc import Mapping
from difflib import get_close_matches
from itertools import chain

import orjson
import pyarrow as pa

from foreseen.core.errors import ConfigurationError
from foreseen.core.records import Line
from foreseen.parsers.protocol import Row
from foreseen.parsers.registry import parser_named
from foreseen.rules.document import Document
from foreseen.schema.arrow import EVENT_SCHEMA, batch_of

Event = Mapping[str, object]


def rows_of(document: Document, line: int, common: Event, event: object) -> tuple[Event, ...]:
    """Rows of our columns that an event of a test document stands for.

    Args:
        document: Its `format` names the parser; without one an event is a mapping of our columns.
        line: Where the event stands, for messages.
        common: What all events of the document share.
        event: A mapping, or the text of raw records.

    Raises:
        RuleError: It is neither, a column does not exist, or the parser refuses it.
    """
    if "format" in document.data:
        data = _record(document, line, common, event)
        return _parsed(document, line, data)
    if not isinstance(event, Mapping):
        raise document.error(line, "an event must be a mapping of columns to values")
    columns = {**common, **event}
    _check_columns(document, line, columns)
    return (columns,)


def _record(document: Document, line: int, common: Event, event: object) -> bytes:
    """An event's records as their recorder writes them, one a line."""
    if isinstance(event, str):
        if common:
            raise document.error(line, "'common' cannot be merged with a raw text; leave it out")
        return event.encode()
    if not isinstance(event, Mapping):
        raise document.error(line, "an event must be a mapping or the text of its raw records")
    try:
        return orjson.dumps(
            merged_of(common, event), option=orjson.OPT_NAIVE_UTC | orjson.OPT_UTC_Z
        )
    except TypeError as error:
        raise document.error(line, f"an event cannot be written as JSON: {error}") from error


def merged_of(common: Event, event: Event) -> dict[str, object]:
    """Both mappings as one: mappings within are merged too, all else is the event's."""
    merged = {**common, **event}
    for key in common.keys() & event.keys():
        below, above = common[key], event[key]
        if isinstance(below, Mapping) and isinstance(above, Mapping):
            merged[key] = merged_of(below, above)
    return merged


def _parsed(document: Document, line: int, data: bytes) -> tuple[Event, ...]:
    """Rows that the named parser makes of records; no record may be left over."""
    try:
        parser = parser_named(str(document.data["format"]))
    except ConfigurationError as error:
        raise document.error(document.line_of("format"), str(error)) from error
    state = parser.initial()
    results = (parser.parse(state, _lines(document.path, data)), parser.finish(state))
    for one in chain.from_iterable(result.quarantined for result in results):
        message = f"the {parser.name} parser refused line {one.line.number} of this event:"
        raise document.error(line, f"{message} {one.reason} {one.detail}".rstrip())
    rows = tuple(_columns(row) for result in results for row in result.rows)
    if not rows:
        raise document.error(line, f"the {parser.name} parser found no event in it")
    return rows


def _lines(path: str, data: bytes) -> list[Line]:
    lines, offset = [], 0
    for number, each in enumerate(data.rstrip(b"\n").split(b"\n"), 1):
        lines.append(Line(path, offset, number, path, each))
        offset += len(each) + 1
    return lines


def _columns(row: Row) -> Event:
    """A parsed row with what the pipeline would add that does not depend on other events."""
    placed = {"host": row.host, "stream": f"{row.host}/{row.boot}", "time": row.time}
    return {**row.columns, **placed, "workload": row.workload or None}


def _check_columns(document: Document, line: int, columns: Event) -> None:
    for name in columns:
        if name not in EVENT_SCHEMA.names:
            near = get_close_matches(str(name), EVENT_SCHEMA.names, n=1, cutoff=0.0)[0]
            raise document.error(line, f"no column '{name}' in events; did you mean '{near}'?")
    unmapped = columns.get("unmapped")
    if unmapped is not None and not isinstance(unmapped, Mapping):
        raise document.error(
            line, "'unmapped' must be a mapping of names to texts or lists of them"
        )
    try:
        batch_of([columns], EVENT_SCHEMA)
    except (pa.ArrowInvalid, TypeError) as error:
        raise document.error(line, f"an event's value does not fit its column: {error}") from error
