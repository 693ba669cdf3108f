"""PostgreSQL as a control database: one writer at a time, as in SQLite, and nothing less durable.

All writers of a database take one advisory lock at the start of their transaction, so what they
read is what they change, and serial numbers are given in the order of the commits.
"""

import psycopg
from psycopg import errors
from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import ConnectionPoolEntry

from foreseen.control.texts import json_text, json_value
from foreseen.core.errors import (
    ConfigurationError,
    CorruptError,
    ForeseenError,
    MalformedInputError,
    TransientError,
)

_OLDEST = 14
_KEPT, _MORE = 5, 35  # connections; a server answers with 40 threads
_LOCK_SECONDS, _STATEMENT_SECONDS, _MIGRATION_SECONDS = 10, 120, 3600
_LOCKS = 0x666F7265  # space of our advisory locks in a database that others may use too
WRITING, SERVING = 1, 2
_CONNECT = {
    "connect_timeout": 10,
    "application_name": "foreseen",
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
}
_SETTINGS = {
    "timezone": "UTC",
    "lock_timeout": f"{_LOCK_SECONDS}s",
    "statement_timeout": f"{_STATEMENT_SECONDS}s",
    "client_min_messages": "warning",
}
_HAS_TO_BE = {"fsync": "on", "full_page_writes": "on", "server_encoding": "UTF8"}
_PASSING = (
    psycopg.OperationalError,  # away, starting, full, locked for too long, a deadlock
    errors.ReadOnlySqlTransaction,  # a standby that is not the primary yet
    errors.UndefinedTable,  # somebody puts a backup into place
)
_REFUSED = (
    "authentication failed",
    "no password supplied",
    "no pg_hba.conf entry",
    "does not exist",
    "permission denied",
    "not permitted to log in",
)
"""What a server says to a connection that it will refuse the next time too; it gives no code."""


def engine_of(url: URL, writing: str) -> Engine:
    """An engine for a database of a server.

    Args:
        url: Its address.
        writing: Name of the execution option of transactions that write.
    """
    engine = create_engine(
        url,
        pool_size=_KEPT,
        max_overflow=_MORE,
        pool_timeout=_LOCK_SECONDS,
        pool_pre_ping=True,
        connect_args={name: to for name, to in _CONNECT.items() if name not in url.query},
        json_serializer=json_text,
        json_deserializer=json_value,
    )

    def begin(connection: Connection) -> None:
        if connection.get_execution_options().get(writing, False):
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCKS}, {WRITING})")

    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", begin)
    return engine


def check_server(connection: Connection, where: str) -> None:
    """Do nothing if what is acknowledged is on the server's disk, and any text can be kept.

    Raises:
        ConfigurationError: The server is too old, keeps no promise of durability, or is no UTF-8.
    """
    version = int(connection.exec_driver_sql("SHOW server_version_num").scalar_one()) // 10_000
    if version < _OLDEST:
        raise ConfigurationError(
            f"{where}: PostgreSQL {version} is too old; {_OLDEST} or newer is needed"
        )
    for name, wanted in _HAS_TO_BE.items():
        found = connection.exec_driver_sql(f"SHOW {name}").scalar()
        if found != wanted:
            raise ConfigurationError(
                f"{where}: {name} is {found}, and has to be {wanted}: with less, alerts that were"
                " acknowledged could be lost; see docs/control-database.md"
            )


def begin_migration(connection: Connection) -> None:
    """Wait for as long as another server may migrate, then keep all others out."""
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{_MIGRATION_SECONDS}s'")
    connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCKS}, {WRITING})")


class ServingLock:
    """The lock of a database's one server: held by a connection, so it goes with the process."""

    def __init__(self, engine: Engine, where: str) -> None:
        """Where: the database's place, for messages."""
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._where = where
        self._held: Connection | None = None

    def take(self) -> None:
        """Take it; do nothing where it is held still.

        Raises:
            ConfigurationError: Another server has it.
            TransientError: The database is away.
        """
        if self._held is not None and self._is_alive(self._held):
            return
        self.close()
        try:
            connection = self._engine.connect()
            asked = f"SELECT pg_try_advisory_lock({_LOCKS}, {SERVING})"
            taken = connection.exec_driver_sql(asked).scalar()
        except DatabaseError as error:
            raise told(error, self._where) or error from error
        self._held = connection
        if not taken:
            self.close()
            raise ConfigurationError(
                f"{self._where}: another server works on this control database; give each"
                " installation a database of its own"
            )

    def close(self) -> None:
        """Give it back."""
        if self._held is not None:
            self._held.invalidate()  # closed for good: in the pool it would keep the lock
            self._held.close()
            self._held = None

    def _is_alive(self, connection: Connection) -> bool:
        try:
            connection.exec_driver_sql("SELECT 1")
        except DatabaseError:
            return False
        return True


def told(error: DatabaseError, where: str, *, opening: bool = False) -> ForeseenError | None:
    """The error in our words; None where it is one of the program.

    A server that refuses us while we open it will do so again: the address or a role is wrong. Who
    is at work already waits: somebody is at work on the server.
    """
    cause = error.orig
    text = " ".join(str(cause).split())
    if isinstance(cause, errors.ProgramLimitExceeded):
        return MalformedInputError(f"{where}: a name is too long to be kept ({text}); shorten it")
    if isinstance(cause, errors.DataCorrupted | errors.IndexCorrupted):
        return CorruptError(f"{where}: {text}; restore it from a backup")
    if isinstance(cause, errors.InsufficientPrivilege) or (opening and _is_refused(cause, text)):
        return ConfigurationError(f"{where}: {text}; see docs/control-database.md")
    if isinstance(cause, psycopg.ProgrammingError) and cause.sqlstate is None:
        return ConfigurationError(f"{where}: {text}")  # an option of the address
    if isinstance(cause, _PASSING):
        return TransientError(f"{where}: {text}; try again")
    return None


def _is_refused(cause: BaseException | None, text: str) -> bool:
    return (
        isinstance(cause, psycopg.OperationalError)
        and cause.sqlstate is None
        and any(one in text for one in _REFUSED)
    )


def _on_connect(connection: psycopg.Connection, _entry: ConnectionPoolEntry) -> None:
    settings = ", ".join(f"set_config('{name}', '{to}', false)" for name, to in _SETTINGS.items())
    connection.execute(f"SELECT {settings}")
    connection.execute(  # a server's stricter ways of waiting for standbys stay as they are
        "SELECT set_config('synchronous_commit', 'on', false)"
        " WHERE current_setting('synchronous_commit') = 'off'"
    )
    connection.commit()
