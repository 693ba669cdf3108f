"""Events: searched newest first, as JSON, NDJSON, CSV or Arrow; one of them whole."""

from functools import partial
from http import HTTPStatus
from typing import Annotated

import pyarrow as pa
from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from pydantic import BaseModel, Field, TypeAdapter

from foreseen.api.cursors import Cursor, cursor_of, place_of
from foreseen.api.hunt_forms import ARROW, CSV, FORMS, NDJSON, form_of
from foreseen.api.lake.desk import ANSWERS, Desked
from foreseen.api.lake.rows import cut_table, fitting, view_of
from foreseen.api.problems import documented
from foreseen.api.scopes import Hunting, Reading
from foreseen.api.times import moment
from foreseen.core.errors import NotFoundError
from foreseen.lake.asking.narrowed import Asker, equal, narrowed
from foreseen.lake.asking.question import LONGEST_TEXT, TEXT_COLUMNS, Question
from foreseen.lake.asking.rendering import as_json, csv_lines
from foreseen.lake.asking.search import Found, Page, search
from foreseen.lake.asking.search_files import Place

router = APIRouter(prefix="/api/v1/events")

MOST_EVENTS = 1_000
Seq = Annotated[int, Path(ge=0, lt=2**63)]
Moment = Annotated[str | None, Query(max_length=50)]
Name = Annotated[str | None, Query(max_length=1_000)]
_Text = Annotated[str, Field(max_length=LONGEST_TEXT)]
_Column = Annotated[str, Field(max_length=100)]
_Int64 = Annotated[int, Field(ge=-(2**63), lt=2**63)]
_PLACE: TypeAdapter[tuple[_Int64, str]] = TypeAdapter(tuple[_Int64, str])
_ONE = "SELECT * FROM events WHERE stream = $stream AND seq = $seq ORDER BY event_uid LIMIT 1"


class EventPage(BaseModel):
    """Some events.

    Attributes:
        events: By column, newest first; times are RFC 3339, columns without a value left out.
            `truncated` names columns that were too long.
        next: The cursor of the next page if there is one.
        complete: False: the search was stopped, and newer events may be missing between these.
        looked: Files that were read.
        files: Files that there are.
    """

    events: list[dict[str, object]]
    next: str | None
    complete: bool
    looked: int
    files: int


class EventView(BaseModel):
    """One event, with the source's own record in `raw`."""

    event: dict[str, object]


def asked(  # noqa: PLR0913 (each is a query parameter of the API)
    *,
    since: Annotated[str | None, Query(alias="from", max_length=50)] = None,
    until: Moment = None,
    workload: Name = None,
    host: Name = None,
    stream: Name = None,
    user: Annotated[str | None, Query(max_length=1_000, description="name, id or account")] = None,
    ip: Annotated[str | None, Query(max_length=100, description="source or destination")] = None,
    process: Annotated[str | None, Query(max_length=1_000, description="name or path")] = None,
    rule: Annotated[str | None, Query(max_length=1_000, description="that labelled it")] = None,
    checksum: Annotated[str | None, Query(alias="hash", max_length=200)] = None,
    text: Annotated[list[_Text] | None, Query(max_length=20, description="literal")] = None,
    words: Annotated[bool, Query(description="texts are whole words")] = False,
    regex: Annotated[str | None, Query(max_length=LONGEST_TEXT, description="RE2")] = None,
    within: Annotated[list[_Column] | None, Query(alias="in", max_length=50)] = None,
) -> Question:
    """What is looked for; all that is given must hold of an event."""
    return Question(
        since=moment(since),
        until=moment(until),
        workload=workload,
        host=host,
        stream=stream,
        user=user,
        address=ip,
        process=process,
        rule=rule,
        hash=checksum,
        texts=tuple(text or ()),
        words=words,
        pattern=regex,
        within=tuple(within or TEXT_COLUMNS),
    )


@router.get(
    "",
    response_model=EventPage,
    responses=documented(406, 504)
    | {HTTPStatus.OK: {"content": {form: {} for form in FORMS}, "description": "The events"}},
)
async def list_events(  # noqa: PLR0913, PLR0917 (each is a part of the request)
    request: Request,
    desk: Desked,
    grant: Hunting,
    question: Annotated[Question, Depends(asked)],
    columns: Annotated[list[_Column] | None, Query(alias="column", max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=MOST_EVENTS)] = 100,
    cursor: Cursor = None,
    accept: Annotated[str, Header(max_length=1_000)] = "*/*",
) -> Response:
    """Search events, newest first; texts are looked for letter by letter, in any case.

    By `Accept` as JSON, NDJSON, CSV or an Arrow stream; the last three have cursor and
    completeness in `X-Foreseen-Next` and `X-Foreseen-Complete`, and in CSV an apostrophe stands
    before a text that a spreadsheet would run.
    """
    form = form_of(accept)
    place = place_of(_PLACE, cursor)
    page = Page(limit, Place(*place) if place else None, _columns(columns))

    def work(asker: Asker) -> Response:
        return _rendered(
            search(asker.lake, asker.tenant, question, page, asker.watch), form, columns
        )

    return await desk.ask(request, grant, work)


@router.get("/{stream:path}/{seq}", responses=ANSWERS)
async def get_event(
    request: Request, desk: Desked, grant: Reading, stream: str, seq: Seq
) -> EventView:
    """One event by its stream (which may hold slashes) and its number in it."""
    found = await desk.ask(request, grant, partial(_event, stream, seq))
    return EventView(event=found)


def _event(stream: str, seq: int, asker: Asker) -> dict[str, object]:
    with narrowed(asker) as question:
        question.show("events", "events", {"stream": equal(stream), "seq": equal(seq)})
        found = question.records(_ONE, {"stream": stream, "seq": seq})
    if not found:
        raise NotFoundError(f"no event {seq} of stream {stream}")
    return view_of(found[0])


def _columns(named: list[str] | None) -> list[str] | None:
    """Those that were asked for, and those that a cursor is made of."""
    return None if named is None else [*named, "time", "event_uid"]


def _rendered(found: Found, form: str, named: list[str] | None) -> Response:
    records = found.rows.to_pylist()
    events = [view_of(row) for row in records]
    fits = fitting(events)
    after = found.after
    if fits < len(events):
        after = Place(records[fits - 1]["time"], records[fits - 1]["event_uid"])
    more = cursor_of((after.time, after.event_uid)) if after else None
    headers = {
        "X-Foreseen-Complete": str(found.complete).lower(),
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    if more:
        headers["X-Foreseen-Next"] = more
    body = _body(found, form, events[:fits], more)
    if form in {CSV, ARROW}:
        body = _table(found.rows.slice(0, fits), form, named)
    return Response(body, headers=headers, media_type=form)


def _body(found: Found, form: str, events: list[dict[str, object]], more: str | None) -> bytes:
    if form == NDJSON:
        return b"".join(as_json(event) + b"\n" for event in events)
    page = {
        "events": events,
        "next": more,
        "complete": found.complete,
        "looked": found.looked,
        "files": found.files,
    }
    return as_json(page)


def _table(rows: pa.Table, form: str, named: list[str] | None) -> bytes:
    cut = cut_table(rows if named is None else rows.select(list(dict.fromkeys(named))))
    if form == CSV:
        return "".join(csv_lines(cut)).encode()
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, cut.schema) as writer:
        writer.write_table(cut)
    return sink.getvalue().to_pybytes()
