"""Open the control database, SQLite or PostgreSQL: with the guarantees that we need, migrated."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DatabaseError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session

from foreseen.control import postgres, sqlite
from foreseen.control.places import is_address, place_of, shown, url_of
from foreseen.core.errors import ConfigurationError, TransientError

MIGRATIONS = Path(__file__).parent / "migrations"
_WRITING = "foreseen_writing"
_MIGRATING = threading.RLock()  # Alembic's context, and SQLite's change to WAL, take one
_ONE_VIEW = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}


def open_database(place: str | Path) -> Engine:
    """Open a control database; create or migrate it first.

    Args:
        place: A file; with a note beside it (`control.url`) the database that this names. Or an
            address, `postgresql://...`, without a password.

    Raises:
        ConfigurationError: A newer version of Foreseen wrote it, the address is wrong, or the
            server refuses us, is too old or does not write to its disk.
        CorruptError: It is damaged, or the file is no SQLite database.
        TransientError: It is locked, the disk is full, or the server is away.
    """
    found = place_of(place)
    if is_address(found):
        engine = postgres.engine_of(url_of(str(found)), _WRITING)
    else:
        engine = sqlite.engine_of(Path(found), _WRITING)
    try:
        _migrate(engine)
    except BaseException:
        engine.dispose()
        raise
    return engine


@contextmanager
def opened(place: str | Path) -> Iterator[Engine]:
    """A control database for the length of a block; raises what `open_database` raises."""
    engine = open_database(place)
    try:
        yield engine
    finally:
        engine.dispose()


def is_served(engine: Engine) -> bool:
    """Whether a server has the database, and not this machine's disk."""
    return engine.dialect.name == "postgresql"


def where(engine: Engine) -> str:
    """The place of a database, for messages."""
    return shown(engine.url)


def migrate(connection: Connection, revision: str = "head") -> None:
    """Bring the database behind a connection to a revision, in the connection's transaction."""
    config = _config()
    config.attributes["connection"] = connection
    with _MIGRATING:
        command.upgrade(config, revision)


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """One consistent view of the database.

    Raises:
        TransientError: The database is locked, the disk fails or the server is away.
        CorruptError: It is damaged.
    """
    with _told(engine), Session(_seen(engine)) as session:
        yield session


@contextmanager
def writing(engine: Engine) -> Iterator[Session]:
    """One transaction that takes the write lock at its start: all of it or none.

    Raises:
        TransientError: The lock was not free in time, the disk is full or the server is away.
        CorruptError: The database is damaged.
    """
    with _told(engine), Session(_locked(engine)) as session, session.begin():
        yield session


@contextmanager
def viewing(engine: Engine) -> Iterator[Connection]:
    """`reading` without objects: a connection that sees one moment."""
    with _told(engine), _seen(engine).connect() as connection:
        yield connection


@contextmanager
def changing(engine: Engine) -> Iterator[Connection]:
    """`writing` without objects: a connection that has the write lock."""
    with _told(engine), _locked(engine).begin() as connection:
        yield connection


def _seen(engine: Engine) -> Engine:
    return engine.execution_options(**_ONE_VIEW) if is_served(engine) else engine


def _locked(engine: Engine) -> Engine:
    return engine.execution_options(**{_WRITING: True})


def _migrate(engine: Engine) -> None:
    where_ = where(engine)
    try:
        with _told(engine, opening=True), _MIGRATING:
            if is_served(engine):
                _migrate_served(engine, where_)
                return
            with engine.connect() as link:
                connection = link.execution_options(**{_WRITING: True})
                migrate(connection)
                connection.commit()
    except CommandError as error:
        raise ConfigurationError(
            f"{where_}: a newer version of Foreseen wrote this database ({error}); update Foreseen"
        ) from error


def _migrate_served(engine: Engine, where_: str) -> None:
    """Look first: a server that is at work shall not wait for each command that is begun."""
    with engine.connect() as connection:
        postgres.check_server(connection, where_)
        if _revision(connection) == ScriptDirectory.from_config(_config()).get_current_head():
            return
    with engine.begin() as connection:
        postgres.begin_migration(connection)
        migrate(connection)


def _revision(connection: Connection) -> str | None:
    if connection.exec_driver_sql("SELECT to_regclass('alembic_version')").scalar() is None:
        return None
    found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return None if found is None else str(found)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


@contextmanager
def _told(engine: Engine, *, opening: bool = False) -> Iterator[None]:
    """Errors of the database in our words."""
    try:
        yield
    except DatabaseError as error:
        of = postgres if is_served(engine) else sqlite
        ours = of.told(error, where(engine), opening=opening)
        if ours is None:
            raise
        raise ours from error
    except PoolTimeoutError as error:
        raise TransientError(f"{where(engine)}: all connections are in use") from error
