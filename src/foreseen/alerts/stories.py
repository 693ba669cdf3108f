"""How odd several signs of one person are together, though each alone was to be expected.

Within one stream a model has seen the other signs: they are in its window. Across streams nobody
has, so signs are combined there. Each rule gives one: the smallest probability of its matches,
corrected for how many there were (Sidak 1967). Those of different rules are combined by the
truncated product method (Zaykin et al. 2002, Genetic Epidemiology 22:170-185), which lets rules
without anything odd weigh nothing.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import comb, exp, factorial, log

from foreseen.core.alerts import Alert

REACH = 60 * 60 * 1000
"""Signs further apart than this belong to no common story, ms of event time."""

WEAK = 0.2
"""Only a sign at most as probable as this weighs."""

WAITS = 0.05
"""What a match weighs that waits for the threshold of a rule without a model: its author says that
one alone is nothing, and that some are."""

MOST_LOWS = 4
"""Signs kept of one rule on one stream: the oddest."""

MOST_OF_ONE = 64
"""Of one person; beyond them that longest without a sign is forgotten."""

MOST_TRACES = 1_024
"""Of all people together; beyond them the person longest without a sign is forgotten."""

FORGOTTEN_PEOPLE = "too many people: signs of the one longest without any are weighed no more"

_BUCKET = 5 * 60 * 1000


@dataclass(frozen=True, slots=True)
class Sign:
    """A suppressed match, as a story weighs it.

    Attributes:
        uid: The match's name.
        event: Its event's.
        rule: Its rule.
        stream: Where.
        time: When, ms UTC.
        probability: Share of expected matches of the rule at least as odd.
        host: Machine that reported it; empty where it is too probable to be told.
        line: What it did, for a person; so, too.
    """

    uid: str
    event: str
    rule: str
    stream: str
    time: int
    probability: float
    host: str = ""
    line: str = ""


@dataclass(slots=True)
class Traces:
    """What one rule has shown of one person on one stream.

    Attributes:
        lows: Its oddest signs, the oddest first.
        counts: How many there were, by stretch of five minutes.
    """

    lows: list[Sign] = field(default_factory=list)
    counts: dict[int, int] = field(default_factory=dict)

    def add(self, sign: Sign) -> None:
        """One more; what is too old to meet it any more is forgotten."""
        first = sign.time - 2 * REACH
        kept = [each for each in self.lows if each.time >= first and each.uid != sign.uid]
        self.lows = sorted([*kept, sign], key=_oddest_first)[:MOST_LOWS]
        bucket = sign.time // _BUCKET
        known = {at: n for at, n in self.counts.items() if at >= first // _BUCKET}
        self.counts = {**known, bucket: known.get(bucket, 0) + 1}

    def number(self, time: int) -> int:
        """How many there were within reach of a time, to five minutes."""
        first, last = (time - REACH) // _BUCKET, (time + REACH) // _BUCKET
        return sum(n for at, n in self.counts.items() if first <= at <= last)

    @property
    def latest(self) -> int:
        """When the last stretch began in which there was one, ms UTC."""
        return max(self.counts, default=0) * _BUCKET


@dataclass(slots=True)
class Person:
    """What is known of one person.

    Attributes:
        traces: Signs by rule and stream.
        incident: Open incident of an alert of theirs, and the time of its last match, ms UTC.
        alert: The story that was told of them and takes more.
    """

    traces: dict[tuple[str, str], Traces] = field(default_factory=dict)
    incident: tuple[str, int] | None = None
    alert: Alert | None = None

    def alerted(self, incident: str, time: int) -> None:
        """An alert of theirs: later signs belong to its incident."""
        self.incident = (incident, max(time, self.incident[1] if self.incident else 0))

    def open_incident(self, time: int) -> str | None:
        """The incident that a sign at a time (ms UTC) belongs to, if there is one."""
        held = self.incident
        return held[0] if held and abs(time - held[1]) <= REACH else None

    def open_alert(self, time: int) -> Alert | None:
        """The story that takes a sign at a time (ms UTC); one that ended is forgotten."""
        if self.alert and time - self.alert.last_time > REACH:
            self.alert = None
        return self.alert

    def take(self, sign: Sign) -> int:
        """One more sign; how many traces had to go for it that could still have met others."""
        first, key = sign.time - 2 * REACH, (sign.rule, sign.stream)
        for old in [name for name, each in self.traces.items() if each.latest < first]:
            del self.traces[old]
        dropped = 0
        if key not in self.traces and len(self.traces) >= MOST_OF_ONE:
            del self.traces[min(self.traces, key=lambda name: (self.traces[name].latest, name))]
            dropped = 1
        self.traces.setdefault(key, Traces()).add(sign)
        return dropped

    @property
    def latest(self) -> int:
        """When the last sign or alert was, ms UTC, to five minutes."""
        last = self.incident[1] if self.incident else 0
        return max([last, *(each.latest for each in self.traces.values())])


@dataclass(slots=True)
class Stories:
    """All people with signs or alerts, the one longest without one first.

    Attributes:
        people: By name.
        forgotten: How many traces had to go while a story could still have come of them.
        size: People and their traces together.
    """

    people: OrderedDict[str, Person] = field(default_factory=OrderedDict)
    forgotten: int = 0
    size: int = 0

    @classmethod
    def of(cls, people: OrderedDict[str, Person], forgotten: int) -> "Stories":
        """From people in their order."""
        size = sum(1 + len(each.traces) for each in people.values())
        return cls(people, forgotten, size)

    def at(self, name: str, time: int) -> Person:
        """A person, who is now the one seen last, at a time (ms UTC)."""
        if name not in self.people:
            self.people[name] = Person()
            self.size += 1
        self.people.move_to_end(name)
        self._bound(time)
        return self.people[name]

    def take(self, name: str, sign: Sign) -> Person:
        """A person with one more sign."""
        person = self.at(name, sign.time)
        before = len(person.traces)
        self.forgotten += person.take(sign)
        self.size += len(person.traces) - before
        self._bound(sign.time)
        return person

    def _bound(self, time: int) -> None:
        """Keep the bound; one whose signs could still meet others is counted."""
        while self.size > MOST_TRACES and len(self.people) > 1:
            _, gone = self.people.popitem(last=False)
            self.size -= 1 + len(gone.traces)
            self.forgotten += time - gone.latest <= REACH


@dataclass(frozen=True, slots=True)
class Weighed:
    """Signs together.

    Attributes:
        signs: One a rule, those that weigh, the oddest first.
        probability: How often as much or more comes together where nothing is wrong.
    """

    signs: tuple[Sign, ...]
    probability: float

    @property
    def crosses(self) -> bool:
        """Whether they are of different rules on different streams."""
        return len({each.stream for each in self.signs}) > 1


def weigh(traces: Mapping[tuple[str, str], Traces], time: int) -> Weighed:
    """Signs of a person around a time, by rule and stream, weighed together.

    An event counts once, for the rule that it is oddest to.
    """
    near = {
        key: [sign for sign in each.lows if abs(sign.time - time) <= REACH]
        for key, each in traces.items()
    }
    numbers: dict[str, int] = {}
    for (rule, stream), lows in near.items():
        if lows:
            numbers[rule] = numbers.get(rule, 0) + traces[rule, stream].number(time)
    chosen: dict[str, Sign] = {}
    events: set[str] = set()
    for sign in sorted((sign for lows in near.values() for sign in lows), key=_oddest_first):
        if sign.rule not in chosen and sign.event not in events:
            chosen[sign.rule] = sign
            events.add(sign.event)
    corrected = [_sidak(each.probability, numbers[rule]) for rule, each in chosen.items()]
    odd = [sign for sign, share in zip(chosen.values(), corrected, strict=True) if share <= WEAK]
    return Weighed(tuple(odd), truncated_product(corrected))


def truncated_product(probabilities: Sequence[float], at_most: float = WEAK) -> float:
    """How probable a product of those at most `at_most` is that is as small or smaller.

    Each is uniform and independent of the others where nothing is wrong. 1.0 without any of them.
    """
    small = [max(p, 1e-300) for p in probabilities if p <= at_most]
    if not small:
        return 1.0
    number, log_product = len(probabilities), sum(map(log, small))
    found = 0.0
    for k in range(1, number + 1):
        over = k * log(at_most) - log_product
        tail = (
            exp(log_product) * sum(over**s / factorial(s) for s in range(k))
            if over >= 0
            else at_most**k
        )
        found += comb(number, k) * (1 - at_most) ** (number - k) * tail
    return min(found, 1.0)


def _sidak(probability: float, number: int) -> float:
    """The smallest of so many, as probable as one: 1 - (1 - p)^n."""
    return 1.0 - float((1.0 - probability) ** number)


def _oddest_first(sign: Sign) -> tuple[float, int, str]:
    return sign.probability, sign.time, sign.uid
