"""`foreseen control show|move`: where the control database lies, and to another place."""

from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import func, select

from foreseen.cli.stores import database
from foreseen.cli.terminal import console, inert, print_json, report
from foreseen.control.database import is_served, viewing, where
from foreseen.control.places import shown
from foreseen.control.tables import Base
from foreseen.runners.control_place import HERE, move

app = typer.Typer(help="Where the control database lies.", no_args_is_help=True)

Data = Annotated[Path, typer.Option("--data", help="Folder of all stores.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_DATA = Path("data")


@app.command()
def show(data: Data = _DATA, json: Json = False) -> None:
    """Show where it lies, and how many rows each table has."""
    with database(data) as engine, viewing(engine) as connection:
        rows = {
            f"{table.name}": connection.scalar(select(func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
        }
        place, kind = where(engine), "postgresql" if is_served(engine) else "sqlite"
    if json:
        print_json({"place": place, "kind": kind, "rows": rows})
        return
    report.print(inert(place), soft_wrap=True)
    for name, count in rows.items():
        if count:
            report.print(f"  {name}: {count:,} rows")


@app.command(name="move")
def move_(
    to: Annotated[
        str,
        typer.Argument(help=f"postgresql://USER@HOST/DATABASE, an empty one; or '{HERE}'."),
    ],
    data: Data = _DATA,
) -> None:
    """Copy it to another place while no server runs, check the copy, and go on with that."""
    done = move(data, to)
    place = str(data / "control.db") if to == HERE else shown(to)
    console.print(
        inert(f"{sum(done.rows.values()):,} rows are in {place}, which counts from now on"),
        soft_wrap=True,
    )
