"""What a rule's log source means among our events."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product as pairs
from typing import Any

from foreseen.rules.mapping import tables
from foreseen.rules.places import EventKind
from foreseen.rules.rule import Logsource

FAILURE = 2
_WINDOWS = "windows"
_ANONYMOUS = (None, "json")


@dataclass(frozen=True, slots=True)
class Gate:
    """Events, by all of these; an empty tuple does not restrict.

    Attributes:
        classes: OCSF classes.
        activities: OCSF activities in them.
        products: Recorders; case does not count, an empty text stands for null.
        log_names: Logs, e.g. channels of Windows; case does not count, an empty text stands for
            null.
        event_types: System calls, record types or event ids.
        done: Whether what is known to have failed is left out.
    """

    classes: tuple[int, ...] = ()
    activities: tuple[int, ...] = ()
    products: tuple[str, ...] = ()
    log_names: tuple[str, ...] = ()
    event_types: tuple[str, ...] = ()
    done: bool = False


@dataclass(frozen=True, slots=True)
class Scope:
    """One log source.

    Attributes:
        name: As in messages, e.g. `windows/process_creation`.
        gates: Events, by any of these; nothing else is labelled.
        namespace: Whose field names its rules use, for `places_of`.
    """

    name: str
    gates: tuple[Gate, ...]
    namespace: str


def scope_of(logsource: Logsource) -> Scope:
    """Events and field names of a log source.

    A part that the rule leaves out does not restrict, and case does not count. A log source that
    we know nothing of means the events that carry its product and, as their log, its service or
    category.
    """
    found = _found(_lower(logsource))
    return replace(found, name=str(logsource)) if found is not None else _unknown(logsource)


def known(logsource: Logsource) -> bool:
    """Whether our data says what the log source means."""
    return _found(_lower(logsource)) is not None


def admits(gate: Gate, kind: EventKind) -> bool:
    """Whether events of a kind go through a gate.

    An event that says neither who recorded it nor in which log it stood, or of Windows only its
    number, goes through as far as it says anything: a rule that cannot know looks.
    """
    anonymous = kind.product in _ANONYMOUS and kind.log_name is None
    numbered = kind.product == _WINDOWS and kind.event_type is not None
    logless = anonymous or (numbered and _WINDOWS in gate.products)
    return (
        (not gate.classes or kind.class_uid in gate.classes or (anonymous and not kind.class_uid))
        and (
            not gate.activities
            or kind.activity_id in gate.activities
            or (anonymous and not kind.activity_id)
        )
        and (
            not gate.event_types
            or kind.event_type in gate.event_types
            or (anonymous and kind.event_type is None)
        )
        and (anonymous or _is_among(kind.product, gate.products))
        and ((logless and kind.log_name is None) or _is_among(kind.log_name, gate.log_names))
        and not (gate.done and kind.status_id == FAILURE)
    )


def _is_among(text: str | None, allowed: tuple[str, ...]) -> bool:
    return not allowed or (text or "").lower() in _folded(allowed)


@lru_cache(maxsize=4096)
def _folded(names: tuple[str, ...]) -> frozenset[str]:
    return frozenset(name.lower() for name in names)


def _lower(logsource: Logsource) -> Logsource:
    return Logsource(
        logsource.category.lower(), logsource.product.lower(), logsource.service.lower()
    )


def _found(logsource: Logsource) -> Scope | None:
    """What the data says of a log source, of its parts, or of the only one that says more."""
    exact = _SOURCES.get(logsource)
    if exact is not None:
        return exact
    if logsource.category and logsource.service:
        return _of_both(logsource)
    if logsource.product:
        return None
    fuller = [scope for each, scope in _SOURCES.items() if replace(each, product="") == logsource]
    return fuller[0] if len(fuller) == 1 else None


def _of_both(logsource: Logsource) -> Scope | None:
    """Events of a category that stand in the log of a service."""
    category = _found(replace(logsource, service=""))
    service = _found(replace(logsource, category=""))
    if category is None or service is None:
        return None
    together = [_both(*each) for each in pairs(category.gates, service.gates)]
    gates = tuple(gate for gate in together if gate is not None)
    return Scope(str(logsource), gates, category.namespace) if gates else None


def _both(one: Gate, other: Gate) -> Gate | None:
    """Events that go through both gates; null if there can be none."""
    parts: dict[str, tuple[Any, ...]] = {}
    for name in ("classes", "activities", "products", "log_names", "event_types"):
        mine, theirs = getattr(one, name), getattr(other, name)
        parts[name] = (
            tuple(each for each in mine if each in theirs) if theirs and mine else (mine or theirs)
        )
        if not parts[name] and (mine or theirs):
            return None
    return Gate(**parts, done=one.done or other.done)


def _unknown(logsource: Logsource) -> Scope:
    log = logsource.service or logsource.category
    gate = Gate(
        products=(logsource.product,) if logsource.product else (),
        log_names=(log,) if log else (),
    )
    return Scope(str(logsource), (gate,), "other")


def _sources() -> dict[Logsource, Scope]:
    """Every log source of the data files."""
    families = tables()
    scopes = [scope for table in families.values() for scope in _listed(table)]
    scopes += _windows(families["windows"])
    return dict(scopes)


def _listed(table: Mapping[str, Any]) -> Iterable[tuple[Logsource, Scope]]:
    """Log sources that a file describes by gates; a category is also meant without its product."""
    product = table.get("product", "")
    recorders = tuple(table.get("products", ()))
    if product:
        yield _named(Logsource(product=product), [Gate(products=recorders)], table["namespace"])
    for source in table.get("sources", ()):
        gates = [_gate(gate) for gate in source["gates"]]
        own = [gate if gate.products else replace(gate, products=recorders) for gate in gates]
        namespace = source.get("namespace", table.get("namespace", "other"))
        category, service = source.get("category", ""), source.get("service", "")
        yield _named(Logsource(category, source.get("product", product), service), own, namespace)
        if product and category and not service:
            yield _named(Logsource(category), gates, f"any:{namespace}")


def _windows(table: Mapping[str, Any]) -> Iterable[tuple[Logsource, Scope]]:
    """Log sources of Windows: channels, and event ids in them."""
    product, services = table["product"], table["services"]
    recorders = tuple(table["products"])
    for service, channels in services.items():
        gate = Gate(products=recorders, log_names=(*channels, service))
        yield _named(Logsource("", product, service), [gate], table["namespace"])
    for category, events in table["categories"].items():
        gates = [
            Gate((), (), recorders, tuple(services[service]), tuple(str(one) for one in ids))
            for service, ids in events.items()
        ]
        gates.append(Gate(products=recorders, log_names=(category,)))
        if category in table["without_channel"]:
            gate = _gate(table["without_channel"][category])
            gates.append(replace(gate, products=recorders, log_names=("",)))
        yield _named(Logsource(category, product), gates, table["categories_namespace"])


def _named(logsource: Logsource, gates: list[Gate], namespace: str) -> tuple[Logsource, Scope]:
    return logsource, Scope(str(logsource), tuple(gates), namespace)


def _gate(values: Mapping[str, Any]) -> Gate:
    lists = {name: tuple(value) for name, value in values.items() if name != "done"}
    return Gate(**lists, done=bool(values.get("done", False)))


_SOURCES: Mapping[Logsource, Scope] = _sources()
