"""A query for another engine sees one tenant's rows and reaches nothing else."""

import re

import pytest
import sqlglot
from sqlglot import exp

from foreseen.core.errors import DeniedError, MalformedInputError
from foreseen.core.ids import TenantId
from foreseen.lake.asking.remote_sql import Binding, spark_sql
from foreseen.lake.tables import TABLES

BINDING = Binding(TenantId("ours"), "/data/lake")
FILTER = "WHERE `part_tenant` = 'ours' AND `tenant` = 'ours'"


@pytest.mark.parametrize(
    ("sql", "tables"),
    [
        ("SELECT seq FROM events", 1),
        ("SELECT seq FROM EVENTS", 1),
        ('SELECT "Events".seq FROM "Events"', 1),
        ("FROM events", 1),
        ("(SELECT 1 FROM events)", 1),
        ("SELECT * FROM events a, events b JOIN matches USING (seq)", 3),
        ("SELECT * FROM (matches m JOIN events e USING (seq))", 2),
        ("SELECT (SELECT max(seq) FROM matches) FROM events WHERE seq IN (FROM rollups)", 3),
        ("WITH a AS (SELECT * FROM events) SELECT * FROM a, A b WHERE EXISTS (FROM a)", 1),
        ("SELECT 1 FROM events UNION ALL SELECT 1 FROM quarantine EXCEPT FROM predictions", 3),
        ("SELECT * FROM events e, unnest(e.labels) u(l)", 1),
        ("SELECT * FROM events WHERE seq = 1 QUALIFY row_number() OVER (ORDER BY seq) = 1", 1),
    ],
)
def test_every_table_that_the_engine_reads_is_filtered_by_the_tenant(sql: str, tables: int) -> None:
    sent = spark_sql(sql, 9, BINDING)
    assert sent.count("`/data/lake/") == tables
    assert sent.count(FILTER) == tables
    assert len(re.findall(r"`/data/lake/\w+` WHERE `part_tenant` = 'ours' AND", sent)) == tables


def test_a_tenant_and_a_folder_are_texts_whatever_is_in_them() -> None:
    sent = spark_sql("FROM events", 9, Binding(TenantId("a' OR 'b\\"), "/x`y/"))
    found = sqlglot.parse_one(sent, dialect="spark")
    texts = {text.name for text in found.find_all(exp.Literal) if text.is_string}
    assert texts == {"a' OR 'b\\"}
    assert [table.name for table in found.find_all(exp.Table)] == ["/x`y/events"]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM delta.`/data/lake/events`",
        'SELECT * FROM delta."/data/lake/events"',
        'SELECT * FROM parquet."/etc"',
        'SELECT * FROM "parquet.`/etc`"',
        'SELECT * FROM "/data/lake/events"',
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM 's3://bucket/x.parquet'",
        "SELECT * FROM main.events",
        "SELECT * FROM lake.main.events",
        "SELECT * FROM information_schema.tables",
        "SELECT * FROM system.secrets",
        "SELECT * FROM default.events",
        "SELECT * FROM processes",
        'SELECT * FROM (WITH hidden AS (SELECT 1) FROM hidden), "other\'s"',
        "SELECT * FROM read_parquet('/etc/x')",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_files('/etc/passwd')",
        "SELECT * FROM range(9)",
        "SELECT * FROM query('SELECT 1')",
        "SELECT * FROM query_table('events')",
        "SELECT * FROM glob('/etc/*')",
        "SELECT * FROM generate_series(1, 9)",
        "SELECT * FROM events TABLESAMPLE 10%",
        "SELECT * FROM events AT (VERSION => 1)",
        "SELECT * FROM events ASOF JOIN matches USING (seq)",
        "SELECT * FROM events POSITIONAL JOIN matches",
        "SELECT * FROM (PIVOT events ON seq)",
        "SELECT * FROM (DESCRIBE events)",
        "SELECT * FROM (SHOW TABLES)",
        "SELECT COLUMNS('.*') FROM events",
        "SELECT main.events.seq FROM events",
        "SELECT java_method('java.lang.System', 'getenv')",
        "SELECT reflect('java.lang.System', 'exit', 1)",
        "SELECT secret('scope', 'key')",
        "SELECT input_file_name() FROM events",
        "SELECT getenv('HOME'), current_setting('x')",
        "SELECT current_user",
        "SELECT $1 FROM events",
        "SELECT ? FROM events",
        "SELECT :name FROM events",
        "SELECT seq::evil FROM events",
        "SELECT date_trunc('x'', reflect(1)) --', time) FROM events",
        'SELECT 1 AS "${env:HOME}" FROM events',
        "SELECT e'\\'' FROM events",
        "SELECT * FROM events LIMIT 10%",
        "SELECT * FROM events LIMIT (SELECT 3)",
        "SELECT stream FROM events WHERE raw LIKE stream",
        "SELECT * FROM events GROUP BY ALL",
        "SELECT unnest(labels), count(*) FROM events GROUP BY 1",
        "SELECT * INTO x FROM events",
        "SELECT * FROM events FOR UPDATE",
        "WITH events AS (SELECT 1) SELECT * FROM events",
        "WITH RECURSIVE r AS (SELECT 1 UNION ALL FROM r) SELECT * FROM r",
        "WITH a AS (DELETE FROM events RETURNING *) SELECT * FROM a",
        "WITH a AS (INSERT INTO events VALUES (1)) SELECT * FROM a",
        "SET spark.sql.variable.substitute = true",
        "RESET",
        "SET VARIABLE x = 1",
        "ADD JAR 'x.jar'",
        "CACHE TABLE events",
        "CREATE TABLE t AS SELECT 1",
        "CREATE FUNCTION f AS 'x'",
        "INSERT INTO events VALUES (1)",
        "INSERT OVERWRITE DIRECTORY '/tmp/x' SELECT 1",
        "COPY (SELECT 1) TO '/tmp/x'",
        "DELETE FROM events",
        "DROP TABLE events",
        "VACUUM events",
        "DESCRIBE HISTORY events",
        "EXPLAIN SELECT 1",
        "CALL x()",
        "USE x",
        "VALUES (1)",
        "SELECT 1; SELECT 2",
        "SELECT 1; SET x = 1",
        "",
        "-- nothing",
        ";",
        "SELEC 1",
        "SELECT \x00",
        "SELECT '\ud800'",
        "SELECT " + "(" * 5_000 + "1" + ")" * 5_000,
        "SELECT '" + "x" * 100_000 + "'",
    ],
)
def test_what_is_not_one_select_over_our_tables_is_refused(sql: str) -> None:
    with pytest.raises((MalformedInputError, DeniedError)):
        spark_sql(sql, 9, BINDING)


