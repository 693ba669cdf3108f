"""What the same person did on other streams shortly before a match, whatever source says so.

A failed login to the cloud's console, then a command on a host: two streams, one person. Matches
are remembered by the names that they have in common (`principals`), logins also by the address that
they came from. What is told of them is folded: rule, outcome and source, and how often, in three
steps, so that a flood of the same is one token and not a window full of it.

Services tie nothing: who is no person has no elsewhere. On Linux that is whoever has no login user;
the user that a process runs as says nothing, for it is root's or the service's own.
"""

from bisect import bisect_left, insort
from collections import Counter, OrderedDict
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from foreseen.models.moments.principals import person, session_name

REACH = 60 * 60 * 1000
"""How long before a match something elsewhere still counts, ms."""

MOST_TOKENS = 24
SEVERAL, MANY = 2, 5
MOST_TIMES = 16
"""Times that are kept of one trace: more than are counted, for what comes late."""

MOST_TRACES = 16_384
MOST_OF_ONE = 128
"""Traces in all, and of one name: (stream, token) pairs. Beyond them the oldest are forgotten."""

Times = list[int]
Traces = dict[str, dict[str, Times]]
"""Of one name, by stream and token: when, ms, in order."""
Context = dict[str, Times]
"""By token: when it was last seen on other streams, at most `MANY` times, in order."""

COLUMNS = (
    "stream",
    "time",
    "ingested_time",
    "rule_id",
    "class_uid",
    "status_id",
    "product",
    "window_complete",
    "user_name",
    "user_uid",
    "process_user_name",
    "auth_account",
    "src_ip",
)
"""Of the matches table: what a sighting is made of."""

_NAMING = ("user_name", "user_uid", "process_user_name", "auth_account", "src_ip")
_LOGIN, _DONE, _FAILED = 3002, 1, 2
_OUTCOMES = {_DONE: " done", _FAILED: " failed"}
_LOCAL = ("127.", "::1", "0.0.0.0", "::ffff:127.")  # noqa: S104 (texts of a log, nothing is bound)


@dataclass(frozen=True, slots=True)
class Sighting:
    """A match as those of the same person elsewhere see it.

    Attributes:
        names: What ties it: the person's name, and the address that a login came from.
        stream: Where.
        time: When it happened, no later than when we had it, ms UTC.
        arrived: When we had it, ms UTC.
        token: Rule, outcome and source.
        is_knock: Whether it is a failed login, whose name anybody can make up.
    """

    names: tuple[str, ...]
    stream: str
    time: int
    arrived: int
    token: str
    is_knock: bool = False


def elsewhere_of(matches: pa.Table) -> list[tuple[str, ...]]:
    """Tokens of each match's elsewhere, in the order of the rows: in bulk what the judge sees.

    The judge sees what had come by then; here nothing is late.

    Args:
        matches: Rows of the matches table, of one tenant: all of them, else contexts have holes.
    """
    sightings, memory = sightings_of(matches), Whereabouts()
    found: list[tuple[str, ...]] = [()] * len(sightings)
    known = [row for row, sighting in enumerate(sightings) if sighting.names]
    for row in sorted(known, key=lambda row: (sightings[row].time, row)):
        found[row] = told(memory.meet(sightings[row]))
    return found


def sightings_of(matches: pa.Table) -> list[Sighting]:
    """One a row; without names where nobody can be tied to it."""
    columns = [matches.column(name).to_pylist() for name in COLUMNS]
    return [_sighting(values) for values in zip(*columns, strict=True)]


def tied_to(matches: pa.Table, names: AbstractSet[str]) -> pa.Table:
    """The rows that may have one of the names; by their distinct texts, so in far less time.

    Args:
        matches: Rows of the matches table, with `COLUMNS`.
        names: Names of sightings.
    """
    mask = pa.array([False] * matches.num_rows)
    for column in _NAMING:
        texts = [text for text in pc.unique(matches.column(column)).to_pylist() if text]
        known = [text for text in texts if not names.isdisjoint(_names_in(text))]
        mask = pc.or_(mask, pc.is_in(matches.column(column), pa.array(known, pa.string())))
    return matches.filter(mask)


def _names_in(text: str) -> set[str | None]:
    """What a sighting can be tied by, whichever column says it."""
    return {person(text), person(session_name(text) or ""), _from(text)}


def told(context: Context) -> tuple[str, ...]:
    """Tokens with how often they came, the one that came last at the end."""
    latest = sorted((times[-1], token) for token, times in context.items())
    return tuple(f"{token}{_often(len(context[token]))}" for _, token in latest[-MOST_TOKENS:])


def added(context: Context, sighting: Sighting) -> Context:
    """The context with one more sighting in its place; what no token can show is dropped."""
    times = sorted([*context.get(sighting.token, ()), sighting.time])[-MANY:]
    return _shown({**context, sighting.token: times})


@dataclass(slots=True)
class Known:
    """Traces by name, the name longest without a match first."""

    names: OrderedDict[str, Traces] = field(default_factory=OrderedDict)
    size: int = 0

    @classmethod
    def of(cls, names: Iterable[tuple[str, Traces]]) -> "Known":
        """From names with their traces, in order."""
        known = cls(OrderedDict(names))
        known.size = sum(map(_size, known.names.values()))
        return known

    def pop(self, name: str) -> Traces:
        """Take a name out."""
        traces = self.names.pop(name, {})
        self.size -= _size(traces)
        return traces


