"""Pieces of work of a test that note when they begin, and can take their process with them."""

import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

from foreseen.core.crew import Begin, Crew

Shared = TypeVar("Shared")
Piece = TypeVar("Piece")
Result = TypeVar("Result")

_SECONDS = 0.2
"""That a piece takes longer, so that a node is lost in the midst of some."""


@dataclass
class Noting:
    """A crew whose pieces each write a line when they begin.

    Attributes:
        crew: Who does the work.
        notes: The file.
        asked: How many pieces there were.
        dies: Whether the first one ends its process by SIGKILL.
    """

    crew: Crew
    notes: Path
    dies: bool = False
    asked: int = field(default=0, init=False)

    def each(
        self, begin: Begin[Shared, Piece, Result], shared: Shared, pieces: Iterable[Piece]
    ) -> Iterator[Result]:
        """As the crew."""
        noted = partial(_noted, begin, (str(self.notes), self.dies))
        return self.crew.each(noted, shared, self._counted(pieces))

    @property
    def begun(self) -> int:
        """How often a piece was begun."""
        return len(self.notes.read_text("utf-8").splitlines()) if self.notes.exists() else 0

    def _counted(self, pieces: Iterable[Piece]) -> Iterator[Piece]:
        for piece in pieces:
            self.asked += 1
            yield piece


def _noted(
    begin: Begin[Shared, Piece, Result],
    noting: tuple[str, bool],
    shared: Shared,
) -> Callable[[Piece], Result]:
    work = begin(shared)
    notes, dies = noting

    def one(piece: Piece) -> Result:
        is_first = not Path(notes).exists()
        with Path(notes).open("a", encoding="utf-8") as file:
            file.write("begun\n")
        if dies and is_first:
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(_SECONDS)
        return work(piece)

    return one
