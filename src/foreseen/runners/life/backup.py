"""Copy a whole data folder while its server runs, and put the copy into place again.

What is copied is what a crash at one instant would have left, and the input that came after it: the
control database's write lock is held while the tables' versions are looked up and the intake's
files are opened, which takes milliseconds. Nobody waits for the copying.
"""

import hashlib
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from foreseen import __version__
from foreseen.control.places import FILE, NOTE, check_database
from foreseen.core.errors import (
    ConfigurationError,
    CorruptError,
    TransientError,
)
from foreseen.lake.deltalog import LOG_FOLDER
from foreseen.lake.keeping.snapshot import Moment, files_at, leased, moment
from foreseen.lake.places.local import sync_file
from foreseen.runners import control_place
from foreseen.runners.life import backup_control
from foreseen.runners.life.backup_manifest import (
    FORMAT,
    MANIFEST,
    Filed,
    Manifest,
    check_same,
    manifest_of,
    write_manifest,
)

_INTAKE, _LAKE = "intake", "lake"
_STEP = 1 << 20
Told = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class _Held:
    """What one instant holds, kept open so that nothing of it can go away.

    Attributes:
        control: The database of then.
        intake: Segments by path.
        lake: Versions of the tables.
    """

    control: backup_control.Moment
    intake: dict[str, IO[bytes]]
    lake: Moment


def back_up(  # noqa: PLR0913 (the last four say when and how)
    data: Path,
    target: Path,
    *,
    now: int,
    link: bool = False,
    since: Path | None = None,
    told: Told = lambda *_: None,
) -> Manifest:
    """Copy a data folder, all that was acknowledged before with it.

    Args:
        data: The folder; its server may run.
        target: A folder that is not there yet, or empty.
        now: ms UTC.
        link: Give the lake's files a second name instead of a copy: quick, on the same disk only,
            and no help against the loss of that disk.
        since: An earlier backup on the target's disk: what it has of the lake is linked from there
            and not copied again; each of the two is whole by itself.
        told: Told files done, and of how many.

    Raises:
        NotFoundError: There are no data.
        ConfigurationError: The target is not empty, or cannot be linked to.
        CorruptError: A file of the lake is gone.
        TransientError: The database is locked for too long, or the disk is full.
    """
    check_database(data)
    _check_empty(target)
    earlier = _Earlier.of(since)
    target.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        lease = stack.enter_context(leased(data / _LAKE))
        held = _hold(data, stack)
        files = {FILE: _control(held.control, target / FILE)}
        files |= {name: _write(each, target / name) for name, each in held.intake.items()}
        paths = [*files_at(held.lake), *_others(data)]
        for done, path in enumerate(paths, start=1):
            name = str(path.relative_to(data))
            if (found := earlier.link(path, name, target)) is None:
                is_linked = link and path.is_relative_to(data / _LAKE)
                found = (_link if is_linked else _copy)(path, target / name)
            files[name] = found
            lease.touch()
            told(done, len(paths))
    manifest = Manifest(FORMAT, __version__, now, dict(held.lake.tables), files)
    _sync_folders(target)
    write_manifest(manifest, target)
    return manifest


def restore(
    source: Path, data: Path, *, control: str | None = None, told: Told = lambda *_: None
) -> Manifest:
    """Put a backup into place: each file is checked as it is copied, and all appear at once.

    Args:
        source: The backup.
        data: A folder that is not there yet, or empty.
        control: Address of an empty database that the control database is put into; None: it is a
            file in the folder.
        told: Told files done, and of how many.

    Raises:
        NotFoundError: There is no whole backup.
        ConfigurationError: The folder or the database is not empty, or this cannot be opened.
        CorruptError: A file is missing, foreign or damaged.
        TransientError: The disk is full.
    """
    manifest = manifest_of(source)
    _check_empty(data)
    if control is not None:
        control_place.check_can_take(control)
    found = {str(p.relative_to(source)) for p in source.rglob("*") if p.is_file()} - {MANIFEST}
    if odd := sorted(found ^ set(manifest.files)):
        what = "is not in the manifest" if odd[0] in found else "is gone"
        raise CorruptError(f"{source / odd[0]}: {what}; this is not the backup that was made")
    data.parent.mkdir(parents=True, exist_ok=True)
    partial = data.parent / f".{data.name}.restoring-{uuid.uuid4().hex}"
    try:
        for done, (name, file) in enumerate(sorted(manifest.files.items()), start=1):
            check_same(source / name, file, _copy(source / name, partial / name))
            told(done, len(manifest.files))
        if control is not None:
            control_place.put_into(partial / FILE, control)
        _sync_folders(partial)
        partial.rename(data)
        sync_file(data.parent)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return manifest


def _hold(data: Path, stack: ExitStack) -> _Held:
    """One instant of all stores."""
    control = stack.enter_context(backup_control.moment_of(data / FILE))
    tables = moment(data / _LAKE)
    intake: dict[str, IO[bytes]] = {
        str(path.relative_to(data)): stack.enter_context(path.open("rb"))
        for path in sorted((data / _INTAKE).rglob("*.log"))
    }
    control.go_on()
    return _Held(control, intake, tables)


def _control(then: backup_control.Moment, target: Path) -> Filed:
    """The database of then, as a file of its own."""
    then.save(target)
    with target.open("rb") as file:
        digest = hashlib.file_digest(file, _hash)
        os.fsync(file.fileno())
    return Filed(target.stat().st_size, digest.hexdigest())


def _hash() -> Any:  # noqa: ANN401 (its class has no name at run time)
    return hashlib.blake2b(digest_size=32)


def _others(data: Path) -> Iterator[Path]:
    """Whatever else lies in the folder."""
    ends = ("", "-wal", "-shm", "-journal", ".moved")
    known = {_LAKE, _INTAKE, NOTE, *(f"{FILE}{end}" for end in ends)}
    for top in sorted(data.iterdir()):
        if top.name not in known:
            found = [top] if top.is_file() else sorted(top.rglob("*"))
            yield from (path for path in found if path.is_file() and not path.is_symlink())


def _copy(path: Path, target: Path) -> Filed:
    with path.open("rb") as source:
        return _write(source, target)


@dataclass(frozen=True, slots=True)
class _Earlier:
    """A backup that was made before; files of the lake never change, but for entries of its log."""

    folder: Path | None
    files: dict[str, Filed]

    @classmethod
    def of(cls, folder: Path | None) -> "_Earlier":
        return cls(folder, {} if folder is None else manifest_of(folder).files)

    def link(self, path: Path, name: str, target: Path) -> Filed | None:
        """Give its file a second name; None where it has none like that."""
        known = self.files.get(name)
        is_data = name.startswith(f"{_LAKE}/") and LOG_FOLDER not in path.parts
        if self.folder is None or known is None or not is_data:
            return None
        if known.size != path.stat().st_size:
            return None
        _named_again(self.folder / name, target / name)
        return known


def _link(path: Path, target: Path) -> Filed:
    _named_again(path, target)
    with path.open("rb") as source:
        return Filed(path.stat().st_size, hashlib.file_digest(source, _hash).hexdigest())


def _named_again(path: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        target.hardlink_to(path)
    except OSError as error:
        raise ConfigurationError(
            f"{target}: cannot be linked to {path} ({error.strerror}); leave out --link and --since"
        ) from error


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


def _sync_folders(folder: Path) -> None:
    for path in (*(each for each in folder.rglob("*") if each.is_dir()), folder):
        sync_file(path)


def _check_empty(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigurationError(f"{folder}: is not empty; name a folder that is not there yet")
