"""Rows to Arrow batches of a declared table, and back-filled columns for what a row lacks."""

from collections.abc import Mapping, Sequence

import pyarrow as pa

from foreseen.schema.columns import (
    EVENT_COLUMNS,
    MATCH_COLUMNS,
    PREDICTION_COLUMNS,
    QUARANTINE_COLUMNS,
    Column,
    Kind,
)

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
