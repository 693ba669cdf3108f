"""What is done to the server: where it dies, where the power is cut, when the disk is full."""

import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain, islice

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

RANDOM, STARTING = "at random", "while it starts"
_PLACED_SHARE = 0.7
_STARTING_SHARE = 0.1
_MOST_PASSINGS = 2
_LOAD_SECONDS = (0.05, 0.6)
_START_SECONDS = (0.0, 1.0)
_ARMED_SECONDS = 4.0


class Kind(StrEnum):
    """How it ends.

    The restart of a broker belongs here once `foreseen up` reads from one: until then the tests of
    the brokers' intake do it (tests/intake/test_intake_nats.py, test_intake_kafka.py).
    """

    KILL = "kill"
    CUT = "cut"


@dataclass(frozen=True, slots=True)
class Fault:
    """One end of a server.

    Attributes:
        kind: SIGKILL, or a power cut.
        place: A name of `PLACES`, `RANDOM` or `STARTING`.
        passing: At which passing of the place.
        moment: Seconds of load before it, or before the place is armed.
    """

    kind: Kind
    place: str
    passing: int
    moment: float


def planned(kills: int, cuts: int, dice: random.Random) -> list[Fault]:
    """So many faults, mixed; every place comes before one comes again."""
    faults = [
        *islice(_faults(Kind.KILL, dice), kills),
        *islice(_faults(Kind.CUT, dice), cuts),
    ]
    dice.shuffle(faults)
    return faults


def _faults(kind: Kind, dice: random.Random) -> Iterator[Fault]:
    places = chain.from_iterable(_shuffled(PLACES, dice) for _ in iter(int, 1))
    while True:
        drawn = dice.random()
        moment = dice.uniform(*_LOAD_SECONDS)
        if drawn < _PLACED_SHARE:
            yield Fault(kind, next(places), dice.randint(1, _MOST_PASSINGS), moment)
        elif drawn < _PLACED_SHARE + _STARTING_SHARE:
            yield Fault(kind, STARTING, 1, dice.uniform(*_START_SECONDS))
        else:
            yield Fault(kind, RANDOM, 1, moment)


def _shuffled(places: Sequence[str], dice: random.Random) -> list[str]:
    return dice.sample(places, len(places))


def inflict(site: Site, fault: Fault) -> str:
    """End the running server so; gives the place where it really came.

    A place that is not reached in time is left, and the end comes at random.
    """
    if site.server is None:
        raise ValueError("no server runs")
    place = fault.place
    if place == STARTING:
        site.server.kill()
        server = site.start(compaction=True)
        time.sleep(fault.moment)
    else:
        server = site.server
        site.producer.go()
        time.sleep(fault.moment)
        place = _reached(site, fault)
    if fault.kind is Kind.CUT:
        _cut(site)
    else:
        server.kill()
    site.producer.pause()
    site.trigger.set(None)
    return place


def _reached(site: Site, fault: Fault) -> str:
    """Arm the place and wait until the server stands or lies there."""
    server = site.server
    if fault.place == RANDOM or server is None:
        return RANDOM
    act = Act.DIE if fault.kind is Kind.KILL else Act.FREEZE
    site.trigger.set(Armed(fault.place, fault.passing, act))
    return fault.place if server.stands_still(_ARMED_SECONDS) else RANDOM


def _cut(site: Site) -> None:
    if site.volume is None or site.server is None:
        raise ValueError("a power cut needs a volume")
    site.server.freeze()
    site.volume.cut()
    site.server.kill()
    site.volume.restore()
