"""The Delta log on disk: what each commit appended, and repair of what a power cut left."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from foreseen.core.errors import CorruptError, TransientError
from foreseen.lake.places.local import settle, sync_file
from foreseen.lake.places.place import Place, logged_name, read_bytes

LOG_FOLDER = "_delta_log"
TIME = "foreseenTime"
"""Key of the time in what a commit says of itself."""
CLOCK = "foreseenClock"
"""Key of whose time that is; entries without it are older, and of their one producer."""

_ENTRY_DIGITS = 20
_LAST_CHECKPOINT = "_last_checkpoint"


@dataclass(frozen=True, slots=True)
class Appended:
    """A file that a commit added with new rows.

    Attributes:
        name: Its name, as `Lake.files` gives it.
        partition: Values of its partition columns.
    """

    name: str
    partition: dict[str, str | None]


@dataclass(frozen=True, slots=True)
class LogEntry:
    """What a commit says of itself.

    Attributes:
        files: Files with new rows, in their order; none of a compaction.
        producers: Whose cursors travelled with it, in order.
        time: How late it was by the clock, ms UTC; None where nobody said.
        clock: Whose time it is.
    """

    files: list[Appended]
    producers: tuple[str, ...]
    time: int | None
    clock: str | None


def entry_path(folder: Path, version: int) -> Path:
    """Log entry of a version of the table in `folder`."""
    return folder / _entry_path(version)


def entry(place: Place, version: int) -> LogEntry:
    """What the log says of a commit.

    Raises:
        CorruptError: The log has no such entry or it cannot be read.
        TransientError: The object store does not answer.
    """
    name = f"{place.uri}/{_entry_path(version)}"
    try:
        actions = _actions(read_bytes(place, name), name)
    except FileNotFoundError as error:
        raise _missing(name, error) from error
    except OSError as error:
        raise unreadable(place, name, error) from error
    # A commit that also removes files (another writer's DELETE or UPDATE) wrote old rows anew.
    is_append = not any("remove" in action for action in actions)
    files = [
        Appended(logged_name(place, action["add"]["path"]), action["add"]["partitionValues"])
        for action in actions
        if is_append and "add" in action and action["add"]["dataChange"]
    ]
    producers = tuple(str(action["txn"]["appId"]) for action in actions if "txn" in action)
    infos = [action["commitInfo"] for action in actions if "commitInfo" in action]
    told = next((info for info in infos if TIME in info), None)
    if told is None:
        return LogEntry(files, producers, None, None)
    return LogEntry(files, producers, int(told[TIME]), told.get(CLOCK, next(iter(producers), None)))


def sync_entries(place: Place, after: int, version: int) -> None:
    """Force the log entries (after, version] and the checkpoints beside them to the disk.

    By their names: to look for them in the folder would take longer with every commit.
    """
    if place.folder is None:
        return
    maybe = [f"{LOG_FOLDER}/{_LAST_CHECKPOINT}"]
    for number in range(after + 1, version + 1):
        maybe += [_entry_path(number), _entry_path(number, "checkpoint.parquet")]
    settle(place, [*(path for path in maybe if (place.folder / path).exists()), LOG_FOLDER])


def unreadable(place: Place, name: str, error: OSError) -> CorruptError | TransientError:
    """What a failed read says: of a disk that the file is damaged, else that nobody answers."""
    if place.folder is not None:
        return CorruptError(f"{name}: a file of the lake cannot be read: {error}")
    return TransientError(f"{name}: the object store does not answer, try again: {error}")


def newest_checkpoint(folder: Path) -> int:
    """Version of the newest checkpoint; 0 before the first."""
    names = (path.name for path in (folder / LOG_FOLDER).glob("*.checkpoint*.parquet"))
    return max((int(name[:_ENTRY_DIGITS]) for name in names), default=0)


def repair(folder: Path) -> list[Path]:
    """Set aside what a power cut left half-written at the log's end; everything before is synced.

    A last entry that is no JSON was never acknowledged by `Lake.commit`, so its rows are delivered
    again. A checkpoint only repeats entries, which are kept until it is whole on the disk.

    Returns:
        The files that were renamed to `*.torn`.
    """
    log = folder / LOG_FOLDER
    torn = [path for path in _suspects(log) if not _whole(path)]
    for path in torn:
        path.rename(path.with_name(f"{path.name}.torn"))
    if any("checkpoint" in path.name for path in torn) and (log / _LAST_CHECKPOINT).exists():
        (log / _LAST_CHECKPOINT).unlink()
    if torn:
        sync_file(log)
    return torn


def _suspects(log: Path) -> Iterator[Path]:
    yield from sorted(log.glob("*.json"))[-1:]
    yield from sorted(log.glob("*.checkpoint.parquet"))[-1:]
    if (log / _LAST_CHECKPOINT).exists():
        yield log / _LAST_CHECKPOINT


def _whole(path: Path) -> bool:
    try:
        if path.suffix == ".parquet":
            pq.ParquetFile(path).close()
            return True
        return bool(_actions(path.read_bytes(), str(path)))
    except (CorruptError, pa.ArrowInvalid):
        return False


def _actions(text: bytes, name: str) -> list[dict[str, Any]]:
    try:
        return [json.loads(line) for line in text.splitlines() if line]
    except ValueError as error:
        raise _missing(name, error) from error


def _missing(name: str, error: Exception) -> CorruptError:
    return CorruptError(
        f"{name}: the lake's log entry is missing or no JSON ({error}); restore the table's "
        f"folder from a backup"
    )


def _entry_path(version: int, kind: str = "json") -> str:
    return f"{LOG_FOLDER}/{version:0{_ENTRY_DIGITS}d}.{kind}"
