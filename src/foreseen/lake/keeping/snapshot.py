"""One moment of a lake in a folder, and the files that it consists of; for backups."""

import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson
from deltalake import DeltaTable

from foreseen.core.errors import CorruptError, TransientError
from foreseen.lake.deltalog import LOG_FOLDER, entry_path
from foreseen.lake.files import data_path
from foreseen.lake.keeping.horizon import LEASES
from foreseen.lake.keeping.log_start import CHECKPOINT, ENTRY, named, versions
from foreseen.lake.places.local import in_folder

_PATIENCE_SECONDS = 10.0
_LAST_CHECKPOINT = "_last_checkpoint"


@dataclass(frozen=True, slots=True)
class Moment:
    """All tables at one instant: the state that a crash then would have left.

    Attributes:
        lake: The lake's folder.
        tables: Version of each table, by the name of its folder.
    """

    lake: Path
    tables: Mapping[str, int]


def moment(lake: Path) -> Moment:
    """The newest versions that all tables had at one and the same instant.

    Raises:
        TransientError: Commits follow each other without a gap.
    """
    folders = sorted(path.parent for path in lake.glob(f"*/{LOG_FOLDER}"))
    found = {folder: versions(in_folder(folder))[-1] for folder in folders}
    until = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < until:
        grown = [folder for folder in folders if entry_path(folder, found[folder] + 1).exists()]
        if not grown:
            return Moment(lake, {folder.name: version for folder, version in found.items()})
        for folder in grown:
            found[folder] += 1
    raise TransientError(f"{lake}: is written to without a gap; try again")


def files_at(then: Moment) -> Iterator[Path]:
    """Files of a moment, below the lake's folder: the log up to then, and all that it names.

    Raises:
        CorruptError: A file that was live then is gone.
    """
    for name, version in then.tables.items():
        folder = then.lake / name
        yield from _log(folder, version)
        yield from _data(folder, version)


@contextmanager
def leased(lake: Path) -> Iterator[Path]:
    """Nothing is removed from the lake while this lasts; touch the file that it gives now and then.

    Raises:
        OSError: The lake's folder cannot be written to.
    """
    folder = lake / LEASES
    folder.mkdir(exist_ok=True)
    lease = folder / uuid.uuid4().hex
    lease.touch()
    try:
        yield lease
    finally:
        lease.unlink(missing_ok=True)


def _log(folder: Path, version: int) -> Iterator[Path]:
    """Entries and checkpoints up to a version."""
    log = folder / LOG_FOLDER
    for path in sorted(log.iterdir()):
        number, _, end = path.name.partition(".")
        if number.isdigit() and f".{end}" in (ENTRY, CHECKPOINT) and int(number) <= version:
            yield path
    last = log / _LAST_CHECKPOINT
    if last.exists() and int(orjson.loads(last.read_bytes())["version"]) <= version:
        yield last


def _data(folder: Path, version: int) -> Iterator[Path]:
    gone = []
    for logged in sorted(named(in_folder(folder), until=version)):
        path = data_path(folder, logged)
        if path.exists():
            yield path
        else:
            gone.append(logged)
    if gone:
        table = DeltaTable(folder, version=version)
        live = set(table.get_add_actions(flatten=True)["path"].to_pylist())
        if lost := sorted(live & set(gone)):
            raise CorruptError(
                f"{data_path(folder, lost[0])}: the log names this file and it is gone; see "
                f"'foreseen lake verify'"
            )
