"""From DuckDB's dialect to Spark's where the translation alone would change what a query means."""

import pyarrow as pa
from sqlglot import exp

from foreseen.core.errors import MalformedInputError
from foreseen.lake.tables import TABLES

_LISTS = frozenset(
    field.name
    for table in TABLES.values()
    for field in table.schema
    if pa.types.is_list(field.type)
)
_SUBSTITUTED = "${"
"""Spark replaces `${env:NAME}` and the like in a query's text before it reads it."""

UNTYPED = frozenset({"TIMESTAMP_MICROS", "TIMESTAMP_MILLIS"})
"""Functions that the translation calls and that sqlglot does not know when it reads them again."""


def literal_safe(text: str) -> bool:
    """Whether Spark takes a name as it is."""
    return _SUBSTITUTED not in text and "\x00" not in text


def for_spark(tree: exp.Query) -> str:
    """The query in Spark's dialect, without comments (Spark obeys some of them).

    Raises:
        MalformedInputError: Something in it would mean something else there.
    """
    changed = tree.copy()
    for select in list(changed.find_all(exp.Select)):
        _by_all(select)
        if select.args.get("group") and any(one.find(exp.Explode) for one in select.expressions):
            raise MalformedInputError(
                "unnest beside GROUP BY: write FROM events, unnest(labels) AS u(label)"
            )
    text: str = changed.transform(_same).sql("spark", comments=False, identify=True)
    # only texts have it here, names do not (`literal_safe`), and in texts backslashes are doubled
    return text.replace(_SUBSTITUTED, "\\u0024{")


def _by_all(select: exp.Select) -> None:
    """GROUP BY ALL and ORDER BY ALL by the columns' places, for not all engines have ALL."""
    group, order = select.args.get("group"), select.args.get("order")
    sorts = [one for one in order.expressions if one.this == exp.var("ALL")] if order else []
    by_all = bool(group and group.args.get("all"))
    if not by_all and not sorts:
        return
    if any(one.is_star for one in select.expressions):
        raise MalformedInputError("BY ALL beside *: name the columns")
    if by_all:
        keys = [
            exp.Literal.number(place)
            for place, one in enumerate(select.expressions, 1)
            if one.find(exp.AggFunc) is None
        ]
        select.set("group", exp.Group(expressions=keys) if keys else None)
    if sorts:
        places = range(1, len(select.expressions) + 1)
        ordered = [_sorted_by(sorts[0], place) for place in places]
        select.set("order", exp.Order(expressions=ordered))


def _sorted_by(like: exp.Expr, place: int) -> exp.Expr:
    copied = like.copy()
    copied.set("this", exp.Literal.number(place))
    return copied


def _same(node: exp.Expr) -> exp.Expr:
    match node:
        case exp.Length() if isinstance(node.this, exp.Column) and node.this.name in _LISTS:
            size = exp.ArraySize(this=node.this)
            return exp.Case(ifs=[exp.If(this=_present(node.this), true=size)])
        case exp.Like() | exp.ILike() if not isinstance(node.parent, exp.Escape):
            node.set("expression", _pattern(node.expression))
        case exp.UnixToTime() if node.args.get("scale") is None:  # whole seconds only, in Spark
            micros = exp.Mul(this=exp.Paren(this=node.this), expression=exp.Literal.number(1000000))
            whole = exp.cast(exp.Round(this=micros), exp.DType.BIGINT)
            return exp.UnixToTime(this=whole, scale=exp.Literal.number(6))
    return node


def _present(value: exp.Expr) -> exp.Expr:
    return exp.Not(this=exp.Is(this=value.copy(), expression=exp.Null()))


def _pattern(pattern: exp.Expr) -> exp.Expr:
    """A LIKE pattern whose backslashes are letters, as DuckDB takes them."""
    if not isinstance(pattern, exp.Literal):
        raise MalformedInputError(
            f"LIKE {pattern.sql('duckdb')}: only a written pattern goes to another engine; "
            f"contains, starts_with and ends_with take any text"
        )
    return exp.Literal.string(pattern.name.replace("\\", "\\\\"))
