"""How far back a table's log and replaced files reach, and the removal of what lies before.

The horizon is a version that has a checkpoint. All of the log from there on is kept, and every
file that it or a later version names: readers that hold such a version finish, `Lake.since` tells
all commits after it, and other engines can travel to it. Log entries go first and files after
them, so that no entry names a file that is gone, whenever it ends.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass

from pyarrow.fs import FileInfo, FileSelector

from foreseen.core.errors import CorruptError
from foreseen.lake.deltalog import LOG_FOLDER
from foreseen.lake.keeping.holdings import DAY
from foreseen.lake.keeping.log_start import (
    CHECKPOINT,
    ENTRY,
    checkpoints,
    committed,
    file_of,
    first_version,
    named,
    versions,
)
from foreseen.lake.keeping.rewriting import SPILL_FOLDER
from foreseen.lake.places.local import settle
from foreseen.lake.places.place import Place, inside, logged_name
from foreseen.lake.store import TableStore

LEASES = "_leases"
"""Folder in the lake's: while a file there is young, nothing is removed."""

_LEASE_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Keeping:
    """How much of the past is kept.

    Attributes:
        period: Time for which a replaced file and the log's entries stay, ms: longer than any
            reader holds a version.
        entries: Entries of the log beyond which older ones go sooner than that.
        least: Time for which they stay even so, ms.
        checkpoint: Commits after which the next checkpoint is due.
        step: Commits by which the horizon moves at least, for each move reads the log.
    """

    period: int = DAY
    entries: int = 1_000
    least: int = 900_000
    checkpoint: int = 100
    step: int = 100


@dataclass(frozen=True, slots=True)
class Removed:
    """What lay before the horizon.

    Attributes:
        entries: Log entries and checkpoints that went.
        files: Data files that went.
        bytes: Their size.
    """

    entries: int = 0
    files: int = 0
    bytes: int = 0


def due_horizon(store: TableStore, keeping: Keeping, after: int | None, *, now: int) -> int | None:
    """Version that the horizon may move to; None when it stays where it is.

    Args:
        store: The table.
        keeping: How much is kept.
        after: What somebody has read of the table's commits: nothing after it goes. None: nobody
            reads them.
        now: ms UTC.
    """
    place = store.place
    kept, first = versions(place), first_version(place)
    try:
        old = _last_before(place, kept, now - keeping.period)
        many = _last_before(place, kept, now - keeping.least)
    except CorruptError:
        if first_version(place) > first:  # another process moves the horizon at this moment
            return None
        raise
    bound = max(old, min(kept[-1] - keeping.entries, many))
    if after is not None:
        bound = min(bound, after)
    found = [version for version in checkpoints(place) if version <= bound]
    return found[-1] if found and found[-1] - first >= keeping.step else None


def move_horizon(store: TableStore, version: int, *, failpoint: Callable[[str], None]) -> int:
    """Remove the log before a version that has a checkpoint; how many files of it went."""
    place = store.place
    # From now on the checkpoint is the only word on what it says.
    settle(place, [f"{LOG_FOLDER}/{file_of(version, CHECKPOINT)}", LOG_FOLDER])
    gone = [file_of(number, ENTRY) for number in versions(place) if number < version]
    gone += [file_of(number, CHECKPOINT) for number in checkpoints(place) if number < version]
    for number, name in enumerate(gone):
        _remove(place, f"{place.root}/{LOG_FOLDER}/{name}")
        if number == len(gone) // 2:
            failpoint("upkeep.within_log")
    settle(place, [LOG_FOLDER])
    failpoint("upkeep.after_log")
    return len(gone)


def orphans(store: TableStore, *, before: int) -> list[FileInfo]:
    """Data files that no kept version names, older than a time (ms UTC), in order."""
    place = store.place
    held = {inside(place, logged_name(place, path)) for path in named(place)}
    return [
        file
        for file in data_files(place)
        if file.path not in held and int(file.mtime_ns or 0) // 1_000_000 < before
    ]


def data_files(place: Place) -> list[FileInfo]:
    """Parquet files of a table, of any writer; the log's own are left out."""
    found = place.files.get_file_info(
        FileSelector(place.root, allow_not_found=True, recursive=True)
    )
    own = len(place.root) + 1
    return sorted(
        (
            file
            for file in found
            if file.is_file
            and file.path.endswith(".parquet")
            and not any(part.startswith(("_", ".")) for part in file.path[own:].split("/"))
        ),
        key=lambda file: file.path,
    )


def sweep(
    store: TableStore, keeping: Keeping, *, now: int, failpoint: Callable[[str], None]
) -> Removed:
    """Remove data files that no kept version names; young ones may belong to a commit to come."""
    size = count = 0
    for file in orphans(store, before=now - keeping.period):
        size, count = size + int(file.size or 0), count + 1
        _remove(store.place, file.path)
        failpoint("upkeep.within_sweep")
    folder = store.place.folder
    left = sorted((folder / SPILL_FOLDER).glob("*")) if folder is not None else []
    for spill in left:
        if spill.stat().st_mtime_ns // 1_000_000 < now - keeping.period:
            shutil.rmtree(spill)
    return Removed(0, count, size)


def is_leased(store: TableStore, *, now: int) -> bool:
    """Whether somebody copies the table's lake and needs all that is there."""
    folder = store.place.folder
    if folder is None:
        return False
    stamps = [path.stat().st_mtime_ns for path in (folder.parent / LEASES).glob("*")]
    return any(now - stamp // 1_000_000 < _LEASE_MS for stamp in stamps)


def _last_before(place: Place, kept: list[int], time: int) -> int:
    """Last version that was committed before a time; -1 when none was."""
    low, high = 0, len(kept)
    while low < high:
        middle = (low + high) // 2
        if committed(place, kept[middle]) <= time:
            low = middle + 1
        else:
            high = middle
    return kept[low - 1] if low else -1


def _remove(place: Place, path: str) -> None:
    """Remove a file; another process may have done so already."""
    try:
        place.files.delete_file(path)
    except FileNotFoundError:
        return
