"""The oracle: knows every acknowledged body, asks the stores, and says what is wrong."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.crash.ledger import Word, written
from tests.crash.stores import Holding
from tests.crash.telemetry import Body, body


@dataclass(frozen=True, slots=True)
class Sent:
    """What the producer knows.

    Attributes:
        acked: Bodies that the server said it has, with the place in the log after them.
        unsure: Bodies without an answer: they may be there, whole, or not.
        rejected: Bodies that the server does not take.
        refusals: Bodies that it could not take at that moment, by (HTTP status, Retry-After).
        millis: How long each acknowledgement took.
    """

    acked: dict[tuple[int, int], int]
    unsure: set[tuple[int, int]]
    rejected: int
    refusals: Counter[tuple[int, float]]
    millis: list[float]


@dataclass(slots=True)
class Verdict:
    """What the oracle found; everything but the first four is to be empty.

    Attributes:
        received: Lines acknowledged or rejected.
        stored: Lines of them in events.
        quarantined: Lines of them in quarantine.
        rejected: Lines of them that were rejected.
        lost: Acknowledged lines that are nowhere.
        doubled: Lines that are there more than once.
        foreign: Lines that nobody sent, or of a rejected body.
        torn: Bodies without an answer of which a part is there.
        undecided: Matches without a decision.
        decided_twice: Matches with more than one row of their own, decision or place in an alert.
        unknown: Decisions and members of alerts without a match.
        unalerted: Matches that should alert and are in no alert.
    """

    received: int = 0
    stored: int = 0
    quarantined: int = 0
    rejected: int = 0
    lost: list[bytes] = field(default_factory=list)
    doubled: list[bytes] = field(default_factory=list)
    foreign: list[bytes] = field(default_factory=list)
    torn: list[str] = field(default_factory=list)
    undecided: list[str] = field(default_factory=list)
    decided_twice: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    unalerted: list[str] = field(default_factory=list)

    @property
    def faults(self) -> dict[str, int]:
        """How many of each kind; empty when all is well."""
        lists = {name: getattr(self, name) for name in self.__slots__}
        found = {name: len(value) for name, value in lists.items() if isinstance(value, list)}
        if not self.lost and self.received != self.stored + self.quarantined + self.rejected:
            found["unbalanced"] = 1
        return {name: count for name, count in found.items() if count}


def sent(ledgers: Path) -> Sent:
    """What the ledgers in a folder say."""
    told = Sent({}, set(), 0, Counter(), [])
    rejected = 0
    for line in written(ledgers):
        place = (line.lane, line.number)
        if line.word is Word.ACKED:
            told.acked[place] = line.offset
            told.millis.append(line.millis)
        elif line.word is Word.UNSURE:
            told.unsure.add(place)
        elif line.word is Word.REJECTED:
            rejected += len(body(*place).lines)
        else:
            told.refusals[line.status, line.millis] += 1
    return Sent(told.acked, told.unsure, rejected, told.refusals, told.millis)


class Oracle:
    """Checks holdings against a ledger; remembers the lines of bodies that it has seen."""

    def __init__(self, ledgers: Path) -> None:
        self._ledgers = ledgers
        self._acked: Counter[bytes] = Counter()
        self._counted: set[tuple[int, int]] = set()

    def judge(self, held: Holding) -> Verdict:
        """Compare what is held with what was sent."""
        known = sent(self._ledgers)
        self._count(known)
        found, verdict = held.lines(), Verdict(rejected=known.rejected)
        optional: Counter[bytes] = Counter()
        for place in sorted(known.unsure):
            optional.update(_if_there(body(*place), found, verdict))
        expected = self._acked + optional
        verdict.lost = list((expected - found).elements())
        over = found - expected
        verdict.doubled = [line for line in over.elements() if line in expected]
        verdict.foreign = [line for line in over.elements() if line not in expected]
        quarantined = set(map(bytes.fromhex, held.texts("quarantine", "raw_hex")))
        ours = self._acked & found
        verdict.received = self._acked.total() + known.rejected
        verdict.quarantined = sum(n for line, n in ours.items() if line in quarantined)
        verdict.stored = ours.total() - verdict.quarantined
        _decisions(held, verdict)
        return verdict

    def _count(self, known: Sent) -> None:
        for place in known.acked.keys() - self._counted:
            self._acked.update(body(*place).lines)
            self._counted.add(place)


def _if_there(unsure: Body, found: Counter[bytes], verdict: Verdict) -> list[bytes]:
    """The lines of a body without an answer if it is there; a part of it is a fault."""
    there = [line for line in unsure.lines if line in found]
    if there and len(there) != len(unsure.lines):
        verdict.torn.append(f"{unsure.source}, body {unsure.number}")
    return unsure.lines if there else []


def _decisions(held: Holding, verdict: Verdict) -> None:
    """Every match once, decided once, and in one alert if it is to alert."""
    matches = Counter(held.texts("matches", "match_uid"))
    decided = Counter(held.texts("predictions", "match_uid"))
    members = held.members()
    verdict.undecided = sorted(matches.keys() - decided.keys())
    outcomes = zip(*(held.texts("predictions", c) for c in ("match_uid", "outcome")), strict=True)
    verdict.unalerted = sorted(
        {uid for uid, word in outcomes if word == "alerted"} - members.keys()
    )
    verdict.unknown = sorted((decided.keys() | members.keys()) - matches.keys())
    counts = (matches, decided, members)
    verdict.decided_twice = sorted({uid for each in counts for uid in each if each[uid] > 1})
