"""Rows of the matches table for attacks put at a tenant: what rules and suppressions ask of."""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from foreseen.models.moments.moment import Moment
from foreseen.schema.arrow import MATCH_SCHEMA, AnyLists, batch_of
from foreseen.studies.replays.chain import Own, Replay, Spot
from foreseen.studies.replays.recorded import Deed, Recorded, deed_of

Row = Mapping[str, Any]

PLACE = (
    *("host", "stream", "user_uid", "user_name", "session_uid", "process_user_uid"),
    *("process_user_name", "process_terminal", "cloud_account", "cloud_region"),
    *("container_uid", "container_name", "container_image"),
)
PARENT = ("parent_uid", "parent_path", "parent_cmd_line", "lineage", "lineage_paths")
"""Columns of the benign match beside it that a match takes; the parent's unless it has its own."""

_NAMED = (
    *("process_cmd_line", "process_path", "process_cwd", "file_path", "file_target"),
    *("dst_path", "parent_cmd_line"),
)
"""Columns in which a place's own names stand."""


def rows_of(
    replays: Sequence[Replay], runs: Sequence[Recorded], benign: Mapping[str, Row]
) -> pa.RecordBatch:
    """A row for every moment of transplanted replays, in their order.

    Args:
        replays: Transplanted runs of these.
        runs: The runs as they were recorded.
        benign: Rows of the matches that they stand beside, by uid; where one is missing, the row
            keeps what was recorded.
    """
    deeds = {deed.moment.uid: deed for run in runs for deed in run.deeds}
    rows = [
        _row(moment, deeds[deed_of(moment)], own, spot, benign.get(spot.beside.uid, {}))
        for replay in replays
        for moment, own, spot in zip(
            replay.moments, replay.own or (Own(),) * len(replay.moments), replay.spots, strict=True
        )
    ]
    return batch_of(rows, MATCH_SCHEMA)


def _row(moment: Moment, deed: Deed, own: Own, spot: Spot, beside: Row) -> dict[str, object]:
    row = dict(deed.columns)
    for name in _NAMED:
        if row.get(name):
            row[name] = spot.names.of(str(row[name]))
    taken = PLACE if own.ancestors else PLACE + PARENT
    row.update({name: beside[name] for name in taken if name in beside})
    return {
        **row,
        "workload": spot.workload,
        "time": moment.time,
        "rule_id": moment.rule,
        "match_uid": moment.uid,
        "window_complete": True,
    }


def still_matched(
    replays: Sequence[Replay], rows: pa.RecordBatch, labels: AnyLists
) -> tuple[Replay, ...]:
    """The replays with the moments whose rule matches where they are put.

    Args:
        replays: Transplanted runs.
        rows: What `rows_of` gave for them.
        labels: Ids of the rules that match each row.
    """
    uids, rules = rows.column("match_uid").to_pylist(), rows.column("rule_id").to_pylist()
    kept = {
        uid
        for uid, rule, found in zip(uids, rules, labels.to_pylist(), strict=True)
        if rule in (found or ())
    }
    return tuple(replay.only(lambda moment: moment.uid in kept) for replay in replays)
