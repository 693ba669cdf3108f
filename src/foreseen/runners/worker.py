"""The live pipeline of one tenant: intake log to lake to decisions, resumed where it stopped."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from threading import Event

from foreseen.core.errors import CorruptError
from foreseen.pipeline.judge import JudgeArtefacts
from foreseen.runners.installation import Installation
from foreseen.runners.judges.beginning import begun_deciders
from foreseen.runners.judging import Judge, as_edited, judge_artefacts, keep_stages
from foreseen.runners.rules.suppressions import InForce, suppressions_in_force
from foreseen.runners.rules.watch import LiveRules
from foreseen.runners.settings.settings import keep
from foreseen.runners.shards.beginning import begun
from foreseen.runners.shards.committing import shards_of
from foreseen.runners.telemetry import span
from foreseen.studies.train import Stored as StoredForesight
from foreseen.studies.train import stored_foresight

log = logging.getLogger("foreseen.worker")

_IDLE_SECONDS = 0.2
_PACE_SECONDS, _MANY_EVENTS = 1.0, 2_000
"""A commit of ten events costs about as much as one of a thousand, and leaves as many files: one of
few events is followed by the next after this time at the earliest."""

_PATIENCE_SECONDS = 0.05
"""How long a worker without other work waits for a judge elsewhere."""

_FAR_BEHIND, _LONG_PATIENCE_SECONDS = 8, 2.0
"""So many commits behind, judges are waited for before more is committed."""


@dataclass(slots=True)
class Alarm:
    """When the log needs a tick.

    Attributes:
        due: When something that waits is due, ms UTC; None: nothing waits.
        begun: A worker has begun since, and knows of no tick.
    """

    due: int | None = None
    begun: bool = False


class Worker:
    """Consumes the intake log by offset; every restart goes on at the last snapshot.

    After an error its memory is ahead of the stores: begin another one.
    """

    def __init__(
        self, installation: Installation, live: LiveRules, alarm: Alarm | None = None
    ) -> None:
        """Settings hold until another worker takes over; rules may be exchanged at any batch.

        Alarm: set whenever the judge has been at work.
        """
        self._stores, self._tenant = installation.stores, installation.tenant
        self._settings = installation.settings
        self._live, self._rules = live, live.current
        self._unreadable, self._events = "", 0
        self._foresight = self._newest_foresight(None)
        self._by_hand = self._newest_suppressions(None)
        lake, control = self._stores.lake, self._stores.control
        artefacts = self._judge_artefacts()
        deciders = partial(begun_deciders, installation, artefacts)
        self._judge = Judge(lake, control, artefacts, shards_of(self._tenant), deciders)
        self._judge.metrics = installation.metrics
        self._alarm = alarm or Alarm()
        self._alarm.due, self._alarm.begun = self._judge.due, True
        try:
            self._committer, self._shards = begun(installation, self._rules)
        except BaseException:
            self._judge.abandon()
            raise
        self._committer.metrics = installation.metrics

    @property
    def process_ids(self) -> Sequence[int]:
        """Processes of its shards and judges; none when they work in its own."""
        return [*self._shards.process_ids, *self._judge.process_ids]

    def run(self, stop: Event) -> None:
        """Work until told to stop; rests while there is little to do."""
        while not stop.is_set():
            begun = time.monotonic()
            if not self.drain():
                stop.wait(_IDLE_SECONDS)
            elif self._events < _MANY_EVENTS:
                self._rest(stop, begun + _PACE_SECONDS)

    def _rest(self, stop: Event, until: float) -> None:
        """Let events gather until a time, while judges elsewhere may answer."""
        while not stop.is_set() and (left := until - time.monotonic()) > 0:
            if self._judge.waits:
                self._judge.drain(patience=min(left, _IDLE_SECONDS))
            else:
                stop.wait(left)

    def drain(self) -> bool:
        """What is ready through both steps; False when nothing was waiting."""
        self._take_newer_rules()
        works = self._shards.ready()
        self._events = sum(work.tally.events for work in works)
        if works:
            with span("commit", stretches=len(works), events=self._events):
                self._committer.commit(works)
            self._stores.input.trim(self._committer.needed, self._committer.partitions)
        self._take_newer_artefacts()
        judged = self._judge.drain(patience=self._patience(is_busy=bool(works)))
        self._alarm.due = self._judge.due
        return judged > 0 or bool(works) or self._judge.waits

    def _patience(self, *, is_busy: bool) -> float:
        """How long to wait for a judge elsewhere: shards wait, too, when it falls behind."""
        if self._judge.behind > _FAR_BEHIND:
            return _LONG_PATIENCE_SECONDS
        return 0.0 if is_busy else _PATIENCE_SECONDS

    def stop(self) -> None:
        """End shards and judges, and keep states so that the next worker has nothing to repeat."""
        try:
            for each in self._shards.stop():
                self._committer.keep(each.partition, each.cursor, each.snapshot)
        finally:
            self._judge.stop()

    def abandon(self) -> None:
        """End shards and judges after an error: what they hold in memory is ahead of the stores."""
        try:
            self._shards.kill()
        finally:
            self._judge.abandon()

    def _take_newer_rules(self) -> None:
        rules = self._live.current
        if rules is self._rules:
            return
        now = time.time_ns() // 1_000_000
        keep(self._stores.control, self._tenant, rules, self._settings, now=now)
        self._rules = rules
        self._by_hand = self._newest_suppressions(None)
        self._shards.use(rules)
        self._judge.artefacts = self._judge_artefacts()

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
