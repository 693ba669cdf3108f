"""Rollups: how many of what in which hour, counted from each batch as it is committed; pure.

The counts of a batch travel in the same `Lake.commit` as the batch, under the same cursor, so that
a batch that is delivered twice counts once. Rows of one key add up: readers sum them, compaction
folds them. There is one small cube for each `Counted`, not one of all dimensions together, for
that would have nearly as many rows as there are events (docs/adr/0021-rollups.md).
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from foreseen.core.decisions import Basis, Outcome
from foreseen.schema.arrow import ROLLUP_SCHEMA, AnyChunks

if TYPE_CHECKING:  # the stubs know no function that takes a column of any type
    Values = Any
else:
    Values = AnyChunks

HOUR_MS = 3_600_000
MOST_SKEW_MS = 400 * 24 * HOUR_MS
"""An event whose own time is further from its arrival is counted at its arrival."""

_MEASURES = ("count", "bytes")
_SUMS = {"count_all": "count", "bytes_sum": "bytes"}
_FIRST_MS, _LAST_MS = 946_684_800_000, 4_102_444_800_000  # the years 2000 to 2099


class Counted(StrEnum):
    """What is counted."""

    EVENTS = "events"
    HOSTS = "hosts"
    MATCHES = "matches"
    DECISIONS = "decisions"
    RECEIVED = "received"
    QUARANTINED = "quarantined"


DIMENSIONS: Mapping[Counted, tuple[str, ...]] = MappingProxyType(
    {
        Counted.EVENTS: ("workload", "class_uid", "product"),
        Counted.HOSTS: ("workload", "host"),
        Counted.MATCHES: ("rule_id", "workload"),
        Counted.DECISIONS: ("rule_id", "workload", "outcome", "basis"),
        Counted.RECEIVED: ("source",),
        Counted.QUARANTINED: ("source", "reason"),
    }
)
"""By what each can be told apart, besides the hour."""

_KEYS = [name for name in ROLLUP_SCHEMA.names if name not in _MEASURES]


def rollup(
    *,
    events: pa.Table | None = None,
    matches: pa.Table | None = None,
    quarantine: pa.Table | None = None,
    predictions: pa.Table | None = None,
) -> pa.Table:
    """Counts of rows that are committed together, as rows of the `rollups` table.

    Args:
        events: Rows of the table of this name, and so on.
        matches: ...
        quarantine: ...
        predictions: ... A row that revises takes its match out of those that were first decided
            as expected: no other decision is provisional.
    """
    parts = []
    if events is not None and events.num_rows:
        size = pc.binary_length(events["raw"]).cast(pa.int64())
        parts.append(_counts(Counted.EVENTS, events, bytes_=size))
        parts.append(_counts(Counted.HOSTS, events))
    if matches is not None and matches.num_rows:
        parts.append(_counts(Counted.MATCHES, matches))
    if quarantine is not None and quarantine.num_rows:
        size = pc.binary_length(quarantine["raw_hex"]).cast(pa.int64())
        parts.append(_counts(Counted.QUARANTINED, quarantine, bytes_=pc.divide(size, pa.scalar(2))))
    if predictions is not None and predictions.num_rows:
        parts.append(_counts(Counted.DECISIONS, predictions))
        parts.append(_taken_back(predictions))
    return folded(pa.concat_tables([ROLLUP_SCHEMA.empty_table(), *parts]))


def folded(rows: pa.Table) -> pa.Table:
    """The same counts with one row a key, in the table's order; keys that count nothing go.

    It is what compaction does to the table: folding parts and then their concatenation gives the
    same rows as folding everything at once.
    """
    if rows.num_rows == 0:
        return rows
    # Options: a sum of nothing but nulls is null, so that what has no bytes says so.
    option = pc.ScalarAggregateOptions(min_count=1)
    sums = rows.group_by(_KEYS, use_threads=False).aggregate(
        [(name, "sum", option) for name in _MEASURES]
    )
    whole = sums.rename_columns([*_KEYS, *_MEASURES]).select(ROLLUP_SCHEMA.names)
    whole = whole.filter(pc.field("count") != 0).cast(ROLLUP_SCHEMA)
    return whole.sort_by([(name, "ascending") for name in _KEYS])


def _counts(counted: Counted, rows: pa.Table, *, bytes_: Values | None = None) -> pa.Table:
    """Rows of one cube, a key once."""
    names = ["tenant", *DIMENSIONS[counted]]
    keyed = rows.select(names).append_column("time", _hours(rows))
    if bytes_ is not None:
        keyed = keyed.append_column("bytes", bytes_)
    option = pc.ScalarAggregateOptions(min_count=1)
    grouped = keyed.group_by([*names, "time"], use_threads=False)
    sums = (
        grouped.aggregate([([], "count_all")])
        if bytes_ is None
        else grouped.aggregate([([], "count_all"), ("bytes", "sum", option)])
    )
    sums = sums.rename_columns([_SUMS.get(name, name) for name in sums.schema.names])
    what = pa.array([counted.value] * sums.num_rows, pa.string())
    return _shaped(sums.append_column("counted", what))


def _taken_back(predictions: pa.Table) -> pa.Table:
    """What late evidence revised counted as suppressed because expected; it does no longer."""
    rows = predictions.filter(pc.field("revised") > "")  # nulls go too
    for name, first in (("outcome", Outcome.SUPPRESSED), ("basis", Basis.EXPECTED)):
        values = pa.array([first.value] * rows.num_rows, pa.string())
        rows = rows.set_column(rows.schema.names.index(name), name, values)
    counts = _counts(Counted.DECISIONS, rows)
    place = counts.schema.names.index("count")
    return counts.set_column(place, "count", pc.negate(counts["count"]))


def _hours(rows: pa.Table) -> Values:
    """Begin of the hour of each row: when it happened, or when it came if that cannot be."""
    names = rows.schema.names
    came = _sane(rows["ingested_time"]) if "ingested_time" in names else None
    if "time" not in names:
        return _floor(came)
    happened = _sane(rows["time"])
    if came is None:
        return _floor(happened)
    skew = pc.abs(pc.subtract(happened, came))
    near = pc.fill_null(pc.less_equal(skew, pa.scalar(MOST_SKEW_MS)), pa.scalar(True))  # noqa: FBT003 (a value)
    return _floor(pc.coalesce(pc.if_else(near, happened, None), came))


def _sane(times: Values) -> Values:
    first, last = pa.scalar(_FIRST_MS), pa.scalar(_LAST_MS)
    inside = pc.and_kleene(pc.greater_equal(times, first), pc.less(times, last))
    return pc.if_else(inside, times, pa.scalar(None, pa.int64()))


def _floor(times: Values) -> Values:
    hour = pa.scalar(HOUR_MS)
    return pc.multiply(pc.divide(times, hour), hour)  # no sane time is negative


def _shaped(rows: pa.Table) -> pa.Table:
    """Rows with all columns of the table, null where they say nothing."""
    columns = [
        rows[field.name].cast(field.type)
        if field.name in rows.schema.names
        else pa.nulls(rows.num_rows, field.type)
        for field in ROLLUP_SCHEMA
    ]
    return pa.table(columns, schema=ROLLUP_SCHEMA)
