"""`foreseen hunt`: one read-only SELECT over the lake."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import pyarrow as pa
import typer

from foreseen.cli.rows import Form, print_rows
from foreseen.cli.stopping import stopped_by_interrupt
from foreseen.cli.stores import lake_of
from foreseen.cli.terminal import Exit, console, progress_bar
from foreseen.core.errors import ConfigurationError
from foreseen.lake.asking.cancel import CancelledError, Watch
from foreseen.lake.asking.hunt import HuntLimits
from foreseen.lake.asking.hunt import hunt as run
from foreseen.lake.places.place import Place

_DUCKDB = "duckdb"


def hunt(
    sql: Annotated[str, typer.Argument(help="One SELECT over events, matches, predictions ...")],
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
) -> None:
    """Ask the lake in SQL."""
    ask = _here(data) if engine == _DUCKDB else _elsewhere(engine, engine_lake, data)
    try:
        with stopped_by_interrupt() as cancel, progress_bar("asking") as advance:
            rows = ask(sql, limit, HuntLimits(seconds=seconds, watch=Watch(advance, cancel)))
    except CancelledError as error:
        console.print(f"{error}")
        raise typer.Exit(Exit.STOPPED) from error
    print_rows(rows, Form.JSON if json else form)
    if rows.num_rows == limit:
        console.print(f"the first {limit:,} rows; --limit shows more")


def _here(data: Path) -> Callable[[str, int, HuntLimits], pa.Table]:
    lake = lake_of(data)
    return lambda sql, limit, limits: run(lake, sql, limit, limits=limits)


def _elsewhere(
    engine: str, engine_lake: str | None, data: Path
) -> Callable[[str, int, HuntLimits], pa.Table]:
    """Asks an engine that speaks Spark Connect; a lake here is needed only where none is named."""
    try:
        from foreseen.lake.asking.spark import Endpoint, hunt_on  # noqa: PLC0415 (an extra)
    except ImportError as error:
        raise ConfigurationError(
            f"--engine needs a package that is not installed ({error.name or error}): "
            f"pip install 'foreseen[spark]'"
        ) from error
    endpoint = Endpoint(engine, engine_lake or _address(lake_of(data).place))
    return lambda sql, limit, limits: hunt_on(endpoint, sql, limit, limits=limits)


def _address(place: Place) -> str:
    """As an engine on this machine finds it."""
    return place.uri if place.folder is None else str(place.folder.resolve())
