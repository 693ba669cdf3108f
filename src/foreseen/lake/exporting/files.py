"""One file of an export while it is written: Parquet, Arrow or a line of JSON a row."""

from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from foreseen.lake.exporting.ocsf import nested
from foreseen.lake.exporting.plan import Format

_LEVEL = 3  # of zstd


@dataclass(frozen=True, slots=True)
class Written:
    """A file of an export.

    Attributes:
        path: Below the place of the export.
        rows: Its rows.
        bytes: Its size.
    """

    path: str
    rows: int
    bytes: int


class Output:
    """A file on its way; whole once it was left without an error."""

    def __init__(self, path: Path, form: Format, table: str) -> None:
        """Path: where it is written; form: how; table: whose rows."""
        self.path = path
        self.rows = 0
        self._form, self._table = form, table
        self._file = path.open("wb")
        self._writer: pq.ParquetWriter | pa.ipc.RecordBatchFileWriter | None = None

    def write(self, rows: pa.Table, class_uid: int) -> None:
        """Add rows, in the order of their times."""
        if "time" in rows.schema.names:
            rows = rows.sort_by("time")
        self.rows += rows.num_rows
        if self._table == "events":
            rows = nested(rows, class_uid)
        if self._form is Format.NDJSON:
            for row in rows.to_pylist(maps_as_pydicts="lossy"):
                self._file.write(orjson.dumps(_without_nulls(row)) + b"\n")
            return
        if self._writer is None:
            self._writer = self._begun(rows.schema)
        self._writer.write_table(rows)

    def _begun(self, schema: pa.Schema) -> pq.ParquetWriter | pa.ipc.RecordBatchFileWriter:
        if self._form is Format.PARQUET:
            return pq.ParquetWriter(
                self._file, schema, compression="zstd", compression_level=_LEVEL
            )
        options = pa.ipc.IpcWriteOptions(compression="zstd")
        return pa.ipc.new_file(self._file, schema, options=options)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._writer is not None:
            self._writer.close()
        self._file.close()


def _without_nulls(value: Any) -> Any:  # noqa: ANN401 (whatever a row holds)
    """An object without what it does not say."""
    if not isinstance(value, dict):
        return value
    kept = {name: _without_nulls(each) for name, each in value.items()}
    return {name: each for name, each in kept.items() if each is not None and each != {}}
