"""SQLite as a control database: durable, one writer at a time, references checked."""

import sqlite3
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from foreseen.control.texts import json_text, json_value
from foreseen.core.errors import CorruptError, ForeseenError, TransientError

_PRAGMAS = (
    "PRAGMA busy_timeout=10000",  # ms that a writer waits for another
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",  # a commit survives a power cut, not only a kill
    "PRAGMA foreign_keys=ON",
)
_CONNECTIONS = 60  # more than the threads that a server answers with


def engine_of(file: Path, writing: str) -> Engine:
    """An engine for a file; its folder is made.

    Args:
        file: The database.
        writing: Name of the execution option of transactions that write.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        URL.create("sqlite", database=str(file)),
        max_overflow=_CONNECTIONS,
        json_serializer=json_text,
        json_deserializer=json_value,
    )

    def begin(connection: Connection) -> None:
        immediate = connection.get_execution_options().get(writing, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", begin)
    return engine


def told(error: DatabaseError, where: str, *, opening: bool = False) -> ForeseenError | None:
    """The error in our words; None where it is one of the program."""
    if isinstance(error, OperationalError):
        doing = "cannot be opened now: " if opening else ""
        return TransientError(f"{where}: {doing}{error.orig}; try again")
    if type(error.orig) is sqlite3.DatabaseError:
        return CorruptError(
            f"{where}: is no usable SQLite database ({error.orig}); restore it from a backup"
        )
    return None


def _on_connect(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    for pragma in _PRAGMAS:
        connection.execute(pragma)
