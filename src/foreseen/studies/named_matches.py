"""Rows of a few matches by their uids, which no statistic of the lake's files knows."""

from collections.abc import Collection, Sequence
from functools import reduce
from operator import or_

import pyarrow as pa
import pyarrow.compute as pc

from foreseen.core.ids import TenantId
from foreseen.lake.lake import Lake
from foreseen.schema.arrow import integers


def named_rows(
    lake: Lake,
    tenant: TenantId,
    table: str,
    uids: Collection[str],
    columns: Sequence[str] | None = None,
) -> pa.Table:
    """Rows of a table that has matches by `match_uid` and `time`; of unknown uids none.

    Two columns are read for their times, and then only the files that reach over these: a table
    has eighty columns, some of them wide.

    Args:
        lake: The lake.
        tenant: Whose matches.
        table: `matches` or `predictions`.
        uids: Of the matches.
        columns: Columns to return; all of them when None.
    """
    named = pa.array(sorted(set(uids)), pa.string())
    own = (pc.field("tenant") == tenant) & pc.field("match_uid").isin(named)
    times = sorted(set(integers(lake.read(table, ["match_uid", "time"], own), "time")))
    around = reduce(or_, (pc.field("time") == time for time in times), pc.scalar(value=False))
    return lake.read(table, columns, own & around)
