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
MOST_BYTES = 2**31 - 1  # that the offsets of Arrow's strings can tell apart


def map_array(maps: Sequence[Mapping[str, Cell] | None]) -> AnyArray:
    """Maps of names to texts, lists of texts or None; the last keeps its name and an empty list.

    Raises:
        pa.ArrowInvalid, pa.ArrowTypeError, TypeError: A name or a value is something else.
    """
    shapes: dict[tuple[str, ...], int] = {}
    places = [
        shapes.setdefault(each.names if type(each) is Joined else tuple(each or ()), len(shapes))
        for each in maps
    ]
    cells = [each.texts if type(each) is Joined else each for each in maps]
    return maps_of(list(shapes), places, cells)


def maps_of(
    shapes: Sequence[tuple[str, ...]],
    places: Sequence[int],
    cells: Sequence[bytes | Mapping[str, Cell] | None],
) -> AnyArray:
    """The same, of texts that are joined as in `Joined`.

    Args:
        shapes: Names of the maps of a shape.
        places: Place of each map's names among them.
        cells: Its texts, joined; or it itself.

    Raises:
        pa.ArrowInvalid, pa.ArrowTypeError, TypeError: A name or a value is something else.
    """
    keys, lengths = _keys(shapes, places)
    nulls = [each is None for each in cells]
    mask = np.array([*nulls, False]) if True in nulls else None
    offsets = offsets_of(lengths)
    values = _values(cells, lengths.tolist())
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
    begins = offsets_of(widths)
    of = np.array(places, dtype=np.int32)
    lengths = widths[of]
    shifts = begins[of] - offsets_of(lengths)[:-1]
    wanted = np.repeat(shifts, lengths) + np.arange(lengths.sum(), dtype=np.int32)
    names = pa.array([name for shape in shapes for name in shape], pa.string())
    return names.take(pa.array(wanted)), lengths


def _values(cells: Sequence[bytes | Mapping[str, Cell] | None], widths: Sequence[int]) -> AnyLists:
    """A list for each name of these maps, of which there are as many as `widths` says."""
    lengths = np.ones(sum(widths), dtype=np.int32)
    joined: list[bytes] = []
    place = 0
    for each, width in zip(cells, widths, strict=True):
        if isinstance(each, bytes):
            joined.append(each)
        elif each:
            try:
                joined.append(MARK.join(each.values()).encode())  # type: ignore[arg-type]  # refuses others
            except TypeError:
                parts, counts = _opened(each.values())
                lengths[place : place + width] = counts
                if parts:
                    joined.append(MARK.join(parts).encode())
        place += width
    offsets = offsets_of(lengths)
    values = split(_MARK.join(joined), int(offsets[-1]))
    if values is None:
        values = pa.array(
            [part for each in cells if each is not None for part in _parts(each)], pa.string()
        )
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), values)


def _parts(cell: bytes | Mapping[str, Cell]) -> Sequence[str]:
    return cell.decode().split(MARK) if isinstance(cell, bytes) else _opened(cell.values())[0]


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


def split(marked: bytes, count: int) -> AnyArray | None:
    """The `count` texts between the marks; null when there are others, as one has a mark itself."""
    ends = np.flatnonzero(np.frombuffer(marked, np.uint8) == _MARK[0])
    if len(ends) != count - 1 or len(marked) > MOST_BYTES:
        return None
    begins = np.zeros(count + 1, dtype=np.int32)
    begins[1:-1] = ends - np.arange(count - 1)
    begins[-1] = len(marked) - (count - 1)
    plain = pa.py_buffer(marked.replace(_MARK, b""))
    offsets = pa.py_buffer(begins.data)
    return cast("AnyArray", pa.StringArray.from_buffers(count, offsets, plain))


def offsets_of(lengths: Sequence[int] | NDArray[np.int32]) -> NDArray[np.int32]:
    """Where each of things of these lengths begins, and the end of the last."""
    offsets = np.zeros(len(lengths) + 1, dtype=np.int32)
    np.cumsum(lengths, out=offsets[1:])
    return offsets
