"""Many faults one after the other, in rounds of fresh installations; the oracle after each."""

import random
import statistics
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.crash.checkout import commit
from tests.crash.control import Nursery
from tests.crash.faults import Fault, Kind, inflict
from tests.crash.oracle import Verdict, sent
from tests.crash.plan import Order, Round, Setting, rounds
from tests.crash.reference import Compared, compared
from tests.crash.site import Site, site
from tests.crash.telemetry import EVENTS

__all__ = ["Order", "Result", "run"]

_UNCHECKED_SHARE = 0.15
"""Of faults that are followed by another one before anybody has looked: recovery is disturbed."""


@dataclass(slots=True)
class Result:
    """What a campaign found.

    Attributes:
        order: What it was to do.
        commit: What was checked out when it began.
        done: Faults by setting, kind and place.
        rounds: Rounds by setting.
        bodies: Bodies acknowledged.
        events: Events acknowledged.
        unsure: Bodies without an answer.
        refused: Answers that a body could not be taken at that moment.
        closing: The last word of the oracle in each round that came to its end.
        verdicts: Every word of the oracle with a fault.
        compared: The comparison of each round with a run without faults.
        ready: Seconds from start to ready, of each start.
        recovered: Seconds from a start, or from a fault that the server lives through, until
            everything acknowledged was stored and decided.
        acknowledged: How long each acknowledgement took, ms.
        failures: What went wrong, in words.
        seconds: How long it took.
    """

    order: Order
    commit: str = field(default_factory=commit)
    done: Counter[tuple[Setting, Kind, str]] = field(default_factory=Counter)
    rounds: Counter[Setting] = field(default_factory=Counter)
    bodies: int = 0
    events: int = 0
    unsure: int = 0
    refused: int = 0
    closing: list[Verdict] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    compared: list[Compared] = field(default_factory=list)
    ready: list[float] = field(default_factory=list)
    recovered: list[float] = field(default_factory=list)
    acknowledged: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def total(self, kind: Kind, setting: Setting | None = None) -> int:
        """How many faults of a kind there were, in one setting or in all."""
        return sum(
            count
            for (where, what, _), count in self.done.items()
            if what is kind and setting in {None, where}
        )

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
    result, started = Result(order), time.monotonic()
    for number, part in enumerate(rounds(order, dice), 1):
        broker, known = part.setting is Setting.BROKER, len(result.failures)
        with site(
            nursery, on_volume=order.cuts > 0, shards=part.shards, with_broker=broker
        ) as place:
            try:
                _round(place, part, result, dice, tell)
            except (OSError, ValueError) as error:
                result.failures.append(f"round {number}: {error!r}\n{place.messages[-4_000:]}")
            _count(place, part, result)
        for failure in result.failures[known:]:
            tell(failure)
        tell(f"round {number} ({part.setting}): {_told(result)}")
    result.seconds = time.monotonic() - started
    return result


def _round(place: Site, part: Round, result: Result, dice: random.Random, tell: Tell) -> None:
    place.begin(compaction=True)
    for fault in part.faults:
        came = inflict(place, fault)
        result.done[part.setting, fault.kind, came] += 1
        begun = time.monotonic()
        if fault.ends_server:
            place.begin(compaction=True)
        tell(f"{fault.kind} {came}{f', ready after {place.ready[-1]:.2f} s' * fault.ends_server}")
        if place.server is None or not place.server.is_alive:
            raise ValueError(f"no server lives after {fault.kind} {came}")
        if dice.random() < _UNCHECKED_SHARE:
            continue
        verdict = place.settle()
        result.recovered.append(time.monotonic() - begun)
        tell(f"{verdict.received} lines, recovered after {result.recovered[-1]:.2f} s")
        if not _is_well(place, fault, came, verdict, result):
            return
    _finish(place, result, tell)


def _is_well(place: Site, fault: Fault, came: str, verdict: Verdict, result: Result) -> bool:
    """Whether the oracle found nothing, and a server that was spared still runs."""
    if verdict.faults:
        result.verdicts.append(verdict)
        result.failures.append(f"after a {fault.kind} {came}: {verdict.faults}")
    elif place.server is None or not place.server.is_alive:
        said = place.messages[-4_000:]
        result.failures.append(f"after a {fault.kind} {came} the server ended by itself\n{said}")
    else:
        return True
    return False


def _finish(place: Site, result: Result, tell: Tell) -> None:
    """The last word, and the comparison with a run without faults."""
    if place.server is None:
        raise ValueError("no server runs")
    place.server.stop()
    place.begin(ticks=False)
    verdict = place.settle()
    tell("the run without faults begins")
    place.server.stop()
    result.closing.append(verdict)
    found = compared(place)
    result.compared.append(found)
    if verdict.faults:
        result.verdicts.append(verdict)
        result.failures.append(f"at a round's end: {verdict.faults}")
    if not found.equal:
        result.failures.append(f"not as without faults: {found}")


def _count(place: Site, part: Round, result: Result) -> None:
    known = sent(place.ledgers)
    result.rounds[part.setting] += 1
    result.bodies += len(known.acked)
    result.events += len(known.acked) * EVENTS
    result.unsure += len(known.unsure)
    result.refused += known.refusals.total()
    result.acknowledged += known.millis
    result.ready += place.ready


def _told(result: Result) -> str:
    ready = statistics.median(result.ready) if result.ready else 0.0
    faults = ", ".join(f"{result.total(kind)} {kind}" for kind in Kind if result.total(kind))
    return (
        f"{faults}; {result.events} events acknowledged, lost {result.counted('lost')}, "
        f"ready p50 {ready:.2f} s, {len(result.failures)} failures"
    )
