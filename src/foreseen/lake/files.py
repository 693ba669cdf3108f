"""Parquet files of the lake, on disk before a commit may name them, and Delta's word on them."""

import json
import uuid
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from deltalake.transaction import AddAction

from foreseen.lake.places.local import in_folder, settle, sync_file
from foreseen.lake.places.place import Place, parquet_file

__all__ = [
    "COUNTED",
    "DATA_FOLDER",
    "GROUP_ROWS",
    "data_path",
    "read_named",
    "sync_file",
    "write_file",
]

DATA_FOLDER = "data"
GROUP_ROWS = 122_880
"""Most rows of a row group where a table says nothing else; DuckDB's own unit."""

_COMPRESSION_LEVEL = 3
#: Columns that the log has statistics of.
COUNTED = ("time", "ingested_time", "seq", "class_uid", "tenant", "stream", "workload", "rule_id")
_LONGEST_STATISTIC = 256  # characters; longer values give no statistics


def write_file(  # noqa: PLR0913 (each says something of the file)
    place: Place | Path,
    rows: pa.Table,
    partition: dict[str, str | None],
    *,
    modified: int,
    data_change: bool = True,
    group_rows: int = GROUP_ROWS,
) -> AddAction:
    """Write rows to a new file of the table, force it to the disk, and describe it for the log.

    Names are random: a file that no commit names is an orphan, never overwritten, swept by
    `Lake.compact`.

    Args:
        place: The table's place.
        rows: Data columns only.
        partition: Values of the partition columns.
        modified: Time stamp for the log, ms UTC.
        data_change: False when the rows only move from other files.
        group_rows: Most rows of a row group.

    Raises:
        OSError: It could not be written (disk full); nothing is left behind.
    """
    place = in_folder(place) if isinstance(place, Path) else place
    if place.folder is not None:
        (place.folder / DATA_FOLDER).mkdir(parents=True, exist_ok=True)
    path = f"{DATA_FOLDER}/{uuid.uuid4().hex}.parquet"
    try:
        size = _write(place, path, rows, group_rows)
        settle(place, [path])
    except OSError:
        if place.folder is not None:
            (place.folder / path).unlink(missing_ok=True)
        raise
    return AddAction(path, size, partition, modified, data_change, json.dumps(_statistics(rows)))


def _write(place: Place, path: str, rows: pa.Table, group_rows: int) -> int:
    """Write rows; returns the file's size in bytes."""
    with place.files.open_output_stream(f"{place.root}/{path}") as file:
        pq.write_table(
            rows,
            file,
            compression="zstd",
            compression_level=_COMPRESSION_LEVEL,
            row_group_size=group_rows,
            write_page_checksum=True,  # a flipped byte is told, not read
        )
        return file.tell()


def data_path(folder: Path, logged: str) -> Path:
    """Place of a file in a folder by its (URL-encoded) path in the Delta log."""
    return folder / unquote(logged)


def read_named(place: Place, names: Sequence[str], schema: pa.Schema) -> pa.Table:
    """Rows of the place's files in their order; columns that an older file lacks are null."""
    tables = [schema.empty_table()]
    for name in names:
        with parquet_file(place, name) as file:
            tables.append(_conformed(file.read(), schema))
    return pa.concat_tables(tables)


def _conformed(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    columns = [
        rows.column(field.name).cast(field.type)
        if field.name in rows.schema.names
        else pa.nulls(rows.num_rows, field.type)
        for field in schema
    ]
    return pa.table(columns, schema=schema)


def _statistics(rows: pa.Table) -> dict[str, object]:
    least: dict[str, object] = {}
    most: dict[str, object] = {}
    nulls: dict[str, int] = {}
    for name in COUNTED:
        if name not in rows.schema.names:
            continue
        column = rows.column(name)
        low, high = pc.min(column).as_py(), pc.max(column).as_py()
        if low is None or _too_long(low) or _too_long(high):
            continue
        least[name], most[name], nulls[name] = low, high, column.null_count
    return {
        "numRecords": rows.num_rows,
        "minValues": least,
        "maxValues": most,
        "nullCount": nulls,
    }


def _too_long(value: object) -> bool:
    return isinstance(value, str) and len(value) > _LONGEST_STATISTIC
