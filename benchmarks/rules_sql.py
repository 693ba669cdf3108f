"""Rules as SQL for DuckDB over the table of `rules_columns`; null makes every atom false."""

from collections.abc import Callable, Iterable, Sequence

from foreseen.rules.logsources import FAILURE, Gate
from foreseen.rules.tree import All, Atom, Field, Kind, No, Some, Tree
from rules_columns import UnsayableError, Wide, address_bounds, alternatives, gate_values
from sql import TEXTS, literal


def condition(table: Wide, gates: Iterable[Gate], tree: Tree) -> str:
    """The WHERE clause of a rule.

    Raises:
        UnsayableError: The rule asks what has no plain SQL here.
    """
    alternatives = " or ".join(f"({_gate(gate)})" for gate in gates)
    return f"({alternatives}) and {_tree(table, tree)}"


def _gate(gate: Gate) -> str:
    parts = [f"{column} in {_values(wanted)}" for column, wanted in gate_values(gate)]
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
    equal, rest = alternatives(table, parts)
    among = [f"coalesce({name} in {_values(texts)}, false)" for name, texts in equal.items()]
    return among + [_tree(table, part) for part in rest]


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
        first, last = map(literal, address_bounds(atom.text))
        return lambda value: f"{value} between {first} and {last}"
    template = TEXTS.get(atom.kind)
    if template is None:
        raise UnsayableError(atom.kind)
    return lambda value: template.format(value=value, text=literal(atom.text))


def _values(values: Iterable[object]) -> str:
    return "(" + ", ".join(map(literal, values)) + ")"
