"""Attacks on hunting: each refused or stopped in time; without the gate the walls below hold."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.runners import hunted
from tests.runners.hunted import EXHAUSTING, OTHER, REACHING, STATEMENTS, TENANT, WRITING

from foreseen.core.errors import DeniedError, MalformedInputError
from foreseen.lake.lake import Lake
from foreseen.runners.hunting import landlock
from foreseen.runners.hunting.link import EndedError
from foreseen.runners.hunting.pool import Asked, Pool, PoolLimits

COUNT = "SELECT count(*) AS n FROM events"
SECONDS = 1.0
NOISE = 0.75  # of a busy machine: the clock of the pool is what is held to 1.1
needs_landlock = pytest.mark.skipif(not landlock.abi(), reason="no Landlock in this kernel")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a secret beside the lake."""
    made = tmp_path_factory.mktemp("hunting")
    (made / "control.db").write_text("secret")
    return made


@pytest.fixture(scope="module")
def lake(folder: Path) -> Lake:
    """Its lake."""
    return hunted.two_tenants(folder / "lake")


@pytest.fixture(scope="module")
def shared(lake: Lake) -> Iterator[Pool]:
    """What answers."""
    with Pool(lake, limits=PoolLimits(workers=1, memory_mb=300)) as made:
        yield made


@pytest.fixture
def pool(shared: Pool, folder: Path) -> Iterator[Pool]:
    """What answers: nothing changes on disk, and it answers well afterwards."""
    before = hunted.listing(folder)
    yield shared
    assert hunted.listing(folder) == before
    assert shared.ask(TENANT, Asked(COUNT)).table.to_pylist() == [{"n": 10}]


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A server that no query may reach."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        yield server


def filled(sql: str, lake: Lake, folder: Path, port: int) -> str:
    for name, value in {
        "mine": lake.files("events", TENANT)[0],
        "theirs": lake.files("events", OTHER)[0],
        "folder": str(folder),
        "parent": str(os.getpid()),
        "port": str(port),
    }.items():
        sql = sql.replace("{" + name + "}", value)
    return sql


def nobody_called(server: socket.socket) -> bool:
    try:
        server.accept()
    except BlockingIOError:
        return True
    return False


@pytest.mark.parametrize("sql", [*REACHING, *WRITING, *STATEMENTS])
def test_an_attack_is_refused(
    pool: Pool, lake: Lake, folder: Path, listener: socket.socket, sql: str
) -> None:
    hostile = filled(sql, lake, folder, listener.getsockname()[1])
    with pytest.raises((DeniedError, MalformedInputError)):
        pool.ask(TENANT, Asked(hostile, seconds=10))
    assert nobody_called(listener)


@pytest.mark.long
@pytest.mark.parametrize("sql", EXHAUSTING, ids=lambda sql: sql[:40])
def test_a_query_without_end_is_stopped_in_time(pool: Pool, sql: str) -> None:
    pool.ask(TENANT, Asked(COUNT))  # a process waits
    begun = time.monotonic()
    with pytest.raises((MalformedInputError, EndedError)):
        pool.ask(TENANT, Asked(sql, seconds=SECONDS))
    assert time.monotonic() - begun < SECONDS * 1.1 + NOISE


@needs_landlock
def test_without_the_gate_the_kernel_refuses_all_that_reaches_out(
    lake: Lake, folder: Path, listener: socket.socket
) -> None:
    port = listener.getsockname()[1]
    hostile = [filled(sql, lake, folder, port) for sql in (*REACHING, *WRITING)]
    before = hunted.listing(folder)
    told = unlocked(lake.files("events", TENANT), hostile, sealed=True)
    read = zip(hostile[: len(REACHING)], told, strict=False)
    assert not {sql: said for sql, said in read if said[:7] != "refused" and said != "rows: 0"}
    assert hunted.listing(folder) == before
    assert nobody_called(listener)


def test_the_attacks_without_the_gate_have_teeth_where_nothing_is_sealed(
    lake: Lake, folder: Path
) -> None:
    hostile = [
        filled(sql, lake, folder, 1)
        for sql in (REACHING[1], REACHING[5], REACHING[8], "COPY (SELECT 1) TO '{folder}/planted'")
    ]
    told = unlocked([], hostile, sealed=False)
    (folder / "planted").unlink()
    assert told == ["rows: 1", "rows: 3", "rows: 1", "rows: 1"]


@needs_landlock
def test_a_sealed_process_reads_its_files_and_opens_nothing_else(
    lake: Lake, folder: Path, listener: socket.socket
) -> None:
    mine = lake.files("events", TENANT)
    program = f"""
import os, signal, socket
from foreseen.runners.hunting.sandbox import Walls, seal
seal(Walls({mine!r}, 100))
open({mine[0]!r}, 'rb').read()
def refused(act):
    try:
        act()
    except OSError as error:
        return
    raise SystemExit('not refused')
refused(lambda: open('/etc/passwd'))
refused(lambda: open({mine[0]!r}, 'r+b'))
refused(lambda: os.truncate({mine[0]!r}, 0))
refused(lambda: os.unlink({mine[0]!r}))
refused(lambda: os.rename({mine[0]!r}, {mine[0]!r} + '2'))
refused(lambda: os.mkdir({str(folder)!r} + '/planted'))
refused(lambda: os.symlink('/etc', {str(folder)!r} + '/planted'))
refused(lambda: os.listdir({str(folder)!r}))
refused(lambda: open('/proc/{os.getpid()}/environ'))
refused(lambda: os.execv('/bin/true', ['true']))
refused(lambda: socket.create_connection(('127.0.0.1', {listener.getsockname()[1]})))
refused(lambda: socket.create_server(('127.0.0.1', 0)))
if {landlock.abi()} >= 6:
    refused(lambda: os.kill({os.getpid()}, 0))
try:
    bytearray(3 << 30)
except MemoryError:
    print('held')
"""
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, env=_quiet()
    )
    assert (ran.stdout, ran.returncode) == ("held\n", 0), ran.stderr
    assert nobody_called(listener)


def unlocked(readable: list[str], statements: list[str], *, sealed: bool) -> list[str]:
    ran = subprocess.run(
        [sys.executable, str(Path(__file__).parent / "unlocked.py")],
        input=json.dumps({"readable": readable, "statements": statements, "sealed": sealed}),
        capture_output=True,
        text=True,
        check=True,
        env=_quiet(),
        timeout=120,
    )
    found: list[str] = json.loads(ran.stdout)
    return found


def _quiet() -> dict[str, str]:
    """Libraries that begin no threads."""
    return os.environ | {
        "PYTHONPATH": os.pathsep.join(sys.path),
        "OPENBLAS_NUM_THREADS": "1",
        "JE_ARROW_MALLOC_CONF": "background_thread:false",
    }
