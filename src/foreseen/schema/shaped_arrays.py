"""Arrow arrays of the columns of shaped rows.

The texts of all rows become one array, and so do their integers; a column is taken out of it by
place. So a row costs a few steps of numpy for each column, not of Python for each value.
"""

from collections.abc import Iterable, Sequence
from typing import cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from foreseen.schema.joined import MARK
from foreseen.schema.maps import MOST_BYTES, AnyArray, maps_of, offsets_of, split
from foreseen.schema.shaped import Shape, Shaped

_MARK = MARK.encode()
# maps made at once: few enough to stay in the processor's cache while numpy looks at their bytes
_HOT_ROWS = 1024


def arrays_of(rows: Sequence[Shaped]) -> dict[str, AnyArray]:
    """The columns that some of these rows have, by name.

    Raises:
        pa.ArrowInvalid: The records together are longer than a column can be.
    """
    numbers: dict[Shape, int] = {}
    of = np.array([numbers.setdefault(row.shape, len(numbers)) for row in rows], dtype=np.int32)
    shapes = list(numbers)
    widths = np.array([len(shape.texts) for shape in shapes], dtype=np.int32)
    texts = _texts(rows, int(widths[of].sum()))
    pieces = [_maps(rows[at : at + _HOT_ROWS]) for at in range(0, len(rows), _HOT_ROWS)]
    return {
        **_columns(shapes, of, texts, [shape.texts for shape in shapes]),
        **_columns(shapes, of, _integers(rows), [shape.integers for shape in shapes]),
        "raw": _raw([row.raw for row in rows]),
        "unmapped": pieces[0] if len(pieces) == 1 else pa.concat_arrays(pieces),
    }


def _columns(
    shapes: Sequence[Shape],
    of: NDArray[np.int32],
    cells: AnyArray,
    names: Sequence[tuple[str, ...]],
) -> dict[str, AnyArray]:
    """Columns of one type.

    Args:
        shapes: Shapes.
        of: Place of each row's shape among them.
        cells: Values of the rows, one row after the other.
        names: Their columns, for each shape.
    """
    fixed, places = _constants(shapes, str if pa.types.is_string(cells.type) else int)
    both = pa.concat_arrays([pa.array(fixed, cells.type), cells])
    widths = np.array([*map(len, names)], dtype=np.int32)
    begins = offsets_of(widths[of])[:-1] + len(fixed)
    arrays = {}
    for column in set().union(*places, *names):
        at = np.array([place.get(column, 0) for place in places], dtype=np.int32)[of]
        own = [there.index(column) if column in there else -1 for there in names]
        if max(own) >= 0:
            shift = np.array(own, dtype=np.int32)[of]
            at = np.where(shift < 0, at, begins + shift)
        arrays[column] = both.take(pa.array(at))
    return arrays


def _constants(shapes: Sequence[Shape], kind: type) -> tuple[list[object], list[dict[str, int]]]:
    """Null and all constants of a type, and the place of each column's among them by shape."""
    fixed: dict[object, int] = {None: 0}  # what a shape lacks is null
    places = [
        {
            column: fixed.setdefault(value, len(fixed))
            for column, value in shape.constants.items()
            if type(value) is kind
        }
        for shape in shapes
    ]
    return list(fixed), places


def _texts(rows: Sequence[Shaped], count: int) -> AnyArray:
    """The `count` texts of the rows; one by one if they are not joined in all of them."""
    told = [row.texts for row in rows if row.shape.texts]
    try:
        cells = split(_MARK.join(told), count) if told else None  # type: ignore[arg-type]  # refuses others
    except TypeError:
        cells = None
    if cells is None:
        cells = pa.array([text for row in rows for text in row.opened()], pa.string())
    return cells


def _maps(rows: Sequence[Shaped]) -> AnyArray:
    """Column `unmapped`."""
    names: dict[Shape | tuple[str, ...], int] = {}
    places = [
        names.setdefault(row.shape if isinstance(row.kept, bytes) else tuple(row.kept), len(names))
        for row in rows
    ]
    shapes = [one.names if isinstance(one, Shape) else one for one in names]
    return maps_of(shapes, places, [row.kept for row in rows])


def _integers(rows: Iterable[Shaped]) -> AnyArray:
    return pa.array([number for row in rows for number in row.integers], pa.int64())


def _raw(records: Sequence[bytes]) -> AnyArray:
    """The records as texts. Whoever decoded them has seen that they are UTF-8."""
    ends = offsets_of([*map(len, records)])
    if sum(map(len, records)) > MOST_BYTES:
        return pa.array(records, pa.string())  # says itself that it is too much
    # into Arrow's own memory, which is at hand: Python would ask the kernel for as much again
    joined = pa.allocate_buffer(int(ends[-1]))
    into = memoryview(joined).cast("B")
    for begin in range(0, len(records), _HOT_ROWS):
        end = min(begin + _HOT_ROWS, len(records))
        into[ends[begin] : ends[end]] = b"".join(records[begin:end])
    buffers = (len(records), pa.py_buffer(ends.data), joined)
    return cast("AnyArray", pa.StringArray.from_buffers(*buffers))
