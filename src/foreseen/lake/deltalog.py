"""The Delta log on disk: what each commit appended, and repair of what a power cut left."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from foreseen.core.errors import CorruptError
from foreseen.lake.files import data_path, sync_file

LOG_FOLDER = "_delta_log"
TIME = "foreseenTime"
"""Key of a producer's time in what a commit says of itself."""

_ENTRY_DIGITS = 20
_LAST_CHECKPOINT = "_last_checkpoint"


@dataclass(frozen=True, slots=True)
class Appended:
    """A file that a commit added with new rows.

    Attributes:
        path: Where it is.
        partition: Values of its partition columns.
    """

    path: Path
    partition: dict[str, str | None]


@dataclass(frozen=True, slots=True)
class LogEntry:
    """What a commit says of itself.

    Attributes:
        files: Files with new rows, in their order; none of a compaction.
        producer: Whose cursor travelled with it; None for a commit without one.
        time: How late it was by the producer's input, ms UTC; None where that did not say.
    """

    files: list[Appended]
    producer: str | None
    time: int | None


def entry_path(folder: Path, version: int) -> Path:
    """Log entry of a version of the table in `folder`."""
    return folder / LOG_FOLDER / f"{version:0{_ENTRY_DIGITS}d}.json"


def entry(folder: Path, version: int) -> LogEntry:
    """What the log says of a commit.

    Raises:
        CorruptError: The log has no such entry or it cannot be read.
    """
    actions = _actions(entry_path(folder, version))
    files = [
        Appended(data_path(folder, action["add"]["path"]), action["add"]["partitionValues"])
        for action in actions
        if "add" in action and action["add"]["dataChange"]
    ]
    producers = [str(action["txn"]["appId"]) for action in actions if "txn" in action]
    infos = [action["commitInfo"] for action in actions if "commitInfo" in action]
    times = [int(info[TIME]) for info in infos if TIME in info]
    return LogEntry(files, next(iter(producers), None), next(iter(times), None))


def sync_entries(folder: Path, after: int, version: int) -> None:
    """Force the log entries (after, version] and the checkpoints beside them to the disk."""
    log = folder / LOG_FOLDER
    for number in range(after + 1, version + 1):
        for path in log.glob(f"{number:0{_ENTRY_DIGITS}d}.*"):
            sync_file(path)
    if (log / _LAST_CHECKPOINT).exists():
        sync_file(log / _LAST_CHECKPOINT)
    sync_file(log)


def repair(folder: Path) -> list[Path]:
    """Set aside what a power cut left half-written at the log's end; everything before is synced.

    A last entry that is no JSON was never acknowledged by `Lake.commit`, so its rows are delivered
    again. A checkpoint only repeats entries, all of which are kept.

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
        return bool(_actions(path))
    except (CorruptError, pa.ArrowInvalid):
        return False


def _actions(path: Path) -> list[dict[str, Any]]:
    try:
        return [json.loads(line) for line in path.read_bytes().splitlines() if line]
    except (FileNotFoundError, ValueError) as error:
        raise CorruptError(
            f"{path}: the lake's log entry is missing or no JSON ({error}); restore the table's "
            f"folder from a backup"
        ) from error
