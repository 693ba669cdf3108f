"""What the producer wrote down: each acknowledged body, on a disk that no fault touches."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Word(StrEnum):
    """What the server said of a body.

    Attributes:
        ACKED: It has it.
        UNSURE: Nothing; the connection broke after something was sent. It may have it.
        REJECTED: It does not take such a body.
        REFUSED: It cannot take it now; the body is sent again.
    """

    ACKED = "acked"
    UNSURE = "unsure"
    REJECTED = "rejected"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Written:
    """One line of a ledger.

    Attributes:
        word: What the server said.
        lane: Which sender.
        number: Its body.
        offset: Place in the intake log after the body; 0 where it was not taken.
        millis: How long the answer took; for a refusal the seconds of its Retry-After, or -1.
        status: HTTP status, 0 for none.
    """

    word: Word
    lane: int
    number: int
    offset: int
    millis: float
    status: int


class Ledger:
    """The ledger of one lane; a line is on the disk when `write` returns."""

    def __init__(self, folder: Path, lane: int) -> None:
        self._lane = lane
        path = folder / f"lane-{lane}.ledger"
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def write(self, word: Word, number: int, offset: int, millis: float, status: int) -> None:
        """Put a line on the disk."""
        os.write(self._file, f"{word} {number} {offset} {millis:.3f} {status}\n".encode())
        os.fsync(self._file)

    def close(self) -> None:
        """End the use."""
        os.close(self._file)


def written(folder: Path) -> Iterator[Written]:
    """All lines of all ledgers in a folder."""
    for path in sorted(folder.glob("lane-*.ledger")):
        lane = int(path.stem.removeprefix("lane-"))
        for line in path.read_text().splitlines():
            word, number, offset, millis, status = line.split()
            yield Written(Word(word), lane, int(number), int(offset), float(millis), int(status))
