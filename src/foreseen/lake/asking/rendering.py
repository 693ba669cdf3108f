"""Rows of a question as JSON and CSV, whatever SQL gave and whoever wrote the texts in them."""

import csv
import io
from collections.abc import Iterator
from decimal import Decimal

import orjson
import pyarrow as pa

from foreseen.core.errors import MalformedInputError

_LARGEST_INTEGER = 1 << 63
_FORMULA = tuple(
    "=+-@\t\r\n\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}"
    "\N{FULLWIDTH HYPHEN-MINUS}\N{FULLWIDTH COMMERCIAL AT}"
)
"""A cell that begins like this is run as a formula by spreadsheets, whoever wrote it."""


def records(rows: pa.Table) -> list[dict[str, object]]:
    """Rows by name of column; of columns of one name the last one stays.

    Raises:
        MalformedInputError: A value has no form here, e.g. a time beyond the year 9999.
    """
    names = rows.column_names
    return [dict(zip(names, row, strict=True)) for row in _rows(rows)]


def as_json(value: object) -> bytes:
    """One value as JSON, whatever SQL gave."""
    return orjson.dumps(value, _told)


def csv_lines(rows: pa.Table) -> Iterator[str]:
    """Comma-separated values, names first; lists and structures as JSON in their field.

    A text that a spreadsheet would run gets an apostrophe before it: telemetry holds what an
    attacker wrote. Numbers stay numbers.
    """
    line = io.StringIO()
    writer = csv.writer(line)
    for values in (rows.column_names, *_rows(rows)):
        writer.writerow(map(_field, values))
        yield line.getvalue()
        line.seek(0)
        line.truncate()


def _rows(rows: pa.Table) -> Iterator[tuple[object, ...]]:
    try:
        columns = [column.to_pylist() for column in rows.columns]
    except (ValueError, OverflowError, pa.ArrowException) as error:
        raise MalformedInputError(
            f"a value of the rows cannot be shown; cast its column to VARCHAR: {error}"
        ) from error
    return zip(*columns, strict=True)


def _field(value: object) -> object:
    if isinstance(value, list | dict | tuple | bytes):
        return as_json(value).decode()
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value


def _told(value: object) -> object:
    """What SQL gives and JSON lacks: whole numbers of any size, bytes, spans of time."""
    if isinstance(value, Decimal):
        is_whole = value == value.to_integral_value() and abs(value) < _LARGEST_INTEGER
        return int(value) if is_whole else float(value)
    return value.hex() if isinstance(value, bytes) else str(value)
