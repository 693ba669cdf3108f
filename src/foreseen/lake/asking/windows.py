"""Windows in bulk, and of one match: what came before a match on its stream, from the lake's files.

The shard saves a window with each match. These are for what has none: rules that are tried on what
is stored, studies, explanations, and a person who asks what happened before.
"""

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from foreseen.core.errors import MalformedInputError
from foreseen.core.ids import TenantId
from foreseen.lake.asking.numbered import (
    PER_STREAM,
    Asked,
    Found,
    Integers,
    Ranges,
    rows_in,
)
from foreseen.lake.asking.picked import columns_of
from foreseen.lake.lake import Lake
from foreseen.models.moments import acts
from foreseen.models.moments.windows import FORKS, REACH, STREAM_EVENTS
from foreseen.schema.arrow import EVENT_SCHEMA, AnyArray, integers, texts

_LOOKS = 3
"""How far back is looked at first, in lengths of the window: forks stand between what it tells."""

_TIME = "time"
_MOST = 1 << 62
_WINDOW = ("window_seqs", "window_ages", "window_tokens")


def windows_in_bulk(
    lake: Lake, tenant: TenantId, matches: pa.Table, *, events: int = STREAM_EVENTS
) -> pa.Table:
    """Columns `window_seqs`, `window_ages` and `window_tokens`, one row a match, in their order.

    They equal those that the shard saved with each match, as far as the events are retained. Of a
    stream that was silent for long they show what the shard had forgotten (`pipeline.resting`).

    Args:
        lake: The lake.
        tenant: Whose events.
        matches: Rows with `stream`, `seq` and `time`; of any rule, also of one that is not saved.
        events: How many events a window has at most.

    Raises:
        CorruptError: A file of the lake cannot be read.
    """
    found, lengths, chosen, flat = _before(lake, tenant, matches, events, forks=False)
    times, codes, told = _folded(lake, found, chosen)
    ages = np.repeat(matches[_TIME].to_numpy(), lengths) - times[flat]
    tokens, indices = acts.acts_of(told)
    shapes = pa.array([act.shape for act in tokens], pa.string()).take(indices)
    columns: list[AnyArray] = [
        pa.array(found.keys[chosen][flat] % PER_STREAM, pa.int64()),
        pa.array(ages, pa.int64()),
        shapes.take(pa.array(codes[flat], pa.int64())),
    ]
    cut = pa.array(np.concatenate([[0], np.cumsum(lengths)]), pa.int32())
    lists = [pa.ListArray.from_arrays(cut, column) for column in columns]
    return pa.table(dict(zip(_WINDOW, lists, strict=True)))


def events_before(
    lake: Lake,
    tenant: TenantId,
    matches: pa.Table,
    columns: Sequence[str] = (_TIME, *acts.COLUMNS),
    *,
    events: int = STREAM_EVENTS,
) -> pa.Table:
    """All events before matches: `at` (row of the match), `seq` and the columns that are asked for.

    They stand in the order of the matches, the oldest event of each first; an event that is before
    several matches stands there several times. Windows leave out forks that no rule matched; these
    do not.

    Args:
        lake: The lake.
        tenant: Whose events.
        matches: Rows with `stream` and `seq`.
        columns: Columns of the events table.
        events: How many events before each match at most.

    Raises:
        CorruptError: A file of the lake cannot be read.
        MalformedInputError: There is no such column.
    """
    unknown = [name for name in columns if name not in EVENT_SCHEMA.names]
    if unknown:
        raise MalformedInputError(f"the events have no column {unknown[0]!r}")
    found, lengths, chosen, flat = _before(lake, tenant, matches, events, forks=True)
    parts = list(columns_of(lake.place, found, chosen, columns))
    schema = pa.schema([EVENT_SCHEMA.field(name) for name in columns])
    rows = pa.concat_tables([schema.empty_table(), *(rows for _, rows in parts)])
    order = np.concatenate([np.zeros(0, np.int64), *(places for places, _ in parts)])
    place = np.empty(len(chosen), np.int64)
    place[order] = np.arange(len(chosen))
    taken = pa.array(place[flat], pa.int64())
    at = np.repeat(np.arange(matches.num_rows), lengths)
    seqs = found.keys[chosen][flat] % PER_STREAM
    named: dict[str, Any] = {"at": pa.array(at, pa.int64()), "seq": pa.array(seqs, pa.int64())}
    return pa.table(named | {name: rows[name].combine_chunks().take(taken) for name in columns})


