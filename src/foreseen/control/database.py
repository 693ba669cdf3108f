"""Open the control database: SQLite with the guarantees that we need, migrated to our tables."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from foreseen.core.errors import ConfigurationError, CorruptError, TransientError

MIGRATIONS = Path(__file__).parent / "migrations"
_PRAGMAS = (
    "PRAGMA busy_timeout=10000",  # ms that a writer waits for another
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",  # a commit survives a power cut, not only a kill
    "PRAGMA foreign_keys=ON",
)
_IMMEDIATE = "foreseen_immediate"
_CONNECTIONS = 60  # more than the threads that a server answers with
_MIGRATING = threading.RLock()  # Alembic's context, and SQLite's change to WAL, take one


def open_database(path: str | Path) -> Engine:
    """Open a control database; create or migrate it first.

    Raises:
        ConfigurationError: A newer version of Foreseen wrote it.
        CorruptError: The file is no SQLite database or is damaged.
        TransientError: It is locked, or the disk is full.
    """
    file = Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(URL.create("sqlite", database=str(file)), max_overflow=_CONNECTIONS)
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    try:
        _migrate(engine)
    except BaseException:
        engine.dispose()
        raise
    return engine


def _migrate(engine: Engine) -> None:
    file = engine.url.database
    try:
        with _MIGRATING, engine.connect() as plain:
            connection = plain.execution_options(**{_IMMEDIATE: True})
            migrate(connection)
            connection.commit()
    except CommandError as error:
        raise ConfigurationError(
            f"{file}: a newer version of Foreseen wrote this database ({error}); update Foreseen"
        ) from error
    except OperationalError as error:
        raise TransientError(f"{file}: cannot be opened now: {error.orig}") from error
    except DatabaseError as error:
        raise CorruptError(
            f"{file}: is no usable SQLite database ({error.orig}); restore it from a backup"
        ) from error


@contextmanager
def opened(path: str | Path) -> Iterator[Engine]:
    """A control database for the length of a block; raises what `open_database` raises."""
    engine = open_database(path)
    try:
        yield engine
    finally:
        engine.dispose()


def migrate(connection: Connection, revision: str = "head") -> None:
    """Bring the database behind a connection to a revision, in the connection's transaction."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    with _MIGRATING:
        command.upgrade(config, revision)


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """One consistent view of the database.

    Raises:
        TransientError: The database is locked or the disk fails.
    """
    with _told(engine), Session(engine) as session:
        yield session


@contextmanager
def writing(engine: Engine) -> Iterator[Session]:
    """One transaction that takes the write lock at its start: all of it or none.

    Raises:
        TransientError: The lock was not free in time, or the disk is full.
    """
    immediate = engine.execution_options(**{_IMMEDIATE: True})
    with _told(engine), Session(immediate) as session, session.begin():
        yield session


@contextmanager
def _told(engine: Engine) -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        raise TransientError(f"{engine.url.database}: {error.orig}; try again") from error
    except PoolTimeoutError as error:
        raise TransientError(f"{engine.url.database}: all connections are in use") from error


def _on_connect(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    for pragma in _PRAGMAS:
        connection.execute(pragma)


def _on_begin(connection: Connection) -> None:
    immediate = connection.get_execution_options().get(_IMMEDIATE, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
