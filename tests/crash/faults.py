"""What is done to the server: where it dies, where the power is cut, when its broker goes away."""

import os
import random
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain, islice

from tests.crash.control import wait_until
from tests.crash.failpoints import Act, Armed
from tests.crash.site import Site

_TABLES = ("events", "matches", "quarantine", "predictions")
PLACES: tuple[str, ...] = (
    *(f"intake.{step}" for step in ("write.before", "write.middle", "write.after")),
    *(f"intake.{step}" for step in ("sync.before", "sync.after", "trim.before", "trim.after")),
    *(
        f"lake.{t}.{k}.sync.{w}"
        for t in _TABLES
        for k in ("data", "log")
        for w in ("before", "after")
    ),
    *(f"lake.{when}_{table}" for table in _TABLES for when in ("before", "after")),
    *(
        f"control.{what}.{when}"
        for what in ("checkpoint", "decisions")
        for when in ("before", "after")
    ),
    "compaction.begin",
    *(
        f"compaction.lake.{t}.{k}.sync.before"
        for t in ("events", "matches")
        for k in ("data", "log")
    ),
    "compaction.lake.events.log.sync.after",
    "compaction.end",
)
"""Every named place; a table's data and its log are synced more than once in a commit."""

BROKER_PLACES: tuple[str, ...] = (
    *(f"broker.{what}.{when}" for what in ("append", "trim") for when in ("before", "after")),
    *(place for place in PLACES if not place.startswith("intake.")),
)
"""Those of a server whose intake is a broker."""

SHARD_PLACES = tuple(f"shard.{step}" for step in ("heard", "says", "said"))
"""Those in the process of a shard: it has a message, is about to answer, has answered."""

RANDOM, STARTING = "at random", "while it starts"
TOGETHER = "at random, and the server too"
_PLACED_SHARE = 0.7
_STARTING_SHARE = 0.1
_MOST_PASSINGS = 2
_LOAD_SECONDS = (0.05, 0.6)
_START_SECONDS = (0.0, 1.0)
_DOWN_SECONDS = (0.0, 3.0)
"""Longer and shorter than an append tries (`broker.PATIENCE_SECONDS`)."""

_ARMED_SECONDS = 4.0


class Kind(StrEnum):
    """What is done.

    Attributes:
        KILL: SIGKILL to the server and all of its processes.
        CUT: The power goes, for the server and the disk of its stores.
        SHARD: SIGKILL to the process of a shard; the server lives on.
        RESTART: SIGKILL to the broker, which is started again on its store a moment later.
    """

    KILL = "kill"
    CUT = "cut"
    SHARD = "kill of a shard"
    RESTART = "restart of the broker"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault.

    Attributes:
        kind: What is done.
        place: A name of `PLACES` and its like, `RANDOM`, `STARTING` or `TOGETHER`.
        passing: At which passing of the place.
        moment: Seconds of load before it, or before the place is armed.
        down: Seconds that a broker is away.
    """

    kind: Kind
    place: str
    passing: int
    moment: float
    down: float = 0.0

    @property
    def ends_server(self) -> bool:
        """Whether the server is to be started again; else it has to live on by itself."""
        return self.kind in {Kind.KILL, Kind.CUT} or self.place == TOGETHER


def drawn(kind: Kind, places: Sequence[str], count: int, dice: random.Random) -> list[Fault]:
    """So many faults of a kind; every place comes before one comes again."""
    return list(islice(_faults(kind, places, dice), count))


def restarts(count: int, dice: random.Random) -> list[Fault]:
    """So many restarts of the broker; in every third the server is killed while it is away."""
    return [
        Fault(
            Kind.RESTART,
            TOGETHER if number % 3 == 1 else RANDOM,
            1,
            dice.uniform(*_LOAD_SECONDS),
            dice.uniform(*_DOWN_SECONDS),
        )
        for number in range(count)
    ]


def _faults(kind: Kind, places: Sequence[str], dice: random.Random) -> Iterator[Fault]:
    named = chain.from_iterable(dice.sample(places, len(places)) for _ in iter(int, 1))
    starting = 0.0 if kind is Kind.SHARD else _STARTING_SHARE
    while True:
        rolled = dice.random()
        moment = dice.uniform(*_LOAD_SECONDS)
        if rolled < _PLACED_SHARE:
            yield Fault(kind, next(named), dice.randint(1, _MOST_PASSINGS), moment)
        elif rolled < _PLACED_SHARE + starting:
            yield Fault(kind, STARTING, 1, dice.uniform(*_START_SECONDS))
        else:
            yield Fault(kind, RANDOM, 1, moment)


def inflict(site: Site, fault: Fault) -> str:
    """Do it while the producer sends; gives the place where it really came.

    A place that is not reached in time is left, and the fault comes at random.
    """
    if site.server is None:
        raise ValueError("no server runs")
    place = fault.place
    if place == STARTING:
        site.server.kill()
        site.start(compaction=True)
        time.sleep(fault.moment)
    else:
        site.producer.go()
        time.sleep(fault.moment)
        place = _reached(site, fault)
    _DONE[fault.kind](site, fault)
    site.producer.pause()
    site.trigger.set(None)
    return place


def _reached(site: Site, fault: Fault) -> str:
    """Arm the place and wait until the server, or a shard's process, stands or lies there."""
    server = site.server
    if fault.place in {RANDOM, TOGETHER} or server is None:
        return fault.place
    act = Act.FREEZE if fault.kind is Kind.CUT else Act.DIE
    site.trigger.set(Armed(fault.place, fault.passing, act))
    if fault.kind is Kind.SHARD:
        came = wait_until(lambda: site.trigger.get() is None, _ARMED_SECONDS)
    else:
        came = server.stands_still(_ARMED_SECONDS)
        if came and site.trigger.get() is not None:
            raise ValueError(f"the server ended by itself on its way to {fault.place}")
    return fault.place if came else RANDOM


def _kill(site: Site, _fault: Fault) -> None:
    if site.server is not None:
        site.server.kill()


def _cut(site: Site, _fault: Fault) -> None:
    if site.volume is None or site.server is None:
        raise ValueError("a power cut needs a volume")
    site.server.freeze()
    site.volume.cut()
    site.server.kill()
    site.volume.restore()


def _kill_a_shard(site: Site, fault: Fault) -> None:
    """One of the processes, if none has died at its place; the load goes on for a moment."""
    if site.server is None:
        raise ValueError("no server runs")
    if fault.place == RANDOM or site.trigger.get() is not None:
        site.trigger.set(None)
        processes = site.server.processes()
        if not processes:
            raise ValueError("the server has no process of a shard")
        os.kill(processes[fault.passing % len(processes)], signal.SIGKILL)
    time.sleep(fault.moment)


def _restart(site: Site, fault: Fault) -> None:
    """The broker dies under load, for a while; the load goes on for a moment after it is back."""
    if site.broker is None or site.server is None:
        raise ValueError("there is no broker")
    site.broker.server.kill()
    if fault.place == TOGETHER:
        site.server.kill()
    time.sleep(fault.down)
    site.broker.server.start()
    time.sleep(fault.moment)


_DONE: dict[Kind, Callable[[Site, Fault], None]] = {
    Kind.KILL: _kill,
    Kind.CUT: _cut,
    Kind.SHARD: _kill_a_shard,
    Kind.RESTART: _restart,
}
