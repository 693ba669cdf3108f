"""The control database of a data folder, wherever it lies: a server takes it, a person moves it."""

import logging
import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event, Thread

from sqlalchemy import URL, Engine

from foreseen.control.copying import Copied, check_empty, copy
from foreseen.control.database import changing, is_served, open_database, opened, where
from foreseen.control.places import (
    FILE,
    check_database,
    forget_address,
    has_database,
    is_address,
    keep_address,
    place_of,
    shown,
    url_of,
)
from foreseen.control.postgres import ServingLock
from foreseen.core.errors import ConfigurationError, TransientError
from foreseen.runners.ownership import alone

log = logging.getLogger("foreseen.control")

HERE = "file"
"""Says to `move` that the database shall be a file in the data folder."""
_LOOK_SECONDS = 5.0


@contextmanager
def control_for(data: Path, wanted: str | None) -> Iterator[Engine]:
    """The control database for a server to work with.

    Args:
        data: The data folder.
        wanted: Address where it should lie; None: where it was kept, at first a file in the folder.

    Raises:
        ConfigurationError: The installation has it elsewhere, or what `open_database` raises.
        CorruptError, TransientError: As for `open_database`.
    """
    if wanted is not None:
        _refuse_another(data, wanted)
    with opened(data / FILE if wanted is None else wanted) as engine:
        yield engine


@contextmanager
def taken(data: Path, engine: Engine, wanted: str | None) -> Iterator[None]:
    """`served_alone` for a server; where the database lies is kept when it is taken first."""
    with served_alone(engine):
        if wanted is not None and not has_database(data):
            keep_address(data / FILE, wanted)
        yield


@contextmanager
def served_alone(engine: Engine) -> Iterator[None]:
    """Be the only server of a database while a block lasts; of a file its folder's lock says so.

    The lock is the connection's: it goes with the process, and comes back after the database was
    restarted. Where another server took it meanwhile, this process is told to end (SIGTERM).

    Raises:
        ConfigurationError: Another server works on it.
        TransientError: The database is away.
    """
    if not is_served(engine):
        yield
        return
    lock, stop = ServingLock(engine, where(engine)), Event()
    try:
        lock.take()
        keeper = Thread(target=_keep, args=(lock, stop), name="control lock", daemon=True)
        keeper.start()
        try:
            yield
        finally:
            stop.set()
            keeper.join()
    finally:
        lock.close()


def _keep(lock: ServingLock, stop: Event) -> None:
    while not stop.wait(_LOOK_SECONDS):
        try:
            lock.take()
        except TransientError as error:
            log.warning("the lock of the control database is to be taken again: %s", error)
        except ConfigurationError as error:
            log.critical("this server ends: %s", error)
            os.kill(os.getpid(), signal.SIGTERM)
            return


def _refuse_another(data: Path, wanted: str) -> None:
    if not has_database(data):
        return
    kept = place_of(data / FILE)
    if not is_address(kept) or url_of(str(kept)) != url_of(wanted):
        raise ConfigurationError(
            f"--control {shown(wanted)}: the control database of {data} lies in {shown(kept)}; to"
            f" take it there, stop the server and say: foreseen control move '{shown(wanted)}'"
            f" --data {data}"
        )


def move(data: Path, to: str) -> Copied:
    """Copy the control database to another place, checked, and go on with it there.

    Args:
        data: The data folder; no server runs on it.
        to: Address of an empty database, or `file`.

    Raises:
        NotFoundError: The folder has no control database.
        ConfigurationError: A server runs, it lies there already, or the new one is not empty.
        CorruptError, TransientError: As for `open_database`; all is as before.
    """
    check_database(data)
    file = data / FILE
    before = place_of(file)
    if _normal(before) == (HERE if to == HERE else url_of(to)):
        raise ConfigurationError(f"{shown(before)}: the control database lies there already")
    part = data / f".{FILE}.part"
    with ExitStack() as stack:
        stack.enter_context(alone(data))
        source = stack.enter_context(opened(file))
        stack.enter_context(served_alone(source))
        if to == HERE:
            _remove(part)
        target = stack.enter_context(opened(part if to == HERE else to))
        stack.enter_context(served_alone(target))
        with changing(source) as seen:
            done = copy(seen, target)
    _go_on_with(file, part, to)
    return done


def _normal(place: str | Path) -> str | URL:
    return url_of(str(place)) if is_address(place) else HERE


def _go_on_with(file: Path, part: Path, to: str) -> None:
    """Each step leaves one place that counts: while there is a note, it is what the note names."""
    if to != HERE:
        keep_address(file, to)
        if file.exists():
            file.replace(file.with_name(f"{FILE}.moved"))
            _remove(file)
        return
    part.replace(file)
    forget_address(file)


def _remove(file: Path) -> None:
    for end in ("", "-wal", "-shm", "-journal"):
        file.with_name(file.name + end).unlink(missing_ok=True)


def put_into(file: Path, to: str) -> Copied:
    """Copy a restored file into a server's database, which the data folder then names.

    Raises:
        ConfigurationError: The database is not empty, or what `open_database` raises.
        CorruptError, TransientError: As for `open_database`.
    """
    with (
        opened(to) as target,
        served_alone(target),
        opened(file) as source,
        changing(source) as seen,
    ):
        done = copy(seen, target)
    _remove(file)
    keep_address(file, to)
    return done


def check_can_take(to: str) -> None:
    """Do nothing if a database can be opened and is empty.

    Raises:
        ConfigurationError: It is not, or what `open_database` raises.
    """
    engine = open_database(to)
    try:
        check_empty(engine)
    finally:
        engine.dispose()
