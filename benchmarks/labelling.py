"""Labelling alone, against DuckDB with one SELECT per rule on the same events in memory."""

from collections import Counter

import duckdb
import pyarrow as pa

from foreseen.core.ids import DEFAULT_TENANT
from foreseen.parsers.registry import sniff
from foreseen.pipeline.shard import Lines, ShardArtefacts, ShardState, step
from foreseen.rules.ruleset import Compiled, RuleSet, rule_set
from foreseen.runners.rules.files import load_rules
from measure import Measurement, seconds
from recorded import placed
from sql import NotInSqlError, where


def measure(lines: list[bytes]) -> list[Measurement]:
    """First sight of values (cold) and values seen before (warm).

    Raises:
        ValueError: DuckDB and we disagree on a rule, so that the comparison means nothing.
    """
    events = _events(lines)
    rules, queries = _comparable()
    connection = duckdb.connect(config={"threads": 1})
    connection.register("arrow_events", events)
    connection.execute("create table events as select * from arrow_events")

    def reference() -> dict[str, int]:
        return {
            name: int(connection.execute(query).fetchall()[0][0]) for name, query in queries.items()
        }

    _agree(_counts(rule_set(rules), events), reference())
    asked = seconds(reference)
    seen = rule_set(rules)
    cold = seconds(lambda: _forgetful(seen).label(events))
    seen.label(events)
    warm = seconds(lambda: seen.label(events))
    note = f"{len(rules)} rules, {events.num_rows} events: {events.num_rows / cold:,.0f} events/s"
    return [
        Measurement("labels_cold", cold, asked, note),
        Measurement(
            "labels_warm", warm, asked, f"as before: {events.num_rows / warm:,.0f} events/s"
        ),
    ]


def _forgetful(rules: RuleSet) -> RuleSet:
    rules.forget()
    return rules


def _events(lines: list[bytes]) -> pa.RecordBatch:
    name = sniff(lines[:100])
    if name is None:
        raise ValueError("no parser knows the lines of the recording")
    part = Lines("benchmark", name, placed(lines), ended=True)
    _, out = step(ShardState(), [part], ShardArtefacts(DEFAULT_TENANT, load_rules(None)))
    return out.events


def _comparable() -> tuple[list[Compiled], dict[str, str]]:
    """Shipped rules that SQL can ask, and the question."""
    rules: list[Compiled] = []
    queries: dict[str, str] = {}
    for each in load_rules(None).compiled:
        try:
            asked = where(each.scope.gates, each.tree)
        except NotInSqlError:
            continue
        rules.append(each)
        queries[each.rule.id] = f"select count(*) from events where {asked}"  # noqa: S608 (ours)
    return rules, queries


def _counts(rules: RuleSet, events: pa.RecordBatch) -> Counter[str]:
    return Counter(str(name) for found in rules.label(events).to_pylist() for name in found or ())


def _agree(ours: Counter[str], theirs: dict[str, int]) -> None:
    differ = {name: (ours[name], count) for name, count in theirs.items() if ours[name] != count}
    if differ:
        raise ValueError(f"labels and SQL differ (rule: ours, SQL): {differ}")