def window_of(
    lake: Lake, tenant: TenantId, match: pa.Table, *, events: int = STREAM_EVENTS
) -> pa.Table:
    """The events before one match, oldest first: `seq`, `time`, `token` and what acts are made of.

    Files are left out by the statistics of the table's log, which `windows_in_bulk` does not need:
    many matches leave few files out.

    Args:
        lake: The lake.
        tenant: Whose events.
        match: One row with `stream` and `seq`.
        events: How many events the window has at most.

    Raises:
        CorruptError: A file of the lake cannot be read.
        MalformedInputError: It is not one row.
    """
    if match.num_rows != 1:
        raise MalformedInputError(f"window_of takes one match, these are {match.num_rows}")
    stream, seq = texts(match, "stream")[0], integers(match, "seq")[0]
    for reach in (_LOOKS * events, REACH):
        found = _told(lake, tenant, stream, (max(seq - reach, 1), seq))
        if found.num_rows >= events or seq - reach <= 1:
            break
    rows = found.slice(max(found.num_rows - events, 0))
    told, indices = acts.acts_of(rows)
    tokens = pa.array([act.shape for act in told], pa.string()).take(indices)
    return rows.select(["seq", _TIME, *acts.COLUMNS]).append_column("token", tokens)


def _told(lake: Lake, tenant: TenantId, stream: str, numbers: tuple[int, int]) -> pa.Table:
    """Rows of a stream with numbers in [first, second) that tell of a habit, in order."""
    here = (pc.field("tenant") == tenant) & (pc.field("stream") == stream)
    range_ = (pc.field("seq") >= numbers[0]) & (pc.field("seq") < numbers[1])
    rows = lake.read("events", ["seq", _TIME, *acts.COLUMNS, "labels"], here & range_)
    forks = np.isin(texts(rows, "event_type"), FORKS)
    labelled = np.array([bool(labels) for labels in rows["labels"].to_pylist()], np.bool_)
    return rows.filter(pa.array(~forks | labelled))


def _before(
    lake: Lake, tenant: TenantId, matches: pa.Table, events: int, *, forks: bool
) -> tuple[Found, Integers, Integers, Integers]:
    """Rows of files; the length of each window; which rows are in windows; the windows in these."""
    asked = Asked.of(matches)
    files = lake.files("events", tenant) if matches.num_rows else []
    look = events if forks else _LOOKS * events
    starts = np.maximum(asked.keys - look, asked.first)
    found = rows_in(lake.place, files, Ranges.of(asked.streams, starts, asked.keys), forks=forks)
    begins, ends = _places(found, starts, asked.keys, events)
    short = (ends - begins < events) & (starts > asked.first)
    if short.any():  # few, as a rule: all that a window can reach is read for these alone
        reach = max(REACH, look)
        far = np.where(short, np.maximum(asked.keys - reach, asked.first), starts)
        ranges = Ranges.of(asked.streams, far[short], starts[short])
        found = found.also(rows_in(lake.place, files, ranges, forks=forks))
        begins, ends = _places(found, far, asked.keys, events)
    lengths = ends - begins
    offsets = np.cumsum(lengths) - lengths
    flat = np.arange(lengths.sum()) - np.repeat(offsets - begins, lengths)
    inside = np.zeros(len(found.keys), np.bool_)
    inside[flat] = True
    return found, lengths, np.flatnonzero(inside), (np.cumsum(inside) - 1)[flat]


def _places(
    found: Found, starts: Integers, ends: Integers, events: int
) -> tuple[Integers, Integers]:
    """Where each window begins and ends among the rows."""
    last = np.searchsorted(found.keys, ends)
    first = np.maximum(np.searchsorted(found.keys, starts), last - events)
    return first, last


def _folded(lake: Lake, found: Found, chosen: Integers) -> tuple[Integers, Integers, pa.Table]:
    """Of the chosen rows the time and the number of the act, and the distinct acts."""
    times, codes = np.zeros(len(chosen), np.int64), np.zeros(len(chosen), np.int64)
    schema = pa.schema([EVENT_SCHEMA.field(name) for name in acts.COLUMNS])
    parts, count = [schema.empty_table()], 0
    for places, rows in columns_of(lake.place, found, chosen, [_TIME, *acts.COLUMNS]):
        own, distinct = _distinct(rows.select(acts.COLUMNS))
        times[places], codes[places] = rows[_TIME].to_numpy(), own + count
        parts.append(distinct)
        count += distinct.num_rows
    # Files have much in common: their distinct acts are made distinct once more.
    merged, told = _distinct(pa.concat_tables(parts))
    return times, merged[codes], told


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
