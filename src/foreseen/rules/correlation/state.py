"""What correlations remember: plain data that survives a restart, and a reload of rules."""

from collections import Counter, OrderedDict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import Any, NamedTuple, cast

from foreseen.core.errors import CorruptError
from foreseen.rules.correlation.groups import Group
from foreseen.rules.correlation.link import Plan
from foreseen.rules.correlation.windows import Extra

Key = tuple[str | None, ...]
"""Values of the fields of `group-by`, folded; None where an event has none."""


MOST_SPOKEN = 256
"""Events of which a rule remembers that they fired; an inner rule that waits brings them again."""


class Lost(StrEnum):
    """Why an event did not count, or counts no more."""

    LATE = "event is older than the lateness allows"
    NO_NUMBER = "value is not a number"
    MANY_VALUES = "event has too many values: only the first count"
    MANY_GROUPS = "event belongs to too many groups"
    FULL_GROUP = "group had too many events: its oldest are forgotten"
    FULL_RULE = "rule had too many groups: the one longest without an event is forgotten"
    EARLY = "too many events waited: the oldest was decided before its time was up"


class Waiting(NamedTuple):
    """An event whose window holds as far as is known, and who waits for later ones.

    Attributes:
        due: Clock at which its answer is given, ms.
        key: Its group.
        shown: The group's values as written.
        time: When it happened, ms.
        event_uid: Its name.
        via: Sigma rule that labelled it.
        row: Its fields, JSON-ready.
    """

    due: int
    key: Key
    shown: Key
    time: int
    event_uid: str
    via: str
    row: Mapping[str, object]


@dataclass(slots=True)
class Remembered:
    """What one correlation remembers.

    Attributes:
        digest: Of the rule that it is true for.
        groups: By key, the one longest without an event first.
        size: Events in all groups.
        waiting: Events whose answer is not given yet, in the order of `due`.
        spoken: Names of the events that fired last: an event fires a rule once.
        lost: How many events were lost, by reason.
    """

    digest: str
    groups: OrderedDict[Key, Group] = field(default_factory=OrderedDict)
    size: int = 0
    waiting: deque[Waiting] = field(default_factory=deque)
    spoken: deque[str] = field(default_factory=lambda: deque(maxlen=MOST_SPOKEN))
    lost: Counter[Lost] = field(default_factory=Counter)


@dataclass(slots=True)
class CorrelationState:
    """What all correlations remember.

    Attributes:
        clock: Newest event time seen, ms UTC; it never goes back.
        rules: By id of the correlation.
    """

    clock: int = 0
    rules: dict[str, Remembered] = field(default_factory=dict)


def fitted(state: CorrelationState, plan: Plan) -> list[Remembered]:
    """What is remembered for each rule of a plan; what belongs to none of them is dropped.

    A rule that has changed since begins anew, the others go on.
    """
    kept: dict[str, Remembered] = {}
    for linked in plan.rules:
        name, digest = linked.correlation.id, linked.correlation.digest
        known = state.rules.get(name)
        kept[name] = known if known and known.digest == digest else Remembered(digest)
    state.rules = kept
    return list(kept.values())


def next_due(state: CorrelationState) -> int | None:
    """The earliest time at which something that waits is answered, ms UTC; None: nothing waits."""
    dues = [each.waiting[0].due for each in state.rules.values() if each.waiting]
    return min(dues, default=None)


def lost_of(state: CorrelationState) -> dict[tuple[str, str], int]:
    """How many events did not count, or count no more, by correlation and reason."""
    return {
        (name, reason.value): count
        for name, each in state.rules.items()
        for reason, count in each.lost.items()
    }


def dump(state: CorrelationState) -> dict[str, object]:
    """The state as JSON-ready values."""
    return {
        "clock": state.clock,
        "rules": {name: _dumped(each) for name, each in state.rules.items()},
    }


def load(dumped: Mapping[str, Any]) -> CorrelationState:
    """The state from `dump`.

    Raises:
        CorruptError: It has not its shape.
    """
    try:
        rules = {str(name): _loaded(each) for name, each in dumped["rules"].items()}
        return CorrelationState(int(dumped["clock"]), rules)
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise CorruptError(f"state of correlations has not its shape: {error!r}") from error


def _dumped(each: Remembered) -> dict[str, object]:
    return {
        "digest": each.digest,
        "groups": [
            [key, g.times, g.uids, [_plain(extra) for extra in g.extras], g.fired, g.waiting]
            for key, g in each.groups.items()
        ],
        "waiting": [
            [w.due, w.key, w.shown, w.time, w.event_uid, w.via, w.row] for w in each.waiting
        ],
        "spoken": list(each.spoken),
        "lost": {reason.value: count for reason, count in each.lost.items()},
    }


def _plain(extra: Extra) -> object:
    """Numbers as their exact texts, marked so that they are not taken for values."""
    if isinstance(extra, int):
        return extra
    if extra and not isinstance(extra[0], str):
        return {"numbers": [str(number) for number in extra]}
    return extra


def _extra(dumped: object) -> Extra:
    if isinstance(dumped, int):
        return dumped
    if isinstance(dumped, Mapping):
        return tuple(int(n) if "/" not in n else Fraction(n) for n in dumped["numbers"])
    return tuple(str(value) for value in cast("list[str]", dumped))


def _loaded(dumped: Mapping[str, Any]) -> Remembered:
    found = Remembered(str(dumped["digest"]))
    found.spoken.extend(str(uid) for uid in dumped["spoken"])
    for key, times, uids, extras, fired, waiting in dumped["groups"]:
        if not len(times) == len(uids) == len(extras):
            raise ValueError("events of a group have not as many times as names")
        group = Group([int(t) for t in times], [str(u) for u in uids], [_extra(e) for e in extras])
        group.fired, group.waiting = [int(t) for t in fired], [int(t) for t in waiting]
        found.groups[_key(key)] = group
        found.size += len(times)
    for due, key, shown, time, uid, via, row in dumped["waiting"]:
        entry = Waiting(int(due), _key(key), _key(shown), int(time), str(uid), str(via), dict(row))
        found.waiting.append(entry)
    found.lost.update({Lost(reason): int(count) for reason, count in dumped["lost"].items()})
    return found


def _key(dumped: object) -> Key:
    return tuple(None if part is None else str(part) for part in cast("list[object]", dumped))
