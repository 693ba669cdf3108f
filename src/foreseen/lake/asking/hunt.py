"""Hunting: one SELECT of a person over one tenant's tables, in a locked DuckDB.

Two walls, each needed: only a single SELECT statement runs (DuckDB lets the files that it may read
also be written, by COPY), and the database may open no file but the tenant's own, load no
extension and change no setting. A third one is the process that `runners.hunting` seals around it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from foreseen.core.errors import DeniedError, MalformedInputError
from foreseen.core.ids import DEFAULT_TENANT, TenantId
from foreseen.lake.asking.cancel import CancelledError, Watch, interruptible
from foreseen.lake.asking.relations import connected
from foreseen.lake.asking.shown import Reach, reach_of, show
from foreseen.lake.tables import TABLES

if TYPE_CHECKING:  # a process that only asks does without Delta
    from foreseen.lake.lake import Lake

LONGEST_SQL = 100_000
"""Characters; a longer query is no question but data."""


class TooSlowError(MalformedInputError):
    """A query that was stopped when its time was over: narrow it."""


@dataclass(frozen=True, slots=True)
class HuntLimits:
    """Bounds of one query.

    Attributes:
        seconds: How long it may run.
        memory: What it may take, as DuckDB writes it; it never spills to disk.
        threads: How many cores it may use.
        watch: Told the percents done, of 100, as far as they are known; asked whether to stop.
    """

    seconds: float = 60.0
    memory: str = "1GB"
    threads: int = 2
    watch: Watch = field(default_factory=Watch)


_DEFAULT_LIMITS = HuntLimits()


def hunt(
    lake: "Lake",
    sql: str,
    limit: int,
    *,
    tenant: TenantId = DEFAULT_TENANT,
    limits: HuntLimits = _DEFAULT_LIMITS,
) -> pa.Table:
    """Rows of a SELECT over one tenant's tables.

    Args:
        lake: The lake.
        sql: One SELECT statement in DuckDB's dialect.
        limit: Most rows to return.
        tenant: Whose rows the tables show.
        limits: Bounds.

    Raises:
        CancelledError: It was stopped.
        MalformedInputError: It is no single SELECT, names what does not exist, fails, or needs too
            much memory.
        TooSlowError: Its time was over.
        DeniedError: It reaches outside the tables.
    """
    return ask(reach_of(lake, tenant), sql, limit, limits)


def ask(reach: Reach, sql: str, limit: int, limits: HuntLimits) -> pa.Table:
    """Rows of a SELECT over what is in reach; raises as `hunt`."""
    with _locked(reach, limits) as database:
        statement = _only_select(database, sql)
        asked = replace(limits.watch, seconds=limits.seconds)
        try:
            with interruptible(database, asked, beat=lambda: _tell(database, asked)):
                rows: pa.Table = database.sql(statement).limit(limit).to_arrow_table()
        except duckdb.InterruptException as error:
            if asked.cancel.asked:
                raise CancelledError("the query was stopped; it gave no rows") from error
            raise _told(error, limits) from error
        except duckdb.Error as error:
            raise _told(error, limits) from error
        return rows


def _tell(database: duckdb.DuckDBPyConnection, watch: Watch) -> None:
    percents = database.query_progress()
    if percents > 0:  # below it DuckDB knows nothing yet
        watch.progress(percents, 100)


def _only_select(database: duckdb.DuckDBPyConnection, sql: str) -> duckdb.Statement:
    if len(sql) > LONGEST_SQL:
        raise MalformedInputError(f"the query has {len(sql):,} characters; {LONGEST_SQL:,} at most")
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
def _locked(reach: Reach, limits: HuntLimits) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database with the tenant's tables and nothing else in reach."""
    database = connected(limits.memory, limits.threads)
    try:
        database.execute("SET enable_progress_bar = true; SET enable_progress_bar_print = false")
        show(database, reach)
        yield database
    finally:
        database.close()


def _told(error: duckdb.Error, limits: HuntLimits) -> MalformedInputError | DeniedError:
    tables = f"tables: {', '.join(TABLES)}"
    match error:
        case duckdb.InterruptException():
            return TooSlowError(too_slow(limits.seconds))
        case duckdb.OutOfMemoryException():
            return MalformedInputError(
                f"the query needs more than {limits.memory} of memory; narrow or aggregate it"
            )
        case duckdb.PermissionException():
            return DeniedError(f"hunting reads the lake's tables and nothing else; {tables}")
        case duckdb.CatalogException():
            return MalformedInputError(f"{_first_line(error)}; {tables}")
    return MalformedInputError(f"the query cannot run: {error}")


def too_slow(seconds: float) -> str:
    """What is said of a query that was stopped."""
    return (
        f"the query ran longer than {seconds:g} s and was stopped; narrow it, e.g. by time, host "
        f"or rule"
    )


def _first_line(error: duckdb.Error) -> str:
    return str(error).partition("\n")[0]