def test_no_text_of_a_query_ends_a_literal_or_a_name_for_the_engine() -> None:
    text = "\\' OR 1=1 -- \\\\'' UNION SELECT * FROM delta.`/x` /*+ hint */\n"
    name = 'a`b" FROM delta.`/x` --'
    literal = exp.Literal.string(text).sql("duckdb")
    quoted = exp.to_identifier(name, quoted=True).sql("duckdb")
    sent = spark_sql(f"SELECT {literal} AS {quoted} FROM events", 9, BINDING)  # noqa: S608 (as meant)
    found = sqlglot.parse_one(sent, dialect="spark")
    assert isinstance(found, exp.Select)
    assert found.selects[0].this.name == text
    assert found.selects[0].alias == name
    assert len(list(found.find_all(exp.Table))) == 1


def test_comments_and_hints_are_not_sent() -> None:
    sent = spark_sql(
        "SELECT /*+ broadcast(x) */ 1 /* ${env:HOME} */ FROM events -- end", 9, BINDING
    )
    assert not re.search(r"/\*|--|broadcast|HOME", sent)


def test_the_engine_substitutes_nothing_in_a_text() -> None:
    sent = spark_sql(
        "SELECT * FROM events WHERE raw LIKE '%${jndi:%' OR raw = '\\${x}'", 9, BINDING
    )
    assert "${" not in sent
    assert "'%\\u0024{jndi:%'" in sent
    assert "'\\\\\\u0024{x}'" in sent
    with pytest.raises(MalformedInputError, match="replace a part"):
        spark_sql("FROM events", 9, Binding(TenantId("ours"), "/data/${user}"))


def test_the_smaller_of_both_limits_is_sent() -> None:
    assert spark_sql("FROM events LIMIT 3", 9, BINDING).endswith(" LIMIT 3")
    assert spark_sql("FROM events ORDER BY seq LIMIT 30", 9, BINDING).endswith(" LIMIT 9")
    assert spark_sql("FROM events UNION ALL FROM events", 9, BINDING).endswith(" LIMIT 9")


def test_a_refusal_names_what_there_is() -> None:
    with pytest.raises(MalformedInputError, match=f"tables: {', '.join(TABLES)}"):
        spark_sql("FROM processes", 9, BINDING)
    with pytest.raises(MalformedInputError, match=r"JAVA_METHOD.*these are: abs, any_value"):
        spark_sql("SELECT java_method('a', 'b')", 9, BINDING)
