"""Rows of files written anew into larger, clustered files, with bounded memory.

Rows are first dealt into spill files, each a range of the clustering, as large as may be sorted at
once; then each becomes one row group. Nothing holds a partition: of the keys only the distinct
(workload, stream) pairs with their counts stay in memory.
"""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
from deltalake.transaction import AddAction

from foreseen.core.errors import CorruptError
from foreseen.lake.deltalog import unreadable
from foreseen.lake.keeping.row_groups import Into, Shape, Writer
from foreseen.lake.places.place import Place, inside
from foreseen.lake.tables import ascending
from foreseen.rules.engine.kernels import compute as pc

CLUSTER = ("workload", "stream", "seq")
SPILL_FOLDER = "_spill"

_STEP_ROWS = 8_192  # rows that are dealt at once
_MOST_RANGES = 256  # spill files open at once
_PER_PAIR = 1 << 40  # more than a stream has numbers
_SEPARATOR = "\x1f"

Rows = pa.Table
Kept = Callable[[pa.Table], pa.Table]
Batches = Callable[[], Iterator[pa.Table]]
Integers = npt.NDArray[np.int64]


def rewrite(
    into: Into, names: Sequence[str], shape: Shape, kept: Kept | None = None
) -> list[AddAction]:
    """Write the rows of files into new ones, on disk, ordered by workload, stream and number.

    Args:
        into: Where to.
        names: Files to take them from, as `Lake.files` names them; of any writer.
        shape: How.
        kept: Rows to keep of some; all of them when None.

    Returns:
        What the log has to say of the new files; none when no row is kept.

    Raises:
        CorruptError: A file cannot be read.
        OSError: A file cannot be written (disk full); nothing is left behind.
    """

    def batches() -> Iterator[Rows]:
        for name in names:
            for rows in steps(into.place, name, into.schema):
                yield kept(rows) if kept else rows

    writer = Writer(into, shape)
    try:
        for rows in _ordered(batches, into, shape):
            writer.write(rows)
        return writer.finish()
    except BaseException:
        writer.abandon()
        raise


def _ordered(batches: Batches, into: Into, shape: Shape) -> Iterator[Rows]:
    """The rows as they shall lie, a row group at a time."""
    if set(CLUSTER) <= set(into.schema.names):
        return _clustered(batches, into, shape)
    pieces = _gathered(batches(), shape.sorted_bytes)
    return _folded(pieces, into.folded) if into.folded else pieces


def _folded(pieces: Iterator[Rows], folded: Kept) -> Iterator[Rows]:
    """All pieces as one, folded as they come: a table that counts has few rows."""
    whole: Rows | None = None
    for piece in pieces:
        whole = folded(piece if whole is None else pa.concat_tables([whole, piece]))
    if whole is not None and whole.num_rows:
        yield whole


def steps(place: Place, name: str, schema: pa.Schema) -> Iterator[Rows]:
    """Rows of a file in small steps, with the columns of a schema; missing ones are null.

    Raises:
        CorruptError: It cannot be read.
        TransientError: The object store does not answer.
    """
    try:
        with checked_file(place, name) as file:
            there = [column for column in schema.names if column in file.schema_arrow.names]
            for batch in file.iter_batches(_STEP_ROWS, columns=there):
                yield conformed(pa.Table.from_batches([batch]), schema)
    except FileNotFoundError as error:
        raise CorruptError(f"{name}: the log names this file and it is gone") from error
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise CorruptError(f"{name}: a file of the lake cannot be read: {error}") from error
    except OSError as error:
        raise unreadable(place, name, error) from error


def checked_file(place: Place, name: str) -> pq.ParquetFile:
    """A file of the lake, whose pages are checked as they are read, where they have checksums."""
    return pq.ParquetFile(
        inside(place, name),
        filesystem=place.files,
        page_checksum_verification=True,
        pre_buffer=False,  # else a row group's bytes are all held at once
    )


