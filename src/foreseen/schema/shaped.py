"""Rows as parsers of many like records hand them over: what is the same in all is kept once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from foreseen.schema.joined import MARK, Cell, Joined

_OWN = ("raw", "unmapped")


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """What rows of one shape have in common; compared by identity. No column is named twice.

    Attributes:
        constants: Columns of texts and integers whose value is the same in all rows.
        texts: Columns of texts, in the order of a row's `texts`.
        integers: Columns of integers, in the order of a row's `integers`.
        names: Fields in `unmapped`, of rows of which each of them is one text.
    """

    constants: Mapping[str, str | int | None]
    texts: tuple[str, ...]
    integers: tuple[str, ...]
    names: tuple[str, ...]


class Shaped(Mapping[str, object]):
    """The columns of one row, made for batches: slow to look into, cheap to make and keep.

    Attributes:
        shape: What it has in common with others.
        texts: UTF-8 of its texts with `MARK` between them; where one has a mark itself, the texts.
        integers: Its integers or nulls.
        raw: Column `raw` in UTF-8.
        kept: Column `unmapped`; where it has the shape's names, UTF-8 of their texts with `MARK`
            between them, and none of them has one itself.
    """

    __slots__ = ("integers", "kept", "raw", "shape", "texts")

    def __init__(
        self,
        shape: Shape,
        texts: bytes | Sequence[str],
        integers: Sequence[int | None],
        raw: bytes,
        kept: bytes | Mapping[str, Cell],
    ) -> None:
        """As many texts and integers as the shape has columns of them; `raw` must be UTF-8."""
        self.shape = shape
        self.texts = texts
        self.integers = integers
        self.raw = raw
        self.kept = kept

    @property
    def unmapped(self) -> Mapping[str, Cell]:
        """Column `unmapped`."""
        kept = self.kept
        return Joined(self.shape.names, kept) if isinstance(kept, bytes) else kept

    def opened(self) -> Sequence[str]:
        """Its texts, one for each column of the shape's `texts`."""
        if not isinstance(self.texts, bytes):
            return self.texts
        return self.texts.decode().split(MARK) if self.shape.texts else ()

    def __getitem__(self, name: str) -> object:
        """The value of a column."""
        shape = self.shape
        if name in shape.constants:
            return shape.constants[name]
        if name in shape.texts:
            return self.opened()[shape.texts.index(name)]
        if name in shape.integers:
            return self.integers[shape.integers.index(name)]
        if name == "raw":
            return self.raw.decode()
        if name == "unmapped":
            return self.unmapped
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        """The columns that it has."""
        yield from self.shape.constants
        yield from self.shape.texts
        yield from self.shape.integers
        yield from _OWN

    def __len__(self) -> int:
        """Number of columns."""
        shape = self.shape
        return len(shape.constants) + len(shape.texts) + len(shape.integers) + len(_OWN)

    def __repr__(self) -> str:
        """As the dict that it stands for."""
        return repr(dict(self))
