"""`foreseen hunt`: one read-only SELECT over the lake."""

import csv
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import pyarrow as pa
import typer
from rich.table import Table

from foreseen.cli.terminal import as_json, console, inert, print_json, report
from foreseen.core.errors import NotFoundError
from foreseen.lake.hunt import hunt as run
from foreseen.lake.lake import Lake

_MOST_COLUMNS = 12
"""More columns than this do not fit beside each other: rows are printed as lists."""


class Form(StrEnum):
    """How rows are printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def hunt(
    sql: Annotated[str, typer.Argument(help="One SELECT over events, matches, predictions ...")],
    data: Annotated[Path, typer.Option("--data", help="Folder of the lake.")] = Path("data"),
    limit: Annotated[int, typer.Option(min=1, help="Most rows.")] = 1000,
    form: Annotated[Form, typer.Option("--as", help="How to print rows.")] = Form.TABLE,
    json: Annotated[bool, typer.Option("--json", help="Same as --as json.")] = False,
) -> None:
    """Ask the lake in SQL."""
    if not (data / "lake").is_dir():
        raise NotFoundError(f"{data}: no lake there; name its folder with --data")
    rows = run(Lake.open(data / "lake"), sql, limit)
    if json or form is Form.JSON:
        for row in rows.to_pylist():
            print_json(row)
    elif form is Form.CSV:
        _print_csv(rows)
    elif rows.num_columns > _MOST_COLUMNS:
        _print_lists(rows)
    else:
        _print_table(rows)
    if rows.num_rows == limit:
        console.print(f"the first {limit:,} rows; --limit shows more")


def _print_csv(rows: pa.Table) -> None:
    """Comma-separated values; lists and structures as JSON in their field."""
    writer = csv.writer(sys.stdout)
    writer.writerow(rows.column_names)
    for row in rows.to_pylist():
        writer.writerow(_field(value) for value in row.values())


def _field(value: object) -> object:
    if isinstance(value, list | dict | tuple | bytes):
        return as_json(value).decode()
    return value


def _print_lists(rows: pa.Table) -> None:
    for row in rows.to_pylist():
        for name, value in row.items():
            if value is not None:
                report.print(inert(f"{name:>20}  {value}"), soft_wrap=True)
        report.print()


def _print_table(rows: pa.Table) -> None:
    table = Table(*map(inert, rows.column_names))
    for row in rows.to_pylist():
        table.add_row(*(inert("" if value is None else str(value)) for value in row.values()))
    report.print(table)
