"""Many faults one after the other, in rounds of fresh installations; the oracle after each."""

import random
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from tests.crash.control import Nursery
from tests.crash.faults import Fault, Kind, inflict, planned
from tests.crash.oracle import Verdict, sent
from tests.crash.reference import Compared, compared
from tests.crash.site import Site, site
from tests.crash.telemetry import EVENTS

PER_ROUND = 20
_UNCHECKED_SHARE = 0.15
"""Of faults that are followed by another one before anybody has looked: recovery is disturbed."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a campaign is to do.

    Attributes:
        kills: How many kills.
        cuts: How many power cuts.
        seed: Of the dice.
        shards: Processes that the server divides hosts among.
    """

    kills: int
    cuts: int
    seed: int
    shards: int = 1


@dataclass(slots=True)
class Result:
    """What a campaign found.

    Attributes:
        order: What it was to do.
        kills: Kills by place.
        cuts: Power cuts by place.
        bodies: Bodies acknowledged.
        events: Events acknowledged.
        lines: Lines acknowledged.
        unsure: Bodies without an answer.
        verdicts: The last word of the oracle in each round, and every one with a fault.
        compared: The comparison of each round with a run without faults.
        ready: Seconds from start to ready, of each start.
        recovered: Seconds from start until everything acknowledged was stored and decided.
        acknowledged: How long each acknowledgement took, ms.
        failures: What went wrong, in words.
        seconds: How long it took.
    """

    order: Order
    kills: Counter[str] = field(default_factory=Counter)
    cuts: Counter[str] = field(default_factory=Counter)
    bodies: int = 0
    events: int = 0
    lines: int = 0
    unsure: int = 0
    verdicts: list[Verdict] = field(default_factory=list)
    compared: list[Compared] = field(default_factory=list)
    ready: list[float] = field(default_factory=list)
    recovered: list[float] = field(default_factory=list)
    acknowledged: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def counted(self, kind: str) -> int:
        """How many things of a list of the oracle's verdicts there are, e.g. `lost`."""
        return sum(verdict.faults.get(kind, 0) for verdict in self.verdicts)

    @property
    def missing_alerts(self) -> int:
        """Alerts that only the runs without faults have."""
        return sum(len(each.missing) for each in self.compared)

    @property
    def doubled_alerts(self) -> int:
        """Alerts that only the disturbed runs have, and matches in two alerts or decided twice."""
        more = sum(len(each.more) for each in self.compared)
        return more + self.counted("decided_twice")

    @property
    def is_good(self) -> bool:
        """Whether nothing at all was found."""
        return not self.failures


Tell = Callable[[str], None]


def run(order: Order, nursery: Nursery, tell: Tell = lambda _: None) -> Result:
    """Inflict so many faults; what fails is in the result, and the campaign goes on."""
    dice = random.Random(order.seed)  # noqa: S311 (a test's dice)
    faults = planned(order.kills, order.cuts, dice)
    result, started = Result(order), time.monotonic()
    for number, part in enumerate(_parts(faults), 1):
        with site(nursery, on_volume=order.cuts > 0, shards=order.shards) as place:
            try:
                _round(place, part, result, dice, tell)
            except (OSError, ValueError) as error:
                result.failures.append(f"round {number}: {error!r}\n{place.messages[-4_000:]}")
            _count(place, result)
        tell(f"round {number}: {_told(result)}")
    result.seconds = time.monotonic() - started
    return result


def _parts(faults: Sequence[Fault]) -> Iterator[Sequence[Fault]]:
    for start in range(0, len(faults), PER_ROUND):
        yield faults[start : start + PER_ROUND]


def _round(
    place: Site, faults: Sequence[Fault], result: Result, dice: random.Random, tell: Tell
) -> None:
    place.begin(compaction=True)
    for fault in faults:
        came = inflict(place, fault)
        (result.kills if fault.kind is Kind.KILL else result.cuts)[came] += 1
        begun = time.monotonic()
        place.begin(compaction=True)
        tell(f"{fault.kind} {came}, ready after {place.ready[-1]:.2f} s")
        if dice.random() < _UNCHECKED_SHARE:
            continue
        verdict = place.settle()
        result.recovered.append(time.monotonic() - begun)
        tell(f"{verdict.received} lines, recovered after {result.recovered[-1]:.2f} s")
        if verdict.faults:
            result.verdicts.append(verdict)
            result.failures.append(f"after a {fault.kind} {came}: {verdict.faults}")
            tell(result.failures[-1])
            return
    _finish(place, result, tell)


def _finish(place: Site, result: Result, tell: Tell) -> None:
    """The last word, and the comparison with a run without faults."""
    if place.server is None:
        raise ValueError("no server runs")
    place.server.stop()
    place.begin(ticks=False)
    verdict = place.settle()
    tell("the run without faults begins")
    place.server.stop()
    result.verdicts.append(verdict)
    found = compared(place)
    result.compared.append(found)
    if verdict.faults:
        result.failures.append(f"at a round's end: {verdict.faults}")
    if not found.equal:
        result.failures.append(f"not as without faults: {found}")


def _count(place: Site, result: Result) -> None:
    known = sent(place.ledgers)
    result.bodies += len(known.acked)
    result.events += len(known.acked) * EVENTS
    result.lines += sum(verdict.received - verdict.rejected for verdict in result.verdicts[-1:])
    result.unsure += len(known.unsure)
    result.acknowledged += known.millis
    result.ready += place.ready


def _told(result: Result) -> str:
    ready = statistics.median(result.ready) if result.ready else 0.0
    return (
        f"{result.kills.total()} kills, {result.cuts.total()} cuts, {result.events} events "
        f"acknowledged, lost {result.counted('lost')}, ready p50 {ready:.2f} s, "
        f"{len(result.failures)} failures"
    )
