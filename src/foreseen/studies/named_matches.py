"""Rows of a few matches by their uids, which no statistic of the lake's files knows."""

from collections.abc import Collection, Sequence
from functools import reduce
from operator import or_

import pyarrow as pa
import pyarrow.compute as pc

from foreseen.core.ids import TenantId
from foreseen.lake.lake import Lake
from foreseen.schema.arrow import integers, texts

_WHOSE = {"matches": "stream", "predictions": "workload"}
"""By what, beside their times, rows of a table lie together."""


def named_rows(
    lake: Lake,
    tenant: TenantId,
    table: str,
    uids: Collection[str],
    columns: Sequence[str] | None = None,
) -> pa.Table:
    """Rows of a table that has matches by `match_uid` and `time`; of unknown uids none.

    Three columns are read for their places, and then only the row groups that may hold these: a
    table has eighty columns, some of them wide.

    Args:
        lake: The lake.
        tenant: Whose matches.
        table: `matches` or `predictions`.
        uids: Of the matches.
        columns: Columns to return; all of them when None.
    """
    named = pa.array(sorted(set(uids)), pa.string())
    own = (pc.field("tenant") == tenant) & pc.field("match_uid").isin(named)
    whose = _WHOSE[table]
    found = lake.read(table, ["match_uid", "time", whose], own)
    places = sorted(set(zip(texts(found, whose), integers(found, "time"), strict=True)))
    at = ((pc.field(whose) == name) & (pc.field("time") == time) for name, time in places)
    return lake.read(table, columns, own & reduce(or_, at, pc.scalar(value=False)))
