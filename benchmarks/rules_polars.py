"""Rules as expressions of polars over the table of `rules_columns`; null makes every atom false."""

from collections.abc import Callable, Iterable, Mapping, Sequence

import polars as pl

from foreseen.rules.logsources import FAILURE, Gate
from foreseen.rules.ruleset import Compiled
from foreseen.rules.tree import All, Atom, Field, Kind, No, Some, Tree
from rules_columns import UnsayableError, Wide, address_bounds, alternatives, gate_values
from rules_rivals import Pairs

_RULES_A_SELECT = 50
_ALWAYS, _NEVER = pl.lit(True), pl.lit(False)  # noqa: FBT003 (what a literal is)


def polars_labels(table: Wide, rules: Sequence[Compiled]) -> Callable[[], Pairs]:
    """Asks polars, several rules a select; gives pairs of (rule, row)."""
    frame = pl.DataFrame(table.table)
    expressions = [
        expression(table, each.scope.gates, each.tree).alias(str(number))
        for number, each in enumerate(rules)
    ]

    def ask() -> Pairs:
        found: Pairs = set()
        for start in range(0, len(expressions), _RULES_A_SELECT):
            part = expressions[start : start + _RULES_A_SELECT]
            for answer in frame.lazy().select(part).collect():
                found |= {(int(answer.name), row) for row in answer.arg_true()}
        return found

    return ask


def expression(table: Wide, gates: Iterable[Gate], tree: Tree) -> pl.Expr:
    """The rule as a boolean without nulls.

    Raises:
        UnsayableError: The rule asks what has no plain expression here.
    """
    return pl.any_horizontal(*map(_gate, gates)) & _tree(table, tree)


def _gate(gate: Gate) -> pl.Expr:
    parts = [
        pl.col(column).is_in(list(wanted)).fill_null(value=False)
        for column, wanted in gate_values(gate)
    ]
    if gate.done:
        parts.append(pl.col("status_id").ne_missing(FAILURE))
    return pl.all_horizontal(_ALWAYS, *parts)


def _tree(table: Wide, tree: Tree) -> pl.Expr:
    match tree:
        case All():
            return pl.all_horizontal(_ALWAYS, *(_tree(table, part) for part in tree.parts))
        case Some():
            return pl.any_horizontal(_NEVER, *_some(table, tree))
        case No():
            return ~_tree(table, tree.part)
        case Atom():
            return _atom(table, tree)


def _some(table: Wide, tree: Some) -> list[pl.Expr]:
    equal, rest = alternatives(table, tree.parts)
    among = [pl.col(name).is_in(texts).fill_null(value=False) for name, texts in equal.items()]
    return among + [_tree(table, part) for part in rest]


def _atom(table: Wide, atom: Atom) -> pl.Expr:
    several = atom.field in table.lists
    column = pl.col(table.column(atom))
    if atom.kind is Kind.NULL:
        return column.is_null()
    if atom.other is not None:
        return _same(table, atom, atom.other)
    if several:
        asked = column.list.eval(_asked(atom, pl.element())).list.any()
    else:
        asked = _asked(atom, column)
    return asked.fill_null(value=False)


def _same(table: Wide, atom: Atom, other: Field) -> pl.Expr:
    """Comparison of two fields; of lists, any two of their values may be equal."""
    if atom.kind is not Kind.SAME_AS:
        raise UnsayableError(atom.kind)
    left, right = pl.col(table.low(atom.field)), pl.col(table.low(other))
    if table.lists.isdisjoint((atom.field, other)):
        return (left == right).fill_null(value=False)
    common = pl.concat_list(left).list.set_intersection(pl.concat_list(right))
    return (left.is_not_null() & right.is_not_null() & (common.list.len() > 0)).fill_null(
        value=False
    )


def _asked(atom: Atom, value: pl.Expr) -> pl.Expr:
    if atom.kind is Kind.CIDR:
        first, last = map(pl.lit, address_bounds(atom.text))
        return value.is_between(first, last)
    ask = _QUESTIONS.get(atom.kind)
    if ask is None:
        raise UnsayableError(atom.kind)
    return ask(value, atom.text)


_QUESTIONS: Mapping[Kind, Callable[[pl.Expr, str], pl.Expr]] = {
    Kind.EQUALS: lambda value, text: value == pl.lit(text),
    Kind.CONTAINS: lambda value, text: value.str.contains(text, literal=True),
    Kind.STARTS: lambda value, text: value.str.starts_with(text),
    Kind.ENDS: lambda value, text: value.str.ends_with(text),
    Kind.WILDCARD: lambda value, text: value.str.contains(text),
    Kind.REGEX: lambda value, text: value.str.contains(text),
    Kind.ANY: lambda value, _: value.is_not_null(),
}
