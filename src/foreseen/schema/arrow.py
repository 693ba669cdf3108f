"""Rows to Arrow batches of a declared table, and back-filled columns for what a row lacks."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from foreseen.schema.columns import (
    EVENT_COLUMNS,
    MATCH_COLUMNS,
    PREDICTION_COLUMNS,
    QUARANTINE_COLUMNS,
    Column,
    Kind,
)

if TYPE_CHECKING:  # pyarrow's classes take no parameters at run time, its stubs demand them
    AnyArray = pa.Array[Any]
    AnyChunks = pa.ChunkedArray[Any]
    AnyLists = pa.ListArray[Any]
else:
    AnyArray, AnyChunks, AnyLists = pa.Array, pa.ChunkedArray, pa.ListArray

_ARROW: dict[Kind, pa.DataType] = {
    Kind.STRING: pa.string(),
    Kind.INT: pa.int64(),
    Kind.FLOAT: pa.float64(),
    Kind.BOOL: pa.bool_(),
    Kind.STRINGS: pa.list_(pa.string()),
    Kind.INTS: pa.list_(pa.int64()),
}


def arrow_schema(columns: Sequence[Column]) -> pa.Schema:
    """Arrow schema of declared columns, all nullable."""
    return pa.schema([pa.field(column.name, _ARROW[column.kind]) for column in columns])


EVENT_SCHEMA = arrow_schema(EVENT_COLUMNS)
MATCH_SCHEMA = arrow_schema(MATCH_COLUMNS)
QUARANTINE_SCHEMA = arrow_schema(QUARANTINE_COLUMNS)
PREDICTION_SCHEMA = arrow_schema(PREDICTION_COLUMNS)


def batch_of(rows: Sequence[Mapping[str, object]], schema: pa.Schema) -> pa.RecordBatch:
    """Columns of `schema` from rows; a key that a row lacks becomes null.

    Raises:
        pa.ArrowInvalid: A value does not fit its column's type.
    """
    arrays = [pa.array([row.get(field.name) for row in rows], type=field.type) for field in schema]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def texts(table: pa.Table | pa.RecordBatch, name: str) -> list[str]:
    """A column of strings as Python values; null reads as the empty string."""
    return [value or "" for value in table.column(name).to_pylist()]


def integers(table: pa.Table | pa.RecordBatch, name: str) -> list[int]:
    """A column of integers as Python values; null reads as 0."""
    return [value or 0 for value in table.column(name).to_pylist()]
