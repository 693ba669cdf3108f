"""What people ask: the events of one stream in one hour, and dashboards from the rollups.

The search runs on the lake of `lake_made`, written commit by commit and compacted before. The
dashboards run on a lake of rollups alone, of as many events and alerts as are asked for: counts of
recorded events under other hosts in other hours, and of synthetic alerts. The events themselves are
not written, for no dashboard reads them.
"""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from foreseen.core.ids import DEFAULT_TENANT
from foreseen.lake.asking.question import Question
from foreseen.lake.asking.rollup_reads import Chart, counts
from foreseen.lake.asking.search import search
from foreseen.lake.lake import Cursor, Lake
from foreseen.lake.rollups import HOUR_MS, Counted, rollup
from foreseen.schema.arrow import PREDICTION_SCHEMA
from lake_apart import say
from lake_made import MATCHES, copied, recorded

_DAYS = 30
_FIRST_MS = 1_795_334_000_000
_DAY_MS = 24 * HOUR_MS
_PER_COMMIT = 500_000
_ASKED = 9
_RULES, _WORKLOADS = 100, 5
Result = TypeVar("Result")
CHARTS = {
    "events by hour": Chart(Counted.EVENTS, bucket=HOUR_MS),
    "events by day, class and product": Chart(
        Counted.EVENTS, ("workload", "class_uid", "product"), bucket=_DAY_MS
    ),
    "decisions by day and outcome": Chart(Counted.DECISIONS, ("outcome",), bucket=_DAY_MS),
    "alerts by rule and workload": Chart(Counted.DECISIONS, ("rule_id", "workload", "outcome")),
}


def stream_hour(folder: Path) -> dict[str, float]:
    """Milliseconds until the first hundred events of one stream in one hour are there."""
    lake, matches = Lake.open(folder / "lake"), pq.read_table(folder / MATCHES)
    taken, rows = [], 0
    for row in matches.slice(0, _ASKED).to_pylist():
        hour = row["time"] // HOUR_MS * HOUR_MS
        question = Question(since=hour, until=hour + HOUR_MS, stream=row["stream"])
        milliseconds, found = _timed(partial(search, lake, DEFAULT_TENANT, question))
        taken.append(milliseconds)
        rows += found.rows.num_rows
    return {"median": median(taken), "most": max(taken), "rows": rows}


def compacted(folder: Path) -> Path:
    """The same lake after a compaction."""
    Lake.open(folder / "lake").compact()
    return folder


def make_rollups(folder: Path, events: int, alerts: int) -> int:
    """A lake with the rollups of so many events and alerts; how many rows these are."""
    rows, lake = recorded(), Lake.open(folder)
    copies = max(1, _PER_COMMIT // rows.num_rows)
    part = pa.concat_tables([copied(rows, number) for number in range(copies)])
    commits = max(1, round(events / part.num_rows))
    # Whole hours later the counts are the same: they are made once and moved.
    told = rollup(events=part, predictions=_alerts(alerts // commits))
    for number in range(commits):
        batch = {"rollups": _later(told, _DAYS * 24 * number // commits)}
        lake.commit(batch, Cursor("benchmark", number + 1))
    say(f"rollups of {commits * part.num_rows:,} events and {alerts:,} alerts are written")
    lake.compact()
    return lake.read("rollups", ["count"]).num_rows


def dashboards(folder: Path) -> dict[str, float]:
    """Milliseconds of each chart, the lake open: the median of some."""
    lake = Lake.open(folder)
    return {
        name: median(_timed(partial(counts, lake, DEFAULT_TENANT, chart))[0] for _ in range(_ASKED))
        for name, chart in CHARTS.items()
    }


def _later(counted: pa.Table, hours: int) -> pa.Table:
    moved = pc.add(counted["time"], pa.scalar(hours * HOUR_MS, pa.int64()))
    return counted.set_column(counted.schema.names.index("time"), "time", moved)


def _alerts(count: int) -> pa.Table:
    """Decisions that alert: synthetic, of many rules and workloads."""
    numbers = np.arange(count)
    own = {
        "tenant": pa.array([DEFAULT_TENANT] * count, pa.string()),
        "time": pa.array(np.full(count, _FIRST_MS), pa.int64()),
        "rule_id": pa.array([f"rule-{n}" for n in (numbers % _RULES).tolist()], pa.string()),
        "workload": pa.array([f"role-{n}" for n in (numbers % _WORKLOADS).tolist()], pa.string()),
        "outcome": pa.array(["alerted"] * count, pa.string()),
        "basis": pa.array(["unexpected"] * count, pa.string()),
    }
    columns = [own.get(f.name, pa.nulls(count, f.type)) for f in PREDICTION_SCHEMA]
    return pa.table(columns, schema=PREDICTION_SCHEMA)


def _timed(run: Callable[[], Result]) -> tuple[float, Result]:
    begun = time.perf_counter()
    result = run()
    return (time.perf_counter() - begun) * 1_000, result
