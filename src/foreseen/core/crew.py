"""Who does work that falls into pieces: this process alone, or tasks on other machines.

Models and studies say what a piece is; where it is done is decided at the edge. A piece depends on
nothing but itself and what is shared, so its result is the same wherever and however often it is
done.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol, TypeVar

Shared = TypeVar("Shared")
Piece = TypeVar("Piece")
Result = TypeVar("Result")

Begin = Callable[[Shared], Callable[[Piece], Result]]
"""Makes ready, once a process, what does one piece after the other; a function of a module."""


class Crew(Protocol):
    """Does pieces of work."""

    def each(
        self, begin: Begin[Shared, Piece, Result], shared: Shared, pieces: Iterable[Piece]
    ) -> Iterator[Result]:
        """Results in the order of the pieces, which are taken a few ahead of what is asked for.

        Args:
            begin: Makes ready what does a piece.
            shared: What all pieces need; it is sent once, however many calls name the same object.
            pieces: What differs.

        Raises:
            ForeseenError: A piece did, or there is nobody to do it.
        """
        ...


@dataclass(frozen=True, slots=True)
class Alone:
    """One piece after the other, in this process."""

    def each(
        self, begin: Begin[Shared, Piece, Result], shared: Shared, pieces: Iterable[Piece]
    ) -> Iterator[Result]:
        """As in `Crew`."""
        return map(begin(shared), pieces)


ALONE = Alone()
