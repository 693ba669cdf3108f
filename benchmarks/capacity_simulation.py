"""Shards, a committer and a judge over partitions of a broker, event by event of a simulation.

The shape is that of the product: a shard works two stretches ahead, the worker commits what has
come of all of them at once and judges it, and a loss sets all shards back to what is committed.
Entries arrive as a fluid, so that a stretch holds what has come since the last one, up to its
limit. Service times are measured elsewhere and handed in.
"""

from collections import deque
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import simpy
from numpy.typing import NDArray

_AHEAD = 2
_LOOK_SECONDS = 0.2
_SHARES = (0.1, 0.3, 0.5, 0.7, 0.9)
Steps = Generator[simpy.Event, Any, None]


@dataclass(frozen=True, slots=True)
class Loss:
    """A node is lost.

    Attributes:
        due: Whether it happens now, by seconds and committed events.
        recovery: Seconds until shards work again, from what is committed.
        cores: That are gone with it.
        replaced: Seconds until they are back.
    """

    due: Callable[[float, float], bool]
    recovery: float
    cores: int = 0
    replaced: float = 0.0


@dataclass(frozen=True, slots=True)
class Setup:
    """What is simulated; seconds of work are of one core, an event unless said otherwise.

    Attributes:
        shards: One partition each.
        cores: For the shards, and for the worker where it shares them.
        worker_shares: The worker works on the shards' cores; else it has its own.
        shard: To parse, label and cut windows.
        commit_floor: A commit.
        commit: More, an event in it.
        judge: To judge the matches of an event, on the average.
        stretch: Most events of a stretch.
        startup: Seconds until shards begin.
        loss: What is lost, if anything.
    """

    shards: int
    cores: int
    worker_shares: bool
    shard: float
    commit_floor: float
    commit: float
    judge: float
    stretch: float
    startup: float = 0.0
    loss: Loss | None = None


class Arrivals:
    """Events of one partition: how many have come by a time, and when one came."""

    def __init__(self, seconds: NDArray[np.float64], events: NDArray[np.float64]) -> None:
        """Events that have come by these seconds; in between they come evenly."""
        self._seconds, self._events = seconds, events
        self.total = float(events[-1])
        self.last = float(seconds[-1])

    @classmethod
    def at_once(cls, events: float) -> "Arrivals":
        """All wait when it begins."""
        return cls(np.array([-1.0, 0.0]), np.array([0.0, events]))

    def by(self, second: float) -> float:
        """How many have come."""
        return float(np.interp(second, self._seconds, self._events))

    def when(self, event: float) -> float:
        """When that one came."""
        return float(np.interp(event, self._events, self._seconds))


@dataclass(slots=True)
class Ran:
    """What came of it.

    Attributes:
        seconds: Until all was decided.
        events: In all.
        to_commit: Seconds from receipt to commit, of samples that stand for as many events each.
        to_decision: From receipt to decision, of the same.
        weights: Events of each sample.
        ages: When something was committed, and how old its oldest event was then.
        shards_busy: Seconds of all shards.
        worker_busy: Seconds of the worker.
        first_commit: When the first events were committed.
        losses: How many there were.
    """

    seconds: float = 0.0
    events: float = 0.0
    to_commit: list[float] = field(default_factory=list)
    to_decision: list[float] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)
    ages: list[tuple[float, float]] = field(default_factory=list)
    shards_busy: float = 0.0
    worker_busy: float = 0.0
    first_commit: float = 0.0
    losses: int = 0

    @property
    def rate(self) -> float:
        """Events a second."""
        return self.events / self.seconds

    def percentiles(self, seconds: Sequence[float]) -> tuple[float, float]:
        """p50 and p99 by event."""
        values, weights = np.asarray(seconds), np.asarray(self.weights)
        order = np.argsort(values)
        shares = weights[order].cumsum() / weights.sum()
        p50, p99 = (values[order][np.searchsorted(shares, share)] for share in (0.5, 0.99))
        return float(p50), float(p99)


