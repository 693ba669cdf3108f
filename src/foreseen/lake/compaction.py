"""Merge small files of a table into large ones, clustered for windows; sweep what nobody names."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa
from deltalake.transaction import RemoveAction

from foreseen.lake.files import DATA_FOLDER, read_files, sync_file, write_file
from foreseen.lake.store import TableStore
from foreseen.lake.tables import ascending

_TARGET_BYTES = 32 << 20
_KEPT_HOURS = 7 * 24  # readers that hold an old version finish long before
_CLUSTER = ("workload", "stream", "seq")


@dataclass(frozen=True, slots=True)
class Compacted:
    """What a compaction did to one table."""

    merged: int
    written: int
    swept: int


def compact_table(store: TableStore, *, sweep: bool) -> Compacted:
    """Merge the small files of each partition; rows and cursors stay as they are.

    Args:
        store: The table.
        sweep: Delete files that no live version names and that are a week old. Tables whose
            history `Lake.since` must always tell are not swept.

    Raises:
        TransientError: Another writer removed the same files; try later.
    """
    merged = written = 0
    for group in _groups(store):
        with store.lock:
            _merge(store, group)
        merged, written = merged + group.num_rows, written + 1
    swept = 0
    if sweep:
        with store.lock:
            swept = len(store.fresh().vacuum(_KEPT_HOURS, dry_run=False, full=True))
    return Compacted(merged, written, swept)


def _groups(store: TableStore) -> Iterator[pa.Table]:
    """Live small files that belong together, two or more at a time."""
    live = store.live_files()
    parts = [f"partition.{name}" for name in store.table.partition_by]
    live = live.sort_by(ascending([*parts, "modification_time", "path"]))
    start, size = 0, 0
    keys = list(zip(*(live[name].to_pylist() for name in parts), strict=True))
    sizes = [int(size or 0) for size in live["size_bytes"].to_pylist()]
    for end in range(1, live.num_rows + 1):
        size += sizes[end - 1]
        if end < live.num_rows and keys[end] == keys[start] and size < _TARGET_BYTES:
            continue
        if end - start > 1:
            yield live.slice(start, end - start)
        start, size = end, 0


def _merge(store: TableStore, group: pa.Table) -> None:
    now = time.time_ns() // 1_000_000
    files = group.to_pylist()
    partition = {name: files[0][f"partition.{name}"] for name in store.table.partition_by}
    rows = read_files([store.path_of(file["path"]) for file in files], store.table.schema)
    if set(_CLUSTER) <= set(rows.schema.names):
        rows = rows.sort_by(ascending(_CLUSTER))
    add = write_file(store.folder, rows, partition, modified=now, data_change=False)
    sync_file(store.folder / DATA_FOLDER)
    removed = [
        RemoveAction(file["path"], False, now, file["size_bytes"], partition)  # noqa: FBT003 (C API)
        for file in files
    ]
    store.log([add, *removed], None)