def conformed(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    """Rows in the schema's order and types, whoever wrote them; missing columns are null."""
    columns = [
        rows.column(wanted.name).cast(wanted.type)
        if wanted.name in rows.schema.names
        else pa.nulls(rows.num_rows, wanted.type)
        for wanted in schema
    ]
    return pa.table(columns, schema=schema)


def _gathered(batches: Iterator[Rows], size: int) -> Iterator[Rows]:
    """The same rows in pieces of about a size."""
    held: list[Rows] = []
    for rows in batches:
        if rows.num_rows:
            held.append(rows)
        if sum(part.nbytes for part in held) >= size:
            yield pa.concat_tables(held)
            held = []
    if held:
        yield pa.concat_tables(held)


def _clustered(batches: Batches, into: Into, shape: Shape) -> Iterator[Rows]:
    """The rows in order, in pieces that may be sorted at once."""
    rows = _if_small(batches(), shape.sorted_bytes)
    if rows is not None:
        if rows:
            yield pa.concat_tables(rows).sort_by(ascending(CLUSTER))
        return
    ranges = _ranges(batches, shape.sorted_bytes)
    with tempfile.TemporaryDirectory(dir=_spill(into.place)) as folder:
        for path in _dealt(batches(), ranges, Path(folder), into.schema):
            with pa.ipc.open_file(str(path)) as file:
                rows_of = file.read_all()
            path.unlink()
            if rows_of.num_rows:
                yield rows_of.sort_by(ascending(CLUSTER))


def _spill(place: Place) -> Path | None:
    """Where spill files go: to the lake's own disk; None: where the system keeps such."""
    if place.folder is None:
        return None
    spill = place.folder / SPILL_FOLDER
    spill.mkdir(parents=True, exist_ok=True)
    return spill


def _if_small(batches: Iterator[Rows], size: int) -> list[Rows] | None:
    """All rows; None when they are more than a size."""
    held: list[Rows] = []
    total = 0
    for rows in batches:
        if rows.num_rows:
            held.append(rows)
        total += rows.nbytes
        if total > size:
            return None
    return held


@dataclass(frozen=True, slots=True)
class _Ranges:
    """How rows are dealt.

    Attributes:
        pairs: Distinct workloads and streams, joined, in order.
        starts: First key of each range; the first one takes whatever is smaller.
    """

    pairs: pa.Array  # type: ignore[type-arg]  # takes no parameter at run time
    starts: Integers

    def of(self, rows: Rows) -> Integers:
        """Range of each row."""
        codes = pc.index_in(_pairs(rows), self.pairs).to_numpy(zero_copy_only=False)
        seqs = rows["seq"].combine_chunks().fill_null(0).to_numpy()
        keys = np.asarray(codes, np.int64) * _PER_PAIR + np.clip(seqs, 0, _PER_PAIR - 1)
        places = np.searchsorted(self.starts, keys, side="right") - 1
        return np.asarray(np.maximum(places, 0), np.int64)


def _pairs(rows: Rows) -> Any:  # noqa: ANN401 (the stubs have no chunked string array)
    names = [pc.fill_null(rows[name], "") for name in CLUSTER[:2]]
    return pc.binary_join_element_wise(*names, _SEPARATOR)


@dataclass(slots=True)
class _Pair:
    """Rows of one stream: how many, and their numbers."""

    rows: int = 0
    least: int = _PER_PAIR
    most: int = 0


def _ranges(batches: Batches, size: int) -> _Ranges:
    """Ranges of about a size; a stream's numbers are taken to lie evenly between its bounds."""
    pairs: dict[str, _Pair] = {}
    total = count = 0
    for rows in batches():
        total, count = total + rows.nbytes, count + rows.num_rows
        keys = pa.table({"pair": _pairs(rows), "seq": pc.fill_null(rows["seq"], 0)})
        groups = keys.group_by("pair").aggregate([("seq", f) for f in ("count", "min", "max")])
        for name, rows_of, least, most in zip(*groups.to_pydict().values(), strict=True):
            pair = pairs.setdefault(name, _Pair())
            pair.rows += rows_of
            pair.least, pair.most = min(pair.least, least), max(pair.most, most)
    names = sorted(pairs, key=lambda name: name.encode())
    wanted = min(-(-total // max(size, 1)), _MOST_RANGES)
    found = [pairs[name] for name in names]
    return _Ranges(pa.array(names, pa.string()), _starts(found, count, max(wanted, 1)))


def _starts(pairs: Sequence[_Pair], count: int, wanted: int) -> Integers:
    """First key of each range."""
    before = [0, *accumulate(pair.rows for pair in pairs)]
    starts = [0]
    for number in range(1, wanted):
        place = count * number / wanted
        code = int(np.searchsorted(before, place, side="right")) - 1
        pair = pairs[code]
        share = (place - before[code]) / max(pair.rows, 1)
        seq = int(pair.least + share * (pair.most + 1 - pair.least))
        starts.append(code * _PER_PAIR + min(max(seq, 0), _PER_PAIR - 1))
    return np.unique(np.asarray(starts, np.int64))


def _dealt(batches: Iterator[Rows], ranges: _Ranges, folder: Path, schema: pa.Schema) -> list[Path]:
    """Deal rows into one spill file a range."""
    paths = [folder / f"{number}.arrow" for number in range(len(ranges.starts))]
    options = pa.ipc.IpcWriteOptions(compression="lz4")
    with ExitStack() as stack:
        files = [
            stack.enter_context(pa.ipc.new_file(str(path), schema, options=options))
            for path in paths
        ]
        for rows in batches:
            places = ranges.of(rows)
            for place in np.unique(places).tolist():
                files[place].write_table(rows.filter(pa.array(places == place)))
    return paths
