"""Texts by name as parsers hand them over: joined, so that a batch can take them at once."""

from collections.abc import Iterator, Mapping, Sequence

#: What a name has: a text, several, or null.
Cell = str | Sequence[str] | None
#: Between joined texts; what holds it itself is not joined.
MARK = "\0"


class Joined(Mapping[str, Cell]):
    """A map of one text a name, made for batches: slow to look into, cheap to keep.

    Attributes:
        names: Names, none twice; shared by the records of a shape.
        texts: Their texts in UTF-8 with `MARK` between them.
    """

    __slots__ = ("names", "texts")

    def __init__(self, names: tuple[str, ...], texts: bytes) -> None:
        """At least one name, and as many texts, none of them with a `MARK`."""
        self.names = names
        self.texts = texts

    def __getitem__(self, name: str) -> str:
        """The text of a name."""
        return dict(zip(self.names, self.texts.decode().split(MARK), strict=True))[name]

    def __iter__(self) -> Iterator[str]:
        """The names in their order."""
        return iter(self.names)

    def __len__(self) -> int:
        """Number of names."""
        return len(self.names)

    def __repr__(self) -> str:
        """As the dict that it stands for."""
        return repr(dict(self))
