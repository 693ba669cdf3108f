"""Windows in bulk: for any matches the events before each on its stream, from the lake's files.

Every event has its number in the stream, so that what came before a match is a range of numbers:
nothing is sorted, ranked or joined. Files are read a row group at a time; of the columns that a
token needs only the codes of their dictionaries are decoded, and texts only of rows in a window.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from foreseen.core.errors import CorruptError
from foreseen.core.ids import TenantId
from foreseen.lake.lake import Lake
from foreseen.models.moments import acts
from foreseen.models.moments.windows import FORKS, REACH, STREAM_EVENTS
from foreseen.schema.arrow import EVENT_SCHEMA, AnyArray

Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_FIRST_LOOK = 3 * STREAM_EVENTS
"""How far back is looked at first, in numbers: forks stand between what a window tells of."""

_PER_STREAM = 1 << 40
"""More than a stream has numbers: a stream's code and a number make one key."""

_KEYS = ["stream", "seq"]
_COLUMNS = ["time", *acts.COLUMNS]
_LABELS = ["labels"]
_TEXTS = [n for n in (*_KEYS, *_COLUMNS) if EVENT_SCHEMA.field(n).type == pa.string()]
_MOST = 1 << 62
_WINDOW = ("window_seqs", "window_ages", "window_tokens")