class _Cell:
    """One simulation as it runs."""

    def __init__(self, setup: Setup, arrivals: Arrivals) -> None:
        self.setup, self.arrivals, self.ran = setup, arrivals, Ran()
        self.env = simpy.Environment()
        self.cores = simpy.PriorityResource(self.env, setup.cores)
        own = simpy.PriorityResource(self.env, 1)
        self.worker_core = self.cores if setup.worker_shares else own
        self.come: list[deque[float]] = [deque() for _ in range(setup.shards)]
        self.taken = [0.0] * setup.shards
        self.committed = [0.0] * setup.shards
        self.epoch, self.begins = 0, setup.startup
        self.cycled = self.env.event()
        self.losses = [setup.loss] if setup.loss else []

    def run(self) -> Ran:
        """Until all is decided."""
        for number in range(self.setup.shards):
            self.env.process(self._shard(number))
        self.env.run(self.env.process(self._worker()))
        self.ran.seconds = self.env.now
        return self.ran

    def _shard(self, number: int) -> Steps:
        while True:
            if self.env.now < self.begins:
                yield self.env.timeout(self.begins - self.env.now)
            if len(self.come[number]) >= _AHEAD:
                yield self.cycled
                continue
            events = self.arrivals.by(self.env.now) - self.taken[number]
            if events < 1:
                yield self.env.timeout(_LOOK_SECONDS)
                continue
            yield from self._stretch(number, min(events, self.setup.stretch))

    def _stretch(self, number: int, events: float) -> Steps:
        epoch = self.epoch
        work = events * self.setup.shard
        self.ran.shards_busy += work
        yield from self._busy(self.cores, work)
        if epoch == self.epoch:  # else it is lost with the state that it was worked in
            self.taken[number] += events
            self.come[number].append(events)

    def _worker(self) -> Steps:
        everything = self.arrivals.total * self.setup.shards
        while everything - self.ran.events > self.setup.shards:
            self._lose_when_due()
            works = [(n, own.popleft()) for n, own in enumerate(self.come) if own]
            if not works:
                yield self.env.timeout(_LOOK_SECONDS)
                continue
            yield from self._commit(works)
            self.cycled.succeed()
            self.cycled = self.env.event()

    def _commit(self, works: Sequence[tuple[int, float]]) -> Steps:
        setup, epoch = self.setup, self.epoch
        events = sum(each for _, each in works)
        work = setup.commit_floor + events * setup.commit
        self.ran.first_commit = self.ran.first_commit or self.env.now
        self.ran.worker_busy += work + events * setup.judge
        yield from self._busy(self.worker_core, work)
        if epoch != self.epoch:
            return
        committed = self.env.now
        yield from self._busy(self.worker_core, events * setup.judge)
        for number, count in works:
            self._record(number, count, committed)
        self.ran.events += events

    def _record(self, number: int, events: float, committed: float) -> None:
        ran, start = self.ran, self.committed[number]
        ran.ages.append((committed, committed - self.arrivals.when(start)))
        for share in _SHARES:
            received = self.arrivals.when(start + share * events)
            ran.to_commit.append(committed - received)
            ran.to_decision.append(self.env.now - received)
            ran.weights.append(events / len(_SHARES))
        self.committed[number] += events

    def _busy(self, core: simpy.PriorityResource, seconds: float) -> Steps:
        with core.request(priority=0) as turn:
            yield turn
            yield self.env.timeout(seconds)

    def _lose_when_due(self) -> None:
        if not self.losses or not self.losses[0].due(self.env.now, self.ran.events):
            return
        loss = self.losses.pop()
        self.epoch, self.ran.losses = self.epoch + 1, self.ran.losses + 1
        self.begins = self.env.now + loss.recovery
        for own in self.come:
            own.clear()
        self.taken = list(self.committed)
        for _ in range(loss.cores):
            self.env.process(self._gone(loss.replaced))

    def _gone(self, seconds: float) -> Steps:
        with self.cores.request(priority=-1) as turn:
            yield turn
            yield self.env.timeout(seconds)


def simulated(setup: Setup, arrivals: Arrivals) -> Ran:
    """Run until all that arrives is decided.

    Args:
        setup: What works.
        arrivals: At each partition.
    """
    return _Cell(setup, arrivals).run()
