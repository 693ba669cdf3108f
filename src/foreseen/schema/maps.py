"""Arrow arrays of maps from names to texts: what the `unmapped` column holds.

Records of one shape have the same names. So names become Arrow once for each shape and batch, and
are copied from there to each record. Texts are handed over joined, with a mark between them that
texts hardly ever hold: that takes an eighth of the time that Arrow needs for one after the other.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from foreseen.schema.joined import MARK, Cell, Joined

if TYPE_CHECKING:  # pyarrow's classes take no parameters at run time, its stubs demand them
    AnyArray = pa.Array[Any]
    AnyLists = pa.ListArray[Any]
else:
    AnyArray, AnyLists = pa.Array, pa.ListArray

_MARK = MARK.encode()
_MOST_BYTES = 2**31 - 1  # that the offsets of Arrow's strings can tell apart


def map_array(maps: Sequence[Mapping[str, Cell] | None]) -> AnyArray:
    """Maps of names to texts, lists of texts or None; the last keeps its name and an empty list.

    Raises:
        pa.ArrowInvalid, pa.ArrowTypeError, TypeError: A name or a value is something else.
    """
    shapes: dict[tuple[str, ...], int] = {}
    places: list[int] = []
    for each in maps:
        names = each.names if type(each) is Joined else tuple(each or ())
        places.append(shapes.setdefault(names, len(shapes)))
    keys, lengths = _keys(list(shapes), places)
    nulls = [each is None for each in maps]
    mask = np.array([*nulls, False]) if True in nulls else None
    offsets = _offsets(lengths)
    values = _values([each for each in maps if each], len(keys))
    # the stub demands 64-bit offsets, pyarrow 32-bit ones
    return cast(
        "AnyArray",
        pa.MapArray.from_arrays(pa.array(offsets, pa.int32(), mask=mask), keys, values),  # type: ignore[call-overload]
    )


def _keys(
    shapes: Sequence[tuple[str, ...]], places: Sequence[int]
) -> tuple[AnyArray, NDArray[np.int32]]:
    """The names of each map, one map after the other; and how many each has."""
    widths = np.array([*map(len, shapes)], dtype=np.int32)
    begins = _offsets(widths)
    of = np.array(places, dtype=np.int32)
    lengths = widths[of]
    shifts = begins[of] - _offsets(lengths)[:-1]
    wanted = np.repeat(shifts, lengths) + np.arange(lengths.sum(), dtype=np.int32)
    names = pa.array([name for shape in shapes for name in shape], pa.string())
    return names.take(pa.array(wanted)), lengths


def _values(maps: Sequence[Mapping[str, Cell]], count: int) -> AnyLists:
    """A list for each of the `count` cells of these maps, none of which is empty."""
    lengths = np.ones(count, dtype=np.int32)
    joined: list[bytes] = []
    place = 0
    for each in maps:
        if type(each) is Joined:
            joined.append(each.texts)
        else:
            try:
                joined.append(MARK.join(each.values()).encode())  # type: ignore[arg-type]  # refuses others
            except TypeError:
                parts, counts = _opened(each.values())
                lengths[place : place + len(each)] = counts
                if parts:
                    joined.append(MARK.join(parts).encode())
        place += len(each)
    offsets = _offsets(lengths)
    values = _split(_MARK.join(joined), int(offsets[-1]))
    if values is None:
        cells = [part for each in maps for part in _opened(each.values())[0]]
        values = pa.array(cells, pa.string())
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), values)


def _opened(cells: Iterable[Cell]) -> tuple[list[str], list[int]]:
    """All texts of the cells, and how many each cell has."""
    parts: list[str] = []
    counts: list[int] = []
    for cell in cells:
        if isinstance(cell, str):
            parts.append(cell)
            counts.append(1)
        else:
            parts += cell or ()
            counts.append(len(cell or ()))
    return parts, counts


def _split(marked: bytes, count: int) -> AnyArray | None:
    """The texts between the marks; null when there are not as many, as a text has a mark itself."""
    ends = np.flatnonzero(np.frombuffer(marked, np.uint8) == _MARK[0])
    if len(ends) != count - 1 or len(marked) > _MOST_BYTES:
        return None
    begins = np.zeros(count + 1, dtype=np.int32)
    begins[1:-1] = ends - np.arange(count - 1)
    begins[-1] = len(marked) - (count - 1)
    plain = pa.py_buffer(marked.replace(_MARK, b""))
    offsets = pa.py_buffer(begins.data)
    return cast("AnyArray", pa.StringArray.from_buffers(count, offsets, plain))


def _offsets(lengths: Sequence[int] | NDArray[np.int32]) -> NDArray[np.int32]:
    offsets = np.zeros(len(lengths) + 1, dtype=np.int32)
    np.cumsum(lengths, out=offsets[1:])
    return offsets
