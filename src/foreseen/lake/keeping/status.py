"""What lies in the lake, and what is wrong with it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from foreseen.core.errors import CorruptError, ForeseenError
from foreseen.lake.deltalog import LOG_FOLDER
from foreseen.lake.keeping.holdings import LiveFile, holdings, size_of
from foreseen.lake.keeping.horizon import data_files
from foreseen.lake.keeping.log_start import (
    CHECKPOINT,
    checkpoints,
    file_of,
    first_version,
    lines_of,
    named,
    versions,
)
from foreseen.lake.keeping.rewriting import checked_file
from foreseen.lake.lake import Lake
from foreseen.lake.places.place import inside, logged_name
from foreseen.lake.store import TableStore
from foreseen.lake.tables import PART_TENANT

SMALL = 16 << 20
"""Bytes below which a file is small: compaction merges it with others."""


@dataclass(frozen=True, slots=True)
class TableStatus:
    """What lies in one table.

    Attributes:
        rows: Live rows.
        files: Live files.
        bytes: Their size.
        small: How many of them are small.
        cold: How many of them were written to stay.
        foreign: How many of them another writer wrote.
        oldest: Earliest arrival, ms UTC; None without rows.
        newest: Latest arrival.
        version: Newest version.
        first: Oldest version that is kept.
        entries: Log entries.
        checkpoint: Version of the newest checkpoint; None before the first.
        replaced: Data files that only older versions name.
        orphans: Data files that no version names.
        cursors: How far each producer has come.
    """

    rows: int
    files: int
    bytes: int
    small: int
    cold: int
    foreign: int
    oldest: int | None
    newest: int | None
    version: int
    first: int
    entries: int
    checkpoint: int | None
    replaced: int
    orphans: int
    cursors: dict[str, int]


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with a file.

    Attributes:
        table: Name of the table.
        file: The file.
        message: What, and the difference.
    """

    table: str
    file: str
    message: str


def status(lake: Lake) -> dict[str, TableStatus]:
    """What lies in each table.

    Raises:
        CorruptError: A table's log cannot be read.
    """
    return {name: _status(store) for name, store in lake.stores.items()}


def problems(
    lake: Lake, progress: Callable[[int, int], None] = lambda *_: None
) -> Iterator[Problem]:
    """Read every live file whole, and tell what is not as the log says.

    Args:
        lake: The lake.
        progress: Told the bytes that are read, and of how many.
    """
    held = {name: holdings(store) for name, store in lake.stores.items()}
    total, done = sum(map(size_of, held.values())), 0
    for name, files in held.items():
        store = lake.stores[name]
        try:
            first_version(store.place)
        except ForeseenError as error:
            yield Problem(name, f"{store.place.uri}/{LOG_FOLDER}", str(error))
        for file in files:
            if message := _wrong(store, file):
                yield Problem(name, logged_name(store.place, file.path), message)
            done += file.size
            progress(done, total)


def _status(store: TableStore) -> TableStatus:
    files, place = holdings(store), store.place
    spans = [file.came or (file.newest, file.newest) for file in files]
    live = {inside(place, logged_name(place, file.path)) for file in files}
    kept = {inside(place, logged_name(place, path)) for path in named(place)} | live
    there = {file.path for file in data_files(place)}
    entries, points = versions(place), checkpoints(place)
    return TableStatus(
        rows=sum(file.rows or 0 for file in files),
        files=len(files),
        bytes=size_of(files),
        small=sum(file.size < SMALL and not file.is_cold for file in files),
        cold=sum(file.is_cold for file in files),
        foreign=sum(not file.is_ours for file in files),
        oldest=min((span[0] for span in spans), default=None),
        newest=max((span[1] for span in spans), default=None),
        version=store.version(),
        first=first_version(place),
        entries=len(entries),
        checkpoint=points[-1] if points else None,
        replaced=len(there & kept - live),
        orphans=len(there - kept),
        cursors=_cursors(store, entries, points),
    )


def _cursors(store: TableStore, entries: list[int], points: list[int]) -> dict[str, int]:
    """Every producer's, from the newest checkpoint and the entries after it."""
    place, found = store.place, dict[str, int]()
    if points:
        name = f"{place.root}/{LOG_FOLDER}/{file_of(points[-1], CHECKPOINT)}"
        with pq.ParquetFile(name, filesystem=place.files) as file:
            rows = file.read(columns=["txn.appId", "txn.version"])
        told = rows["txn"].to_pylist() if "txn" in rows.schema.names else []
        found.update((each["appId"], each["version"]) for each in told if each and each["appId"])
    for number in entries:
        if points and number <= points[-1]:
            continue
        for line in lines_of(place, number):
            if b'"txn"' in line and (told_now := orjson.loads(line).get("txn")):
                found[told_now["appId"]] = told_now["version"]
    return dict(sorted(found.items()))


def _wrong(store: TableStore, file: LiveFile) -> str | None:
    """What is wrong with a file; None when it is as the log says."""
    name = logged_name(store.place, file.path)
    size = store.place.files.get_file_info(inside(store.place, name))
    if not size.is_file:
        return "the log names this file and it is gone; restore it from a backup"
    if size.size != file.size:
        return f"the log says {file.size} bytes, the disk {size.size}; restore it from a backup"
    try:
        rows = _read_whole(store, file, name)
    except (CorruptError, OSError, pa.ArrowException) as error:
        return f"cannot be read ({error}); restore it from a backup"
    if file.rows is not None and rows != file.rows:
        return f"the log says {file.rows} rows, the file holds {rows}"
    return None


def _read_whole(store: TableStore, file: LiveFile, name: str) -> int:
    """Rows of a file, every page of which was read and checked."""
    rows, wanted = 0, file.partition.get(PART_TENANT)
    with checked_file(store.place, name) as opened:
        declared = store.table.schema
        for field in opened.schema_arrow:
            _check_type(field, declared)
        for batch in opened.iter_batches():
            rows += batch.num_rows
            if "tenant" in batch.schema.names:
                odd = set(batch["tenant"].unique().to_pylist()) - {wanted}
                if odd:
                    raise CorruptError(f"holds rows of {min(map(str, odd))!r}, not {wanted!r}")
    return rows


def _check_type(field: "pa.Field[Any]", declared: pa.Schema) -> None:
    """Whether a column may be read as the one that is declared."""
    if field.name not in declared.names:
        return
    try:
        pa.nulls(0, field.type).cast(declared.field(field.name).type)
    except pa.ArrowException as error:
        raise CorruptError(
            f"column {field.name} is {field.type}, not {declared.field(field.name).type}"
        ) from error
