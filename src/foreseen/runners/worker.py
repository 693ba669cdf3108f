"""The live pipeline of one tenant: intake log to lake to decisions, resumed where it stopped."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Event

from sqlalchemy import Engine

from foreseen.control.cursors import Checkpoint, checkpoint, save
from foreseen.core.errors import CorruptError
from foreseen.core.ids import TenantId
from foreseen.core.records import Line
from foreseen.intake.entries import EntryKind, Stored
from foreseen.intake.log import IntakeLog
from foreseen.lake.lake import Lake
from foreseen.pipeline.judge import JudgeArtefacts
from foreseen.pipeline.shard import Lines, ShardArtefacts, Tick
from foreseen.pipeline.snapshots import dump_shard, load_shard
from foreseen.rules.assignment import Assignment
from foreseen.runners.judging import Judge, as_edited, judge_artefacts, keep_stages
from foreseen.runners.rule_watch import LiveRules
from foreseen.runners.settings import Settings, keep
from foreseen.runners.shards import Shard
from foreseen.runners.suppressions import InForce, suppressions_in_force
from foreseen.studies.train import Stored as StoredForesight
from foreseen.studies.train import stored_foresight

log = logging.getLogger("foreseen.worker")

BATCH_BYTES = 4 << 20
_TABLES = ("events", "matches", "quarantine")
_IDLE_SECONDS = 0.2
_COMPACT_SECONDS = 3600.0  # when there is nothing else to do


@dataclass(frozen=True, slots=True)
class Stores:
    """The three stores of an installation."""

    intake: IntakeLog
    lake: Lake
    control: Engine


@dataclass(slots=True)
class Alarm:
    """When something that waits is due, ms UTC: the log needs a tick then. None: nothing waits."""

    due: int | None = None


class Worker:
    """Consumes the intake log by offset; every restart goes on at the last snapshot.

    After an error its memory is ahead of the stores: begin another one.
    """

    def __init__(
        self,
        stores: Stores,
        tenant: TenantId,
        live: LiveRules,
        settings: Settings,
        alarm: Alarm | None = None,
    ) -> None:
        """Settings hold until another worker takes over; rules may be exchanged at any batch.

        Alarm: set whenever the judge has been at work.
        """
        self._stores, self._tenant, self._settings = stores, tenant, settings
        self._live, self._rules = live, live.current
        self._name = f"shard/{tenant}"
        self._shard = Shard(stores.lake, self._shard_artefacts(), self._name)
        found = checkpoint(stores.control, tenant, self._name)
        self._cursor = found.version if found else stores.intake.first
        if found and found.state:
            self._shard.state = load_shard(found.state)
        self._unreadable = ""
        self._foresight = self._newest_foresight(None)
        self._by_hand = self._newest_suppressions(None)
        artefacts = self._judge_artefacts()
        self._judge = Judge(stores.lake, stores.control, artefacts, clock=self._name)
        self._alarm = alarm or Alarm()
        self._alarm.due = self._judge.due

    def run(self, stop: Event) -> None:
        """Work until told to stop; sleeps while there is nothing to do."""
        compacted = time.monotonic()
        while not stop.is_set():
            if not self.drain():
                if time.monotonic() - compacted > _COMPACT_SECONDS:
                    self._stores.lake.compact()
                    compacted = time.monotonic()
                stop.wait(_IDLE_SECONDS)

    def drain(self) -> bool:
        """One batch through both steps; False when nothing was waiting."""
        self._take_newer_rules()
        batch = self._next()
        if batch:
            self._to_lake(batch)
        self._take_newer_artefacts()
        judged = self._judge.drain()
        self._alarm.due = self._judge.due
        return judged > 0 or bool(batch)

    def _next(self) -> Sequence[Stored]:
        """Entries after the cursor. After a crash exactly those that the lake already has.

        A tick ends a batch: it says how late it is after all that the batch holds, wherever the
        log is cut otherwise.
        """
        entries = self._stores.intake.read(self._cursor, BATCH_BYTES)
        reached = self._stores.lake.progress(self._name, _TABLES).reached
        if reached is not None and reached > self._cursor:
            return [stored for stored in entries if stored.end <= reached]
        ticks = (n for n, stored in enumerate(entries, 1) if stored.entry.kind is EntryKind.TICK)
        return entries[: next(ticks, len(entries))]

    def _to_lake(self, batch: Sequence[Stored]) -> None:
        parts = [_part(stored) for stored in batch if stored.entry.tenant == self._tenant]
        end = batch[-1].end
        self._shard.process(parts, after=self._cursor, version=end)
        reached = Checkpoint(self._name, end, dump_shard(self._shard.state))
        save(self._stores.control, self._tenant, reached)
        self._cursor = end
        self._stores.intake.trim(end)

    def _take_newer_rules(self) -> None:
        rules = self._live.current
        if rules is self._rules:
            return
        now = time.time_ns() // 1_000_000
        keep(self._stores.control, self._tenant, rules, self._settings, now=now)
        self._rules = rules
        self._by_hand = self._newest_suppressions(None)
        self._shard.artefacts = self._shard_artefacts()
        self._judge.artefacts = self._judge_artefacts()

    def _shard_artefacts(self) -> ShardArtefacts:
        assignment = Assignment(self._settings.rule_sets, self._rules.rules)
        return ShardArtefacts(self._tenant, self._rules, self._settings.workloads, assignment)

    def _take_newer_artefacts(self) -> None:
        foresight = self._newest_foresight(self._foresight)
        by_hand = self._newest_suppressions(self._by_hand)
        if foresight is not self._foresight or by_hand is not self._by_hand:
            self._foresight, self._by_hand = foresight, by_hand
            self._judge.artefacts = self._judge_artefacts()

    def _judge_artefacts(self) -> JudgeArtefacts:
        foresight = as_edited(self._foresight, self._rules)
        now = time.time_ns() // 1_000_000
        keep_stages(self._stores.control, self._tenant, foresight, now=now)
        return judge_artefacts(
            self._tenant,
            self._rules,
            self._settings,
            foresight,
            self._by_hand.suppressions,
        )

    def _newest_suppressions(self, current: InForce | None) -> InForce:
        """Suppressions by hand; one that is not sound any more hides nothing and is told once."""
        now = time.time_ns() // 1_000_000
        found = suppressions_in_force(
            self._stores.control, self._tenant, self._rules, now=now, unless=current
        )
        if found is not current:
            for problem in found.problems:
                log.warning("a suppression by hand is not in force: %s", problem)
        return found

    def _newest_foresight(self, current: StoredForesight | None) -> StoredForesight | None:
        """The models to use; none while they cannot be read, for then everything has to alert."""
        try:
            return stored_foresight(self._stores.control, self._tenant, unless=current)
        except CorruptError as error:
            if str(error) != self._unreadable:
                log.exception("models cannot be read, so all matches alert; train again")
            self._unreadable = str(error)
            return None


def _part(stored: Stored) -> Lines | Tick:
    entry = stored.entry
    return Tick(entry.received) if entry.kind is EntryKind.TICK else _lines(stored)


def _lines(stored: Stored) -> Lines:
    """Lines of one body, each with its place in the log."""
    entry = stored.entry
    lines: list[Line] = []
    place = 0
    for number, data in enumerate(entry.data.split(b"\n"), start=1):
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
