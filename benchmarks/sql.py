"""Compiled rules as SQL for DuckDB: what a person would write to ask the same of the events."""

from foreseen.rules.fields import FAILURE, Gate
from foreseen.rules.tree import All, Atom, Kind, No, Origin, Some, Tree
from foreseen.schema.columns import EVENT_COLUMNS
from foreseen.schema.columns import Kind as ColumnKind

_KINDS = {column.name: column.kind for column in EVENT_COLUMNS}
_LISTS = {ColumnKind.STRINGS, ColumnKind.INTS}
_TEXT = {
    Kind.EQUALS: "{value} = {text}",
    Kind.CONTAINS: "contains({value}, {text})",
    Kind.STARTS: "starts_with({value}, {text})",
    Kind.ENDS: "ends_with({value}, {text})",
    Kind.WILDCARD: "regexp_matches({value}, {text})",
    Kind.REGEX: "regexp_matches({value}, {text})",
    Kind.ANY: "{value} is not null",
}
_COMPARED = {Kind.LT: "<", Kind.LTE: "<=", Kind.GT: ">", Kind.GTE: ">="}


class NotInSqlError(Exception):
    """The rule asks something that has no plain SQL: a field that is derived, a network, a time."""


def condition(gate: Gate, tree: Tree) -> str:
    """The WHERE clause of a rule.

    Raises:
        NotInSqlError: The rule has no plain SQL.
    """
    parts = [
        f"{column} in ({', '.join(map(_literal, wanted))})"
        for column, wanted in (
            ("class_uid", gate.classes),
            ("activity_id", gate.activities),
            ("product", gate.products),
        )
        if wanted
    ]
    if gate.done:
        parts.append(f"status_id is distinct from {FAILURE}")
    return " and ".join([*parts, _tree(tree)])


def _tree(tree: Tree) -> str:
    match tree:
        case All():
            return "(" + " and ".join(map(_tree, tree.parts) if tree.parts else ["true"]) + ")"
        case Some():
            return "(" + " or ".join(map(_tree, tree.parts) if tree.parts else ["false"]) + ")"
        case No():
            return f"(not {_tree(tree.part)})"
        case Atom():
            return _atom(tree)


def _atom(atom: Atom) -> str:
    name = atom.field.name
    if atom.field.origin is not Origin.COLUMN or atom.other is not None:
        raise NotInSqlError(name)
    is_list = _KINDS[name] in _LISTS
    if atom.kind is Kind.NULL:
        return f"(coalesce(len({name}), 0) = 0)" if is_list else f"({name} is null)"
    asked = _asked(atom, "element" if is_list else name)
    if is_list:
        asked = f"list_contains(list_transform({name}, lambda element: {asked}), true)"
    return f"coalesce({asked}, false)"


def _asked(atom: Atom, value: str) -> str:
    if atom.kind in _COMPARED:
        return f"{value} {_COMPARED[atom.kind]} {atom.number}"
    if atom.kind not in _TEXT:
        raise NotInSqlError(atom.kind)
    text = value if _KINDS[atom.field.name] in {ColumnKind.STRING, ColumnKind.STRINGS} else (
        f"cast({value} as varchar)"
    )  # fmt: skip
    folded = text if atom.cased else f"lower({text})"
    return _TEXT[atom.kind].format(value=folded, text=_literal(atom.text))


def _literal(value: object) -> str:
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"
