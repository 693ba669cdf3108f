"""A scan of live files that skips those which the log's statistics rule out."""

from functools import reduce
from operator import and_
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from foreseen.lake.files import COUNTED
from foreseen.lake.keeping.foreign import has_views, in_our_types
from foreseen.lake.places.place import Place, inside, logged_name

_FORMAT = ds.ParquetFileFormat()


def dataset_of(place: Place, files: pa.Table, schema: pa.Schema) -> ds.Dataset:
    """Files as one dataset; each promises of its rows only what its statistics say.

    The library's own conversion promises `column >= null` where a column has no statistics, and so
    finds no row by such a column.

    Args:
        place: Place of the table.
        files: The log's word on each live file, flattened: path, min.*, max.*, null_count.*.
        schema: Columns of the table; those that an older file lacks read as null.
    """
    rows = files.to_pylist()
    odd = {row["path"] for row in rows if has_views(place, row["path"])}
    fragments = [
        _FORMAT.make_fragment(
            inside(place, logged_name(place, row["path"])),
            filesystem=place.files,
            partition_expression=_promise(row),
        )
        for row in rows
        if row["path"] not in odd
    ]
    plain = ds.FileSystemDataset(fragments, schema, _FORMAT, place.files)
    if not odd:
        return plain
    tables = [in_our_types(place, path, schema) for path in sorted(odd)]
    return ds.dataset([plain, ds.dataset(pa.concat_tables(tables))])


def _promise(row: dict[str, Any]) -> pc.Expression:
    bounds = []
    for name in COUNTED:
        low, high = row.get(f"min.{name}"), row.get(f"max.{name}")
        if low is not None and high is not None and row.get(f"null_count.{name}") == 0:
            bounds += [pc.field(name) >= low, pc.field(name) <= high]
    return reduce(and_, bounds, pc.scalar(True))  # noqa: FBT003 (a literal)
