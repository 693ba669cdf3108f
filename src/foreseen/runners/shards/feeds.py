"""How a shard, wherever it runs, reads its partition: told in a message, opened there."""

from dataclasses import dataclass
from pathlib import Path

from foreseen.intake.opening import open_partition
from foreseen.intake.reading import LogReader
from foreseen.runners.shards.partition import Stretches
from foreseen.runners.shards.stretches import Share, Whole


@dataclass(frozen=True, slots=True)
class LogFeed:
    """A partition's share of a log on this machine, which another process writes.

    Attributes:
        folder: Of the log.
        number: The partition.
        partitions: Of how many.
        end: The log is on the disk up to here.
    """

    folder: Path
    number: int
    partitions: int
    end: int

    def opened(self) -> "OpenFeed":
        """The reader, up to `end` at first."""
        reader = LogReader(self.folder)
        reader.end = self.end
        return OpenFeed(Share(reader, self.number, self.partitions), reader)


@dataclass(frozen=True, slots=True)
class BrokerFeed:
    """A partition of a broker.

    Attributes:
        url: Of the broker.
        number: The partition.
    """

    url: str
    number: int

    def opened(self) -> "OpenFeed":
        """The reader.

        Raises:
            ConfigurationError: There is no such partition, or an extra is not installed.
            TransientError: The broker cannot be reached.
        """
        return OpenFeed(Whole(open_partition(self.url, self.number)), None)


Feed = LogFeed | BrokerFeed


@dataclass(frozen=True, slots=True)
class OpenFeed:
    """A partition that can be read.

    Attributes:
        stretches: The partition.
        log: What has to be told how far the log is on the disk; None: a broker knows itself.
    """

    stretches: Stretches
    log: LogReader | None

    def may_read_to(self, end: int | None) -> None:
        """The log is on the disk up to here."""
        if self.log is not None and end is not None:
            self.log.end = end
