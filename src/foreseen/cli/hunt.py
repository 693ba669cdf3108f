"""`foreseen hunt`: one read-only SELECT over the lake."""

from pathlib import Path
from typing import Annotated

import typer

from foreseen.cli.rows import Form, print_rows
from foreseen.cli.stopping import stopped_by_interrupt
from foreseen.cli.stores import lake_of
from foreseen.cli.terminal import Exit, console, progress_bar
from foreseen.lake.cancel import CancelledError, Watch
from foreseen.lake.hunt import HuntLimits
from foreseen.lake.hunt import hunt as run


def hunt(
    sql: Annotated[str, typer.Argument(help="One SELECT over events, matches, predictions ...")],
    data: Annotated[Path, typer.Option("--data", help="Folder of the lake.")] = Path("data"),
    limit: Annotated[int, typer.Option(min=1, help="Most rows.")] = 1000,
    seconds: Annotated[float, typer.Option(min=0.1, help="How long it may run.")] = 60.0,
    form: Annotated[Form, typer.Option("--as", help="How to print rows.")] = Form.TABLE,
    json: Annotated[bool, typer.Option("--json", help="Same as --as json.")] = False,
) -> None:
    """Ask the lake in SQL."""
    lake = lake_of(data)
    try:
        with stopped_by_interrupt() as cancel, progress_bar("asking") as advance:
            limits = HuntLimits(seconds=seconds, watch=Watch(advance, cancel))
            rows = run(lake, sql, limit, limits=limits)
    except CancelledError as error:
        console.print(f"{error}")
        raise typer.Exit(Exit.STOPPED) from error
    print_rows(rows, Form.JSON if json else form)
    if rows.num_rows == limit:
        console.print(f"the first {limit:,} rows; --limit shows more")
