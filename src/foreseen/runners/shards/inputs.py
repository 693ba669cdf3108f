"""Where an installation's entries come from: our own log, or the partitions of a broker."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import get_ident
from typing import Protocol

from foreseen.core.errors import ConfigurationError
from foreseen.intake.log import IntakeLog
from foreseen.intake.opening import open_partition, shown
from foreseen.intake.protocol import Reader
from foreseen.runners.shards.feeds import BrokerFeed, Feed, LogFeed
from foreseen.runners.shards.partition import Stretches
from foreseen.runners.shards.stretches import Share, Whole


class Input(Protocol):
    """What shards read."""

    @property
    def end(self) -> int | None:
        """Up to where one log of all is on the disk; None: each partition knows itself."""
        ...

    @property
    def in_records(self) -> bool:
        """Whether offsets count a broker's records, and not bytes."""
        ...

    def divided(self, shards: int) -> int:
        """Number of partitions when so many shards are asked for.

        Raises:
            ConfigurationError: There cannot be so many.
        """
        ...

    def extent(self, number: int) -> tuple[int, int]:
        """First offset of a partition, and the one after its last entry."""
        ...

    def stretches(self, number: int, partitions: int) -> Stretches:
        """A partition, read in this thread."""
        ...

    def feed(self, number: int, partitions: int) -> Feed:
        """A partition, to be read elsewhere."""
        ...

    def trim(self, needed: Mapping[int, int], partitions: int) -> None:
        """What lies before these offsets, by partition, is not needed any more."""
        ...


@dataclass(frozen=True, slots=True)
class OwnLog:
    """Our own log: it holds all partitions, and may be divided into any number of them."""

    log: IntakeLog

    @property
    def end(self) -> int:
        """Up to where the log is on the disk."""
        return self.log.end

    @property
    def in_records(self) -> bool:
        """Offsets are bytes."""
        return False

    def divided(self, shards: int) -> int:
        """As many as are asked for."""
        return shards

    def extent(self, number: int) -> tuple[int, int]:
        """That of the log, for each partition."""
        del number
        return self.log.first, self.log.end

    def stretches(self, number: int, partitions: int) -> Share:
        """A partition's share of the log."""
        return Share(self.log, number, partitions)

    def feed(self, number: int, partitions: int) -> LogFeed:
        """A partition's share of the log, to be read by another process."""
        return LogFeed(self.log.folder, number, partitions, self.log.end)

    def trim(self, needed: Mapping[int, int], partitions: int) -> None:
        """Whole segments before what the slowest partition needs are deleted."""
        if len(needed) == partitions:
            self.log.trim(min(needed.values()))


@dataclass(frozen=True, slots=True)
class FromBroker:
    """A broker's partitions: as many as there are, each with offsets of its own."""

    url: str
    partitions: int
    _readers: dict[int, Reader] = field(default_factory=dict)
    _reading: dict[tuple[int, int], Reader] = field(default_factory=dict)

    @property
    def end(self) -> None:
        """Each partition knows its own."""
        return

    @property
    def in_records(self) -> bool:
        """Offsets are those of records."""
        return True

    def divided(self, shards: int) -> int:
        """As many as the broker has."""
        if shards not in {1, self.partitions}:
            raise ConfigurationError(
                f"{shown(self.url)}: has {self.partitions} partitions, so there are as many shards"
                f" and not {shards}; leave --shards out"
            )
        return self.partitions

    def extent(self, number: int) -> tuple[int, int]:
        """That of the partition."""
        reader = self._reader(number)
        return reader.first, reader.end

    def stretches(self, number: int, partitions: int) -> Whole:
        """The partition itself; who asks again in the same thread goes on with its connection."""
        del partitions
        asked = number, get_ident()  # a reader is for one thread at a time
        if asked not in self._reading:
            self._reading[asked] = open_partition(self.url, number)
        return Whole(self._reading[asked])

    def feed(self, number: int, partitions: int) -> BrokerFeed:
        """The partition, by its broker's URL."""
        del partitions
        return BrokerFeed(self.url, number)

    def trim(self, needed: Mapping[int, int], partitions: int) -> None:
        """Each partition is told what is not needed; the broker does with it as it is set."""
        del partitions
        for number, offset in needed.items():
            self._reader(number).trim(offset)

    def _reader(self, number: int) -> Reader:
        """A reader for questions only: what reads entries stays where it is."""
        if number not in self._readers:
            self._readers[number] = open_partition(self.url, number)
        return self._readers[number]
