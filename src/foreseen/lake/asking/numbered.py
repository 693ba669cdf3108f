"""Events by their numbers: which rows of the lake's files lie in ranges of a stream's numbers.

Every event has its number in the stream, so that what came before a match is a range of numbers:
no event is ranked, no event joined to others. Only the columns of the numbers are read here, a row
group at a time and no group that its statistics rule out; `picked` reads the others.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from foreseen.core.errors import CorruptError
from foreseen.lake.places.place import Place, parquet_file
from foreseen.models.moments.windows import FORKS
from foreseen.schema.arrow import EVENT_SCHEMA, AnyChunks

Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

PER_STREAM = 1 << 40
"""More than a stream has numbers: a stream's code and a number make one key."""

_STREAM, _SEQ, _TYPE, _LABELS = "stream", "seq", "event_type", "labels"
_NONE = np.zeros(0, np.int64)
_TEXTS = [field.name for field in EVENT_SCHEMA if field.type == pa.string()]


@dataclass(frozen=True, slots=True)
class Asked:
    """Positions in streams that are asked about.

    Attributes:
        streams: Names of the streams, sorted: a stream's place is its code.
        keys: Of each position: the stream's code and the number, as one.
        first: Of each position: key before which nothing belongs to its stream.
    """

    streams: list[str]
    keys: Integers
    first: Integers

    @classmethod
    def of(cls, matches: pa.Table) -> Self:
        """Positions of rows with `stream` and `seq`."""
        names = matches[_STREAM].cast(pa.string())
        streams = sorted(str(name) for name in names.unique().to_pylist())
        codes = pc.index_in(names, pa.array(streams, pa.string())).to_numpy().astype(np.int64)
        first = codes * PER_STREAM
        return cls(streams, first + matches[_SEQ].to_numpy(), first)


@dataclass(frozen=True, slots=True)
class Ranges:
    """Ranges of keys, [start, end), in order and without touching each other.

    Attributes:
        streams: Names of the streams, by code.
        starts: Where each begins.
        ends: Where each ends.
    """

    streams: list[str]
    starts: Integers
    ends: Integers

    @classmethod
    def of(cls, streams: list[str], starts: Integers, ends: Integers) -> Self:
        """The same keys without overlaps."""
        order = np.argsort(starts, kind="stable")
        starts, reached = starts[order], np.maximum.accumulate(ends[order])
        fresh = np.ones(len(starts), np.bool_)
        fresh[1:] = starts[1:] > reached[:-1]
        last = np.append(fresh[1:], [True])[: len(starts)]
        return cls(streams, starts[fresh], reached[last])

    def hold(self, keys: Integers) -> Flags:
        """Which of the keys are in a range."""
        at = np.searchsorted(self.starts, keys, side="right") - 1
        return np.asarray((at >= 0) & (keys < self.ends[np.maximum(at, 0)]), np.bool_)

    def may_hold(self, names: tuple[str, str], numbers: tuple[int, int]) -> bool:
        """Whether rows can be in a range whose streams and numbers lie between these."""
        codes = range(bisect_left(self.streams, names[0]), bisect_right(self.streams, names[1]))
        first = np.array(codes, np.int64) * PER_STREAM
        begun = np.searchsorted(self.starts, first + numbers[1], side="right")
        ended = np.searchsorted(self.ends, first + numbers[0], side="right")
        return bool((begun > ended).any())


@dataclass(frozen=True, slots=True)
class Found:
    """Rows of files, in the order of their keys.

    Attributes:
        groups: File and row group, by number.
        keys: Key of each row.
        group: Number of each row's group.
        row: Each row's place in its group.
    """

    groups: list[tuple[str, int]]
    keys: Integers
    group: Integers
    row: Integers

    def also(self, others: "Found") -> "Found":
        """These and others, each once."""
        keys, first = np.unique(np.concatenate([self.keys, others.keys]), return_index=True)
        group = np.concatenate([self.group, others.group + len(self.groups)])[first]
        row = np.concatenate([self.row, others.row])[first]
        return Found([*self.groups, *others.groups], keys, group, row)


