"""What came before each match on its workload, within its session: one gather for all matches."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from foreseen.models.moments.windows import Before
from foreseen.schema.arrow import AnyChunks
from foreseen.studies.benchmark.dataset import Dataset, Integers

LIMIT = 50


def contexts_of(data: Dataset, *, limit: int = LIMIT) -> Before:
    """Rows of the events before each match, oldest first.

    An event with a session looks back within this session on its workload; one without looks at
    all of its workload. Events of one time are in the order of the table. The event itself, and so
    all rules that match it, is not part of what came before.

    Args:
        data: Events in order of time.
        limit: Events that a context has at most.

    Returns:
        `rows[offsets[i]:offsets[i + 1]]`, rows of `data.events`, for match i.
    """
    positions = np.asarray(data.matches["event"].to_numpy(), np.int64)
    workload = _codes(data.events["workload"])
    session = _codes(data.events["session"])
    within = np.unique(
        workload * (int(session.max(initial=0)) + 2) + session + 1, return_inverse=True
    )[1]
    wide, narrow = _grouped(workload), _grouped(np.asarray(within, np.int64))
    ends = np.where(session < 0, wide.rank, narrow.rank + len(workload))[positions]
    firsts = np.where(session < 0, wide.first, narrow.first + len(workload))[positions]
    starts = np.maximum(firsts, ends - limit)
    lengths = ends - starts
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
    flat = np.arange(offsets[-1]) - np.repeat(offsets[:-1], lengths) + np.repeat(starts, lengths)
    return Before(offsets, np.concatenate([wide.order, narrow.order])[flat])


@dataclass(frozen=True, slots=True)
class _Grouped:
    """Events laid out group after group, each in order of time.

    Attributes:
        order: Events in this layout.
        rank: Place of each event in it.
        first: Place of the first event of the group of each event.
    """

    order: Integers
    rank: Integers
    first: Integers


def _grouped(codes: Integers) -> _Grouped:
    order = np.argsort(codes, kind="stable").astype(np.int64)
    rank = np.empty(len(codes), np.int64)
    rank[order] = np.arange(len(codes))
    return _Grouped(order, rank, np.searchsorted(codes[order], codes).astype(np.int64))


def _codes(column: AnyChunks) -> Integers:
    """A number for each distinct text, -1 for null."""
    numbers = column.combine_chunks().dictionary_encode().indices.cast(pa.int64()).fill_null(-1)
    return np.asarray(numbers.to_numpy(zero_copy_only=False), np.int64)