def windows_in_bulk(lake: Lake, tenant: TenantId, matches: pa.Table) -> pa.Table:
    """Columns `window_seqs`, `window_ages` and `window_tokens`, one row a match, in their order.

    They equal those that the shard saved with each match, as far as the events are retained.

    Args:
        lake: The lake.
        tenant: Whose events.
        matches: Rows with `stream`, `seq` and `time`; of any rule, also of one that is not saved.

    Raises:
        CorruptError: A file of the lake cannot be read.
    """
    wanted = _Wanted.of(matches)
    files = lake.files("events", tenant) if matches.num_rows else []
    starts = np.maximum(wanted.keys - _FIRST_LOOK, wanted.first)
    near = _rows(files, wanted, starts, wanted.keys)
    begins, ends = _places(near, starts, wanted.keys)
    short = (ends - begins < STREAM_EVENTS) & (starts > wanted.first)
    if not short.any():
        return _columns(near, begins, ends, matches)
    # Few, as a rule: all that a window can reach is read for these alone.
    starts = np.where(short, np.maximum(wanted.keys - REACH, wanted.first), starts)
    far = _rows(files, wanted, starts, wanted.keys)
    return _columns(far, *_places(far, starts, wanted.keys), matches)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Whose windows are wanted.

    Attributes:
        streams: Names of the streams, by code.
        keys: Of each match: code of its stream and its number, as one.
        first: Key before which nothing belongs to its stream.
    """

    streams: AnyArray
    keys: Integers
    first: Integers

    @classmethod
    def of(cls, matches: pa.Table) -> "_Wanted":
        named = matches["stream"].combine_chunks().dictionary_encode()
        codes = named.indices.cast(pa.int64()).to_numpy(zero_copy_only=False)
        first = codes * _PER_STREAM
        return cls(named.dictionary, first + matches["seq"].to_numpy(), first)


@dataclass(frozen=True, slots=True)
class _Rows:
    """Events that are in some window and tell of a habit.

    Attributes:
        keys: Their keys.
        times: When, ms UTC.
        codes: Which of the acts each is.
        acts: Distinct acts as columns of the events table.
    """

    keys: Integers
    times: Integers
    codes: Integers
    acts: pa.Table


def _rows(files: Sequence[str], wanted: _Wanted, starts: Integers, ends: Integers) -> _Rows:
    """Events with keys in any of the ranges [start, end), in the order of their keys."""
    ranges = _merged(starts, ends)
    parts = [_NOTHING, *(part for path in files for part in _read(path, wanted, ranges))]
    keys = np.concatenate([part.keys for part in parts])
    order = np.argsort(keys, kind="stable")
    # Row groups have much in common: their distinct acts are made distinct once more.
    codes, distinct = _distinct(pa.concat_tables([part.acts for part in parts]))
    begins = np.cumsum([0, *(part.acts.num_rows for part in parts)])
    places = [part.codes + begin for part, begin in zip(parts, begins.tolist(), strict=False)]
    times = np.concatenate([part.times for part in parts])
    return _Rows(keys[order], times[order], codes[np.concatenate(places)][order], distinct)


_KEPT = pa.schema([EVENT_SCHEMA.field(name) for name in _COLUMNS])
_ACTS = pa.schema([EVENT_SCHEMA.field(name) for name in acts.COLUMNS])
_NONE = np.zeros(0, np.int64)
_NOTHING = _Rows(_NONE, _NONE, _NONE, _ACTS.empty_table())


def _merged(starts: Integers, ends: Integers) -> tuple[Integers, Integers]:
    """The same numbers as ranges that do not touch, in order."""
    order = np.argsort(starts, kind="stable")
    starts, reached = starts[order], np.maximum.accumulate(ends[order])
    fresh = np.ones(len(starts), np.bool_)
    fresh[1:] = starts[1:] > reached[:-1]
    last = np.append(fresh[1:], [True])[: len(starts)]
    return starts[fresh], reached[last]


def _read(path: str, wanted: _Wanted, ranges: tuple[Integers, Integers]) -> Iterator[_Rows]:
    """Rows of a file that lie in the ranges, a row group at a time."""
    try:
        with pq.ParquetFile(path, read_dictionary=_TEXTS) as file:
            for group in range(file.num_row_groups):
                keys = _keys(file.read_row_group(group, columns=_KEYS), wanted)
                inside = _inside(keys, ranges)
                if inside.any():
                    yield _told(file, group, keys, inside)
    except (OSError, KeyError, pa.ArrowInvalid) as error:
        raise CorruptError(f"{path}: a file of the lake cannot be read: {error}") from error


def _told(file: pq.ParquetFile, group: int, keys: Integers, inside: Flags) -> _Rows:
    """Those of the rows that tell of a habit; a fork does where a rule matches it."""
    rows = file.read_row_group(group, columns=_COLUMNS)
    forks = np.asarray(pc.is_in(rows["event_type"], pa.array(FORKS)).to_numpy(), np.bool_)
    if (forks & inside).any():
        labels = file.read_row_group(group, columns=_LABELS)["labels"]
        unlabelled = pc.fill_null(pc.list_value_length(labels), 0).to_numpy() == 0
        inside = inside & ~(forks & unlabelled)
    # Texts of the few that are left: codes of several pages would need one dictionary of all.
    rows = rows.filter(pa.array(inside)).select(_COLUMNS).cast(_KEPT)
    codes, distinct = _distinct(rows.select(acts.COLUMNS))
    return _Rows(keys[inside], rows["time"].to_numpy(), codes, distinct)


def _distinct(rows: pa.Table) -> tuple[Integers, pa.Table]:
    """Which of the distinct rows each row is, and these."""
    codes, size = np.zeros(rows.num_rows, np.int64), 1
    for name in rows.column_names:
        column = cast("Any", rows[name].combine_chunks().dictionary_encode())
        values = len(column.dictionary) + 1
        if size * values > _MOST:
            codes, size = _compact(codes)
        own = column.indices.cast(pa.int64()).fill_null(values - 1)
        codes, size = codes * values + own.to_numpy(zero_copy_only=False), size * values
    codes, size = _compact(codes)
    first = np.zeros(size, np.int64)
    first[codes[::-1]] = np.arange(rows.num_rows)[::-1]
    return codes, rows.take(pa.array(first, pa.int64()))


def _compact(codes: Integers) -> tuple[Integers, int]:
    """The same distinctions as numbers from 0 on, and how many there are."""
    encoded = cast("Any", pa.array(codes, pa.int64()).dictionary_encode())
    return np.asarray(encoded.indices.to_numpy(), np.int64), len(encoded.dictionary)


def _keys(rows: pa.Table, wanted: _Wanted) -> Integers:
    """Key of each row; negative on a stream that nobody asks for."""
    seq, parts = rows["seq"].to_numpy(), []
    for named in cast("list[Any]", rows["stream"].chunks):  # each with a dictionary of its own
        known = pc.index_in(named.dictionary, wanted.streams).fill_null(-1)
        codes = np.asarray(known.to_numpy(zero_copy_only=False), np.int64)
        parts.append(codes[named.indices.to_numpy()])
    return np.asarray(np.concatenate(parts) * _PER_STREAM + seq, np.int64)


def _inside(keys: Integers, ranges: tuple[Integers, Integers]) -> Flags:
    starts, ends = ranges
    at = np.searchsorted(starts, keys, side="right") - 1
    return np.asarray((at >= 0) & (keys < ends[np.maximum(at, 0)]), np.bool_)


def _places(found: _Rows, starts: Integers, ends: Integers) -> tuple[Integers, Integers]:
    """Where each window begins and ends among the rows."""
    last = np.searchsorted(found.keys, ends)
    first = np.maximum(np.searchsorted(found.keys, starts), last - STREAM_EVENTS)
    return first, last


def _columns(found: _Rows, begins: Integers, ends: Integers, matches: pa.Table) -> pa.Table:
    lengths = ends - begins
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    flat = np.arange(offsets[-1]) - np.repeat(offsets[:-1], lengths) + np.repeat(begins, lengths)
    told, indices = acts.acts_of(found.acts)
    shapes = pa.array([act.shape for act in told], pa.string()).take(indices)
    ages = np.repeat(matches["time"].to_numpy(), lengths) - found.times[flat]
    cut = pa.array(offsets, pa.int32())
    columns: list[AnyArray] = [
        pa.array(found.keys[flat] % _PER_STREAM, pa.int64()),
        pa.array(ages, pa.int64()),
        shapes.take(pa.array(found.codes[flat], pa.int64())),
    ]
    lists = [pa.ListArray.from_arrays(cut, column) for column in columns]
    return pa.table(dict(zip(_WINDOW, lists, strict=True)))
