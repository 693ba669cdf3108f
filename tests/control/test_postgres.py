"""PostgreSQL as the control database: refused in words, opened once, whole after its crashes."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from tests.postgres.server import Server

from foreseen.control.alerts import Page, alerts
from foreseen.control.cursors import checkpoint
from foreseen.control.database import open_database, opened, reading, writing
from foreseen.control.places import keep_address, place_of, shown, url_of
from foreseen.control.postgres import ServingLock
from foreseen.control.tenants import ensure_tenant, tenants
from foreseen.core.errors import ConfigurationError, MalformedInputError, TransientError
from foreseen.core.ids import TenantId

TENANT = TenantId("default")
_SECRET = "hunter2"  # noqa: S105 (to be looked for)


@pytest.fixture
def on_both() -> str:
    """These are about PostgreSQL alone."""
    return "postgresql"


@pytest.fixture
def empty(postgres: Server) -> Iterator[str]:
    """Address of an empty database."""
    name = f"own{time.time_ns()}"
    yield postgres.make(name)
    postgres.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_a_wrong_address_is_told_with_what_is_wrong_and_no_password(postgres: Server) -> None:
    good = postgres.address("postgres")
    for wrong, said in (
        (good.replace("/postgres?", "/nothing?"), 'database "nothing" does not exist'),
        (good.replace("foreseen@", "stranger@"), 'role "stranger" does not exist'),
        (good + "&bogus=1", "bogus"),
        (good.replace("foreseen@", f"foreseen:{_SECRET}@"), "holds no password"),
        (good + f"&password={_SECRET}", "holds no password"),
        (good.replace("/postgres?", "/?"), "names no database"),
        ("postgresql://host:port/x", "write postgresql://"),
        ("mysql://host/x", "no known database"),
        ("://", "write postgresql://"),
    ):
        with pytest.raises(ConfigurationError, match=said) as told:
            open_database(wrong)
        assert _SECRET not in str(told.value)
    away = "postgresql://x@127.0.0.1:1/x?connect_timeout=2"
    with pytest.raises(TransientError, match="127"):
        open_database(away)
    assert _SECRET not in shown(f"postgresql://a:{_SECRET}@h/d?password={_SECRET}")


def test_a_server_that_does_not_write_to_its_disk_is_refused(postgres: Server, empty: str) -> None:
    for name in ("fsync", "full_page_writes"):
        postgres.execute(f"ALTER SYSTEM SET {name} = off")
        postgres.execute("SELECT pg_reload_conf()")
        try:
            with pytest.raises(ConfigurationError, match=f"{name} is off"):
                _eventually_opened(empty)
        finally:
            postgres.execute(f"ALTER SYSTEM RESET {name}")
            postgres.execute("SELECT pg_reload_conf()")
    _eventually_opened(empty, refused=False)


def _eventually_opened(address: str, *, refused: bool = True) -> None:
    """A server takes a moment to read its settings again."""
    deadline = time.monotonic() + 10
    while True:
        try:
            open_database(address).dispose()
        except ConfigurationError:
            if refused or time.monotonic() > deadline:
                raise
        else:
            if not refused or time.monotonic() > deadline:
                return
        time.sleep(0.02)


def test_a_role_that_commits_without_the_disk_is_overruled(postgres: Server, empty: str) -> None:
    postgres.execute("ALTER ROLE foreseen SET synchronous_commit = off")
    try:
        with opened(empty) as engine, reading(engine) as session:
            assert session.scalar(text("SHOW synchronous_commit")) == "on"
    finally:
        postgres.execute("ALTER ROLE foreseen RESET synchronous_commit")


def test_a_database_that_is_no_unicode_is_refused(postgres: Server) -> None:
    postgres.execute("DROP DATABASE IF EXISTS latin")
    postgres.execute(
        "CREATE DATABASE latin OWNER foreseen ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0"
    )
    with pytest.raises(ConfigurationError, match="server_encoding is LATIN1"):
        open_database(postgres.address("latin"))
    postgres.execute("DROP DATABASE latin")


def test_a_role_without_rights_is_told_so(postgres: Server, empty: str) -> None:
    postgres.execute("CREATE ROLE guest LOGIN")
    try:
        open_database(empty).dispose()
        guest = empty.replace("foreseen@", "guest@")
        with pytest.raises(ConfigurationError, match="permission denied"):
            open_database(guest)
    finally:
        postgres.execute("DROP ROLE guest")


def test_many_servers_may_open_an_empty_database_at_once(empty: str) -> None:
    code = "import sys; from foreseen.control.database import open_database as o; o(sys.argv[1])"
    others = [subprocess.Popen([sys.executable, "-c", code, empty]) for _ in range(3)]
    engines: list[object] = []

    def open_it() -> None:
        with opened(empty) as engine:
            engines.append(tenants(engine))

    threads = [threading.Thread(target=open_it) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [other.wait(60) for other in others] == [0, 0, 0]
    assert engines == [[], [], []]


def test_a_command_does_not_wait_for_a_writer_to_open_it(empty: str) -> None:
    with opened(empty) as engine, writing(engine), opened(empty) as other:
        assert tenants(other) == []


_SERVING = """
import sys, time
from foreseen.control.database import open_database
from foreseen.control.postgres import ServingLock

