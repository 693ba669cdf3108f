"""Rows of a question as a person or a program wants them: a table, lists, JSON or CSV."""

import sys
from enum import StrEnum

import pyarrow as pa
from rich.table import Table

from foreseen.cli.terminal import inert, print_json, report
from foreseen.lake.asking.rendering import csv_lines, records

_MOST_COLUMNS = 12
"""More columns than this do not fit beside each other: rows are printed as lists."""


class Form(StrEnum):
    """How rows are printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def print_rows(rows: pa.Table, form: Form) -> None:
    """Print rows on stdout."""
    if form is Form.JSON:
        for row in records(rows):
            print_json(row)
    elif form is Form.CSV:
        sys.stdout.writelines(csv_lines(rows))
    elif rows.num_columns > _MOST_COLUMNS:
        _print_lists(rows)
    else:
        _print_table(rows)


def _print_lists(rows: pa.Table) -> None:
    for row in records(rows):
        for name, value in row.items():
            if value is not None:
                report.print(inert(f"{name:>20}  {value}"), soft_wrap=True)
        report.print()


def _print_table(rows: pa.Table) -> None:
    table = Table(*map(inert, rows.column_names))
    for row in records(rows):
        table.add_row(*(inert("" if value is None else str(value)) for value in row.values()))
    report.print(table)
