"""Hunting shows one tenant's tables and reaches nothing else."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from foreseen.core.errors import DeniedError, ForeseenError, MalformedInputError
from foreseen.core.ids import TenantId
from foreseen.lake.asking.hunt import HuntLimits, hunt
from foreseen.lake.lake import Cursor, Lake

Rows = Callable[..., pa.Table]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder around a lake with rows of two tenants."""
    return tmp_path_factory.mktemp("hunt")


@pytest.fixture(scope="module")
def filled(folder: Path, rows: Rows) -> Lake:
    """That lake."""
    lake = Lake.open(folder / "lake's folder")
    lake.commit({"events": rows("events", range(10))}, Cursor("a", 1))
    lake.commit({"events": rows("events", range(100, 103), tenant="other")}, Cursor("a", 2))
    return lake


@pytest.fixture
def lake(filled: Lake, folder: Path) -> Iterator[Lake]:
    """That lake, whose files must look the same after each test."""
    before = _listing(folder)
    yield filled
    assert _listing(folder) == before


def _listing(folder: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def test_a_select_gives_rows_up_to_the_limit_in_its_order(lake: Lake) -> None:
    found = hunt(lake, "SELECT seq FROM events ORDER BY seq DESC", 3)
    assert found.to_pydict() == {"seq": [9, 8, 7]}


def test_only_the_tenants_rows_are_shown(lake: Lake) -> None:
    sql = "SELECT count(*) AS n, min(seq) AS first FROM events"
    assert hunt(lake, sql, 9).to_pylist() == [{"n": 10, "first": 0}]
    assert hunt(lake, sql, 9, tenant=TenantId("other")).to_pylist() == [{"n": 3, "first": 100}]
    assert hunt(lake, sql, 9, tenant=TenantId("nobody")).to_pylist() == [{"n": 0, "first": None}]


def test_tables_join_lists_unnest_and_empty_tables_have_their_columns(lake: Lake) -> None:
    sql = """
        SELECT e.seq, unnest(e.labels) AS label FROM events e
        LEFT JOIN predictions p USING (event_uid) WHERE p.surprise IS NULL ORDER BY 1
    """
    assert hunt(lake, sql, 2).to_pylist() == [
        {"seq": 1, "label": "rule"},
        {"seq": 3, "label": "rule"},
    ]


def test_other_tenants_files_are_out_of_reach(lake: Lake) -> None:
    theirs = lake.files("events", TenantId("other"))[0].replace("'", "''")
    with pytest.raises(DeniedError, match="nothing else"):
        hunt(lake, f"SELECT * FROM read_parquet('{theirs}')", 1)  # noqa: S608 (the attack itself)


def test_an_unknown_table_lists_those_that_there_are(lake: Lake) -> None:
    with pytest.raises(MalformedInputError, match="tables: events, matches, quarantine"):
        hunt(lake, "SELECT * FROM processes", 1)
    with pytest.raises(MalformedInputError, match="cmdline"):
        hunt(lake, "SELECT cmdline FROM events", 1)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM read_blob('/proc/self/environ')",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM sniff_csv('/etc/passwd')",
        "SELECT * FROM parquet_metadata('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM 'x.parquet'",
        "SELECT * FROM 's3://bucket/x.parquet'",
        "SELECT * FROM 'https://example.com/x.csv'",
        "SELECT * FROM glob('/etc/*')",
        "COPY (SELECT 1) TO '{folder}/planted'",
        "COPY (SELECT 1) TO '{file}'",
        "COPY events TO '{file}'",
        "WITH a AS (COPY (SELECT 1) TO '{file}') SELECT * FROM a",
        "WITH a AS (INSERT INTO events VALUES (1)) SELECT * FROM a",
        "WITH a AS (DELETE FROM events RETURNING *) SELECT * FROM a",
        "SELECT * FROM query('COPY (SELECT 1) TO ''{file}''')",
        "EXPORT DATABASE '{folder}'",
        "ATTACH '{folder}/x.db'",
        "ATTACH ':memory:' AS m",
        "DETACH memory",
        "INSTALL httpfs",
        "LOAD httpfs",
        "FORCE INSTALL httpfs FROM 'https://example.com'",
        "PRAGMA database_list",
        "PRAGMA enable_external_access=true",
        "SET enable_external_access = true",
        "SET lock_configuration = false",
        "RESET lock_configuration",
        "SELECT * FROM enable_logging()",
        "CALL pragma_version()",
        "CREATE TABLE t AS SELECT 1",
        "CREATE MACRO m(a) AS a",
        "DROP VIEW events",
        "UPDATE events SET seq = 1",
        "USE memory",
        "CHECKPOINT",
        "BEGIN",
        "SELECT 1; SELECT 2",
        "SELECT 1; COPY (SELECT 1) TO '{folder}/planted'",
        "EXPLAIN ANALYZE SELECT 1",
        "PREPARE p AS SELECT 1",
        "EXECUTE p",
        "SELECT getenv('HOME')",
        "SELECT * FROM lake",
        "SELECT * FROM sql",
        "",
        "-- nothing",
        ";",
        "SELEC 1",
        "SELECT \x00",
        "SELECT '\ud800'",
    ],
)
def test_hostile_statements_are_refused(lake: Lake, folder: Path, sql: str) -> None:
    file = lake.files("events")[0].replace("'", "''")
    hostile = sql.replace("{folder}", str(folder)).replace("{file}", file)
    with pytest.raises((MalformedInputError, DeniedError)):
        hunt(lake, hostile, 10)
    assert hunt(lake, "SELECT count(*) AS n FROM events", 1).to_pylist() == [{"n": 10}]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT count(*) FROM range(100000000000) a, range(1000000) b",
        "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT max(n) FROM r",
        "SELECT sum(a.seq * b.range) FROM events a, range(10000000000) b",
    ],
)
def test_a_runaway_query_is_stopped(lake: Lake, sql: str) -> None:
    start = time.monotonic()
    with pytest.raises(MalformedInputError, match=r"longer than 0\.5 s"):
        hunt(lake, sql, 1, limits=HuntLimits(seconds=0.5))
    assert time.monotonic() - start < 5


def test_a_query_that_wants_too_much_memory_is_told_so(lake: Lake) -> None:
    with pytest.raises(ForeseenError, match="more than 100MB of memory"):
        hunt(
            lake,
            "SELECT list(x) FROM range(1000000000) t(x)",
            1,
            limits=HuntLimits(memory="100MB"),
        )
