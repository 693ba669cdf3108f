"""Compiled rules as SQL for DuckDB: what a person would write to ask the same of the events."""

from collections.abc import Sequence

from foreseen.rules.logsources import FAILURE, Gate
from foreseen.rules.places import EventKind, places_of
from foreseen.rules.tree import All, Atom, Field, Kind, No, Origin, Some, Tree
from foreseen.schema.columns import EVENT_COLUMNS
from foreseen.schema.columns import Kind as ColumnKind

_KINDS = {column.name: column.kind for column in EVENT_COLUMNS}
_LISTS = {ColumnKind.STRINGS, ColumnKind.INTS}
TEXTS = {
    Kind.EQUALS: "{value} = {text}",
    Kind.CONTAINS: "contains({value}, {text})",
    Kind.STARTS: "starts_with({value}, {text})",
    Kind.ENDS: "ends_with({value}, {text})",
    Kind.WILDCARD: "regexp_matches({value}, {text})",
    Kind.REGEX: "regexp_matches({value}, {text})",
    Kind.ANY: "{value} is not null",
}
"""Questions about a text as SQL."""

_COMPARED = {Kind.LT: "<", Kind.LTE: "<=", Kind.GT: ">", Kind.GTE: ">="}


class NotInSqlError(Exception):
    """The rule asks something that has no plain SQL: a field that is derived, a network, a time."""


def where(gates: Sequence[Gate], tree: Tree) -> str:
    """The WHERE clause of a rule whose log source has these gates.

    Raises:
        NotInSqlError: The rule has no plain SQL.
    """
    return " or ".join(f"({condition(gate, tree)})" for gate in gates)


def condition(gate: Gate, tree: Tree) -> str:
    """The condition of a rule behind one gate.

    Raises:
        NotInSqlError: The rule has no plain SQL.
    """
    parts = [
        f"{column} in ({', '.join(map(literal, wanted))})"
        for column, wanted in (
            ("class_uid", gate.classes),
            ("activity_id", gate.activities),
            ("product", gate.products),
            ("log_name", gate.log_names),
            ("event_type", gate.event_types),
        )
        if wanted
    ]
    if gate.done:
        parts.append(f"status_id is distinct from {FAILURE}")
    return " and ".join([*parts, _tree(tree, _kind(gate))])


def _kind(gate: Gate) -> EventKind:
    """Audit events behind a gate, for the places of fields."""
    activity = gate.activities[0] if gate.activities else None
    return EventKind(gate.classes[0] if gate.classes else None, activity, 1, "auditd", None, None)


def _tree(tree: Tree, kind: EventKind) -> str:
    match tree:
        case All():
            return "(" + " and ".join([_tree(part, kind) for part in tree.parts] or ["true"]) + ")"
        case Some():
            return "(" + " or ".join([_tree(part, kind) for part in tree.parts] or ["false"]) + ")"
        case No():
            return f"(not {_tree(tree.part, kind)})"
        case Atom():
            return _atom(tree, kind)


def _column(field: Field, kind: EventKind) -> str:
    """Column of a field; a name that audit events have nowhere else is asked there alone."""
    places = places_of(field.namespace, field.name, kind) if field.name else ()
    if not places or places[0].origin is not Origin.COLUMN:
        raise NotInSqlError(field.name)
    return places[0].name


def _atom(atom: Atom, kind: EventKind) -> str:
    if atom.other is not None:
        raise NotInSqlError(atom.field.name)
    name = _column(atom.field, kind)
    is_list = _KINDS[name] in _LISTS
    if atom.kind is Kind.NULL:
        return f"(coalesce(len({name}), 0) = 0)" if is_list else f"({name} is null)"
    asked = _asked(atom, "element" if is_list else name, _KINDS[name])
    if is_list:
        asked = f"list_contains(list_transform({name}, lambda element: {asked}), true)"
    return f"coalesce({asked}, false)"


def _asked(atom: Atom, value: str, kind: ColumnKind) -> str:
    if atom.kind in _COMPARED:
        return f"{value} {_COMPARED[atom.kind]} {atom.number}"
    if atom.kind not in TEXTS:
        raise NotInSqlError(atom.kind)
    text = value if kind in {ColumnKind.STRING, ColumnKind.STRINGS} else (
        f"cast({value} as varchar)"
    )  # fmt: skip
    folded = text if atom.cased else f"lower({text})"
    return TEXTS[atom.kind].format(value=folded, text=literal(atom.text))


def literal(value: object) -> str:
    """A number or text as SQL."""
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"
