"""A partition of the intake: what of one log belongs to it, or a broker's own partition."""

from collections.abc import Callable, Sequence
from typing import Protocol

from foreseen.intake.entries import Entry, EntryKind, Stored
from foreseen.intake.keys import partition_of
from foreseen.runners.shards.partition import Stretch


class Reader(Protocol):
    """What reads entries by offset."""

    def read(self, cursor: int, limit_bytes: int) -> Sequence[Stored]:
        """Entries from an offset on."""
        ...


class Whole:
    """All that a reader gives is one partition: a log with one, or a partition of a broker."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def read(self, cursor: int, limit_bytes: int) -> Stretch:
        """Entries from an offset on."""
        entries = self._reader.read(cursor, limit_bytes)
        return Stretch(entries, entries[-1].end if entries else cursor)


class Share:
    """One partition's share of a log that all of them are in."""

    def __init__(self, reader: Reader, number: int, partitions: int) -> None:
        """Partition `number` of `partitions`."""
        self._reader = reader
        self._is_own = _owned(number, partitions)
        self._partitions = partitions

    def read(self, cursor: int, limit_bytes: int) -> Stretch:
        """Its entries among the next ones; as many more are looked at as there are partitions."""
        entries = self._reader.read(cursor, limit_bytes * self._partitions)
        end = entries[-1].end if entries else cursor
        return Stretch([each for each in entries if self._is_own(each.entry)], end)


def _owned(number: int, partitions: int) -> Callable[[Entry], bool]:
    def is_own(entry: Entry) -> bool:
        return entry.kind is EntryKind.TICK or partition_of(entry, partitions) == number

    return is_own
