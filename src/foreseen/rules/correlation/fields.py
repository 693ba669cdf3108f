"""Fields of a matched event by the names that its rule uses, and correlations as rules in words."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import pyarrow as pa

from foreseen.core.ids import RuleId
from foreseen.rules.correlation.correlation import Correlation
from foreseen.rules.correlation.entries import Fired, Values
from foreseen.rules.correlation.link import Plan
from foreseen.rules.engine.derived import DERIVED, READS
from foreseen.rules.engine.kernels import Array, array_of
from foreseen.rules.logsources import scope_of
from foreseen.rules.places import EventKind, Place, places_of
from foreseen.rules.rule import SEVERITY_OF_LEVEL, Alerting, Logsource, Rule
from foreseen.rules.tree import Origin

_LONGEST_KEPT = 1_000
"""Characters of what a field follows from, up to which its value is kept."""

_UNITS = ((86_400_000, "day"), (3_600_000, "hour"), (60_000, "minute"), (1_000, "second"))


def values_by(rules: Mapping[RuleId, Rule]) -> Values:
    """How correlations read fields of rows of the events table (`unmapped` as a mapping).

    A name means what it means in the Sigma rule that labelled the event; of a field that follows
    from several columns (a user's name and number) the first that is there.
    """
    namespaces: dict[str, str] = {}

    def values(rule: str, name: str, row: Mapping[str, object]) -> Sequence[str]:
        if rule not in namespaces:
            namespaces[rule] = scope_of(rules[RuleId(rule)].logsource).namespace
        for place in _places(namespaces[rule], name, _kind(row)):
            found = _texts(place, row)
            if found:
                return found
        return ()

    return values


def rule_of(correlation: Correlation) -> Rule:
    """A correlation as the rule that its firings are matches of."""
    return Rule(
        id=correlation.id,
        uuid=correlation.uuid,
        title=correlation.title,
        description=correlation.description,
        level=correlation.level,
        severity=SEVERITY_OF_LEVEL[correlation.level],
        techniques=correlation.techniques,
        tactics=(),
        logsource=Logsource(),
        foresee=False,
        alerting=Alerting(),
        compliance=(),
        fields=correlation.group_by,
        columns=(),
        falsepositives=correlation.falsepositives,
        path=correlation.path,
        line=correlation.line,
    )


def sentence_of(fired: Fired, plan: Plan) -> str:
    """What a firing says: how many events of which rules, in what time, for whom."""
    linked = plan.get(fired.rule)
    rules = " and ".join(linked.rules) if linked else "its rules"
    span = f" within {length_of(linked.correlation.timespan)}" if linked else ""
    group = ", ".join(f"{name} {'absent' if v is None else v}" for name, v in fired.group)
    events = "1 event" if fired.count == 1 else f"{fired.count} events"
    whom = f", the same {group}" if group else ""
    return f"{events} of {rules}{span}{whom}."


def length_of(timespan: int) -> str:
    """A time in ms in words: `10 minutes`."""
    for unit, word in _UNITS:
        if timespan % unit == 0:
            count = timespan // unit
            return f"{count} {word}" if count == 1 else f"{count} {word}s"
    return f"{timespan} ms"


@lru_cache(maxsize=4_096)
def _places(namespace: str, name: str, kind: EventKind) -> tuple[Place, ...]:
    return places_of(namespace, name, kind)


def _kind(row: Mapping[str, Any]) -> EventKind:
    return EventKind(
        row.get("class_uid"),
        row.get("activity_id"),
        row.get("status_id"),
        row.get("product"),
        row.get("log_name"),
        row.get("event_type"),
    )


def _texts(place: Place, row: Mapping[str, Any]) -> list[str]:
    if place.origin is Origin.DERIVED:
        known = tuple((name, _frozen(row, name, place.name)) for name in READS[place.name])
        length = sum(len(str(value)) for _, value in known)
        ask = _derived if length <= _LONGEST_KEPT else _derived.__wrapped__
        return list(ask(place.name, known))
    value = row.get(place.name)
    if place.origin is Origin.UNMAPPED:
        value = (row.get("unmapped") or {}).get(place.name)
    values = value if isinstance(value, list) else [value]
    return [_text(each) for each in values if each is not None]


def _frozen(row: Mapping[str, Any], column: str, name: str) -> object:
    """What a derivation reads of a column; of `unmapped`, the texts of the name itself."""
    value = row.get(column)
    if column == "unmapped":
        value = (value or {}).get(name)
    return tuple(value) if isinstance(value, list) else value


@lru_cache(maxsize=4_096)
def _derived(name: str, known: tuple[tuple[str, object], ...]) -> tuple[str, ...]:
    """The first text that follows from columns; kept, for arrays of one row cost 0.3 ms."""
    found = DERIVED[name](_Single(dict(known), name)).to_pylist()[0]
    texts = found if isinstance(found, list) else [found]
    return tuple(text for text in texts if text is not None)[:1]


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


class _Single:
    """What is known of one row as columns, for what follows from columns."""

    def __init__(self, known: Mapping[str, Any], name: str) -> None:
        self._known, self._name = known, name

    def column(self, name: str, kind: pa.DataType | None = None) -> Array:
        """The row's value."""
        value = self._known[name]
        natural = pa.string() if value is None or isinstance(value, str) else None
        return array_of([value], kind or natural)

    def unmapped(self, key: str) -> Array:
        """The row's texts of the only name that is known."""
        if key != self._name:
            raise KeyError(key)
        return array_of([self._known["unmapped"]], pa.list_(pa.string()))