@dataclass(slots=True)
class Whereabouts:
    """Where and how each person was seen, bounded.

    Attributes:
        people: Names that were seen to do something.
        strangers: Names that only failed to log in: a flood of names that somebody makes up
            forgets others like them and nobody else.
        forgotten: Traces that had to go while they could still have told something.
    """

    people: Known = field(default_factory=Known)
    strangers: Known = field(default_factory=Known)
    forgotten: int = 0

    def meet(self, sighting: Sighting) -> Context:
        """What was seen before it elsewhere; and it is remembered for those that come after."""
        if not sighting.names:
            return {}
        context = self.before(sighting)
        for name in sighting.names:
            self._add(name, sighting)
        return context

    def before(self, sighting: Sighting) -> Context:
        """What was seen of the same names on other streams, in the hour before and not with it."""
        found: dict[tuple[str, str], Times] = {}
        for name in sighting.names:
            traces = self.people.names.get(name) or self.strangers.names.get(name, {})
            for stream, tokens in traces.items():
                if stream == sighting.stream:
                    continue
                for token, times in tokens.items():
                    begin = bisect_left(times, sighting.time - REACH)
                    recent = times[begin : bisect_left(times, sighting.time)]
                    known = found.get((stream, token))
                    found[stream, token] = _both(known, recent) if known else recent
        context: Context = {}
        for (_, token), times in found.items():
            if times:
                context[token] = sorted([*context.get(token, ()), *times])[-MANY:]
        return _shown(context)

    def _add(self, name: str, sighting: Sighting) -> None:
        known = self.people
        if name not in known.names and sighting.is_knock:
            known = self.strangers
        traces = known.pop(name)
        if known is self.people:
            traces = traces or self.strangers.pop(name)
        self._forget_old(traces, sighting.time - 2 * REACH)
        tokens = traces.pop(sighting.stream, {})
        times = tokens.setdefault(sighting.token, [])
        insort(times, sighting.time)
        tokens[sighting.token] = _kept(times)
        traces[sighting.stream] = tokens  # the stream longest without a match stands first
        while _size(traces) > MOST_OF_ONE:
            self._forget_one(traces, sighting.time)
        known.names[name] = traces
        known.size += _size(traces)
        while known.size > MOST_TRACES:
            gone = known.pop(next(iter(known.names)))
            self.forgotten += sum(_is_recent(t, sighting.time) for t in _all_times(gone))

    def _forget_old(self, traces: Traces, first: int) -> None:
        """Drop what ended before a time: nothing that comes in time can see it any more."""
        for stream in [name for name in traces if _ended(traces[name]) < first]:
            del traces[stream]

    def _forget_one(self, traces: Traces, time: int) -> None:
        """Drop of the stream longest without a match the token that is oldest."""
        tokens = next(iter(traces.values()))
        oldest = min(tokens, key=lambda token: tokens[token][-1])
        self.forgotten += _is_recent(tokens.pop(oldest), time)
        if not tokens:
            del traces[next(iter(traces))]


def _sighting(values: tuple[object, ...]) -> Sighting:
    (stream, time, received, rule, event_class, status, product, complete,
     user, uid, effective, account, address) = values  # fmt: skip
    happened = int(str(time))
    arrived = happened if received is None else int(str(received))
    is_login = event_class == _LOGIN
    said = [user, session_name(str(uid or "")), account if is_login else None]
    if "\\" in str(effective or ""):  # only Windows says a person's name there
        said.append(effective)
    names = {found for text in said if text and (found := person(str(text)))}
    if is_login and address and not str(address).startswith(_LOCAL):
        names.add(_from(str(address)))
    gap = "" if complete is True else ", telemetry missing before"
    outcome = _OUTCOMES.get(status if isinstance(status, int) else 0, "")
    token = f"{rule}{outcome} on {product or '?'}{gap}"
    is_knock = is_login and status == _FAILED
    seen = min(happened, arrived)
    return Sighting(tuple(sorted(names)), str(stream), seen, arrived, token, is_knock)


def _from(address: str) -> str:
    return f"from:{address[:64]}"  # no person's name has a colon


def _both(known: Times, recent: Times) -> Times:
    """Times of one trace under two names: a match that has both counts once."""
    return sorted((Counter(known) | Counter(recent)).elements())


def _often(times: int) -> str:
    return ", many times" if times >= MANY else ", several times" if times >= SEVERAL else ""


def _shown(context: Context) -> Context:
    """The part of a context that its tokens show."""
    latest = sorted((times[-1], token) for token, times in context.items())[-MOST_TOKENS:]
    return {token: context[token] for _, token in latest}


def _kept(times: Times) -> Times:
    """Times that can matter: the newest moment counts for none of its own, so those before it."""
    newest = bisect_left(times, times[-1])
    return [*times[max(0, newest - MOST_TIMES) : newest], *times[newest:][-MANY:]]


def _size(traces: Traces) -> int:
    return sum(map(len, traces.values()))


def _all_times(traces: Traces) -> Iterable[Times]:
    return (times for tokens in traces.values() for times in tokens.values())


def _ended(tokens: dict[str, Times]) -> int:
    return max(times[-1] for times in tokens.values())


def _is_recent(times: Sequence[int], time: int) -> bool:
    return times[-1] >= time - REACH
