"""Events as numbers: which came before which, of which part they are, and what they say."""

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from foreseen.schema.arrow import AnyArray, AnyChunks
from foreseen.studies.benchmark.contexts import contexts_of
from foreseen.studies.benchmark.dataset import TRAIN, Dataset, Integers, Truths
from foreseen.studies.benchmark.loaders.columns import combined

NOTHING, RARE = 0, 1
"""Numbers of a vocabulary: before the stream's first event, and every token outside it."""


def codes(column: AnyChunks | AnyArray) -> Integers:
    """Each text as a number from 1 on, equal where the texts are; null is 0."""
    whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    places = whole.dictionary_encode().indices.cast(pa.int64()).fill_null(-1)
    return np.asarray(places.to_numpy(zero_copy_only=False), np.int64) + 1


def preceding(data: Dataset, rows: Integers, size: int) -> Integers:
    """The events before some events, as `contexts_of` has them for matches.

    Args:
        data: Only its events are read.
        rows: Events that are asked for, n of them.
        size: How many events to look back.

    Returns:
        Rows of events, shape (n, size), the oldest first; -1 in front where there are fewer.
    """
    before = contexts_of(replace(data, matches=pa.table({"event": rows})), limit=size)
    lengths = np.diff(before.offsets)[:, np.newaxis]
    result = np.full((len(rows), size), -1)
    result[np.arange(size) >= size - lengths] = before.rows
    return result


def trained_events(data: Dataset) -> Truths:
    """Events that methods may learn from: those of train.

    Only matches say of which part they are. An event is of the part of the next match in its
    session, or after the last one of that one's. Without a match there, and without a session, it
    is of the part of the next match on its workload; what comes after all matches is not learnt.
    """
    part = np.full(data.events.num_rows, _OPEN)
    part[data.matches["event"].to_numpy()] = data.column("part") == TRAIN
    workload, named = codes(data.events["workload"]), codes(data.events["session"])
    session = combined(workload, named)
    part = _with_next(part, session)
    backwards = _with_next(part[::-1], session[::-1])[::-1]
    part = _with_next(np.where(named > 0, backwards, part), workload)
    return np.asarray(part == 1, bool)


def _with_next(part: Integers, key: Integers) -> Integers:
    """Where it is open, the part of the next row with the same key."""
    order = np.argsort(key, kind="stable")
    ordered, grouped, end = part[order], key[order], len(part)
    decided = np.where(ordered == _OPEN, end, np.arange(end))
    following = np.minimum.accumulate(decided[::-1])[::-1]
    nearest = np.minimum(following, end - 1)
    same = (following < end) & (grouped[nearest] == grouped)
    result = np.full(end, _OPEN)
    result[order] = np.where(same, ordered[nearest], _OPEN)
    return result


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The most frequent tokens of train, numbered, for methods that need a fixed number of them.

    Attributes:
        size: Numbers in use, with `NOTHING` and `RARE`.
        number: Of each event's token.
        seen: Whether each event's token occurs in train.
        rare: Distinct tokens of train that share `RARE`.
    """

    size: int
    number: Integers
    seen: Truths
    rare: int

    def windows(self, rows: Integers) -> Integers:
        """Numbers of events by row, in the same shape; `NOTHING` where the row is -1."""
        return np.where(rows < 0, NOTHING, self.number[rows])


def vocabulary(data: Dataset, train: Truths, most: int) -> Vocabulary:
    """Number the tokens of a data set.

    Args:
        data: Only its events are read.
        train: Events to take tokens from.
        most: Tokens with a number of their own.
    """
    token = codes(data.events["token"])
    counts = np.bincount(token[train], minlength=int(token.max(initial=0)) + 1)
    kept = np.argsort(-counts, kind="stable")[:most]
    kept = kept[counts[kept] > 0]
    numbers = np.full(len(counts), RARE)
    numbers[kept] = np.arange(len(kept)) + RARE + 1
    return Vocabulary(
        size=len(kept) + RARE + 1,
        number=numbers[token],
        seen=counts[token] > 0,
        rare=int((counts > 0).sum()) - len(kept),
    )


def drawn_evenly(group: Integers, limit: int, draw: np.random.Generator) -> Integers:
    """Rows of a sample of at most `limit`, ascending, as even over groups as their sizes allow."""
    counts = np.bincount(group)
    most = _even_share(np.sort(counts[counts > 0]), limit)
    shuffled = draw.permutation(len(group))
    order = shuffled[np.argsort(group[shuffled], kind="stable")]
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    rank = np.arange(len(group)) - starts[group[order]]
    return np.sort(order[rank < most])


def _even_share(counts: Integers, limit: int) -> int:
    """The largest share of each group, of ascending sizes, with which all fit into the limit."""
    left = limit
    for done, count in enumerate(counts):
        share = left // (len(counts) - done)
        if count > share:
            return int(share)
        left -= int(count)
    return int(counts[-1]) if len(counts) else 0


_OPEN = -1
