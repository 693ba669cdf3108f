"""Columns of other people's tables: what is wrong with one is said by name, with what to do."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from foreseen.core.errors import MalformedInputError
from foreseen.schema.arrow import AnyArray
from foreseen.studies.benchmark.dataset import Integers, Truths

SECOND, MILLISECOND = 1_000_000_000, 1_000_000
"""Nanoseconds in what an integer of a time column counts."""

_UNITS = {"s": SECOND, "ms": MILLISECOND, "us": 1_000, "ns": 1}
_EARLIEST, _LATEST = 0, 4_102_444_800_000  # 1970 to 2100
_SECONDS = range(500_000_000, 10_000_000_000)
"""As milliseconds they lie in early 1970; as seconds in 1985 and later: somebody mixed them up."""


def missing_from(table: pa.Table, names: Sequence[str]) -> list[str]:
    """Names of columns that a table lacks, in the order asked."""
    return [name for name in names if name not in table.column_names]


def in_order(table: pa.Table, name: str, integer: int) -> tuple[pa.Table, Integers]:
    """The table in order of time, equal times in the order of its rows, and the times in ms UTC.

    Args:
        table: With the column `name`.
        name: A timestamp of any unit (without a zone it is UTC), or integers.
        integer: Nanoseconds that one step of an integer column stands for.

    Raises:
        MalformedInputError: There is no row, a time is null or no time, or seconds were taken for
            milliseconds.
    """
    if not table.num_rows:
        raise MalformedInputError("the file has no rows: there is nothing to evaluate")
    column = one_array(table, name)
    _no_nulls(column, name)
    if pa.types.is_timestamp(column.type):
        unit = _UNITS[column.type.unit]
    elif pa.types.is_integer(column.type):
        unit = integer
    else:
        raise MalformedInputError(
            f"{name}: is {column.type}, must be a timestamp or an integer: cast it, and drop the "
            "rows that have no time"
        )
    steps = np.asarray(column.cast(pa.int64()).to_numpy(zero_copy_only=False), np.int64)
    order = np.argsort(steps, kind="stable")
    times = _milliseconds(steps[order], unit, name)
    return table.take(rows_at(order)), times


def texts(table: pa.Table, name: str, *, required: bool = True) -> AnyArray:
    """A column of texts; of nulls if it may be absent and is.

    Raises:
        MalformedInputError: It holds no texts, broken ones, or nulls although it is required.
    """
    if not required and name not in table.column_names:
        return pa.nulls(table.num_rows, pa.string())
    column = one_array(table, name)
    if required:
        _no_nulls(column, name)
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if not _is_text(kind):
        raise MalformedInputError(f"{name}: is {column.type}, must be text: cast it")
    try:
        column.validate(full=True)
        return column.cast(pa.string())
    except (pa.ArrowInvalid, UnicodeDecodeError) as error:
        raise MalformedInputError(f"{name}: holds broken text, make it UTF-8: {error}") from error


def truths(table: pa.Table, name: str, *, required: bool = True) -> Truths:
    """A column of booleans; all false if it may be absent and is.

    Raises:
        MalformedInputError: It holds nulls or anything else.
    """
    if not required and name not in table.column_names:
        return np.zeros(table.num_rows, np.bool_)
    column = one_array(table, name)
    if not pa.types.is_boolean(column.type):
        raise MalformedInputError(f"{name}: is {column.type}, must be bool: cast it")
    _no_nulls(column, name)
    return np.asarray(column.to_numpy(zero_copy_only=False), np.bool_)


def one_array(table: pa.Table, name: str) -> AnyArray:
    """A column as one array.

    Raises:
        MalformedInputError: The table has no such column.
    """
    if name not in table.column_names:
        raise MalformedInputError(
            f"{name}: there is no such column: add it; there are {', '.join(table.column_names)}"
        )
    column: AnyArray = table[name].combine_chunks()
    return column


def rows_at(numbers: Integers) -> AnyArray:
    """Numbers of rows, to take them from an Arrow array."""
    return pa.array(numbers, pa.int64())


def codes(column: AnyArray) -> tuple[Integers, list[str]]:
    """A number for each text (-1 for null), and the distinct texts that the numbers stand for."""
    encoded = column.dictionary_encode()
    numbers = encoded.indices.cast(pa.int64()).fill_null(-1).to_numpy(zero_copy_only=False)
    return np.asarray(numbers, np.int64), [str(text) for text in encoded.dictionary.to_pylist()]


def combined(*groups: Integers) -> Integers:
    """One number for each distinct combination of numbers, counted from 0 in their order."""
    whole = np.zeros(len(groups[0]), np.int64)
    for group in groups:
        low = int(group.min(initial=0))
        span = int(group.max(initial=0)) - low + 1
        _, whole = np.unique(whole * span + (group - low), return_inverse=True)
    return np.asarray(whole, np.int64)


def _is_text(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_string_view(kind)
        or pa.types.is_null(kind)
    )


def _no_nulls(column: AnyArray, name: str) -> None:
    if column.null_count:
        first = pc.index(pc.is_null(column), pa.scalar(value=True)).as_py()
        raise MalformedInputError(
            f"{name}: {column.null_count} rows have none, the first is row {first}: fill or drop "
            "them"
        )


def _milliseconds(steps: Integers, unit: int, name: str) -> Integers:
    """Steps of a unit as milliseconds, each rounded down.

    Raises:
        MalformedInputError: The times cannot be times of this unit.
    """
    first, last = int(steps[0]), int(steps[-1])
    least, most = (step * unit // MILLISECOND for step in (first, last))  # these never overflow
    if least < _EARLIEST or most > _LATEST:
        raise MalformedInputError(
            f"{name}: times from {least} to {most} ms are not between 1970 and 2100: is the unit "
            "right? A timestamp column says its own"
        )
    if unit == MILLISECOND and first in _SECONDS and last in _SECONDS:
        raise MalformedInputError(
            f"{name}: {first} to {last} look like seconds, must be milliseconds: multiply by 1000"
        )
    if unit < MILLISECOND:
        return steps // (MILLISECOND // unit)
    return steps * (unit // MILLISECOND)