def rows_in(place: Place, files: Sequence[str], ranges: Ranges, *, forks: bool) -> Found:
    """Rows in the ranges.

    Args:
        place: The lake's.
        files: Names of its files.
        ranges: Which numbers of which streams.
        forks: Whether also forks that no rule matched: they tell of no habit.

    Raises:
        CorruptError: A file cannot be read.
    """
    groups: list[tuple[str, int]] = []
    parts = [(_NONE, _NONE)]
    for path in files:
        with opened(place, path) as file:
            for group in _possible(file, ranges):
                found = _in_group(file, group, ranges, forks=forks)
                if len(found[0]):
                    groups.append((path, group))
                    parts.append(found)
    keys, rows = (np.concatenate(each) for each in zip(*parts, strict=True))
    sizes = [len(part[0]) for part in parts[1:]]
    numbers = np.repeat(np.arange(len(groups), dtype=np.int64), sizes)
    order = np.argsort(keys, kind="stable")
    return Found(groups, keys[order], numbers[order], rows[order])


@contextmanager
def opened(place: Place, path: str) -> Iterator[pq.ParquetFile]:
    """A file of the lake, its texts as dictionaries.

    Raises:
        CorruptError: It cannot be read, here or inside the block.
    """
    try:
        with parquet_file(place, path, read_dictionary=_TEXTS) as file:
            yield file
    except (OSError, KeyError, pa.ArrowInvalid) as error:
        raise CorruptError(f"{path}: a file of the lake cannot be read: {error}") from error


def _possible(file: pq.ParquetFile, ranges: Ranges) -> Iterator[int]:
    """Row groups whose statistics do not rule out the ranges."""
    about = file.metadata
    for group in range(about.num_row_groups):
        row_group = about.row_group(group)
        leaves = {row_group.column(n).path_in_schema: n for n in range(row_group.num_columns)}
        stream, seq = (_bounds(row_group.column(leaves[name])) for name in (_STREAM, _SEQ))
        if stream is None or seq is None or ranges.may_hold(stream, seq):
            yield group


def _bounds(column: pq.ColumnChunkMetaData) -> Any:  # noqa: ANN401 (of the column's type)
    """Least and greatest value; None where they are not known."""
    known = column.statistics
    return (known.min, known.max) if known is not None and known.has_min_max else None


def _in_group(
    file: pq.ParquetFile, group: int, ranges: Ranges, *, forks: bool
) -> tuple[Integers, Integers]:
    """Keys of the group's rows that are in the ranges, and their places."""
    numbered = file.read_row_group(group, columns=[_STREAM, _SEQ])
    keys = _codes(numbered[_STREAM], ranges.streams) * PER_STREAM + numbered[_SEQ].to_numpy()
    rows = np.flatnonzero(ranges.hold(keys))
    if len(rows) and not forks:
        rows = rows[_telling(file, group, rows)]
    return keys[rows], rows


def _telling(file: pq.ParquetFile, group: int, rows: Integers) -> Flags:
    """Which of the rows tell of a habit; a fork does where a rule matches it."""
    types = file.read_row_group(group, columns=[_TYPE])[_TYPE]
    told: Flags = _codes(types, FORKS)[rows] < 0
    if told.all():
        return told
    labels = file.read_row_group(group, columns=[_LABELS])[_LABELS]
    lengths = pc.fill_null(pc.list_value_length(labels), 0).to_numpy()
    return np.asarray(told | (lengths[rows] > 0), np.bool_)


def _codes(column: AnyChunks, names: Sequence[str]) -> Integers:
    """Place of each text among the names, -1 where it is none of them."""
    values, parts = pa.array(names, pa.string()), [_NONE]
    for chunk in cast("list[Any]", column.chunks):  # each with a dictionary of its own
        known = pc.index_in(chunk.dictionary, values).fill_null(-1).to_numpy(zero_copy_only=False)
        codes = np.append(known, [-1]).astype(np.int64)
        at = chunk.indices.fill_null(len(known)) if chunk.null_count else chunk.indices
        parts.append(codes[at.to_numpy(zero_copy_only=False)])
    return np.concatenate(parts)
