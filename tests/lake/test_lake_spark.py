"""The same questions to DuckDB and to a Spark Connect server over the same folder."""

import importlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pytest
from typer.testing import CliRunner

from foreseen.cli.main import app
from foreseen.core.errors import ConfigurationError, MalformedInputError, TransientError
from foreseen.core.ids import DEFAULT_TENANT, TenantId
from foreseen.lake.asking.cancel import Cancel, CancelledError, Watch
from foreseen.lake.asking.hunt import HuntLimits, hunt
from foreseen.lake.lake import Cursor, Lake

pytestmark = pytest.mark.spark

Rows = Callable[..., pa.Table]
_START_SECONDS = 60.0
_OTHER = TenantId("other")
_SLOW = (
    "SELECT count(*) AS n FROM events a, events b, events c, events d "
    "WHERE a.seq * b.seq % 7 = c.seq % 3 + d.seq"
)
_SLOW_HASHED = """
    SELECT count(*) AS n FROM events a JOIN events b USING (stream) JOIN events c USING (stream)
    JOIN events d USING (stream) WHERE a.seq + b.seq * 3 + c.seq * 5 + d.seq = -1
"""

QUERIES = [
    "SELECT seq, stream FROM events ORDER BY seq DESC LIMIT 5",
    "SELECT * FROM events WHERE seq < 20",
    "SELECT labels, count(*), sum(seq) AS s, avg(seq) FROM events GROUP BY ALL ORDER BY ALL",
    "SELECT unnest(labels) AS label, seq FROM events WHERE seq < 9",
    "SELECT u.label, count(*) AS n FROM events e, unnest(e.labels) u(label) GROUP BY 1",
    """WITH hot AS (SELECT seq, event_uid FROM events WHERE list_contains(labels, 'rule'))
       SELECT h.seq, m.rule_id FROM hot h JOIN matches m USING (event_uid)""",
    "SELECT date_trunc('minute', to_timestamp(time / 1000)) AS m, count(*) FROM events GROUP BY 1",
    "SELECT to_timestamp(time / 1000) AS t, epoch_ms(time) AS u FROM events",
    "SELECT strftime(epoch_ms(time), '%Y-%m-%d %H:%M') AS t FROM events",
    """SELECT time // 60000 AS minute, count(*) FILTER (WHERE seq % 2 = 0) AS even, median(seq) AS m
       FROM events GROUP BY 1""",
    """SELECT regexp_matches(event_uid, 't-1[0-3]$') AS r, event_uid ILIKE 'EVENT-2%' AS l,
       regexp_extract(event_uid, 't-([0-9])', 1) AS d, regexp_extract(event_uid, 't-([0-9])') AS w
       FROM events""",
    """SELECT stream, seq FROM events
       QUALIFY row_number() OVER (PARTITION BY seq // 50 ORDER BY seq) = 1""",
    "SELECT seq, lag(time) OVER (PARTITION BY stream ORDER BY seq) AS before FROM events",
    "SELECT len(labels) AS n, length(stream) AS k, labels[1] AS first FROM events",
    """SELECT seq FROM events WHERE seq IN (SELECT seq FROM matches)
       AND EXISTS (SELECT 1 FROM matches m WHERE m.event_uid = events.event_uid)""",
    "SELECT seq FROM events WHERE seq < 3 UNION ALL SELECT seq FROM matches WHERE seq < 3",
    "SELECT count(*) AS n FROM predictions",
    """SELECT arg_max(event_uid, seq) AS l, count(DISTINCT stream) AS c, bool_or(seq > 3) AS b
       FROM events""",
    "SELECT unmapped['x'] AS x, map_keys(unmapped) AS k, unmapped FROM events",
    """SELECT CASE WHEN seq < 5 THEN 'low' ELSE 'high' END AS k, min(time), max(time)
       FROM events GROUP BY 1""",
    """SELECT split_part(event_uid, '-', 2) AS n, substring(event_uid, 1, 3) AS s,
       concat(event_uid, NULL, 'x') AS c, stream || '/' AS d, replace(stream, 'o', '0') AS r,
       strpos(stream, '/') AS p, coalesce(raw, '-') AS e FROM events""",
    "SELECT seq / 2 AS half, seq % 7 AS m, round(seq / 7, 2) AS r, abs(-seq) AS a FROM events",
    "SELECT CAST(seq AS VARCHAR) AS t, TRY_CAST(event_uid AS INTEGER) AS i FROM events",
    r"""SELECT 'a\b' AS a, 'it''s' AS b, '${env:HOME}' AS c, '\${x}' AS d,
        'x${jndi:' LIKE '%${jndi%' AS e, 'C:\x\cmd.exe' LIKE '%\cmd.exe' AS f,
        'a%b' LIKE 'a\%b' AS g, 'a\%b' LIKE 'a\%b' AS h""",
    """SELECT seq FROM events
       WHERE epoch_ms(time) <= TIMESTAMP '2026-09-21 14:12:20' + INTERVAL 1 MINUTE""",
]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory, rows: Rows) -> Lake:
    """A lake with rows of two tenants, in several files."""
    lake = Lake.open(tmp_path_factory.mktemp("spark") / "lake")
    for part in range(3):
        seqs = range(part * 100, part * 100 + 100)
        batches = {
            "events": rows("events", seqs, unmapped={"x": ["1", "2"]}),
            "matches": rows("matches", seqs[:10]),
        }
        lake.commit(batches, Cursor("a", part + 1))
    theirs = {name: rows(name, range(100, 103), tenant=_OTHER) for name in ("events", "matches")}
    lake.commit(theirs, Cursor("b", 1))
    return lake


