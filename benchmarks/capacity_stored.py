"""Bytes a row on disk, by table and by class."""

import time
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from foreseen.lake.keeping.holdings import holdings
from foreseen.lake.lake import Lake

Found = dict[str, Any]


def stored(lake: Lake) -> Found:
    """Bytes a row on disk, as committed and compacted."""
    found: Found = {"committed": _sizes(lake)}
    begun = time.process_time()
    lake.compact()
    found["compaction_cpu_seconds"] = time.process_time() - begun
    found["compacted"] = _sizes(lake)
    found["classes"] = _classes(lake)
    return found


def _sizes(lake: Lake) -> Found:
    found: Found = {}
    for table in ("events", "matches", "predictions", "rollups"):
        live = lake.dataset(table)
        rows = live.count_rows()
        size = sum(fragment_size for fragment_size in _files(lake, table).values())
        found[table] = {"rows": rows, "bytes": size, "files": len(_files(lake, table))}
    return found


def _classes(lake: Lake) -> Found:
    """Rows of each class, and their bytes if they lay alone: classes share files."""
    events = lake.read("events")
    found: Found = {}
    for number in sorted({int(str(each)) for each in events["class_uid"].unique().to_pylist()}):
        own = events.filter(pc.field("class_uid") == number)
        sink = pa.BufferOutputStream()
        parquet.write_table(own, sink, compression="zstd")
        found[str(number)] = {"rows": own.num_rows, "bytes": sink.getvalue().size}
    return found


def _files(lake: Lake, table: str) -> dict[str, int]:
    """Size of each live file."""
    return {file.path: file.size for file in holdings(lake._store(table))}  # noqa: SLF001
