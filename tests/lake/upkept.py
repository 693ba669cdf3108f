"""Lakes for the tests of upkeep: filled by many commits, looked at whole."""

import time
from pathlib import Path

import pyarrow as pa

from foreseen.lake.keeping.horizon import Keeping
from foreseen.lake.keeping.retention import Needs, Retention
from foreseen.lake.keeping.upkeep import Policy, Upkept, upkeep
from foreseen.lake.lake import Cursor, Lake
from foreseen.lake.tables import TABLES
from foreseen.schema.arrow import batch_of

NOON = 1_790_000_000_000 // 86_400_000 * 86_400_000 + 43_200_000
DAY = 86_400_000
AT_ONCE = Keeping(period=0, least=0, entries=1, checkpoint=1, step=1)
"""Forgets all that it may at every call."""
_FOR_EVER = Retention({})
_NOTHING = Needs()


def events(seqs: range, *, came: int = NOON, **columns: object) -> pa.Table:
    """Rows of the events table, one a number, over two streams."""
    made = [
        {
            "tenant": "default",
            "stream": f"host-{seq % 2}",
            "workload": "web",
            "seq": seq,
            "time": came + seq,
            "ingested_time": came + seq,
            "event_uid": f"event-{seq}",
            "raw": f"a line of the source, number {seq}",
            "labels": ["rule"] if seq % 5 == 0 else None,
            "unmapped": {"key": [str(seq)]},
        }
        | columns
        for seq in seqs
    ]
    return pa.Table.from_batches([batch_of(made, TABLES["events"].schema)])


def matches(seqs: range, *, came: int = NOON, **columns: object) -> pa.Table:
    """Rows of the matches table, one a number."""
    made = [
        {
            "tenant": "default",
            "stream": "host-0",
            "workload": "web",
            "seq": seq,
            "time": came + seq,
            "ingested_time": came + seq,
            "event_uid": f"event-{seq}",
            "match_uid": f"match-{seq}",
            "rule_id": "rule",
            "window_seqs": [seq - 1],
        }
        | columns
        for seq in seqs
    ]
    return pa.Table.from_batches([batch_of(made, TABLES["matches"].schema)])


def filled(folder: Path, commits: int, size: int = 5, *, came: int = NOON) -> Lake:
    """A lake with so many commits of so many events and matches."""
    lake = Lake.open(folder)
    for number in range(commits):
        seqs = range(number * size, (number + 1) * size)
        batches = {"events": events(seqs, came=came), "matches": matches(seqs, came=came)}
        lake.commit(batches, Cursor("a", number + 1))
    return lake


def kept(  # noqa: PLR0913 (a policy's parts, each unless said otherwise)
    lake: Lake,
    *,
    now: int | None = None,
    keeping: Keeping = AT_ONCE,
    retention: Retention = _FOR_EVER,
    needs: Needs = _NOTHING,
    target: int = 32 << 20,
) -> Upkept:
    """Upkeep; a second later than whatever was written, unless told."""
    later = time.time_ns() // 1_000_000 + 1_000
    return upkeep(lake, Policy(retention, keeping, needs, target), now or later)


def seqs(lake: Lake, table: str = "events") -> list[int]:
    """Numbers of all rows, in order."""
    return sorted(int(seq or 0) for seq in lake.read(table, ["seq"])["seq"].to_pylist())
