"""What every intake is, wherever it keeps its entries: our own log, or a broker.

The pieces: an `Appender` takes entries, a `Reader` gives those of one partition. Our own log is
both at once and has one partition. A broker has one appender in each process that receives and one
reader in each shard.
"""

from collections.abc import Sequence
from typing import Protocol

from foreseen.intake.entries import Entry, Stored
from foreseen.intake.log import BacklogFullError

__all__ = ["SEQUENCE_SHIFT", "Appender", "BacklogFullError", "Broker", "Intake", "Joined", "Reader"]

#: Offset of a broker's record: its sequence number shifted by this. What is below counts bytes
#: within the body, so that every line has an offset of its own, as in our own log; bodies are
#: shorter than 2**28 bytes. Cursors are signed 64-bit numbers: 2**35 records in one partition.
SEQUENCE_SHIFT = 28


class Appender(Protocol):
    """Takes entries and returns when they are durable. Threads share it."""

    def append(self, entries: Sequence[Entry]) -> int:
        """Store entries and return the offset after the last once all of them are durable.

        Durable: on the disk of our own log, or acknowledged by the broker as its settings say.
        Entries of one call keep their order, and no other caller of this object comes in between.
        In a broker with several partitions an entry goes where its key says, a tick to each of
        them; the offset returned is that of the partition of the last entry. Nothing to store
        returns 0 or where the log ends.

        Raises:
            MalformedInputError: An entry cannot be stored; none of the call is.
            BacklogFullError: Too much waits to be read; none of the call is kept, or for a broker
                none from the refused one on.
            TransientError: The disk or the broker cannot store now. Our own log keeps nothing of
                the call. A broker may have kept some of it, when only its answer was lost:
                whoever repeats the call may then store those entries twice.
        """
        ...

    def check(self) -> None:
        """Do nothing if an append would be taken now; raises what `append` would."""
        ...

    def close(self) -> None:
        """End the use; appends that run have to be over."""
        ...


class Broker(Appender, Protocol):
    """The appender of a broker, for all its partitions."""

    @property
    def partitions(self) -> int:
        """How many there are; it never changes while there are data."""
        ...


class Reader(Protocol):
    """Gives the entries of one partition by offset. One thread at a time."""

    @property
    def first(self) -> int:
        """Smallest offset that can be read."""
        ...

    @property
    def end(self) -> int:
        """Offset after the last durable entry; offsets never repeat, also not after a trim."""
        ...

    def read(self, cursor: int, limit_bytes: int) -> list[Stored]:
        """Durable entries from an offset on, in order, until `limit_bytes` are reached.

        One at least where there is one; none when the cursor is at the end: at once, or after a
        wait of less than a second. `Stored.end` of the last one is the cursor to go on with; where
        a broker leaves gaps in its numbers, they are skipped.

        Raises:
            NotFoundError: The offset was trimmed away (entries are lost to this reader, and the
                message says which offsets are left), or lies after the end.
            CorruptError: A record is damaged or is no entry of ours; its place is named. Nothing
                before it in the same read is held back: the error comes when it is the first.
            TransientError: The broker cannot be reached.
        """
        ...

    def trim(self, before_offset: int) -> None:
        """The entries before an offset are no longer needed; they may be deleted, now or later."""
        ...

    def close(self) -> None:
        """End the use."""
        ...


class Intake(Appender, Reader, Protocol):
    """Both sides in one object: our own log, or a broker with one partition in one process."""


class Joined:
    """An intake made of an appender and a reader of the same broker."""

    def __init__(self, appender: Appender, reader: Reader) -> None:
        self._appender, self._reader = appender, reader

    @property
    def first(self) -> int:
        """Smallest offset that can be read."""
        return self._reader.first

    @property
    def end(self) -> int:
        """Offset after the last durable entry."""
        return self._reader.end

    def append(self, entries: Sequence[Entry]) -> int:
        """Store entries, see `Appender.append`."""
        return self._appender.append(entries)

    def read(self, cursor: int, limit_bytes: int) -> list[Stored]:
        """Entries from an offset on, see `Reader.read`."""
        return self._reader.read(cursor, limit_bytes)

    def trim(self, before_offset: int) -> None:
        """The entries before an offset are no longer needed."""
        self._reader.trim(before_offset)

    def check(self) -> None:
        """Do nothing if an append would be taken now."""
        self._appender.check()

    def close(self) -> None:
        """End the use of both sides."""
        try:
            self._appender.close()
        finally:
            self._reader.close()
