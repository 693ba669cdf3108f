"""What shards have worked, into the lake as one commit, and their snapshots at their cursors."""

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Engine

from foreseen.control.cursors import Checkpoint, checkpoint, save
from foreseen.core.errors import CorruptError
from foreseen.core.ids import TenantId
from foreseen.lake.lake import Lake, Told
from foreseen.runners.metrics import Metrics
from foreseen.runners.shards.partition import TABLES, Place, Start, Worked
from foreseen.runners.shards.whole import Tally

log = logging.getLogger("foreseen.worker")


def shards_of(tenant: TenantId) -> str:
    """Who tells the time in commits of an organisation's shards."""
    return f"shards/{tenant}"


def place_of(tenant: TenantId, number: int, partitions: int) -> Place:
    """A partition of so many: another number of them is another division, with names of its own."""
    return Place(tenant, number, f"{shards_of(tenant)}/{partitions}/{number}")


@dataclass(slots=True)
class Committer:
    """The one writer of what an organisation's shards give.

    Attributes:
        lake: Where tables go.
        control: Where snapshots go.
        tenant: Organisation.
        partitions: How many there are.
        tally: What went through since it was made.
        metrics: What is counted of it.
    """

    lake: Lake
    control: Engine
    tenant: TenantId
    partitions: int
    tally: Tally = field(default_factory=Tally)
    metrics: Metrics = field(default_factory=Metrics)
    _ticks: dict[int, int] = field(default_factory=dict)
    _kept: dict[int, int] = field(default_factory=dict)

    def start(self, number: int, extent: tuple[int, int]) -> Start:
        """Where a partition goes on.

        Args:
            number: The partition.
            extent: The first offset that there is, to begin with, and the end.

        Raises:
            CorruptError: Its snapshot cannot be read, or the lake has more than there is.
        """
        place = place_of(self.tenant, number, self.partitions)
        found = checkpoint(self.control, self.tenant, place.name)
        progress = self.lake.progress(place.name, TABLES)
        if (progress.reached or 0) > extent[1]:
            raise CorruptError(
                f"the intake ends at {extent[1]} and the lake has {place.name} up to"
                f" {progress.reached}: this lake belongs to another intake; restore that one"
            )
        if found is None:
            if extent[0] > 0 and (progress.done or 0) > extent[0]:
                raise CorruptError(
                    f"the lake has {place.name} up to {progress.done}, the intake only what comes"
                    f" after {extent[0]}, and the control database no snapshot, so that streams"
                    " would be numbered anew; restore control.db from a backup"
                )
            return Start(extent[0], None, progress)
        self._kept[number] = found.version
        return Start(found.version, found.state, progress)

    def commit(self, works: Sequence[Worked]) -> None:
        """One transaction in each table for all of them, then the snapshots that came along.

        Args:
            works: At most one of each partition.

        Raises:
            TransientError: Disk full, or a store is locked: begin again from what the stores know.
        """
        self._ticks |= {each.partition: each.tick for each in works if each.tick is not None}
        begun = time.monotonic()
        self.lake.commit_all([each.delivery for each in works], told=self._told(works))
        self.metrics.committed(works, time.monotonic() - begun)
        for each in works:
            self._add(each.tally)
            if each.snapshot is not None:
                self.keep(each.partition, each.delivery.cursor.version, each.snapshot)

    def keep(self, number: int, cursor: int, snapshot: bytes) -> None:
        """Keep a partition's state at a cursor that the lake has."""
        name = place_of(self.tenant, number, self.partitions).name
        save(self.control, self.tenant, Checkpoint(name, cursor, snapshot))
        self._kept[number] = cursor
        self.metrics.snapshot("shard", len(snapshot))

    @property
    def needed(self) -> Mapping[int, int]:
        """Offset of each partition's last snapshot: what lies before is not needed any more."""
        return self._kept

    def _told(self, works: Sequence[Worked]) -> Told | None:
        """The time that all partitions have reached, once one of these says one."""
        if all(each.tick is None for each in works) or len(self._ticks) < self.partitions:
            return None
        return Told(shards_of(self.tenant), min(self._ticks.values()))

    def _add(self, other: Tally) -> None:
        self.tally.lines += other.lines
        self.tally.events += other.events
        self.tally.matches += other.matches
        self.tally.quarantined += other.quarantined
        self.tally.streams += other.streams
