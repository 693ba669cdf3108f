"""What each rule did with retained history, and what it costs to ask it."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa
from sqlalchemy import Engine, func, select

from foreseen.control.database import reading
from foreseen.control.tables import AlertRow
from foreseen.core.decisions import Outcome
from foreseen.core.ids import TenantId
from foreseen.lake.asking.relations import show
from foreseen.lake.lake import Lake
from foreseen.rules import RuleSet
from foreseen.rules.ruleset import Compiled, Count, rule_set


@dataclass(frozen=True, slots=True)
class Done:
    """What one rule did.

    Attributes:
        matches: Events that matched.
        judged: Matches that were judged; the others are history that models learned from.
        alerted: Matches that alerted.
        suppressed: Matches that were suppressed.
        alerts: Alerts, each of one or more matches.
        last: Event time of the last match, ms UTC; None without any.
    """

    matches: int = 0
    judged: int = 0
    alerted: int = 0
    suppressed: int = 0
    alerts: int = 0
    last: int | None = None

    @property
    def share(self) -> float | None:
        """Suppressed matches among those judged; None where none was."""
        return self.suppressed / self.judged if self.judged else None


@dataclass(frozen=True, slots=True)
class Cost:
    """What labelling some events cost, first sight of their values.

    Attributes:
        events: Events.
        seconds: CPU seconds of all rules together.
        classes: By log source, CPU seconds of its rules alone, as a set of their own.
        counts: Hits and trials by rule; a trial is one combination of values that it was asked of.
    """

    events: int
    seconds: float
    classes: Mapping[str, float]
    counts: Mapping[str, Count]


def rule_stats(lake: Lake, engine: Engine, tenant: TenantId) -> dict[str, Done]:
    """What every rule of a tenant that ever matched did, by its id.

    A match that was judged twice counts once, as alerted if it ever was.
    """
    matched, judged = _matched(lake, tenant), _judged(lake, tenant)
    query = select(AlertRow.rule, func.count()).where(AlertRow.tenant == tenant)
    with reading(engine) as session:
        alerts = {
            rule: int(count) for rule, count in session.execute(query.group_by(AlertRow.rule))
        }
    return {
        name: _done(matched.get(name), judged.get(name), alerts.get(name, 0))
        for name in sorted({*matched, *judged, *alerts})
    }


def measured(rules: RuleSet, batches: Iterable[pa.RecordBatch]) -> Cost:
    """Label events with all rules, then with those of each log source, every time from cold."""
    held = list(batches)
    whole = rule_set(rules.compiled)
    by_class: dict[str, list[Compiled]] = {}
    for each in rules.compiled:
        by_class.setdefault(each.scope.name, []).append(each)
    return Cost(
        events=sum(batch.num_rows for batch in held),
        seconds=_cpu(whole, held),
        classes={name: _cpu(rule_set(by_class[name]), held) for name in sorted(by_class)},
        counts={str(rule): count for rule, count in whole.counts().items()},
    )


def _done(
    matched: tuple[int, int] | None, judged: tuple[int, int, int] | None, alerts: int
) -> Done:
    """What was judged counts also where its match is not there: a lake may be of an older kind."""
    alerted, suppressed, last = judged or (0, 0, 0)
    matches, latest = matched or (alerted + suppressed, last)
    return Done(matches, alerted + suppressed, alerted, suppressed, alerts, latest or None)


def _matched(lake: Lake, tenant: TenantId) -> dict[str, tuple[int, int]]:
    """Matches and the last one's time by rule."""
    sql = "SELECT rule_id, count(*), max(time) FROM matches GROUP BY rule_id"
    rows = _asked(lake, "matches", tenant, sql)
    return {str(name): (int(count), int(last)) for name, count, last in rows}


def _judged(lake: Lake, tenant: TenantId) -> dict[str, tuple[int, int, int]]:
    """Alerted matches, suppressed ones and the last one's time by rule."""
    rows = _asked(
        lake,
        "predictions",
        tenant,
        "SELECT rule_id, count(*) FILTER (alerted), count(*) FILTER (NOT alerted), max(time) FROM"
        " (SELECT rule_id, match_uid, max(time) AS time, bool_or(outcome = $word) AS alerted"
        " FROM predictions GROUP BY rule_id, match_uid) GROUP BY rule_id",
        word=Outcome.ALERTED.value,
    )
    return {str(name): (int(alerted), int(quiet), int(last)) for name, alerted, quiet, last in rows}


def _asked(
    lake: Lake, table: str, tenant: TenantId, sql: str, **values: str
) -> list[tuple[Any, ...]]:
    if not lake.files(table, tenant):
        return []
    with duckdb.connect() as database:
        show(database, lake, table, tenant)
        rows: list[tuple[object, ...]] = database.execute(sql, values).fetchall()
    return rows


def _cpu(rules: RuleSet, batches: Sequence[pa.RecordBatch]) -> float:
    begun = time.process_time()
    for batch in batches:
        rules.label(batch)
    return time.process_time() - begun
