"""Pages of things as NDJSON, CSV or an Arrow stream, one page in memory at a time."""

import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Annotated, Generic, TypeVar

import orjson
import pyarrow as pa
from fastapi import Header
from fastapi.responses import StreamingResponse

from foreseen.api.hunt_forms import ARROW, CSV, NDJSON, form_of
from foreseen.api.problems import documented
from foreseen.api.times import iso
from foreseen.lake.asking.rendering import csv_lines

EXPORT_FORMS = (NDJSON, CSV, ARROW)
_ANY = {"*/*": NDJSON, "application/*": NDJSON, "text/*": CSV, "application/json": NDJSON}
_SUFFIX = {NDJSON: "ndjson", CSV: "csv", ARROW: "arrows"}
_Thing = TypeVar("_Thing")
Time = pa.timestamp("ms", "UTC")
Accepted = Annotated[str, Header(alias="accept", max_length=1_000)]
EXPORTING = documented(406) | {
    200: {"content": {form: {} for form in EXPORT_FORMS}, "description": "One in each row"}
}
"""Answers of a route that exports."""


@dataclass(frozen=True, slots=True)
class Part(Generic[_Thing]):
    """A thing, and where it is asked for its members, in runs."""

    thing: _Thing
    members: Iterator[Sequence[str]] | None = None


@dataclass(frozen=True, slots=True)
class Exported(Generic[_Thing]):
    """How things of a kind are written.

    Attributes:
        name: What the file is called.
        schema: Of their rows.
        shown: One as the API shows it, JSON-ready.
        row: One by name of column; times are ms UTC.
    """

    name: str
    schema: pa.Schema
    shown: Callable[[_Thing], Mapping[str, object]]
    row: Callable[[_Thing], dict[str, object]]


def export_form_of(accept: str) -> str:
    """The form that an Accept header prefers.

    Raises:
        ProblemError: 406, it accepts none of ours.
    """
    return form_of(accept, EXPORT_FORMS, _ANY)


def streamed(
    form: str, kind: Exported[_Thing], pages: Iterator[Sequence[Part[_Thing]]]
) -> StreamingResponse:
    """The response; its first page is read before it begins, so that errors are told as such."""
    whole = chain([next(pages, [])], pages)
    writers = {NDJSON: _ndjson, CSV: _csv, ARROW: _arrow}
    headers = {
        "Cache-Control": "no-store",
        "Content-Disposition": f'attachment; filename="{kind.name}.{_SUFFIX[form]}"',
        "Vary": "Accept",
        "X-Content-Type-Options": "nosniff",
    }
    return StreamingResponse(writers[form](kind, whole), headers=headers, media_type=form)


def _ndjson(kind: Exported[_Thing], pages: Iterator[Sequence[Part[_Thing]]]) -> Iterator[bytes]:
    for page in pages:
        ready: list[bytes] = []
        for part in page:
            line = _json(dict(kind.shown(part.thing)))
            if part.members is None:
                ready += [line, b"\n"]
                continue
            ready += [line[:-1], b',"members":[']
            comma = b""
            for run in part.members:
                if comma:  # a large alert: what is ready goes first
                    yield b"".join(ready)
                    ready.clear()
                if run:
                    ready += [comma, _json(list(run))[1:-1]]
                    comma = b","
            ready.append(b"]}\n")
        yield b"".join(ready)


def _csv(kind: Exported[_Thing], pages: Iterator[Sequence[Part[_Thing]]]) -> Iterator[bytes]:
    times = [field.name for field in kind.schema if field.type == Time]
    schema = pa.schema(
        [field.with_type(pa.string()) if field.name in times else field for field in kind.schema]
    )
    is_first = True
    for page in pages:
        rows = [_clean(kind.row(part.thing)) for part in page]
        for row in rows:
            for name in times:
                moment = row[name]
                row[name] = iso(moment) if isinstance(moment, int) else None
        lines = csv_lines(pa.Table.from_pylist(rows, schema))
        if not is_first:
            next(lines)
        is_first = False
        yield "".join(lines).encode()


def _arrow(kind: Exported[_Thing], pages: Iterator[Sequence[Part[_Thing]]]) -> Iterator[bytes]:
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, kind.schema) as writer:
        for page in pages:
            rows = [_clean(kind.row(part.thing)) for part in page]
            if rows:
                writer.write_batch(pa.RecordBatch.from_pylist(rows, kind.schema))
            yield _taken(sink)
    yield _taken(sink)


def _taken(sink: io.BytesIO) -> bytes:
    """What was written; the sink is empty after."""
    found = sink.getvalue()
    sink.seek(0)
    sink.truncate()
    return found


def _json(value: object) -> bytes:
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:  # half of a surrogate pair: only an escape can say it
        return json.dumps(value, separators=(",", ":")).encode()


def _clean(row: dict[str, object]) -> dict[str, object]:
    """Texts that UTF-8 can hold."""
    return {name: _text(value) if isinstance(value, str) else value for name, value in row.items()}


def _text(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")
