"""The lake's tables: their schema, order of rows, and how they lie in folders."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from foreseen.core.errors import MalformedInputError
from foreseen.lake.files import GROUP_ROWS
from foreseen.lake.rollups import folded
from foreseen.schema.arrow import (
    EVENT_SCHEMA,
    MATCH_SCHEMA,
    PREDICTION_SCHEMA,
    QUARANTINE_SCHEMA,
    ROLLUP_SCHEMA,
)

PART_TENANT = "part_tenant"
PART_DAY = "part_day"
_KEY_SEPARATOR = "\x1f"
_MOST_DAYS = 400
_FIRST_MS = 946_684_800_000  # 2000-01-01
_LAST_MS = 4_102_444_800_000  # 2100-01-01
_NO_DAY = "unknown"


@dataclass(frozen=True, slots=True)
class LakeTable:
    """One table. Partition columns stand beside the data, so files read alone are complete.

    Attributes:
        name: Its name in the lake's folder and in SQL.
        schema: Columns of the data, without the partition columns.
        order: Columns that give `Lake.read` one order in every run.
        by_day: Whether it is large enough for a folder a day; small tables would only get
            many small files from it.
        folded: What compaction does with rows that it brings together: the same facts in fewer
            rows. None: they stay as they are.
        group_rows: Most rows of a row group. Fewer make reading a few rows cheaper, which of
            matches, wide by their windows, people wait for.
    """

    name: str
    schema: pa.Schema
    order: tuple[str, ...]
    by_day: bool
    folded: Callable[[pa.Table], pa.Table] | None = None
    group_rows: int = GROUP_ROWS

    @property
    def partition_by(self) -> list[str]:
        """Names of the partition columns."""
        return [PART_TENANT, PART_DAY] if self.by_day else [PART_TENANT]

    @property
    def delta_schema(self) -> pa.Schema:
        """Schema as Delta knows it: data and partition columns."""
        fields = [pa.field(name, pa.string()) for name in self.partition_by]
        return pa.schema([*self.schema, *fields])


_EVENT_ORDER = ("tenant", "stream", "seq", "event_uid")
TABLES: Mapping[str, LakeTable] = MappingProxyType(
    {
        table.name: table
        for table in (
            LakeTable("events", EVENT_SCHEMA, _EVENT_ORDER, by_day=True),
            LakeTable(
                "matches",
                MATCH_SCHEMA,
                (*_EVENT_ORDER, "rule_id"),
                by_day=False,
                group_rows=4_096,
            ),
            LakeTable(
                "quarantine", QUARANTINE_SCHEMA, ("tenant", "source", "offset"), by_day=False
            ),
            LakeTable(
                "predictions", PREDICTION_SCHEMA, ("tenant", "time", "match_uid"), by_day=False
            ),
            LakeTable(
                "rollups",
                ROLLUP_SCHEMA,
                tuple(ROLLUP_SCHEMA.names),
                by_day=False,
                folded=folded,
            ),
        )
    }
)
"""All tables, in the order in which a commit appends to them."""


def partitions(table: LakeTable, rows: pa.Table) -> list[tuple[dict[str, str | None], pa.Table]]:
    """Rows of each partition, in their given order, with the partition's values.

    Raises:
        MalformedInputError: A row has no tenant.
    """
    if rows.num_rows == 0:
        return []
    tenants = rows.column("tenant")
    if tenants.null_count:
        raise MalformedInputError(f"{table.name}: {tenants.null_count} rows have no tenant")
    days = _days(rows) if table.by_day else pa.scalar("")
    keys = pc.binary_join_element_wise(tenants, days, _KEY_SEPARATOR)  # type: ignore[call-overload] # the stubs do not know a scalar between arrays
    rows = rows.combine_chunks()  # taking from many chunks is slow
    order = pc.sort_indices(keys)  # stable: rows of a partition keep their order
    runs = pc.call_function("run_end_encode", [keys.take(order).combine_chunks()])
    parts, start = [], 0
    for key, end in zip(runs.values.to_pylist(), runs.run_ends.to_pylist(), strict=True):
        tenant, _, day = key.rpartition(_KEY_SEPARATOR)
        values = {PART_TENANT: tenant} | ({PART_DAY: day} if table.by_day else {})
        whole = end - start == rows.num_rows
        part = rows if whole else rows.take(order.slice(start, end - start))
        parts.append((values, part))
        start = end
    return parts


def ascending(names: Sequence[str]) -> list[tuple[str, Literal["ascending", "descending"]]]:
    """Sort keys for Arrow."""
    return [(name, "ascending") for name in names]


def _days(rows: pa.Table) -> Any:  # noqa: ANN401 (the stubs have no chunked string array)
    """Folder of each row: the day it came; coarser when hostile clocks name too many days.

    Arrival, not event time: a sender that writes any time it likes into its events must not be
    able to make a folder for each. Queries prune by the files' statistics of both times.
    """
    came = pc.coalesce(rows.column("ingested_time"), rows.column("time"))
    sane = pc.and_kleene(
        pc.greater_equal(came, pa.scalar(_FIRST_MS)), pc.less(came, pa.scalar(_LAST_MS))
    )
    stamps = pc.if_else(sane, came, None).cast(pa.timestamp("ms"))
    for unit in ("day", "month", "year"):
        floors = pc.floor_temporal(stamps, unit=unit)
        if unit == "year" or pc.count_distinct(floors).as_py() <= _MOST_DAYS:
            break
    return pc.fill_null(pc.strftime(floors, format="%Y-%m-%d"), _NO_DAY)
