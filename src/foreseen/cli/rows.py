"""Rows of a question as a person or a program wants them: a table, lists, JSON or CSV."""

import csv
import sys
from enum import StrEnum

import pyarrow as pa
from rich.table import Table

from foreseen.cli.terminal import as_json, inert, print_json, report

_MOST_COLUMNS = 12
"""More columns than this do not fit beside each other: rows are printed as lists."""

_FORMULA = tuple(
    "=+-@\t\r\n\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}"
    "\N{FULLWIDTH HYPHEN-MINUS}\N{FULLWIDTH COMMERCIAL AT}"
)
"""A cell that begins like this is run as a formula by spreadsheets, whoever wrote it."""


class Form(StrEnum):
    """How rows are printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def print_rows(rows: pa.Table, form: Form) -> None:
    """Print rows on stdout."""
    if form is Form.JSON:
        for row in rows.to_pylist():
            print_json(row)
    elif form is Form.CSV:
        _print_csv(rows)
    elif rows.num_columns > _MOST_COLUMNS:
        _print_lists(rows)
    else:
        _print_table(rows)


def _print_csv(rows: pa.Table) -> None:
    """Comma-separated values; lists and structures as JSON in their field.

    A text that a spreadsheet would run gets an apostrophe before it: telemetry holds what an
    attacker wrote. Numbers stay numbers.
    """
    writer = csv.writer(sys.stdout)
    writer.writerow(map(_field, rows.column_names))
    for row in rows.to_pylist():
        writer.writerow(_field(value) for value in row.values())


def _field(value: object) -> object:
    if isinstance(value, list | dict | tuple | bytes):
        return as_json(value).decode()
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
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
