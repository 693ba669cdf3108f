"""`foreseen hunt`: one read-only SELECT over the lake, or a search that becomes one."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import pyarrow as pa
import typer

from foreseen.cli.remote import Token, Url, connected, rows_there
from foreseen.cli.rows import Form, print_rows
from foreseen.cli.stopping import stopped_by_interrupt
from foreseen.cli.stores import lake_of, s3_of_environment
from foreseen.cli.terminal import Exit, console, inert, progress_bar, report
from foreseen.core.errors import ConfigurationError
from foreseen.core.ids import DEFAULT_TENANT
from foreseen.lake.asking.cancel import CancelledError, Watch
from foreseen.lake.asking.hunt import HuntLimits
from foreseen.lake.asking.hunt import hunt as run
from foreseen.lake.asking.searchbox.statement import Wanted, statement
from foreseen.lake.places.place import Place
from foreseen.runners.hunting.pool import Asked, Pool, PoolLimits
from foreseen.runners.server import wall_clock

_DUCKDB = "duckdb"
_MOST_BYTES = 128 << 20
_EVENTS = "events"
_SHOWN = ("time", "workload", "host", "user_name", "event_type", "process_cmd_line", "event_uid")
"""What of an event a table has room for."""

_Ask = Callable[[str, int, HuntLimits], tuple[pa.Table, bool]]
"""Rows of a query and whether there are more."""


def hunt(
    sql: Annotated[
        str | None, typer.Argument(help="One SELECT over events, matches, predictions ...")
    ] = None,
    search: Annotated[
        str | None,
        typer.Option("--search", help="Instead of SQL: words and field:value, newest first."),
    ] = None,
    table: Annotated[str, typer.Option("--table", help="Table that --search looks in.")] = _EVENTS,
    show_sql: Annotated[
        bool, typer.Option("--show-sql", help="Print the SQL of --search and end.")
    ] = False,
    data: Annotated[Path, typer.Option("--data", help="Folder of the lake.")] = Path("data"),
    limit: Annotated[int, typer.Option(min=1, help="Most rows.")] = 1000,
    seconds: Annotated[float, typer.Option(min=0.1, help="How long it may run.")] = 60.0,
    form: Annotated[Form, typer.Option("--as", help="How to print rows.")] = Form.TABLE,
    json: Annotated[bool, typer.Option("--json", help="Same as --as json.")] = False,
    engine: Annotated[
        str,
        typer.Option(
            "--engine",
            envvar="FORESEEN_ENGINE",
            help="duckdb, or sc://HOST:PORT: an engine that speaks Spark Connect.",
        ),
    ] = _DUCKDB,
    engine_lake: Annotated[
        str | None,
        typer.Option(
            "--engine-lake",
            envvar="FORESEEN_ENGINE_LAKE",
            help="Where that engine finds the lake; else: in the same folder.",
        ),
    ] = None,
    no_sandbox: Annotated[
        bool,
        typer.Option(
            "--no-sandbox", help="Ask in this process, where the kernel cannot seal one (Landlock)."
        ),
    ] = False,
    url: Url = None,
    token: Token = None,
) -> None:
    """Ask the lake in SQL, or in words and field:value."""
    printed = Form.JSON if json else form
    asked = _asked(sql, search, table, _SHOWN if printed is Form.TABLE else ())
    if show_sql:
        report.print(inert(asked), soft_wrap=True)
        return
    if url is not None:
        with connected(url, token) as client:
            rows, is_cut = rows_there(client, asked, limit, seconds)
        _print(rows, printed, is_cut=is_cut)
        return
    ask = _elsewhere(engine, engine_lake, data) if engine != _DUCKDB else _here(data, no_sandbox)
    try:
        with stopped_by_interrupt() as cancel, progress_bar("asking") as advance:
            limits = HuntLimits(seconds=seconds, watch=Watch(advance, cancel))
            rows, is_cut = ask(asked, limit, limits)
    except CancelledError as error:
        console.print(f"{error}")
        raise typer.Exit(Exit.STOPPED) from error
    _print(rows, printed, is_cut=is_cut)


def _print(rows: pa.Table, printed: Form, *, is_cut: bool) -> None:
    print_rows(rows, printed)
    if is_cut:
        console.print(f"the first {rows.num_rows:,} rows; --limit shows more")


def _asked(sql: str | None, search: str | None, table: str, shown: tuple[str, ...]) -> str:
    """The SQL that was written or that a search means."""
    if (sql is None) == (search is None):
        raise ConfigurationError("name either one SELECT or --search, e.g. --search 'host:web-1'")
    if sql is not None:
        return sql
    columns = shown if table == _EVENTS else ()
    return statement(search or "", Wanted(table, columns), now=wall_clock())


def _here(data: Path, no_sandbox: bool) -> _Ask:
    """Asks a process that is sealed for the files of the lake."""
    lake = lake_of(data)
    if no_sandbox:
        console.print("no sandbox: the query runs in this process, with all that it may do")
        return lambda sql, limit, limits: _cut(run(lake, sql, limit + 1, limits=limits), limit)
    s3 = s3_of_environment() if lake.place.folder is None else None

    def ask(sql: str, limit: int, limits: HuntLimits) -> tuple[pa.Table, bool]:
        bounds = PoolLimits(workers=1, nice=0, most_bytes=_MOST_BYTES)
        with Pool(lake, s3, bounds) as pool:
            answer = pool.ask(DEFAULT_TENANT, Asked(sql, limit, limits.seconds), limits.watch)
            return answer.table, answer.truncated

    return ask


def _cut(rows: pa.Table, limit: int) -> tuple[pa.Table, bool]:
    return rows.slice(0, limit), rows.num_rows > limit


def _elsewhere(engine: str, engine_lake: str | None, data: Path) -> _Ask:
    """Asks an engine that speaks Spark Connect; a lake here is needed only where none is named."""
    try:
        from foreseen.lake.asking.spark import Endpoint, hunt_on  # noqa: PLC0415 (an extra)
    except ImportError as error:
        raise ConfigurationError(
            f"--engine needs a package that is not installed ({error.name or error}): "
            f"pip install 'foreseen[spark]'"
        ) from error
    endpoint = Endpoint(engine, engine_lake or _address(lake_of(data).place))
    return lambda sql, limit, limits: _cut(hunt_on(endpoint, sql, limit + 1, limits=limits), limit)


def _address(place: Place) -> str:
    """As an engine on this machine finds it."""
    return place.uri if place.folder is None else str(place.folder.resolve())
