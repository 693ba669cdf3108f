"""Which live files of a table may hold the answer, by what the Delta log says of each."""

from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from foreseen.core.ids import TenantId
from foreseen.lake.asking.question import Question
from foreseen.lake.lake import Lake
from foreseen.lake.places.place import logged_name

_LAST = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended: the next one begins after this event."""

    time: int
    event_uid: str


@dataclass(frozen=True, slots=True)
class File:
    """A file that may hold something.

    Attributes:
        name: Where it is.
        size: Its bytes.
        newest: Time that none of its events is after, ms UTC.
    """

    name: str
    size: int
    newest: int


def live_files(lake: Lake, table: str, tenant: TenantId) -> pa.Table:
    """A tenant's live files of a table as the log tells of them, and `file`, the place of each."""
    store = lake.stores[table]
    live = store.live_files(tenant)
    files = [logged_name(store.place, str(path)) for path in live["path"].to_pylist()]
    return live.append_column("file", pa.array(files, pa.string()))


def promising(live: pa.Table, question: Question, after: Place | None) -> list[File]:
    """Files that the log's statistics do not rule out, newest first.

    A file without a statistic may hold anything.
    """
    kept = [row for row in live.to_pylist() if _may_hold(row, question, after)]
    for row in kept:
        newest = row.get("max.time")
        row["newest"] = _LAST if newest is None else newest
    kept.sort(key=lambda row: (row["newest"], row["file"]), reverse=True)
    return [File(row["file"], row["size_bytes"], row["newest"]) for row in kept]


def _may_hold(row: dict[str, Any], question: Question, after: Place | None) -> bool:
    """Whether a file's statistics leave room for an answer."""
    ranges = [
        ("time", question.since, None if question.until is None else question.until - 1),
        ("time", None, after.time if after else None),
        ("workload", question.workload, question.workload),
        ("stream", question.stream, question.stream),
    ]
    for name, low, high in ranges:
        least, most = row.get(f"min.{name}"), row.get(f"max.{name}")
        if low is not None and most is not None and most < low:
            return False
        if high is not None and least is not None and least > high:
            return False
    return True
