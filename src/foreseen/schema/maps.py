"""Arrow arrays of maps from names to texts: what the `unmapped` column holds.

Records of one shape have the same names. So names become Arrow once for each shape and batch, and
are copied from there to each record; only the texts are taken one by one.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

if TYPE_CHECKING:  # pyarrow's classes take no parameters at run time, its stubs demand them
    AnyArray = pa.Array[Any]
    AnyLists = pa.ListArray[Any]
else:
    AnyArray, AnyLists = pa.Array, pa.ListArray

#: What a name has: a text, several, or null.
Cell = str | Sequence[str] | None


class Texts(Mapping[str, Cell]):
    """A map that shares its names with others of its shape; made for batches, slow to look into.

    Attributes:
        names: Names, none twice.
        cells: What each of them has.
    """

    __slots__ = ("cells", "names")

    def __init__(self, names: tuple[str, ...], cells: Sequence[Cell]) -> None:
        """As many cells as names."""
        self.names = names
        self.cells = cells

    def __getitem__(self, name: str) -> Cell:
        """What a name has."""
        return dict(zip(self.names, self.cells, strict=True))[name]

    def __iter__(self) -> Iterator[str]:
        """The names in their order."""
        return iter(self.names)

    def __len__(self) -> int:
        """Number of names."""
        return len(self.names)

    def __repr__(self) -> str:
        """As the dict that it stands for."""
        return repr(dict(self))


def map_array(maps: Sequence[Mapping[str, Cell] | None]) -> AnyArray:
    """Maps of names to texts, lists of texts or None; the last keeps its name and an empty list.

    Raises:
        pa.ArrowInvalid, pa.ArrowTypeError, TypeError: A name or a value is something else.
    """
    shapes: dict[tuple[str, ...], int] = {}
    places: list[int] = []
    cells: list[Cell] = []
    for each in maps:
        if type(each) is Texts:
            names = each.names
            cells += each.cells
        else:
            names = tuple(each or ())
            cells += each.values() if each else ()
        places.append(shapes.setdefault(names, len(shapes)))
    keys, lengths = _keys(list(shapes), places)
    nulls = [each is None for each in maps]
    mask = np.array([*nulls, False]) if any(nulls) else None
    offsets = pa.array(_offsets(lengths), pa.int32(), mask=mask)
    # the stub demands 64-bit offsets, pyarrow 32-bit ones
    return cast("AnyArray", pa.MapArray.from_arrays(offsets, keys, _lists(cells)))  # type: ignore[call-overload]


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


def _lists(cells: Sequence[Cell]) -> AnyLists:
    """One list a cell. Nearly all cells are single texts; to look at each costs as much as this."""
    try:
        values = pa.array(cells, pa.string())
    except (pa.ArrowTypeError, pa.ArrowInvalid):
        return _mixed_lists(cells)
    lengths = np.ones(len(cells), dtype=np.int32)
    if values.null_count:
        lengths[values.is_null().to_numpy(zero_copy_only=False)] = 0
        values = values.drop_null()
    return pa.ListArray.from_arrays(pa.array(_offsets(lengths), pa.int32()), values)


def _mixed_lists(cells: Sequence[Cell]) -> AnyLists:
    parts: list[str] = []
    lengths: list[int] = []
    for cell in cells:
        if isinstance(cell, str):
            parts.append(cell)
            lengths.append(1)
        else:
            parts += cell or ()
            lengths.append(len(cell or ()))
    values = pa.array(parts, pa.string())
    return pa.ListArray.from_arrays(pa.array(_offsets(lengths), pa.int32()), values)


def _offsets(lengths: Sequence[int] | NDArray[np.int32]) -> NDArray[np.int32]:
    offsets = np.zeros(len(lengths) + 1, dtype=np.int32)
    np.cumsum(lengths, out=offsets[1:])
    return offsets
