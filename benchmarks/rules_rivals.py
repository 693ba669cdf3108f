"""The same rules asked by DuckDB, on the same events in memory; and whether answers are equal."""

from collections.abc import Callable, Sequence

import duckdb

import rules_sql
from foreseen.rules.ruleset import Compiled
from rules_columns import ROW, Wide

Pairs = set[tuple[int, int]]


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
