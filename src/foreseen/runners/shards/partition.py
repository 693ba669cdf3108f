"""One partition of the intake through the shard step, a stretch at a time, ahead of the lake."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from foreseen.core.ids import TenantId
from foreseen.core.records import Line
from foreseen.intake.entries import EntryKind, Stored
from foreseen.lake.cursors import Cursor, Progress
from foreseen.lake.lake import Delivery
from foreseen.pipeline.shard import Lines, ShardArtefacts, ShardOut, ShardState, Tick, step
from foreseen.pipeline.snapshots import dump_shard, load_shard
from foreseen.runners.life.quarantine import lines_of_order
from foreseen.runners.shards.whole import Tally, tables_of

BATCH_BYTES = 8 << 20
TABLES = ("events", "matches", "quarantine", "rollups")
_SNAPSHOT_SHARE = 0.1  # of the time that the step takes
_MANY_STREAMS = 1_000_000  # about 100 MB of names and numbers

log = logging.getLogger("foreseen.shards")


@dataclass(frozen=True, slots=True)
class Stretch:
    """Entries of one partition, in their order.

    Attributes:
        entries: What the partition holds there.
        end: Offset after them and after what belongs to others: the cursor to read on from.
    """

    entries: Sequence[Stored]
    end: int


class Stretches(Protocol):
    """One partition of the intake."""

    def read(self, cursor: int, limit_bytes: int) -> Stretch:
        """Acknowledged entries from an offset on, about `limit_bytes` of them; the end grows.

        Raises:
            NotFoundError: The offset is not in the log any more.
            CorruptError: What is there cannot be read.
            TransientError: It cannot be read now.
        """
        ...


@dataclass(frozen=True, slots=True)
class Start:
    """Where a partition goes on, as the stores know it.

    Attributes:
        cursor: Offset of its snapshot; without one the first that there is.
        state: The snapshot; None: nothing yet.
        progress: How far the lake's tables are.
    """

    cursor: int
    state: bytes | None = None
    progress: Progress = field(default_factory=lambda: Progress(None, None))


@dataclass(frozen=True, slots=True)
class Worked:
    """What a stretch of a partition's input gave.

    Attributes:
        partition: Number of the partition.
        delivery: Tables for the lake, with the cursor after the stretch.
        tally: What went through.
        tick: How late it is after the stretch by a record of the log, ms UTC; None: it says none.
        snapshot: The state after it, when it was time for one.
    """

    partition: int
    delivery: Delivery
    tally: Tally
    tick: int | None = None
    snapshot: bytes | None = None


@dataclass(frozen=True, slots=True)
class Stopped:
    """The last word of a partition: its state at a cursor."""

    partition: int
    cursor: int
    snapshot: bytes


@dataclass(frozen=True, slots=True)
class Place:
    """Which partition this is.

    Attributes:
        tenant: Organisation; entries of others are passed over.
        number: The partition, from 0.
        name: Of the producer in the lake's transactions, and of its snapshots.
    """

    tenant: TenantId
    number: int
    name: str


class Partition:
    """The shard step over one partition.

    Its memory runs ahead of the stores by what was worked and not committed yet: after an error,
    or when a commit is lost, begin another one at what the stores know.

    Artefacts are exchanged at a stretch's boundary by assigning `artefacts`.
    """

    def __init__(
        self, place: Place, reader: Stretches, start: Start, artefacts: ShardArtefacts
    ) -> None:
        """Begin at the snapshot and go again through what the lake has beyond it.

        Raises:
            CorruptError: The snapshot cannot be read.
        """
        self._place, self._reader, self.artefacts = place, reader, artefacts
        self._state = load_shard(start.state) if start.state else ShardState()
        self._cursor = start.cursor
        self._reached = start.progress.reached or 0
        self._snapshot_due = 0.0
        self._told_streams = _MANY_STREAMS
        self._pass_again(start.progress.done or 0)

    def advance(self) -> Worked | None:
        """Work one stretch; None when nothing waits."""
        begun = time.monotonic()
        stretch = self._again() if self._cursor < self._reached else self._next()
        if stretch.end == self._cursor:
            return None
        after = self._cursor
        batch, out = self._step(stretch)
        tables = tables_of(self._place.tenant, batch, out)
        delivery = Delivery(tables, Cursor(self._place.name, stretch.end, after))
        tally = Tally()
        tally.add(sum(len(part.lines) for part in batch if isinstance(part, Lines)), out)
        tick = max((part.now for part in batch if isinstance(part, Tick)), default=None)
        snapshot = self._snapshot_in_time(time.monotonic() - begun)
        return Worked(self._place.number, delivery, tally, tick, snapshot)

    def stopped(self) -> Stopped:
        """The state, to go on from later."""
        return Stopped(self._place.number, self._cursor, dump_shard(self._state))

    def _next(self) -> Stretch:
        """A stretch after the cursor.

        A tick ends it: it says how late it is after all that the stretch holds, wherever the log
        is cut otherwise.
        """
        stretch = self._reader.read(self._cursor, BATCH_BYTES)
        for number, stored in enumerate(stretch.entries, 1):
            if stored.entry.kind is EntryKind.TICK:
                return Stretch(stretch.entries[:number], stored.end)
        return stretch

    def _again(self) -> Stretch:
        """Exactly what some of the lake's tables have already and others have not."""
        entries: list[Stored] = []
        end = self._cursor
        while end < self._reached:
            more = _until(self._reader.read(end, BATCH_BYTES), self._reached)
            entries += more.entries
            end = more.end
        return Stretch(entries, end)

    def _pass_again(self, done: int) -> None:
        """Bring the state to where the lake is; what it has is not delivered again."""
        while self._cursor < done:
            self._step(_until(self._reader.read(self._cursor, BATCH_BYTES), done))

    def _step(self, stretch: Stretch) -> tuple[Sequence[Lines | Tick], ShardOut]:
        own = [each for each in stretch.entries if each.entry.tenant == self._place.tenant]
        batch = [_part(stored) for stored in own]
        self._state, out = step(self._state, batch, self.artefacts)
        self._cursor = stretch.end
        return batch, out

    def _snapshot_in_time(self, worked: float) -> bytes | None:
        """The state, unless that would take more than its share of the time."""
        self._snapshot_due -= worked
        if self._snapshot_due > 0:
            return None
        self._tell_many()
        begun = time.monotonic()
        content = dump_shard(self._state)
        self._snapshot_due = (time.monotonic() - begun) / _SNAPSHOT_SHARE
        return content

    def _tell_many(self) -> None:
        """Warn when there are many streams, and again each time that they have doubled."""
        streams = len(self._state.sequences)
        if streams > self._told_streams:
            self._told_streams = 2 * streams
            log.warning(
                "%s: has numbered the events of %d streams, and keeps the last number of each;"
                " a source may make up names of hosts or boots (the newest: %r)",
                self._place.name,
                streams,
                next(reversed(self._state.sequences)),
            )


def _until(stretch: Stretch, end: int) -> Stretch:
    """What of a stretch lies before an offset, at which a delivery ended once."""
    return Stretch([each for each in stretch.entries if each.end <= end], min(stretch.end, end))


def _part(stored: Stored) -> Lines | Tick:
    match stored.entry.kind:
        case EntryKind.TICK:
            return Tick(stored.entry.received)
        case EntryKind.REPLAY:
            return lines_of_order(stored)
    return _lines(stored)


def _lines(stored: Stored) -> Lines:
    """Lines of one body, each with its place in the log."""
    entry = stored.entry
    lines: list[Line] = []
    place = 0
    for number, data in enumerate(entry.data.removesuffix(b"\n").split(b"\n"), start=1):
        line = Line(
            source=entry.source,
            offset=stored.offset + place,
            number=number,
            path=entry.path,
            data=data.removesuffix(b"\r"),
            received=entry.received,
        )
        lines.append(line)
        place += len(data) + 1
    ended = entry.kind is EntryKind.END
    return Lines(entry.source, entry.format, lines if entry.data else [], ended)
