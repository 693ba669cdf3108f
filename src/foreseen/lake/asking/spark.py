"""Hunting on an engine that speaks Spark Connect: Spark, Databricks, Sail.

The query is checked and bound to one tenant's rows here (`remote_sql`), so that the engine needs to
know nothing of tenants. DuckDB, over empty tables, says which columns and types it would give.
"""

import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import duckdb
import pyarrow as pa
from pyspark.errors import PySparkException
from pyspark.sql.connect.session import SparkSession

from foreseen.core.errors import (
    ConfigurationError,
    ForeseenError,
    MalformedInputError,
    TransientError,
)
from foreseen.core.ids import DEFAULT_TENANT, TenantId
from foreseen.lake.asking.cancel import CancelledError
from foreseen.lake.asking.hunt import HuntLimits
from foreseen.lake.asking.relations import connected, relation
from foreseen.lake.asking.remote_sql import Binding, spark_sql
from foreseen.lake.tables import TABLES

_PORT = 15002
_REACH_SECONDS = 5.0
_STOP_SECONDS = 3.0
_LOOK_SECONDS = 0.05
_LOST = "UNAVAILABLE"  # of gRPC's states the one that a retry may help
_SETTINGS = {
    "spark.sql.session.timeZone": "UTC",  # epoch_ms gives UTC without saying so
    "spark.sql.ansi.enabled": "true",  # errors instead of nulls
}
_DEFAULT_LIMITS = HuntLimits()


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An engine that speaks Spark Connect.

    Attributes:
        url: `sc://HOST:PORT/;token=...`; may hold a secret.
        lake: Where it finds the lake's tables: a folder as it sees it, or `s3a://bucket/prefix`.
    """

    url: str = field(repr=False)
    lake: str

    @property
    def address(self) -> tuple[str, int]:
        """Host and port.

        Raises:
            ConfigurationError: The address is none.
        """
        try:
            parts = urlsplit(self.url)
            host, port = parts.hostname, parts.port or _PORT
        except ValueError:
            host, port = None, 0
        if not self.url.startswith("sc://") or not host:
            raise ConfigurationError("the engine's address has the form sc://HOST:PORT")
        return host, port


def hunt_on(
    endpoint: Endpoint,
    sql: str,
    limit: int,
    *,
    tenant: TenantId = DEFAULT_TENANT,
    limits: HuntLimits = _DEFAULT_LIMITS,
) -> pa.Table:
    """Rows of a SELECT over one tenant's tables, by another engine, in DuckDB's columns and types.

    Args:
        endpoint: The engine.
        sql: One SELECT statement in DuckDB's dialect.
        limit: Most rows to return.
        tenant: Whose rows the tables show.
        limits: `seconds` and `watch` hold; memory and cores are the engine's own.

    Raises:
        CancelledError: It was stopped.
        ConfigurationError: The address is none.
        DeniedError: The query reaches outside the tables.
        MalformedInputError: It is no single SELECT, means something else there, fails, takes too
            long, or gives what DuckDB's types do not hold.
        TransientError: The engine does not answer.
    """
    text = spark_sql(sql, limit, Binding(tenant, endpoint.lake))
    schema = shape(sql)
    host, port = endpoint.address
    try:
        socket.create_connection((host, port), _REACH_SECONDS).close()
    except OSError as error:
        raise TransientError(f"no engine answers at sc://{host}:{port}: {error}") from error
    return _cast(_answered(endpoint, text, limits), schema)


def shape(sql: str) -> pa.Schema:
    """Columns and types that DuckDB gives for a query.

    Raises:
        MalformedInputError: DuckDB would not run it.
    """
    database = connected("256MB", 1)
    try:
        for name, table in TABLES.items():
            database.execute(f'CREATE VIEW "{name}" AS {relation(table, [])}')
        database.execute("SET enable_external_access = false; SET lock_configuration = true")
        found = database.extract_statements(sql)
        if len(found) != 1 or found[0].type != duckdb.StatementType.SELECT:
            raise MalformedInputError("hunting takes exactly one SELECT statement")
        schema: pa.Schema = database.sql(found[0]).limit(0).to_arrow_table().schema
    except duckdb.Error as error:
        raise MalformedInputError(f"the query cannot run: {error}") from error
    finally:
        database.close()
    return schema


class _Question:
    """One query on its way, in a thread of its own: nothing that the engine does holds us up."""

    def __init__(self, endpoint: Endpoint, text: str) -> None:
        self.rows: pa.Table | None = None
        self.error: Exception | None = None
        self._session: SparkSession | None = None
        self._work = _begun(lambda: self._ask(endpoint.url, text))

    def _ask(self, url: str, text: str) -> None:
        try:
            self._session = session = SparkSession(url)
            session.client.set_retry_policies([])  # who asks may ask again
            for name, value in _SETTINGS.items():
                session.conf.set(name, value)
            self.rows = session.sql(text).toArrow()
        except Exception as error:  # noqa: BLE001 (it is raised in the thread that waits)
            self.error = error

    def ended(self, seconds: float) -> bool:
        """Whether it has an answer, after waiting for it so long."""
        self._work.join(seconds)
        return not self._work.is_alive()

    def stop(self) -> bool:
        """Tell the engine to stop; whether it did."""
        session = self._session
        if session is not None:
            _begun(lambda: _quietly(session.interruptAll))
        return self.ended(_STOP_SECONDS)

    def close(self) -> None:
        """Give the session back, and let go of an engine that does not answer."""
        session = self._session
        if session is None:
            return
        if self.ended(0):
            _begun(lambda: _quietly(session.client.release_session)).join(_STOP_SECONDS)
        _quietly(session.client.close)


def _begun(work: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def _quietly(step: Callable[[], object]) -> None:
    """A courtesy to the engine: what it says to it changes nothing for who asked."""
    try:
        step()
    except (PySparkException, ValueError):
        return


def _answered(endpoint: Endpoint, text: str, limits: HuntLimits) -> pa.Table:
    question = _Question(endpoint, text)
    end = time.monotonic() + limits.seconds
    try:
        while not question.ended(_LOOK_SECONDS):
            cancelled = limits.watch.cancel.asked
            if cancelled or time.monotonic() >= end:
                raise _stopped(cancelled=cancelled, confirmed=question.stop(), limits=limits)
    finally:
        question.close()
    if question.error is not None:
        raise _told(question.error, endpoint) from question.error
    assert question.rows is not None  # noqa: S101 (it ended without an error)
    return question.rows


def _stopped(*, cancelled: bool, confirmed: bool, limits: HuntLimits) -> ForeseenError:
    rest = "" if confirmed else "; the engine did not confirm that it stopped"
    if cancelled:
        return CancelledError(f"the query was stopped; it gave no rows{rest}")
    return MalformedInputError(
        f"the query ran longer than {limits.seconds:g} s and was stopped; narrow it, e.g. by time, "
        f"host or rule{rest}"
    )


def _told(error: Exception, endpoint: Endpoint) -> ForeseenError:
    host, port = endpoint.address
    details = getattr(error, "details", None)  # of gRPC's own errors, whose text is many lines
    message = str(details() if callable(details) else error).strip().partition("\n")[0]
    if not isinstance(error, PySparkException) or _LOST in str(error):
        return TransientError(f"the engine at sc://{host}:{port} does not answer: {message}")
    return MalformedInputError(
        f"the engine at sc://{host}:{port}, which looks for the tables in {endpoint.lake}, refuses "
        f"the query: {message}"
    )


def _cast(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    """What the engine gave, as DuckDB gives it."""
    if rows.num_columns != len(schema):
        raise MalformedInputError(
            f"the engine gave {rows.num_columns} columns where DuckDB gives {len(schema)}"
        )
    columns = []
    for given, wanted in zip(rows.columns, schema, strict=True):
        try:
            columns.append(given.cast(wanted.type))
        except pa.ArrowException as error:
            raise MalformedInputError(
                f"column {wanted.name!r}: the engine gave {given.type}, which does not fit "
                f"DuckDB's {wanted.type}: {error}"
            ) from error
    return pa.Table.from_arrays(columns, schema=schema)
