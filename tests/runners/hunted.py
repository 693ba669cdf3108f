"""A lake of two tenants to hunt in, and the attacks on it."""

from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa

from foreseen.core.ids import TenantId
from foreseen.lake.lake import Cursor, Lake
from foreseen.schema.arrow import EVENT_SCHEMA, batch_of

TENANT, OTHER = TenantId("default"), TenantId("other")
FIRST = 1_790_000_000_000


def events(seqs: Iterable[int], **columns: object) -> pa.Table:
    """Rows of events; a column given as a function of seq varies."""
    made = []
    for seq in seqs:
        row = {
            "tenant": "default",
            "stream": "host/boot",
            "workload": "web",
            "host": f"web-{seq % 3}",
            "seq": seq,
            "time": FIRST + seq,
            "ingested_time": FIRST + seq,
            "event_uid": f"event-{seq}",
        }
        made.append(row | {k: v(seq) if callable(v) else v for k, v in columns.items()})
    return pa.Table.from_batches([batch_of(made, EVENT_SCHEMA)])


def two_tenants(folder: Path) -> Lake:
    """A lake with ten events of one tenant and three of another."""
    lake = Lake.open(folder)
    lake.commit({"events": events(range(10))}, Cursor("a", 1))
    lake.commit({"events": events(range(100, 103), tenant="other")}, Cursor("a", 2))
    return lake


def listing(folder: Path) -> dict[str, int]:
    """All files and when they changed."""
    return {str(path): path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


REACHING = (
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM sniff_csv('/etc/passwd')",
    "SELECT * FROM read_json('/etc/hostname')",
    "SELECT * FROM read_parquet('{theirs}')",
    "SELECT * FROM '{theirs}'",
    "SELECT * FROM parquet_metadata('{theirs}')",
    "SELECT * FROM read_blob('{folder}/control.db')",
    "SELECT * FROM read_text('{folder}/lake/events/_delta_log/*.json')",
    "SELECT * FROM read_blob('/proc/self/environ')",
    "SELECT * FROM read_text('/proc/{parent}/environ')",
    "SELECT * FROM read_parquet('http://127.0.0.1:{port}/x.parquet')",
    "SELECT * FROM read_csv('https://127.0.0.1:{port}/x.csv')",
    "SELECT * FROM read_parquet('s3://bucket/x.parquet')",
    "SELECT * FROM read_parquet(['{mine}', '{theirs}'])",
    "SELECT * FROM read_text('{mine}/../../../../control.db')",
)
"""Reads outside the tenant's tables."""

WRITING = (
    "COPY (SELECT 1) TO '{folder}/planted'",
    "COPY (SELECT 1 AS a) TO '{mine}' (FORMAT parquet)",
    "COPY events TO '{folder}/planted.csv'",
    "EXPORT DATABASE '{folder}/planted'",
    "ATTACH '{folder}/planted.db'",
    "ATTACH '{folder}/planted.db'; CREATE TABLE planted.t AS SELECT 1",
    "INSTALL httpfs",
    "INSTALL httpfs FROM 'http://127.0.0.1:{port}'",
    "LOAD '{folder}/planted.duckdb_extension'",
    "SELECT * FROM enable_logging(storage = 'file', storage_path = '{folder}/planted')",
)
"""Writes, anywhere."""

STATEMENTS = (
    "SET enable_external_access = true",
    "SET allowed_paths = []",
    "SET lock_configuration = false",
    "RESET memory_limit",
    "PRAGMA database_list",
    "PRAGMA enable_profiling",
    "CALL pragma_version()",
    "CREATE MACRO m(a) AS a",
    "CREATE TABLE t AS SELECT 1",
    "CREATE SECRET s (TYPE s3)",
    "DROP VIEW events",
    "SELECT 1; SELECT 2",
    "SELECT 1; COPY (SELECT 1) TO '{folder}/planted'",
    "WITH a AS (DELETE FROM events RETURNING *) SELECT * FROM a",
    "SELECT * FROM query('COPY (SELECT 1) TO ''{folder}/planted''')",
    "SELECT getenv('HOME')",
    "SELECT * FROM question",
    "SELECT * FROM reach",
    "SELECT write_blob('{folder}/planted', 'x')",
    "",
    ";",
    "SELECT \x00",
)
"""No SELECT, or one that names what is not there."""

EXHAUSTING = (
    "SELECT repeat('x', 4000000000)",
    "SELECT list(range) FROM range(1000000000000)",
    "SELECT max(a.range * b.range) FROM range(10000000000) a, range(10000000000) b",
    "SELECT count(*) FROM events a, events b, events c, range(1000000000000) d",
    "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT max(n) FROM r",
    "SELECT sum(generate_series) FROM generate_series(1, 1000000000000)",
    "SELECT range FROM range(100000000000) ORDER BY hash(range) DESC",
    "SELECT max(regexp_matches(repeat('a', 5000) || r, '^(a+)+$x{99}')) FROM range(99999999) t(r)",
    "SELECT string_agg(range::VARCHAR || repeat('x', 1000), '') FROM range(100000000)",
    "SELECT " + "(" * 50_000 + "1" + ")" * 50_000,
    "SELECT " + "(" * 40_000 + "1" + ")" * 40_000,
    "SELECT " + " + ".join(["1"] * 20_000),
    "SELECT " + "NOT " * 20_000 + "true",
    "SELECT '" + "x" * (10 << 20) + "'",
    "SELECT count(DISTINCT range) FROM range(100000000000)",
    "SELECT * FROM range(1000000000000), events ORDER BY random()",
)
"""Without an end, or larger than the machine."""
