"""Hunting: one SELECT, or a search that becomes one, answered by a sealed process."""

import asyncio
import time
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Header, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from foreseen.api.hunt_forms import FORMS, form_of, rendered
from foreseen.api.problems import ProblemError, documented
from foreseen.api.scopes import Hunting
from foreseen.api.services import Serviced, Services
from foreseen.core.errors import ConfigurationError, MalformedInputError, NotFoundError
from foreseen.core.ids import TenantId
from foreseen.lake.asking.cancel import Cancel, CancelledError, Watch
from foreseen.lake.asking.hunt import LONGEST_SQL, TooSlowError
from foreseen.lake.asking.relations import SQL_TYPES
from foreseen.lake.asking.searchbox.fields import aliases_of
from foreseen.lake.asking.searchbox.statement import Wanted, statement
from foreseen.lake.asking.searchbox.tokens import LONGEST as LONGEST_SEARCH
from foreseen.lake.tables import TABLES
from foreseen.runners.hunting.pool import Answer, Asked, EndedError, FullError, Pool
from foreseen.runners.telemetry import span
from foreseen.schema import columns as described

router = APIRouter(prefix="/api/v1/hunts")

_LOOK_SECONDS = 0.2
_RETRY = {"Retry-After": "5"}
_COLUMNS = {
    "events": described.EVENT_COLUMNS,
    "matches": described.MATCH_COLUMNS,
    "quarantine": described.QUARANTINE_COLUMNS,
    "predictions": described.PREDICTION_COLUMNS,
    "rollups": described.ROLLUP_COLUMNS,
}


class NewHunt(BaseModel):
    """What is asked: either `sql`, one SELECT of DuckDB, or `search`, words and field:value.

    `table` and `columns` are for `search`.
    """

    model_config = ConfigDict(extra="forbid")

    sql: Annotated[str | None, Field(max_length=LONGEST_SQL)] = None
    search: Annotated[str | None, Field(max_length=LONGEST_SEARCH)] = None
    table: Annotated[str, Field(max_length=100)] = "events"
    columns: Annotated[list[Annotated[str, Field(max_length=100)]], Field(max_length=200)] = []
    limit: Annotated[int, Field(ge=1, le=100_000)] = 1000
    seconds: Annotated[float, Field(ge=0.1, le=300)] = 30.0


class ResultColumn(BaseModel):
    """A column of the rows and its Arrow type."""

    name: str
    type: str


class HuntResult(BaseModel):
    """The rows of a hunt.

    Attributes:
        columns: Names and types; a name may stand twice, then a row has the last one's value.
        rows: By name of column.
        truncated: Whether there are more than the limits let through.
        sql: What was asked.
        sandbox: What the kernel refused to the process that answered: `files tcp`, `files` for a
            lake in S3, or `none`.
        seconds: How long it took.
    """

    columns: list[ResultColumn]
    rows: list[dict[str, object]]
    truncated: bool
    sql: str
    sandbox: str
    seconds: float


class ColumnView(BaseModel):
    """A column: its type in SQL, its place in OCSF (empty for our own), what it means."""

    name: str
    type: str
    ocsf: str
    meaning: str


class TableView(BaseModel):
    """A table, and the friendly names that a search may use for its columns."""

    name: str
    columns: list[ColumnView]
    aliases: dict[str, list[str]]


class SchemaView(BaseModel):
    """All that can be asked for."""

    tables: list[TableView]


@router.post(
    "",
    response_model=HuntResult,
    responses=documented(406, 429, 504)
    | {HTTPStatus.OK: {"content": {form: {} for form in FORMS}, "description": "The rows"}},
)
async def hunt(
    request: Request,
    services: Serviced,
    grant: Hunting,
    new: NewHunt,
    accept: Annotated[str, Header(max_length=1000)] = "*/*",
) -> Response:
    """Ask the tables of the token's tenant; a caller who hangs up ends the query.

    As JSON, CSV, NDJSON or an Arrow stream, by `Accept`. In CSV an apostrophe stands before a text
    that a spreadsheet would run. Answers that are cut have `X-Foreseen-Truncated: true`. A query
    that is too slow is a 504, one for which there is no room now a 429.
    """
    pool, form = _pool(services), form_of(accept)
    asked = Asked(_sql(new, services.clock()), new.limit, new.seconds)
    cancel = Cancel()
    begun = time.monotonic()
    work = asyncio.ensure_future(run_in_threadpool(_answer, pool, grant.tenant, asked, cancel))
    try:
        while not (await asyncio.wait({work}, timeout=_LOOK_SECONDS))[0]:
            if await request.is_disconnected():
                cancel()
    finally:
        cancel()  # also when the server stops: the thread ends soon
    answer = await work
    seconds = round(time.monotonic() - begun, 3)
    return await run_in_threadpool(rendered, answer, form, asked.sql, seconds)


@router.get("/schema", responses=documented())
def hunt_schema(_grant: Hunting) -> SchemaView:
    """Tables and columns, with what they mean."""
    return SchemaView(tables=[_table(name) for name in TABLES])


def _table(name: str) -> TableView:
    schema = TABLES[name].schema
    columns = [
        ColumnView(
            name=column.name,
            type=SQL_TYPES[schema.field(column.name).type],
            ocsf=column.ocsf,
            meaning=column.meaning,
        )
        for column in _COLUMNS[name]
    ]
    return TableView(name=name, columns=columns, aliases=aliases_of(name))


def _sql(new: NewHunt, now: int) -> str:
    if (new.sql is None) == (new.search is None):
        raise MalformedInputError("name either sql or search")
    if new.sql is not None:
        return new.sql
    try:
        return statement(new.search or "", Wanted(new.table, tuple(new.columns)), now=now)
    except NotFoundError as error:  # a 404 would say that this route is none
        raise MalformedInputError(str(error)) from error


def _pool(services: Services) -> Pool:
    if services.hunts is None:
        raise ProblemError(
            HTTPStatus.SERVICE_UNAVAILABLE, "nobody answers hunts in this process", _RETRY
        )
    return services.hunts


def _answer(pool: Pool, tenant: TenantId, asked: Asked, cancel: Cancel) -> Answer:
    try:
        with span("hunt"):
            return pool.ask(tenant, asked, Watch(cancel=cancel))
    except TooSlowError as error:
        raise ProblemError(HTTPStatus.GATEWAY_TIMEOUT, str(error)) from error
    except FullError as error:
        raise ProblemError(HTTPStatus.TOO_MANY_REQUESTS, str(error), _RETRY) from error
    except (EndedError, CancelledError, ConfigurationError) as error:
        raise ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, str(error), _RETRY) from error
