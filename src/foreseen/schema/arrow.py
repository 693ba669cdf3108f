"""Rows to Arrow batches of a declared table, and back-filled columns for what a row lacks."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from foreseen.schema.columns import (
    EVENT_COLUMNS,
    MATCH_COLUMNS,
    PREDICTION_COLUMNS,
    QUARANTINE_COLUMNS,
    ROLLUP_COLUMNS,
    Column,
    Kind,
)
from foreseen.schema.maps import map_array
from foreseen.schema.shaped import Shaped
from foreseen.schema.shaped_arrays import arrays_of

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
    Kind.MAP: pa.map_(pa.string(), pa.list_(pa.string())),
}
# rows gathered at once: few enough to stay in the processor's cache while each column passes by,
# so many that the fixed cost of an array (some 8 us, for each of 40 columns) hardly counts
_HOT_ROWS = 1024


def arrow_schema(columns: Sequence[Column]) -> pa.Schema:
    """Arrow schema of declared columns, all nullable."""
    return pa.schema([pa.field(column.name, _ARROW[column.kind]) for column in columns])


EVENT_SCHEMA = arrow_schema(EVENT_COLUMNS)
MATCH_SCHEMA = arrow_schema(MATCH_COLUMNS)
QUARANTINE_SCHEMA = arrow_schema(QUARANTINE_COLUMNS)
PREDICTION_SCHEMA = arrow_schema(PREDICTION_COLUMNS)
ROLLUP_SCHEMA = arrow_schema(ROLLUP_COLUMNS)


def batch_of(
    rows: Sequence[Mapping[str, object]],
    schema: pa.Schema,
    beside: Mapping[str, Sequence[Any]] | None = None,
) -> pa.RecordBatch:
    """Columns of `schema` from rows; a key that a row lacks becomes null.

    Args:
        rows: Values by column.
        schema: Columns of the batch.
        beside: Whole columns, a value for each row; those of the rows do not count then.

    Raises:
        pa.ArrowInvalid: A value does not fit its column's type.
    """
    whole = _columns_of(rows, schema)
    for name, values in (beside or {}).items():
        whole[name] = _array(values, schema.field(name).type)
    arrays = [
        whole[field.name] if field.name in whole else pa.nulls(len(rows), field.type)
        for field in schema
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _columns_of(rows: Sequence[Mapping[str, object]], schema: pa.Schema) -> dict[str, AnyArray]:
    """The columns that some of the rows have. Shaped rows and others are two pieces, reordered."""
    shaped = [row for row in rows if type(row) is Shaped]
    if not shaped:
        return _gathered(rows, schema)
    if len(shaped) == len(rows):
        return arrays_of(shaped)
    others = [row for row in rows if type(row) is not Shaped]
    kinds = np.array([type(row) is Shaped for row in rows])
    order = pa.array(np.where(kinds, len(others) + np.cumsum(kinds), np.cumsum(~kinds)) - 1)
    pieces = [(len(others), _gathered(others, schema)), (len(shaped), arrays_of(shaped))]
    return {
        name: pa.concat_arrays(
            [
                piece[name] if name in piece else pa.nulls(count, schema.field(name).type)
                for count, piece in pieces
            ]
        ).take(order)
        for name in schema.names
        if any(name in piece for _, piece in pieces)
    }


def _gathered(rows: Sequence[Mapping[str, object]], schema: pa.Schema) -> dict[str, AnyArray]:
    there: set[str] = set().union(*rows)
    names = [name for name in schema.names if name in there]
    kinds = [schema.field(name).type for name in names]
    pieces: list[list[AnyArray]] = []
    for begin in range(0, len(rows), _HOT_ROWS):
        hot = [tuple(map(row.get, names)) for row in rows[begin : begin + _HOT_ROWS]]
        columns = zip(*hot, strict=True)
        pieces.append(list(map(_array, columns, kinds)))
    return dict(zip(names, map(_joined, zip(*pieces, strict=True)), strict=bool(rows)))


def _array(values: Sequence[Any], kind: pa.DataType) -> AnyArray:
    return map_array(values) if pa.types.is_map(kind) else pa.array(values, type=kind)


def _joined(pieces: Sequence[AnyArray]) -> AnyArray:
    return pieces[0] if len(pieces) == 1 else pa.concat_arrays(pieces)


def texts(table: pa.Table | pa.RecordBatch, name: str) -> list[str]:
    """A column of strings as Python values; null reads as the empty string."""
    return [value or "" for value in table.column(name).to_pylist()]


def integers(table: pa.Table | pa.RecordBatch, name: str) -> list[int]:
    """A column of integers as Python values; null reads as 0."""
    return [value or 0 for value in table.column(name).to_pylist()]
