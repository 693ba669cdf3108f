"""Merge small files of a table into large ones, clustered for windows, while writers go on."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from foreseen.lake.keeping.exchange import exchange
from foreseen.lake.keeping.holdings import COLD, DAY, LiveFile, holdings, size_of
from foreseen.lake.keeping.rewriting import rewrite
from foreseen.lake.keeping.row_groups import Into, Shape
from foreseen.lake.places.place import logged_name
from foreseen.lake.store import TableStore

_SMALLEST = 64 << 10  # bytes; smaller files are all alike
_TIER = 4  # a file of a tier is so many times larger than one of the tier below
_HOUR = 3_600_000
_WEEK = 7 * DAY
_COLD = Shape(target=256 << 20, level=9, sorted_bytes=64 << 20, prefix=COLD)


@dataclass(frozen=True, slots=True)
class Compacted:
    """What a compaction did to one table.

    Attributes:
        merged: Files that went.
        written: Files that came.
        passed: Groups of files that another process was faster with; they stay as they are.
    """

    merged: int = 0
    written: int = 0
    passed: int = 0

    def __add__(self, other: "Compacted") -> "Compacted":
        return Compacted(
            self.merged + other.merged, self.written + other.written, self.passed + other.passed
        )


@dataclass(frozen=True, slots=True)
class Group:
    """Files that become one, or few.

    Attributes:
        files: Oldest first.
        shape: How they are written.
    """

    files: tuple[LiveFile, ...]
    shape: Shape


def compact_table(
    store: TableStore,
    groups: Sequence[Group] | None = None,
    *,
    now: int,
    failpoint: Callable[[str], None] = lambda _: None,
) -> Compacted:
    """Merge groups of files; rows, cursors and what `Lake.since` tells stay as they are.

    Args:
        store: The table.
        groups: What to merge; all small files when None.
        now: Time for the log, ms UTC.
        failpoint: Called where a crash matters.

    Raises:
        CorruptError: A file cannot be read.
        TransientError: Other writers won each time, or the disk is full; try later.
    """
    done = Compacted()
    for group in small_groups(holdings(store)) if groups is None else groups:
        done += merge(store, group, now=now, failpoint=failpoint)
    return done


def merge(
    store: TableStore, group: Group, *, now: int, failpoint: Callable[[str], None]
) -> Compacted:
    """Write a group's rows anew, and exchange the files; the table is not locked meanwhile."""
    files = group.files
    modified = max(file.modified for file in files)
    table = store.table
    partition = dict(files[0].partition)
    into = Into(store.place, table.schema, partition, modified, table.folded, table.group_rows)
    adds = rewrite(into, [logged_name(store.place, file.path) for file in files], group.shape)
    failpoint("upkeep.before_merge")
    if not exchange(store, files, adds, now=now):
        return Compacted(passed=1)  # the new files are orphans, swept later
    failpoint("upkeep.after_merge")
    return Compacted(len(files), len(adds))


def small_groups(files: Sequence[LiveFile], shape: Shape | None = None) -> Iterator[Group]:
    """All small files that may lie together, two or more at a time; foreign ones also alone."""
    shape = shape or Shape()
    for bucket in _buckets([file for file in files if _is_small(file, shape)]):
        yield from _filled(bucket, shape, least=2)


def tiered_groups(files: Sequence[LiveFile], shape: Shape, *, now: int) -> Iterator[Group]:
    """Small files that are worth merging now.

    In a day that still grows, files of like size, four at a time: a row is then written anew once
    per tier and not at every look. In one that has ended, all that is small.
    """
    for bucket in _buckets([file for file in files if _is_small(file, shape)]):
        if bucket[0].newest // DAY * DAY + DAY + _HOUR <= now or not all(f.is_ours for f in bucket):
            yield from _filled(bucket, shape, least=2)
            continue
        tiers: dict[int, list[LiveFile]] = {}
        for file in bucket:
            tiers.setdefault(_tier(file), []).append(file)
        for tier in tiers.values():
            yield from _filled(tier, shape, least=_TIER)


def cold_groups(
    files: Sequence[LiveFile], cold: Callable[[LiveFile], int | None], *, now: int
) -> Iterator[Group]:
    """Files that are old enough to be written once more, denser, and then left alone.

    Args:
        files: Live files.
        cold: Age from which on a file is written so, ms; None: never.
        now: ms UTC.
    """

    def is_due(file: LiveFile) -> bool:
        age = cold(file)
        return age is not None and not file.is_cold and file.newest + age <= now

    for bucket in _buckets([file for file in files if is_due(file)]):
        yield Group(tuple(bucket), _COLD)


def hot_shape(target: int) -> Shape:
    """Shape of merged files that are young."""
    return replace(Shape(), target=target)


def _is_small(file: LiveFile, shape: Shape) -> bool:
    """Foreign files count as small: they are written anew in our shape, whatever their size."""
    return not file.is_cold and (file.size < shape.target // 2 or not file.is_ours)


def _tier(file: LiveFile) -> int:
    return int(math.log(max(file.size, _SMALLEST) / _SMALLEST, _TIER))


def _buckets(files: Sequence[LiveFile]) -> Iterator[list[LiveFile]]:
    """Files that may lie together: of one partition; without days, also of one week.

    Files go as a whole when they expire, so that rows of a year may not lie in one.
    """
    found: dict[tuple[object, ...], list[LiveFile]] = {}
    for file in files:
        week = file.newest // _WEEK if len(file.partition) == 1 else 0
        found.setdefault((*file.partition.values(), week), []).append(file)
    yield from found.values()


def _filled(files: Sequence[LiveFile], shape: Shape, *, least: int) -> Iterator[Group]:
    """Groups of about the size of a large file."""
    group: list[LiveFile] = []
    for file in files:
        group.append(file)
        if size_of(group) >= shape.target:
            yield from _worth(group, shape, least)
            group = []
    yield from _worth(group, shape, least)


def _worth(group: Sequence[LiveFile], shape: Shape, least: int) -> Iterator[Group]:
    if len(group) >= least or any(not file.is_ours for file in group):
        yield Group(tuple(group), shape)
