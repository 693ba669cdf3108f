"""The same rules asked by DuckDB and by polars, on the same events in memory, one thread each."""

from collections.abc import Callable, Sequence

import duckdb
import polars as pl

import rules_polars
import rules_sql
from foreseen.rules.ruleset import Compiled
from rules_columns import ROW, Wide

Pairs = set[tuple[int, int]]

_RULES_A_SELECT = 50


def duckdb_labels(table: Wide, rules: Sequence[Compiled]) -> Callable[[], Pairs]:
    """Asks DuckDB, one SELECT a rule; gives pairs of (rule, row)."""
    connection = duckdb.connect(config={"threads": 1})
    connection.register("wide", table.table)
    connection.execute("create table events as select * from wide")
    connection.unregister("wide")
    conditions = [rules_sql.condition(table, each.scope.gates, each.tree) for each in rules]
    queries = [f"select {ROW} from events where {asked}" for asked in conditions]  # noqa: S608 (ours)

    def ask() -> Pairs:
        return {
            (rule, row)
            for rule, query in enumerate(queries)
            for (row,) in connection.execute(query).fetchall()
        }

    return ask


def polars_labels(table: Wide, rules: Sequence[Compiled]) -> Callable[[], Pairs]:
    """Asks polars, several rules a select; gives pairs of (rule, row)."""
    frame = pl.DataFrame(table.table)
    expressions = [
        rules_polars.expression(table, each.scope.gates, each.tree).alias(str(number))
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


def agree(ours: Pairs, theirs: Pairs, rules: Sequence[Compiled], *, who: str) -> None:
    """Check that both label the same rows with the same rules.

    Raises:
        ValueError: They do not; without equal answers their speeds say nothing.
    """
    differ = sorted(ours ^ theirs)
    if differ:
        told = "; ".join(
            f"{rules[rule].rule.path} on row {row}: only {'ours' if (rule, row) in ours else who}"
            for rule, row in differ[:5]
        )
        raise ValueError(f"{len(differ)} labels differ between ours and {who}: {told}")
