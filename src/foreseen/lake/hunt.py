"""Hunting: one SELECT of a person over one tenant's tables, in a locked DuckDB.

Two walls, each needed: only a single SELECT statement runs (DuckDB lets the files that it may read
also be written, by COPY), and the database may open no file but the tenant's own, load no
extension and change no setting.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from foreseen.core.errors import DeniedError, MalformedInputError
from foreseen.core.ids import DEFAULT_TENANT, TenantId
from foreseen.lake.lake import Lake
from foreseen.lake.tables import TABLES, LakeTable

_INTERRUPT_SECONDS = 0.05
_TYPES: dict[pa.DataType, str] = {
    pa.string(): "VARCHAR",
    pa.int64(): "BIGINT",
    pa.float64(): "DOUBLE",
    pa.bool_(): "BOOLEAN",
    pa.list_(pa.string()): "VARCHAR[]",
    pa.list_(pa.int64()): "BIGINT[]",
    pa.map_(pa.string(), pa.list_(pa.string())): "MAP(VARCHAR, VARCHAR[])",
}


@dataclass(frozen=True, slots=True)
class HuntLimits:
    """Bounds of one query.

    Attributes:
        seconds: How long it may run.
        memory: What it may take, as DuckDB writes it; it never spills to disk.
        threads: How many cores it may use.
    """

    seconds: float = 60.0
    memory: str = "1GB"
    threads: int = 2


_DEFAULT_LIMITS = HuntLimits()


def hunt(
    lake: Lake,
    sql: str,
    limit: int,
    *,
    tenant: TenantId = DEFAULT_TENANT,
    limits: HuntLimits = _DEFAULT_LIMITS,
) -> pa.Table:
    """Rows of a SELECT over one tenant's `events`, `matches`, `quarantine` and `predictions`.

    Args:
        lake: The lake.
        sql: One SELECT statement in DuckDB's dialect.
        limit: Most rows to return.
        tenant: Whose rows the tables show.
        limits: Bounds.

    Raises:
        MalformedInputError: It is no single SELECT, names what does not exist, fails, or is too
            large or too slow.
        DeniedError: It reaches outside the tables.
    """
    with _locked(lake, tenant, limits) as database:
        statement = _only_select(database, sql)
        try:
            with _stopped_after(database, limits.seconds):
                rows: pa.Table = database.sql(statement).limit(limit).to_arrow_table()
        except duckdb.Error as error:
            raise _told(error, limits) from error
        return rows


def _only_select(database: duckdb.DuckDBPyConnection, sql: str) -> duckdb.Statement:
    try:
        sql.encode()  # DuckDB's binding answers a lone surrogate with a TypeError
        found = database.extract_statements(sql)
    except (duckdb.Error, UnicodeEncodeError) as error:
        raise MalformedInputError(f"the query is no SQL: {error}") from error
    if len(found) != 1 or found[0].type != duckdb.StatementType.SELECT:
        kinds = ", ".join(statement.type.name for statement in found) or "nothing"
        raise MalformedInputError(f"hunting takes exactly one SELECT statement, this is: {kinds}")
    return found[0]


@contextmanager
def _locked(
    lake: Lake, tenant: TenantId, limits: HuntLimits
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database with the tenant's tables and nothing else in reach."""
    database = duckdb.connect(
        config={
            "memory_limit": limits.memory,
            "threads": limits.threads,
            "temp_directory": "",
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "python_enable_replacements": False,
        }
    )
    try:
        files = {name: lake.files(name, tenant) for name in TABLES}
        allowed = [path for paths in files.values() for path in paths]
        database.execute(f"SET allowed_paths = {_literal(allowed)}")
        for name, table in TABLES.items():
            database.execute(_view(table, files[name]))
        database.execute("SET enable_external_access = false")
        database.execute("SET lock_configuration = true")
        yield database
    finally:
        database.close()


def _view(table: LakeTable, files: list[str]) -> str:
    """The table's declared columns, so that it can be asked when it is empty or older."""
    columns = ", ".join(f'"{field.name}"' for field in table.schema)
    typed = ", ".join(f'NULL::{_TYPES[field.type]} AS "{field.name}"' for field in table.schema)
    rows = f"SELECT {typed} WHERE false"
    if files:
        source = f"read_parquet({_literal(files)}, union_by_name = true)"
        rows += f" UNION ALL BY NAME SELECT * FROM {source}"  # noqa: S608 (paths are quoted)
    return f'CREATE VIEW "{table.name}" AS SELECT {columns} FROM ({rows})'  # noqa: S608 (as above)


def _literal(texts: list[str]) -> str:
    quoted = ("'" + text.replace("'", "''") + "'" for text in texts)
    return f"[{', '.join(quoted)}]::VARCHAR[]"


@contextmanager
def _stopped_after(database: duckdb.DuckDBPyConnection, seconds: float) -> Iterator[None]:
    """Interrupt what runs inside when its time is over, again and again until it has ended."""
    ended = threading.Event()

    def watch() -> None:
        left = seconds
        while not ended.wait(left):
            database.interrupt()
            left = _INTERRUPT_SECONDS

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()


def _told(error: duckdb.Error, limits: HuntLimits) -> MalformedInputError | DeniedError:
    tables = f"tables: {', '.join(TABLES)}"
    match error:
        case duckdb.InterruptException():
            return MalformedInputError(
                f"the query ran longer than {limits.seconds:g} s and was stopped; narrow it, "
                f"e.g. by time, host or rule"
            )
        case duckdb.OutOfMemoryException():
            return MalformedInputError(
                f"the query needs more than {limits.memory} of memory; narrow or aggregate it"
            )
        case duckdb.PermissionException():
            return DeniedError(f"hunting reads the lake's tables and nothing else; {tables}")
        case duckdb.CatalogException():
            return MalformedInputError(f"{_first_line(error)}; {tables}")
    return MalformedInputError(f"the query cannot run: {error}")


def _first_line(error: duckdb.Error) -> str:
    return str(error).partition("\n")[0]
