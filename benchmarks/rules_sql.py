"""Rules as SQL for DuckDB over the table of `rules_columns`; null makes every atom false."""

from collections.abc import Callable, Iterable, Sequence

from foreseen.rules.logsources import FAILURE, Gate
from foreseen.rules.tree import All, Atom, Field, Kind, No, Some, Tree
from rules_columns import UnsayableError, Wide, address_bounds

_TEXT = {
    Kind.EQUALS: "{value} = {text}",
    Kind.CONTAINS: "contains({value}, {text})",
    Kind.STARTS: "starts_with({value}, {text})",
    Kind.ENDS: "ends_with({value}, {text})",
    Kind.WILDCARD: "regexp_matches({value}, {text})",
    Kind.REGEX: "regexp_matches({value}, {text})",
    Kind.ANY: "{value} is not null",
}


def condition(table: Wide, gates: Iterable[Gate], tree: Tree) -> str:
    """The WHERE clause of a rule.

    Raises:
        UnsayableError: The rule asks what has no plain SQL here.
    """
    alternatives = " or ".join(f"({_gate(gate)})" for gate in gates)
    return f"({alternatives}) and {_tree(table, tree)}"


def _gate(gate: Gate) -> str:
    parts = [
        f"{column} in {_values(wanted)}"
        for column, wanted in (
            ("class_uid", gate.classes),
            ("activity_id", gate.activities),
            ("product", [text.lower() for text in gate.products]),
            ("log_name", [text.lower() for text in gate.log_names]),
            ("event_type", gate.event_types),
        )
        if wanted
    ]
    if gate.done:
        parts.append(f"status_id is distinct from {FAILURE}")
    return " and ".join(parts) or "true"


def _tree(table: Wide, tree: Tree) -> str:
    match tree:
        case All():
            return "(" + " and ".join([_tree(table, part) for part in tree.parts] or ["true"]) + ")"
        case Some():
            return "(" + " or ".join(_some(table, tree.parts) or ["false"]) + ")"
        case No():
            return f"(not {_tree(table, tree.part)})"
        case Atom():
            return _atom(table, tree)


def _some(table: Wide, parts: Sequence[Tree]) -> list[str]:
    """Alternatives; equal values of one column as one list, as a person would write them."""
    equal: dict[str, list[str]] = {}
    rest = []
    for part in parts:
        plain = isinstance(part, Atom) and part.kind is Kind.EQUALS
        if isinstance(part, Atom) and plain and part.field not in table.lists:
            equal.setdefault(table.column(part), []).append(part.text)
        else:
            rest.append(_tree(table, part))
    return [f"coalesce({name} in {_values(texts)}, false)" for name, texts in equal.items()] + rest


def _atom(table: Wide, atom: Atom) -> str:
    several = atom.field in table.lists
    name = table.column(atom)
    if atom.kind is Kind.NULL:
        return f"({name} is null)"
    if atom.other is not None:
        return _same(table, atom, atom.other)
    asked = _asked(atom)
    if several:
        return (
            f"coalesce(list_contains(list_transform({name}, lambda e: {asked('e')}), true), false)"
        )
    return f"coalesce({asked(name)}, false)"


def _same(table: Wide, atom: Atom, other: Field) -> str:
    """Comparison of two fields; of lists, any two of their values may be equal."""
    if atom.kind is not Kind.SAME_AS:
        raise UnsayableError(atom.kind)
    left, right = table.low(atom.field), table.low(other)
    if table.lists.isdisjoint((atom.field, other)):
        return f"coalesce({left} = {right}, false)"
    whole = [
        column if field in table.lists else f"[{column}]"
        for field, column in ((atom.field, left), (other, right))
    ]
    there = f"{left} is not null and {right} is not null"
    return f"({there} and list_has_any({', '.join(whole)}))"


def _asked(atom: Atom) -> Callable[[str], str]:
    if atom.kind is Kind.CIDR:
        first, last = map(_literal, address_bounds(atom.text))
        return lambda value: f"{value} between {first} and {last}"
    template = _TEXT.get(atom.kind)
    if template is None:
        raise UnsayableError(atom.kind)
    return lambda value: template.format(value=value, text=_literal(atom.text))


def _values(values: Iterable[object]) -> str:
    return "(" + ", ".join(map(_literal, values)) + ")"


def _literal(value: object) -> str:
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"