ServingLock(open_database(sys.argv[1]), "it").take()
print("serving", flush=True)
time.sleep(60)
"""


def test_one_server_has_it_until_its_process_ends(postgres: Server, empty: str) -> None:
    serving = subprocess.Popen([sys.executable, "-c", _SERVING, empty], stdout=subprocess.PIPE)
    assert serving.stdout is not None
    assert serving.stdout.readline() == b"serving\n"
    with opened(empty) as engine:
        lock = ServingLock(engine, "here")
        with pytest.raises(ConfigurationError, match="another server works on this"):
            lock.take()
        serving.kill()
        serving.communicate()
        _take(lock)
        postgres.restart()
        _take(lock)  # it was lost with the connection
        other = ServingLock(engine, "here")
        with pytest.raises(ConfigurationError):
            other.take()
        lock.close()
        other.take()
        other.close()


def _take(lock: ServingLock) -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            lock.take()
        except ConfigurationError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        else:
            return


_JUDGING = """
import sys, time
from foreseen.control.alert_commit import Decided, commit_decisions
from foreseen.control.cursors import Checkpoint, checkpoint
from foreseen.control.database import open_database
from foreseen.core.alerts import Alert
from foreseen.core.errors import TransientError

engine = open_database(sys.argv[1])
n, said = 0, 0
while True:
    try:
        reached = checkpoint(engine, "default", "judge")
        n = reached.version if reached else 0
        told = [Alert(f"m{n}-{k}", "default", "r", "w", "h", "s", n, n, "high", "t", (), None,
                      (f"m{n}-{k}",), None, {}) for k in range(3)]
        commit_decisions(engine, "default", Decided(told), Checkpoint("judge", n + 1))
        print(n, flush=True)
    except TransientError:
        time.sleep(0.02)
"""


@pytest.mark.long
def test_restarts_of_the_database_leave_no_half_transaction(postgres: Server, empty: str) -> None:
    with opened(empty) as engine:
        ensure_tenant(engine, TENANT, now=1)
        judge = subprocess.Popen(
            [sys.executable, "-c", _JUDGING, empty], stdout=subprocess.PIPE, text=True
        )
        assert judge.stdout is not None
        said = -1
        for _ in range(3):
            for _ in range(15):
                said = int(judge.stdout.readline())
            postgres.restart()
        said = int(judge.stdout.readline())
        os.kill(judge.pid, signal.SIGKILL)
        judge.communicate()
        reached = checkpoint(engine, TENANT, "judge")
        assert reached is not None
        assert reached.version > said
        kept = sorted(each.uid for each in alerts(engine, TENANT, page=Page(limit=10_000)))
        assert kept == sorted(f"m{n}-{k}" for n in range(reached.version) for k in range(3))


def test_an_engine_goes_on_after_a_restart(postgres: Server, empty: str) -> None:
    with opened(empty) as engine:
        ensure_tenant(engine, TENANT, now=1)
        with pytest.raises(TransientError, match="try again"):
            _restarted_meanwhile(engine, postgres)
        assert tenants(engine) == [TENANT]


def _restarted_meanwhile(engine: Engine, server: Server) -> None:
    with writing(engine) as session:
        session.execute(text("SELECT 1"))
        server.restart()
        session.execute(text("SELECT 1"))


def test_a_name_that_is_too_long_to_be_found_again_is_told(empty: str) -> None:
    with opened(empty) as engine, pytest.raises(MalformedInputError, match="too long"):
        ensure_tenant(engine, TenantId(os.urandom(5_000).hex()), now=1)


def test_a_note_names_the_database_and_is_for_its_owner_alone(
    tmp_path: Path, postgres: Server, empty: str
) -> None:
    file = tmp_path / "data" / "control.db"
    keep_address(file, empty)
    note = tmp_path / "data" / "control.url"
    assert note.stat().st_mode & 0o777 == 0o600
    assert url_of(str(place_of(file))) == url_of(empty)
    with opened(file) as engine:
        ensure_tenant(engine, TENANT, now=1)
    with opened(empty) as engine:
        assert tenants(engine) == [TENANT]
    assert not file.exists()
    for damage in ("", "nonsense", f"postgresql://a:{_SECRET}@h/d", "sqlite:///x"):
        note.write_text(damage)
        with pytest.raises(ConfigurationError, match=r"control\.url") as told:
            open_database(file)
        assert _SECRET not in str(told.value)
    del postgres
