"""Columns of some rows of the lake's files, by where they lie."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import duckdb
import numpy as np
import pyarrow as pa

from foreseen.core.errors import CorruptError
from foreseen.lake.asking.numbered import Found, Integers, opened
from foreseen.lake.asking.relations import connected
from foreseen.lake.places.place import Place
from foreseen.schema.arrow import EVENT_SCHEMA

_MEMORY = "256MB"
_PICK = """
    SELECT place, {names} FROM read_parquet($path, file_row_number = true)
    JOIN wanted ON file_row_number = wanted.row"""


def columns_of(
    place: Place, found: Found, chosen: Integers, names: Sequence[str]
) -> Iterator[tuple[Integers, pa.Table]]:
    """Columns of the chosen ones of the rows, a file at a time: their places in `chosen`, and they.

    Texts are plain strings: codes would need one dictionary of all files to be compared.

    Args:
        place: The lake's.
        found: Rows of files.
        chosen: Which of them.
        names: Columns of the events table; one that an older file lacks is null.

    Raises:
        CorruptError: A file cannot be read.
    """
    schema = pa.schema([EVENT_SCHEMA.field(name) for name in names])
    with _reader(place, schema) as read:
        for path, parts in _by_file(found, chosen).items():
            rows = [(group, found.row[chosen[places]]) for group, places in parts]
            at, columns = read(path, rows)
            yield np.concatenate([places for _, places in parts])[at], columns


def _by_file(found: Found, chosen: Integers) -> dict[str, list[tuple[int, Integers]]]:
    """Of each file the row groups, and which of the chosen rows are in each."""
    order = np.lexsort((found.row[chosen], found.group[chosen]))
    group = found.group[chosen][order]
    numbers = np.unique(group)
    cuts = np.append(np.searchsorted(group, numbers), [len(group)]).tolist()
    files: dict[str, list[tuple[int, Integers]]] = {}
    for number, begin, end in zip(numbers.tolist(), cuts[:-1], cuts[1:], strict=True):
        path, own = found.groups[number]
        files.setdefault(path, []).append((own, order[begin:end]))
    return files


Rows = Sequence[tuple[int, Integers]]
"""Row groups of a file, and places of rows in each."""

Read = Callable[[str, Rows], tuple[Integers, pa.Table]]
"""Columns of rows of a file: which of the rows each row is, and the columns."""


@contextmanager
def _reader(place: Place, schema: pa.Schema) -> Iterator[Read]:
    """What reads the files: DuckDB on a disk of this machine, for it decodes in half the time."""
    if place.folder is None:
        yield partial(_by_arrow, place, schema)
        return
    with connected(_MEMORY, pa.cpu_count()) as database:  # one for all: opening takes 20 ms
        yield partial(_by_duckdb, place, schema, database)


def _by_arrow(
    place: Place, schema: pa.Schema, path: str, wanted: Rows
) -> tuple[Integers, pa.Table]:
    parts = []
    with opened(place, path) as file:
        there = [name for name in schema.names if name in file.schema_arrow.names]
        for group, rows in wanted:
            read = file.read_row_group(group, columns=there).take(pa.array(rows, pa.int64()))
            columns = [
                read[field.name].cast(field.type)
                if field.name in there
                else pa.nulls(len(rows), field.type)
                for field in schema
            ]
            parts.append(pa.table(columns, schema=schema))
    whole = pa.concat_tables(parts)
    return np.arange(whole.num_rows), whole


def _by_duckdb(
    place: Place,
    schema: pa.Schema,
    database: duckdb.DuckDBPyConnection,
    path: str,
    wanted: Rows,
) -> tuple[Integers, pa.Table]:
    with opened(place, path) as file:
        there = [name for name in schema.names if name in file.schema_arrow.names]
        sizes = [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)]
    first = np.cumsum([0, *sizes])
    rows = np.concatenate([own + first[group] for group, own in wanted])
    numbered = pa.table({"row": rows, "place": np.arange(len(rows))})
    names = [f'"{name}"' if name in there else f'NULL AS "{name}"' for name in schema.names]
    try:
        database.register("wanted", numbered)
        found: pa.Table = database.sql(
            _PICK.format(names=", ".join(names)), params={"path": path}
        ).to_arrow_table()
    except duckdb.Error as error:
        raise CorruptError(f"{path}: a file of the lake cannot be read: {error}") from error
    return np.asarray(found["place"].to_numpy(), np.int64), found.drop_columns("place").cast(schema)
