"""What dashboards ask: counts by hour, day or any other bucket, from the rollups alone."""

from dataclasses import dataclass

import pyarrow as pa

from foreseen.core.errors import MalformedInputError
from foreseen.core.ids import TenantId
from foreseen.lake.asking.relations import connected, show
from foreseen.lake.lake import Lake
from foreseen.lake.rollups import DIMENSIONS, HOUR_MS, Counted

_MEMORY, _THREADS = "1GB", 2
_MEASURES = ("coalesce(sum(count), 0)::BIGINT AS count", "sum(bytes)::BIGINT AS bytes")


@dataclass(frozen=True, slots=True)
class Chart:
    """What a dashboard wants to know.

    Attributes:
        counted: What is counted.
        by: Dimensions of `DIMENSIONS[counted]`; none: one count a bucket.
        since: First time, ms UTC, at the beginning of an hour. None: from the start.
        until: Time after the last, at the beginning of an hour. None: to the end. What has no time
            (lines of a replay) is counted only without both.
        bucket: Length of a bucket, ms, whole hours; buckets begin at multiples of it since 1970,
            UTC. None: one for all time.
    """

    counted: Counted
    by: tuple[str, ...] = ()
    since: int | None = None
    until: int | None = None
    bucket: int | None = None


def counts(lake: Lake, tenant: TenantId, chart: Chart) -> pa.Table:
    """How many in each bucket of time and for each value of some dimensions.

    Returns:
        Columns `time` (begin of the bucket, where there is one), those of `chart.by`, `count` and
        `bytes` (null where they are not counted), in the order of the first ones. A bucket in
        which nothing was counted has no row.

    Raises:
        MalformedInputError: A dimension that is not counted by, or a time or a bucket that cuts an
            hour.
    """
    _check(chart)
    bounds = {"since": (">=", chart.since), "until": ("<", chart.until)}
    given = {name: bound for name, (_, bound) in bounds.items() if bound is not None}
    where = ["counted = $counted", *(f"time {bounds[name][0]} ${name}" for name in given)]
    bucket = [f'(time // {chart.bucket}) * {chart.bucket} AS "time"'] if chart.bucket else []
    columns = [*bucket, *(f'"{name}"' for name in chart.by)]
    sql = f"SELECT {', '.join([*columns, *_MEASURES])} FROM rollups WHERE {' AND '.join(where)}"  # noqa: S608 (names of ours, values apart)
    if columns:
        places = ", ".join(str(place + 1) for place in range(len(columns)))
        sql += f" GROUP BY {places} HAVING sum(count) <> 0 ORDER BY {places}"
    with connected(_MEMORY, _THREADS) as database:
        show(database, lake, "rollups", tenant)
        values = {"counted": chart.counted.value, **given}
        found: pa.Table = database.sql(sql, params=values).to_arrow_table()
        return found


def _check(chart: Chart) -> None:
    dimensions = DIMENSIONS[chart.counted]
    odd = [name for name in chart.by if name not in dimensions]
    if odd:
        raise MalformedInputError(
            f"{chart.counted.value} are not counted by {', '.join(odd)}; by any of: "
            f"{', '.join(dimensions)}"
        )
    for name, value in (("since", chart.since), ("until", chart.until), ("bucket", chart.bucket)):
        if value is not None and (value % HOUR_MS or (name == "bucket" and value <= 0)):
            raise MalformedInputError(
                f"{name} {value}: rollups know whole hours only, {HOUR_MS} ms each"
            )
