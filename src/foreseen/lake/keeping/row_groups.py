"""New data files of a table, a row group at a time, on disk before a commit may name them."""

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from deltalake.transaction import AddAction

from foreseen.lake.files import COUNTED, DATA_FOLDER, GROUP_ROWS
from foreseen.lake.places.local import settle
from foreseen.lake.places.place import Place

_LONGEST_STATISTIC = 256  # characters


@dataclass(frozen=True, slots=True)
class Shape:
    """How files are written.

    Attributes:
        target: Bytes from which on a file is large; a new one is begun.
        level: Level of compression (zstd).
        sorted_bytes: Arrow bytes that are sorted at once, and so the largest size of a row group.
        prefix: How names of the files begin.
    """

    target: int = 32 << 20
    level: int = 3
    sorted_bytes: int = 32 << 20
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class Into:
    """Where files are written.

    Attributes:
        place: The table's.
        schema: Columns of the data.
        partition: Values of the partition columns.
        modified: Time for the log, ms UTC.
        folded: The same facts in fewer rows, for a table that counts.
        group_rows: Most rows of a row group.
    """

    place: Place
    schema: pa.Schema
    partition: dict[str, str | None]
    modified: int
    folded: Callable[[pa.Table], pa.Table] | None = None
    group_rows: int = GROUP_ROWS


@dataclass(slots=True)
class _Counted:
    """Statistics of a file's rows so far, as `files.write_file` tells them."""

    rows: int = 0
    least: dict[str, Any] = field(default_factory=dict)
    most: dict[str, Any] = field(default_factory=dict)
    nulls: dict[str, int] = field(default_factory=dict)
    long: set[str] = field(default_factory=set)

    def add(self, rows: pa.Table) -> None:
        """Count rows."""
        self.rows += rows.num_rows
        for name in set(COUNTED) & set(rows.schema.names):
            column = rows.column(name)
            self.nulls[name] = self.nulls.get(name, 0) + column.null_count
            low, high = pc.min(column).as_py(), pc.max(column).as_py()
            if low is None:
                continue
            if isinstance(low, str) and max(len(low), len(high)) > _LONGEST_STATISTIC:
                self.long.add(name)
            self.least[name] = min(self.least.get(name, low), low)
            self.most[name] = max(self.most.get(name, high), high)

    def told(self) -> str:
        """As the log has them."""
        names = [name for name in COUNTED if name in self.least and name not in self.long]
        return json.dumps(
            {
                "numRecords": self.rows,
                "minValues": {name: self.least[name] for name in names},
                "maxValues": {name: self.most[name] for name in names},
                "nullCount": {name: self.nulls[name] for name in names},
            }
        )


class Writer:
    """Row groups into files, a new file whenever one is large."""

    def __init__(self, into: Into, shape: Shape) -> None:
        self._into, self._shape = into, shape
        self._done: list[AddAction] = []
        self._written: list[str] = []
        self._stream: pa.NativeFile | None = None
        self._open: pq.ParquetWriter | None = None
        self._counted = _Counted()

    def write(self, rows: pa.Table) -> None:
        """Rows that were sorted together: one row group, or as many as the table wants of them."""
        stream, writer = self._begun()
        writer.write_table(rows, row_group_size=self._into.group_rows)
        self._counted.add(rows)
        if stream.tell() >= self._shape.target:
            self._end()

    def finish(self) -> list[AddAction]:
        """All files are on the disk; what the log has to say of them."""
        self._end()
        if self._done:
            settle(self._into.place, [DATA_FOLDER])
        return self._done

    def abandon(self) -> None:
        """Leave nothing behind."""
        if self._open is not None and self._stream is not None:
            self._open.close()
            self._stream.close()
        for path in self._written:
            self._into.place.files.delete_file(f"{self._into.place.root}/{path}")

    def _begun(self) -> tuple[pa.NativeFile, pq.ParquetWriter]:
        if self._stream is not None and self._open is not None:
            return self._stream, self._open
        place = self._into.place
        if place.folder is not None:
            (place.folder / DATA_FOLDER).mkdir(parents=True, exist_ok=True)
        path = f"{DATA_FOLDER}/{self._shape.prefix}{uuid.uuid4().hex}.parquet"
        self._stream = place.files.open_output_stream(f"{place.root}/{path}")
        self._written.append(path)
        self._counted = _Counted()
        self._open = pq.ParquetWriter(
            self._stream,
            self._into.schema,
            compression="zstd",
            compression_level=self._shape.level,
            write_page_checksum=True,
        )
        return self._stream, self._open

    def _end(self) -> None:
        """The open file, if there is one, is whole and on the disk."""
        if self._open is None or self._stream is None:
            return
        self._open.close()
        size, path = self._stream.tell(), self._written[-1]
        self._stream.close()
        self._open = self._stream = None
        settle(self._into.place, [path])
        moves = False
        into = self._into
        self._done.append(
            AddAction(path, size, into.partition, into.modified, moves, self._counted.told())
        )