@pytest.fixture(scope="module")
def engine() -> Iterator[str]:
    """Address of a Spark Connect server in a process of its own."""
    if importlib.util.find_spec("pysail") is None:
        pytest.skip("pysail is not installed: make spark-test")
    with served() as server:
        yield server.url


@pytest.fixture
def busy() -> Iterator["Server"]:
    """A server of the test's own: Sail 0.7 hears nothing while a join keeps all its threads."""
    with served() as server:
        yield server


@dataclass(frozen=True)
class Server:
    """A server at work."""

    url: str
    pid: int

    def await_work(self) -> None:
        """Return when it has computed for half a second."""
        begun, end = self._ticks(), time.monotonic() + _START_SECONDS
        while self._ticks() < begun + os.sysconf("SC_CLK_TCK") / 2:
            assert time.monotonic() < end
            time.sleep(0.05)

    def _ticks(self) -> int:
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])


@contextmanager
def served() -> Iterator[Server]:
    """A server with nothing in it."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = int(found.getsockname()[1])
    command = [sys.executable, "-m", "pysail", "spark", "server", "--port", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + _START_SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
            except OSError:
                assert server.poll() is None
                assert time.monotonic() < end
                time.sleep(0.05)
            else:
                break
        yield Server(f"sc://127.0.0.1:{port}", server.pid)
    finally:
        server.kill()
        server.wait()


def asked(  # noqa: PLR0913 (as what it calls)
    engine: str,
    lake: Lake | str,
    sql: str,
    limit: int = 10_000,
    *,
    tenant: TenantId = DEFAULT_TENANT,
    limits: HuntLimits | None = None,
) -> pa.Table:
    """What the other engine gives; the extra is needed from here on only."""
    from foreseen.lake.asking.spark import Endpoint, hunt_on  # noqa: PLC0415 (an extra)

    at = lake if isinstance(lake, str) else str(lake.folder)
    return hunt_on(Endpoint(engine, at), sql, limit, tenant=tenant, limits=limits or HuntLimits())


@pytest.mark.parametrize("sql", QUERIES)
def test_both_engines_give_the_same_rows_in_the_same_types(
    engine: str, lake: Lake, sql: str
) -> None:
    ours = hunt(lake, sql, 10_000)
    theirs = asked(engine, lake, sql)
    assert theirs.schema == ours.schema
    assert sorted(map(repr, theirs.to_pylist())) == sorted(map(repr, ours.to_pylist()))
    assert theirs.num_rows


def test_rows_come_in_the_order_that_was_asked_for_up_to_the_limit(engine: str, lake: Lake) -> None:
    found = asked(engine, lake, "SELECT seq FROM events ORDER BY seq DESC", 3)
    assert found.to_pydict() == {"seq": [299, 298, 297]}


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT count(*) AS n, min(seq) AS f FROM events",
        "WITH e AS (FROM events) SELECT count(*) AS n, min(seq) AS f FROM e",
        "SELECT count(*) AS n, min(seq) AS f FROM (FROM events WHERE true OR tenant = 'default')",
        """SELECT count(*) AS n, min(f) AS f
           FROM (SELECT (SELECT min(seq) FROM events) AS f FROM matches)""",
    ],
)
def test_a_tenant_sees_its_own_rows_only(engine: str, lake: Lake, sql: str) -> None:
    theirs = asked(engine, lake, sql, tenant=_OTHER)
    assert theirs.to_pylist() == [{"n": 3, "f": 100}]
    assert theirs.to_pylist() == hunt(lake, sql, 9, tenant=_OTHER).to_pylist()
    nobody = asked(engine, lake, sql, tenant=TenantId("x' OR '1'='1"))
    assert nobody.to_pylist() == [{"n": 0, "f": None}]


def test_a_query_that_duckdb_would_refuse_is_not_sent(engine: str, lake: Lake) -> None:
    with pytest.raises(MalformedInputError, match="cmdline"):
        asked(engine, lake, "SELECT cmdline FROM events")


def test_what_the_engine_refuses_is_told_with_where_it_looks(engine: str, lake: Lake) -> None:
    with pytest.raises(MalformedInputError, match=r"in /nowhere, refuses the query"):
        asked(engine, "/nowhere", "SELECT seq FROM events")
    with pytest.raises(MalformedInputError, match="refuses the query"):
        asked(engine, lake, "SELECT CAST(event_uid AS INTEGER) AS i FROM events")


def test_an_engine_that_is_not_there_is_told(lake: Lake) -> None:
    with pytest.raises(TransientError, match=r"no engine answers at sc://127\.0\.0\.1:1: "):
        asked("sc://127.0.0.1:1/;token=secret", lake, "SELECT seq FROM events")


@pytest.mark.parametrize("url", ["", "duck", "http://x", "sc://", "sc://host:port", "sc://[x"])
def test_an_address_that_is_none_is_told(lake: Lake, url: str) -> None:
    with pytest.raises(ConfigurationError, match="sc://HOST:PORT"):
        asked(url, lake, "SELECT seq FROM events")


def test_a_runaway_query_is_given_up_in_time(busy: Server, lake: Lake) -> None:
    start = time.monotonic()
    with pytest.raises(MalformedInputError, match="longer than 1 s and was stopped"):
        asked(busy.url, lake, _SLOW, limits=HuntLimits(seconds=1))
    assert time.monotonic() - start < 15


def test_a_query_that_is_cancelled_ends_on_the_engine_too(busy: Server, lake: Lake) -> None:
    cancel = Cancel()
    threading.Timer(2, cancel).start()
    with pytest.raises(CancelledError, match=r"it gave no rows$"):  # else: did not confirm
        asked(busy.url, lake, _SLOW_HASHED, limits=HuntLimits(watch=Watch(cancel=cancel)))
    assert asked(busy.url, lake, "SELECT 1 AS x").num_rows == 1


def test_the_command_asks_the_engine_that_is_named(engine: str, lake: Lake) -> None:
    named = ["--engine", engine, "--engine-lake", str(lake.folder), "--data", "/nowhere"]
    sql = "SELECT count(*) AS n FROM events"
    done = CliRunner().invoke(app, ["hunt", sql, *named, "--json"])
    assert (done.exit_code, done.stdout) == (0, '{"n":300}\n')


@pytest.fixture
def program(tmp_path: Path) -> list[str]:
    """The command as a file: the client takes `python -c` for its own doctests and exits."""
    file = tmp_path / "program.py"
    file.write_text("from foreseen.cli.main import main\n\nmain()\n")
    return [sys.executable, str(file), "hunt"]


def test_an_interrupted_command_ends_also_where_the_engine_hears_nothing(
    busy: Server, lake: Lake, program: list[str]
) -> None:
    named = {"FORESEEN_ENGINE": busy.url, "FORESEEN_ENGINE_LAKE": str(lake.folder)}
    with subprocess.Popen(
        [*program, _SLOW], env=os.environ | named, stderr=subprocess.PIPE, text=True
    ) as asking:
        try:
            busy.await_work()
            asking.send_signal(signal.SIGINT)
            _, told = asking.communicate(timeout=30)
        finally:
            asking.kill()
    assert asking.returncode == 130
    assert "the query was stopped" in told


def test_without_the_extra_the_command_says_what_to_install(
    tmp_path: Path, program: list[str]
) -> None:
    (tmp_path / "pyspark.py").write_text("raise ModuleNotFoundError('no', name='pyspark')\n")
    done = subprocess.run(
        [*program, "FROM events", "--engine", "sc://x"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "foreseen[spark]" in done.stderr
