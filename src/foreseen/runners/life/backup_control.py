"""The control database's part in a backup: one moment of it, as a SQLite file of its own.

A file is taken from a server's database too, row by row, so that a backup can be put into place
anywhere.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from foreseen.control.copying import copy
from foreseen.control.database import changing, opened, viewing
from foreseen.control.places import is_address, place_of
from foreseen.core.errors import TransientError

_LOCK_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Moment:
    """A control database that goes on to be what it was, while nobody may change it.

    Attributes:
        go_on: Let others write again.
        save: Write what it was into a file that is not there yet.
    """

    go_on: Callable[[], None]
    save: Callable[[Path], None]


@contextmanager
def moment_of(file: Path) -> Iterator[Moment]:
    """The control database of a data folder at one moment, while a block lasts.

    Raises:
        TransientError: It is locked for too long, or the server is away.
    """
    if is_address(place_of(file)):
        with _served(file) as then:
            yield then
        return
    try:
        with _in_file(file) as then:
            yield then
    except sqlite3.Error as error:
        raise TransientError(f"{file}: cannot be read now: {error}") from error


@contextmanager
def _in_file(file: Path) -> Iterator[Moment]:
    with closing(_connected(file)) as lock, closing(_connected(file)) as seen:
        lock.execute("BEGIN IMMEDIATE")
        seen.execute("BEGIN")
        seen.execute("SELECT count(*) FROM sqlite_master").fetchone()  # from here on it sees this

        def save(target: Path) -> None:
            with closing(sqlite3.connect(target)) as made:
                seen.backup(made)

        def go_on() -> None:
            lock.execute("ROLLBACK")

        yield Moment(go_on, save)


@contextmanager
def _served(file: Path) -> Iterator[Moment]:
    with opened(file) as engine, viewing(engine) as seen, ExitStack() as lock:
        lock.enter_context(changing(engine))
        seen.exec_driver_sql("SELECT count(*) FROM tenant").scalar()  # from here on it sees this

        def save(target: Path) -> None:
            part = target.with_suffix(".part")
            with opened(part) as made:
                copy(seen, made)
            with closing(_connected(part)) as link:  # one file, as of any other backup
                link.execute("PRAGMA journal_mode=DELETE")
            part.replace(target)

        yield Moment(lock.close, save)


def _connected(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=_LOCK_SECONDS, isolation_level=None)
