"""Entries of a log's segments by offset, also from a process that does not have the log."""

from collections.abc import Sequence
from pathlib import Path

from foreseen.core.errors import NotFoundError
from foreseen.intake.entries import Stored
from foreseen.intake.segments import Segment, named_segments, read_records


class LogReader:
    """Reads a log that another process has open, up to what that one says is on the disk.

    What is read must not be trimmed meanwhile: who trims asks the readers how far they are.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._segments: Sequence[Segment] = []
        self._known_to = -1  # they hold everything before this offset
        self.end = 0
        """Offset after the last entry that may be read."""

    def read(self, cursor: int, limit_bytes: int) -> list[Stored]:
        """Entries from an offset on, until `limit_bytes` are reached; one at least.

        Raises:
            NotFoundError: The offset was trimmed away, or lies after the end.
            CorruptError: A record is damaged; file and position are named.
        """
        if not self._holds(cursor):
            end = self.end  # a segment's name is on the disk before anything in it is
            self._segments, self._known_to = named_segments(self._folder), end
        return entries_between(self._folder, self._segments, cursor, self.end, limit_bytes)

    def _holds(self, cursor: int) -> bool:
        """Whether the segments that are known serve: one may have begun since they were listed."""
        return (
            bool(self._segments) and self._segments[0].base <= cursor and self.end <= self._known_to
        )


def entries_between(
    folder: Path, found: Sequence[Segment], cursor: int, end: int, limit_bytes: int
) -> list[Stored]:
    """Entries from an offset on and before `end`, until `limit_bytes` are reached; one at least.

    Raises:
        NotFoundError: The offset was trimmed away, or lies after the end.
        CorruptError: A record is damaged; file and position are named.
    """
    first = found[0].base if found else 0
    if not first <= cursor <= end:
        raise NotFoundError(
            f"{folder}: offset {cursor} is not in the log, which holds {first} to {end}"
        )
    entries: list[Stored] = []
    ends = [*(segment.base for segment in found[1:]), end]
    position = cursor
    for segment, stop in zip(found, ends, strict=False):  # none at all holds no entry
        left = limit_bytes - (position - cursor)
        if position < min(stop, end) and (left > 0 or not entries):
            entries.extend(read_records(segment, position, min(stop, end), left))
            position = entries[-1].end
    return entries
