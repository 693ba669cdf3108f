"""A scan of live files that skips those which the log's statistics rule out."""

from functools import reduce
from operator import and_
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
from pyarrow.fs import LocalFileSystem

from foreseen.lake.files import COUNTED, data_path

_FORMAT = ds.ParquetFileFormat()
_FILES = LocalFileSystem()


def dataset_of(folder: Path, files: pa.Table, schema: pa.Schema) -> ds.Dataset:
    """Files as one dataset; each promises of its rows only what its statistics say.

    The library's own conversion promises `column >= null` where a column has no statistics, and so
    finds no row by such a column.

    Args:
        folder: Folder of the table.
        files: The log's word on each live file, flattened: path, min.*, max.*, null_count.*.
        schema: Columns of the table; those that an older file lacks read as null.
    """
    fragments = [
        _FORMAT.make_fragment(
            str(data_path(folder, row["path"])),
            filesystem=_FILES,
            partition_expression=_promise(row),
        )
        for row in files.to_pylist()
    ]
    return ds.FileSystemDataset(fragments, schema, _FORMAT, _FILES)


def _promise(row: dict[str, Any]) -> pc.Expression:
    bounds = []
    for name in COUNTED:
        low, high = row.get(f"min.{name}"), row.get(f"max.{name}")
        if low is not None and high is not None and row.get(f"null_count.{name}") == 0:
            bounds += [pc.field(name) >= low, pc.field(name) <= high]
    return reduce(and_, bounds, pc.scalar(True))  # noqa: FBT003 (a literal)
