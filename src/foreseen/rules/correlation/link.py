"""Correlations and the rules that they name, put in the order in which they feed each other."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from math import ceil, floor
from typing import Protocol

from foreseen.core.ids import RuleId
from foreseen.rules.correlation.correlation import Bound, Correlation, Kind
from foreseen.rules.document import RuleError

LATENESS = 15 * 60 * 1000
"""How much older than the newest event of its group an event may be and still count, ms.

CloudTrail, the slowest source that we read, promises its records within 15 minutes.
"""

MOST_EVENTS = 2_048
"""Events kept of a group, or a quarter more than the largest limit of the condition."""

DEEPEST = 16


class Named(Protocol):
    """A Sigma rule as far as a correlation must know it."""

    @property
    def id(self) -> RuleId:
        """Label on events."""
        ...

    @property
    def uuid(self) -> str:
        """Sigma `id`, or empty."""
        ...


@dataclass(frozen=True, slots=True)
class Linked:
    """A correlation whose references are resolved; a slot is a place in its list `rules`.

    Attributes:
        correlation: The rule.
        rules: Ids by slot.
        group_names: By slot, names of the group's fields in events of that rule.
        value_names: By slot, names of the counted fields.
        outers: Correlations that count this one: (place in the plan, slot there, whether it counts
            firings; else each event at which the condition holds).
        lag: What its own inner correlations may add to lateness, because they wait, ms.
        capacity: Events kept of a group, about.
        spares: Whether it loses nothing by keeping no more: enough are enough.
        plain: Whether it only counts events of groups by one field, which has a way of its own.
        least: Of a plain one, the fewest events that hold.
    """

    correlation: Correlation
    rules: tuple[RuleId, ...]
    group_names: tuple[tuple[str, ...], ...]
    value_names: tuple[tuple[str, ...], ...]
    outers: tuple[tuple[int, int, bool], ...]
    lag: int
    capacity: int
    spares: bool
    plain: bool
    least: int


@dataclass(frozen=True, slots=True)
class Plan:
    """Correlations in an order in which none comes before what it counts.

    Attributes:
        rules: The correlations.
        by_rule: For a Sigma rule's id, the (place, slot) of the correlations that count it.
        lateness: How much older than its group's newest an event may be, ms.
        places: Places of the correlations by id.
        silent: Rules and correlations that do not alert alone: all that count them are without
            `generate: true`.
    """

    rules: tuple[Linked, ...] = ()
    by_rule: Mapping[str, tuple[tuple[int, int], ...]] = field(default_factory=dict)
    lateness: int = LATENESS
    places: Mapping[RuleId, int] = field(default_factory=dict)
    silent: frozenset[RuleId] = frozenset()

    def get(self, rule: str) -> Linked | None:
        """The correlation with this id, if it is one."""
        place = self.places.get(RuleId(rule))
        return None if place is None else self.rules[place]


def link(
    correlations: Sequence[Correlation], rules: Iterable[Named], *, lateness: int = LATENESS
) -> tuple[Plan, list[RuleError]]:
    """A plan of all correlations that can run, and an error for each that cannot.

    Args:
        correlations: As parsed.
        rules: The Sigma rules that label events.
        lateness: How much older than its group's newest an event may be, ms.
    """
    errors: list[RuleError] = []
    names, kept = _names(correlations, rules, errors)
    sound = {each.id: each for each in kept if not _unknown(each, names, errors)}
    chained = {each.id for each in kept}
    order = _ordered(sound, names, chained, errors)
    return _plan(order, names, lateness), sorted(errors, key=lambda e: (e.path, e.line, e.message))


def _names(
    correlations: Sequence[Correlation], rules: Iterable[Named], errors: list[RuleError]
) -> tuple[dict[str, RuleId], list[Correlation]]:
    """Ids by id and by UUID, and the correlations whose own names were still free."""
    names: dict[str, RuleId] = {}
    kept: list[Correlation] = []
    for rule in rules:
        names.setdefault(rule.id, rule.id)
        if rule.uuid:
            names.setdefault(rule.uuid, rule.id)
    for each in correlations:
        own = [name for name in dict.fromkeys((str(each.id), each.uuid)) if name]
        taken = [name for name in own if name in names]
        for name in taken:
            message = f"another rule is called '{name}', too; rename one of them"
            errors.append(RuleError(each.path, each.line, message))
        if not taken:
            names.update(dict.fromkeys(own, each.id))
            kept.append(each)
    return names, kept


def _unknown(
    correlation: Correlation, names: Mapping[str, RuleId], errors: list[RuleError]
) -> bool:
    missing = [name for name in correlation.rules if name not in names]
    for name in missing:
        near = get_close_matches(name, names, n=1, cutoff=0.6)
        hint = f"; did you mean '{near[0]}'?" if near else "; load that rule, too"
        message = f"correlation '{correlation.id}' names '{name}', which no rule is called{hint}"
        errors.append(RuleError(correlation.path, correlation.rules_line, message))
    return bool(missing)


def _ordered(
    sound: Mapping[RuleId, Correlation],
    names: Mapping[str, RuleId],
    chained: set[RuleId],
    errors: list[RuleError],
) -> list[Correlation]:
    """Inner before outer; who stands in a cycle, or counts one that was refused, is refused."""
    inner = {n: {names[r] for r in each.rules} & chained for n, each in sound.items()}
    order: list[Correlation] = []
    done: set[RuleId] = set()
    for _ in range(DEEPEST):
        ready = [name for name in sorted(sound) if name not in done and inner[name] <= done]
        order += [sound[name] for name in ready]
        done |= set(ready)
    for name in sorted(sound.keys() - done):
        each = sound[name]
        others = ", ".join(sorted(inner[name] - done))
        why = (
            f"counts {others}, which stands in a circle with it, is refused,"
            f" or is chained deeper than {DEEPEST}"
        )
        errors.append(RuleError(each.path, each.rules_line, f"correlation '{name}' {why}"))
    return order


def _plan(order: Sequence[Correlation], names: Mapping[str, RuleId], lateness: int) -> Plan:
    places = {each.id: place for place, each in enumerate(order)}
    by_rule: dict[str, list[tuple[int, int]]] = {}
    outers: dict[RuleId, list[tuple[int, int, bool]]] = {}
    lags: dict[RuleId, int] = {}
    for place, each in enumerate(order):
        lags[each.id] = 0
        for slot, name in enumerate(each.rules):
            rule = names[name]
            if rule in places:
                inner = order[places[rule]]
                lag = lags[rule] + (inner.timespan + lateness if inner.settles else 0)
                lags[each.id] = max(lags[each.id], lag)
                counts = each.kind not in {Kind.TEMPORAL, Kind.TEMPORAL_ORDERED}
                outers.setdefault(rule, []).append((place, slot, counts))
            else:
                by_rule.setdefault(rule, []).append((place, slot))
    linked = tuple(
        _linked(each, names, tuple(outers.get(each.id, ())), lags[each.id]) for each in order
    )
    counted = {rule for each in linked for rule in each.rules}
    told = {rule for each in linked if each.correlation.generate for rule in each.rules}
    found = {rule: tuple(slots) for rule, slots in by_rule.items()}
    return Plan(linked, found, lateness, places, frozenset(counted - told))


def _least(bound: Bound) -> int:
    return floor(bound.limit) + 1 if bound.operator == "gt" else ceil(bound.limit)


def _linked(
    each: Correlation,
    names: Mapping[str, RuleId],
    outers: tuple[tuple[int, int, bool], ...],
    lag: int,
) -> Linked:
    limits = [int(bound.limit * 5 / 4) + 1 for bound in each.condition.bounds]
    counts = each.kind in {Kind.EVENT_COUNT, Kind.VALUE_COUNT}
    spares = each.kind is Kind.EVENT_COUNT and not each.settles
    return Linked(
        correlation=each,
        rules=tuple(names[name] for name in each.rules),
        group_names=tuple(tuple(each.field(f, r) for f in each.group_by) for r in each.rules),
        value_names=tuple(
            tuple(each.field(f, r) for f in each.condition.fields) for r in each.rules
        ),
        outers=outers,
        lag=lag,
        capacity=max(MOST_EVENTS, *limits) if counts and limits else MOST_EVENTS,
        spares=spares,
        plain=spares and len(each.group_by) == 1,
        least=max((_least(bound) for bound in each.condition.bounds), default=0) if spares else 0,
    )
