"""The window of each match: the events before it on its stream, in its session, of its siblings.

The same numpy gather serves all three: events are grouped by a key, and the last ones before a
position are a slice of its group. What an event can still need is kept as a tail between batches,
so that a window does not depend on where batches are cut. Of a stream that is fewer rows than
`REACH`, as a rule some hundred, and its logins (`openings`), fewer than `OPENED_REACH`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from foreseen.models.moments.acts import acts_of
from foreseen.models.moments.losses import last_losses, lost_in_account, says_loss, stops_trail
from foreseen.models.moments.openings import LOGIN_COLUMNS, Logins, login_columns
from foreseen.schema.arrow import AnyArray, AnyChunks, AnyLists

Integers = npt.NDArray[np.int64]

STREAM_EVENTS = 64
GROUP_EVENTS = 24
REACH = 5_000
"""How far back, in events of the stream, a session's or a parent's earlier events still count."""

FORKS = ("clone", "clone3", "fork", "vfork")
"""What a thread or process starts with: it tells of a habit only where a rule matches it."""

_TAIL_COLUMNS: Sequence[tuple[str, pa.DataType]] = (
    ("stream", pa.string()),
    ("seq", pa.int64()),
    ("time", pa.int64()),
    ("session", pa.string()),
    ("parent", pa.string()),
    ("token", pa.string()),
    ("loss", pa.bool_()),
    ("account", pa.string()),  # where all streams of a host have lost something: the host
)
TAIL_SCHEMA = pa.schema([*pa.schema(_TAIL_COLUMNS), *LOGIN_COLUMNS])


@dataclass(frozen=True, slots=True)
class Before:
    """Rows before each position, oldest first: `rows[offsets[i]:offsets[i + 1]]` for position i."""

    offsets: Integers
    rows: Integers


def empty_tail() -> pa.Table:
    """The tail before the first event."""
    return TAIL_SCHEMA.empty_table()


def windows_of(
    tail: pa.Table, events: pa.RecordBatch, matched: Integers
) -> tuple[dict[str, AnyArray], pa.Table]:
    """Window columns of the matched rows of a batch, and the tail for the next batch.

    Args:
        tail: Result of the call before, or `empty_tail()`.
        events: Events in order of `seq` on each stream, columns of the events table.
        matched: Row numbers in `events`; may repeat (several rules on one event).

    Returns:
        Arrays by name (`schema.columns.WINDOW`), one value a matched row; and the new tail.
    """
    told = _telling(events, matched)
    compact = pa.Table.from_batches([_compact(events.filter(pa.array(told)))])
    known = pa.concat_tables([tail, compact]).combine_chunks()
    positions = np.cumsum(told)[matched] - 1 + tail.num_rows
    seq = known["seq"].to_numpy()
    stream = _codes(known, "stream")
    session = _codes(known, "stream", "session")
    parent = _codes(known, "stream", "parent")
    streams = _before(stream, seq, positions, STREAM_EVENTS)
    sessions = _before(session, seq, positions, GROUP_EVENTS)
    siblings = _before(parent, seq, positions, GROUP_EVENTS)
    elsewhere = lost_in_account(
        known, positions, events.column("host").take(pa.array(matched, pa.int64()))
    )
    ages = np.repeat(known["time"].to_numpy()[positions], np.diff(streams.offsets))
    account = _codes(known, "stream", "login")
    logins = Logins.of(known, session, account, tail=tail.num_rows, reach=REACH)
    columns: dict[str, AnyArray] = {
        "window_seqs": _lists(streams, known["seq"]),
        "window_ages": pa.ListArray.from_arrays(
            pa.array(streams.offsets, pa.int32()),
            pa.array(ages - known["time"].to_numpy()[streams.rows], pa.int64()),
        ),
        "window_tokens": _lists(streams, known["token"]),
        "window_complete": pa.array(~(_any(streams, known["loss"]) | elsewhere)),
        "session_tokens": _lists(sessions, known["token"]),
        "sibling_tokens": _lists(siblings, known["token"]),
        "session_failures": logins.before(session[positions], seq[positions]),
    }
    needed = _still_needed(stream, session, parent, seq) | last_losses(known)
    return columns, _kept(known, needed, logins, _newest(stream, seq))


def _telling(events: pa.RecordBatch, matched: Integers) -> npt.NDArray[np.bool_]:
    """Events that tell of a habit: a fork alone says nothing that its exec does not say."""
    types = pc.is_in(events.column("event_type"), pa.array(FORKS))
    told = ~np.asarray(types.to_numpy(zero_copy_only=False), np.bool_)
    told[matched] = True
    return told


def _compact(events: pa.RecordBatch) -> pa.RecordBatch:
    """What windows need of an event; its token is its act at the middle depth."""
    trail = stops_trail(events)
    acts, indices = acts_of(events)
    tokens = pa.array([act.shape for act in acts], pa.string()).take(indices)
    columns = [
        events.column("stream"),
        events.column("seq"),
        events.column("time"),
        events.column("session_uid"),
        events.column("parent_uid"),
        tokens,
        pc.or_(says_loss(events), trail),
        pc.if_else(trail, events.column("host"), None),
        *login_columns(events),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=TAIL_SCHEMA)


def _codes(known: pa.Table, *names: str) -> Integers:
    """One integer per distinct combination of columns; -1 where one of them is null."""
    combined = np.zeros(known.num_rows, np.int64)
    missing = np.zeros(known.num_rows, np.bool_)
    for name in names:
        encoded = known[name].combine_chunks().dictionary_encode()
        codes = encoded.indices.cast(pa.int64()).fill_null(-1).to_numpy(zero_copy_only=False)
        missing |= codes < 0
        # Codes stay below the number of rows, so that products of two never overflow.
        _, combined = np.unique(combined * len(encoded.dictionary) + codes, return_inverse=True)
    return np.asarray(np.where(missing, -1, combined), np.int64)


def _before(codes: Integers, seq: Integers, positions: Integers, limit: int) -> Before:
    """Up to `limit` rows of the same group before each position, within reach of its seq."""
    order = np.lexsort((seq, codes))
    rank = np.empty(len(codes), np.int64)
    rank[order] = np.arange(len(codes))
    ends = rank[positions]
    # Groups are contiguous in `order`; in a group, seq rises: both bounds are binary searches.
    span = int(seq.max(initial=0)) + 1
    keys = codes[order] * span + seq[order]
    reach = np.maximum(seq[positions] - REACH, 0)
    first = np.searchsorted(keys, codes[positions] * span + reach)
    starts = np.maximum(first, ends - limit)
    starts = np.where(codes[positions] < 0, ends, starts)
    lengths = ends - starts
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    flat = np.arange(offsets[-1]) - np.repeat(offsets[:-1], lengths) + np.repeat(starts, lengths)
    return Before(offsets, order[flat])


def _lists(before: Before, values: AnyChunks) -> AnyLists:
    taken = values.combine_chunks().take(pa.array(before.rows, pa.int64()))
    return pa.ListArray.from_arrays(pa.array(before.offsets, pa.int32()), taken)


def _any(before: Before, flags: AnyChunks) -> npt.NDArray[np.bool_]:
    """Whether any row before each position is flagged."""
    flagged = np.asarray(flags.to_numpy(), np.bool_)[before.rows]
    counts = np.concatenate([[0], np.cumsum(flagged)])
    return np.asarray(counts[before.offsets[1:]] > counts[before.offsets[:-1]], np.bool_)


def _still_needed(
    stream: Integers, session: Integers, parent: Integers, seq: Integers
) -> npt.NDArray[np.bool_]:
    """Rows that a later match can still see: among the last of a group, and within reach."""
    near = seq > _newest(stream, seq) - REACH
    recent = _from_end(stream, seq) < STREAM_EVENTS
    for codes in (session, parent):
        recent |= (_from_end(codes, seq) < GROUP_EVENTS) & (codes >= 0)
    return near & recent


def _newest(stream: Integers, seq: Integers) -> Integers:
    """The highest number of each row's stream."""
    newest = np.zeros(int(stream.max(initial=0)) + 1, np.int64)
    np.maximum.at(newest, stream, seq)
    return np.asarray(newest[stream], np.int64)


def _kept(
    known: pa.Table, needed: npt.NDArray[np.bool_], logins: Logins, newest: Integers
) -> pa.Table:
    """The new tail: what windows need, and logins, of which nothing else is asked any more."""
    failures = np.full(known.num_rows, -1, np.int64)
    failures[logins.rows] = logins.failures
    asked = np.zeros(known.num_rows, np.bool_)
    asked[logins.rows] = logins.still_needed(newest[logins.rows])
    changed: dict[str, AnyChunks] = {
        name: pc.if_else(pa.array(needed), known[name], None) for name in ("token", "parent")
    }
    changed["failures"] = pa.chunked_array([pa.array(failures, mask=failures < 0)])
    columns = [changed.get(name, known[name]) for name in TAIL_SCHEMA.names]
    return pa.Table.from_arrays(columns, schema=TAIL_SCHEMA).filter(pa.array(needed | asked))


def _from_end(codes: Integers, seq: Integers) -> Integers:
    """How many rows of its group come after each row."""
    order = np.lexsort((seq, codes))
    ordered = codes[order]
    ends = np.searchsorted(ordered, ordered, side="right")
    after = np.empty(len(codes), np.int64)
    after[order] = ends - 1 - np.arange(len(codes))
    return after
