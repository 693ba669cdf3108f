"""Copy a whole data folder while its server runs, and put the copy into place again.

What is copied is what a crash at one instant would have left, and the input that came after it: the
control database's write lock is held while the tables' versions are looked up and the intake's
files are opened, which takes milliseconds. Nobody waits for the copying.
"""

import hashlib
import os
import shutil
import sqlite3
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

import orjson

from foreseen import __version__
from foreseen.core.errors import (
    ConfigurationError,
    CorruptError,
    MalformedInputError,
    NotFoundError,
    TransientError,
)
from foreseen.lake.keeping.snapshot import Moment, files_at, leased, moment
from foreseen.lake.places.local import sync_file

MANIFEST = "manifest.json"

_FORMAT = 1
_CONTROL, _INTAKE, _LAKE = "control.db", "intake", "lake"
_STEP = 1 << 20
_LOCK_SECONDS = 30.0
Told = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Filed:
    """A file of a backup: bytes, and their BLAKE2b-256 in hexadecimal."""

    size: int
    blake2b: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds.

    Attributes:
        format: Version of this shape.
        foreseen: Version of Foreseen that made it.
        made: When it began, ms UTC.
        tables: Version of each table of the lake.
        files: Its files by path.
    """

    format: int
    foreseen: str
    made: int
    tables: dict[str, int]
    files: dict[str, Filed]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files.values())


@dataclass(frozen=True, slots=True)
class _Held:
    """What one instant holds, kept open so that nothing of it can go away.

    Attributes:
        control: A connection that goes on to see the database of then.
        intake: Segments by path.
        lake: Versions of the tables.
    """

    control: sqlite3.Connection
    intake: dict[str, IO[bytes]]
    lake: Moment


def back_up(
    data: Path, target: Path, *, now: int, link: bool = False, told: Told = lambda *_: None
) -> Manifest:
    """Copy a data folder, all that was acknowledged before with it.

    Args:
        data: The folder; its server may run.
        target: A folder that is not there yet, or empty.
        now: ms UTC.
        link: Give the lake's files a second name instead of a copy: quick, on the same disk only,
            and no help against the loss of that disk.
        told: Told files done, and of how many.

    Raises:
        NotFoundError: There are no data.
        ConfigurationError: The target is not empty, or cannot be linked to.
        CorruptError: A file of the lake is gone.
        TransientError: The database is locked for too long, or the disk is full.
    """
    _check_there(data)
    _check_empty(target)
    target.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        lease = stack.enter_context(leased(data / _LAKE))
        held = _hold(data, stack)
        files = {_CONTROL: _control(held.control, target / _CONTROL)}
        files |= {name: _write(each, target / name) for name, each in held.intake.items()}
        paths = [*files_at(held.lake), *_others(data)]
        for done, path in enumerate(paths, start=1):
            name = str(path.relative_to(data))
            is_lake = link and path.is_relative_to(data / _LAKE)
            files[name] = (_link if is_lake else _copy)(path, target / name)
            lease.touch()
            told(done, len(paths))
    manifest = Manifest(_FORMAT, __version__, now, dict(held.lake.tables), files)
    _write_manifest(manifest, target)
    return manifest


def restore(source: Path, data: Path, *, told: Told = lambda *_: None) -> Manifest:
    """Put a backup into place: each file is checked as it is copied, and all appear at once.

    Args:
        source: The backup.
        data: A folder that is not there yet, or empty.
        told: Told files done, and of how many.

    Raises:
        NotFoundError: There is no whole backup.
        ConfigurationError: The folder is not empty.
        CorruptError: A file is missing, foreign or damaged.
        TransientError: The disk is full.
    """
    manifest = manifest_of(source)
    _check_empty(data)
    found = {str(p.relative_to(source)) for p in source.rglob("*") if p.is_file()} - {MANIFEST}
    if odd := sorted(found ^ set(manifest.files)):
        what = "is not in the manifest" if odd[0] in found else "is gone"
        raise CorruptError(f"{source / odd[0]}: {what}; this is not the backup that was made")
    data.parent.mkdir(parents=True, exist_ok=True)
    partial = data.parent / f".{data.name}.restoring-{uuid.uuid4().hex}"
    try:
        for done, (name, file) in enumerate(sorted(manifest.files.items()), start=1):
            _check_same(source / name, file, _copy(source / name, partial / name))
            told(done, len(manifest.files))
        _sync_folders(partial)
        partial.rename(data)
        sync_file(data.parent)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return manifest


def manifest_of(source: Path) -> Manifest:
    """What a backup holds.

    Raises:
        NotFoundError: There is none, or it was not finished.
        MalformedInputError: A newer version of Foreseen made it.
        CorruptError: Its manifest cannot be read.
    """
    path = source / MANIFEST
    if not path.is_file():
        raise NotFoundError(f"{path}: no such file, so this is no backup or an unfinished one")
    try:
        told = orjson.loads(path.read_bytes())
        if told["format"] > _FORMAT:
            raise MalformedInputError(f"{path}: a newer version of Foreseen made it; update")
        files = {name: Filed(**file) for name, file in told.pop("files").items()}
        return Manifest(**told, files=files)
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        raise CorruptError(f"{path}: is no manifest of a backup: {error!r}") from error


def _hold(data: Path, stack: ExitStack) -> _Held:
    """One instant of all stores."""
    try:
        lock = stack.enter_context(closing(_connected(data / _CONTROL)))
        seen = stack.enter_context(closing(_connected(data / _CONTROL)))
        lock.execute("BEGIN IMMEDIATE")
        seen.execute("BEGIN")
        seen.execute("SELECT count(*) FROM sqlite_master").fetchone()  # from here on it sees this
        tables = moment(data / _LAKE)
        intake: dict[str, IO[bytes]] = {
            str(path.relative_to(data)): stack.enter_context(path.open("rb"))
            for path in sorted((data / _INTAKE).rglob("*.log"))
        }
        lock.execute("ROLLBACK")
    except sqlite3.Error as error:
        raise TransientError(f"{data / _CONTROL}: cannot be read now: {error}") from error
    return _Held(seen, intake, tables)


def _connected(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=_LOCK_SECONDS, isolation_level=None)


def _control(seen: sqlite3.Connection, target: Path) -> Filed:
    """The database as a connection sees it, as a file of its own."""
    with closing(sqlite3.connect(target)) as copy:
        seen.backup(copy)
    with target.open("rb") as file:
        digest = hashlib.file_digest(file, _hash)
        os.fsync(file.fileno())
    return Filed(target.stat().st_size, digest.hexdigest())


def _hash() -> Any:  # noqa: ANN401 (its class has no name at run time)
    return hashlib.blake2b(digest_size=32)


def _others(data: Path) -> Iterator[Path]:
    """Whatever else lies in the folder."""
    known = {_LAKE, _INTAKE, *(f"{_CONTROL}{end}" for end in ("", "-wal", "-shm", "-journal"))}
    for top in sorted(data.iterdir()):
        if top.name not in known:
            found = [top] if top.is_file() else sorted(top.rglob("*"))
            yield from (path for path in found if path.is_file() and not path.is_symlink())


def _copy(path: Path, target: Path) -> Filed:
    with path.open("rb") as source:
        return _write(source, target)


def _link(path: Path, target: Path) -> Filed:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        target.hardlink_to(path)
    except OSError as error:
        raise ConfigurationError(
            f"{target}: cannot be linked to {path} ({error.strerror}); leave out --link"
        ) from error
    with path.open("rb") as source:
        return Filed(path.stat().st_size, hashlib.file_digest(source, _hash).hexdigest())


def _write(source: IO[bytes], target: Path) -> Filed:
    """Copy what is open, to the disk."""
    target.parent.mkdir(parents=True, exist_ok=True)
    digest, size = _hash(), 0
    try:
        with target.open("xb") as file:
            while block := source.read(_STEP):
                digest.update(block)
                size += file.write(block)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        raise
    except OSError as error:
        raise TransientError(f"{target}: cannot be written: {error}; free space") from error
    return Filed(size, digest.hexdigest())


def _write_manifest(manifest: Manifest, target: Path) -> None:
    """Last of all, and at once: without it there is no backup."""
    _sync_folders(target)
    partial = target / f".{MANIFEST}"
    partial.write_bytes(orjson.dumps(asdict(manifest), option=orjson.OPT_INDENT_2))
    sync_file(partial)
    partial.rename(target / MANIFEST)
    sync_file(target)


def _sync_folders(folder: Path) -> None:
    for path in (*(each for each in folder.rglob("*") if each.is_dir()), folder):
        sync_file(path)


def _check_same(path: Path, told: Filed, found: Filed) -> None:
    if found != told:
        raise CorruptError(
            f"{path}: the manifest says {told.size} bytes with checksum {told.blake2b[:12]}, it "
            f"has {found.size} with {found.blake2b[:12]}; take another backup"
        )


def _check_there(data: Path) -> None:
    if not (data / _CONTROL).exists():
        raise NotFoundError(f"{data}: no data of Foreseen; name its folder with --data")


def _check_empty(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigurationError(f"{folder}: is not empty; name a folder that is not there yet")
