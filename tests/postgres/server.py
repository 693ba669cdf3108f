"""A PostgreSQL of the test run's own: under its own user, on a socket in a temporary folder."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import psycopg

NONE = "no PostgreSQL: install it (Debian, Ubuntu: apt install postgresql; docs/testing.md)"
ROLE = "foreseen"
_MEMORY = Path("/dev/shm")
_WAIT_SECONDS = 60
_SETTINGS = {
    "listen_addresses": "",
    "max_connections": "300",
    "shared_buffers": "32MB",
    "autovacuum": "off",
}


@cache
def programs() -> Path | None:
    """Folder of PostgreSQL's programs, the newest; None where it is not installed."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda each: int(each.parts[-3])
    )
    known = shutil.which("initdb")
    return found[-1].parent if found else Path(known).parent if known else None


@dataclass
class Server:
    """A running server; its databases belong to a role that may make databases and no more."""

    folder: Path
    process: subprocess.Popen[bytes]
    settings: tuple[str, ...] = ()

    def address(self, database: str, role: str = ROLE) -> str:
        """Address of a database."""
        return f"postgresql://{role}@/{database}?host={self.folder}&port=5432"

    def make(self, database: str) -> str:
        """A new, empty database; returns its address."""
        self.execute(f'CREATE DATABASE "{database}" OWNER {ROLE}')
        return self.address(database)

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """Run a statement as the owner of the server."""
        address = self.address(database, "postgres")
        with psycopg.connect(address, autocommit=True) as connection:
            done = connection.execute(statement.encode())
            return done.fetchall() if done.description else []

    def restart(self) -> None:
        """Break off all that is going on, as a crash of the server does, and start it again."""
        self.stop()
        self.process = _started(self.folder, self.settings)
        self._wait()

    def stop(self) -> None:
        """Break off all that is going on."""
        self.process.kill() if self.process.poll() is None and not self._quit() else None
        self.process.wait(_WAIT_SECONDS)

    def _quit(self) -> bool:
        asked = [*_as_its_user(), str(_program("pg_ctl")), "stop", "-m", "immediate", "-w"]
        done = subprocess.run(
            [*asked, "-D", self.folder / "data"], capture_output=True, check=False, cwd="/"
        )
        return done.returncode == 0

    def _wait(self) -> None:
        deadline = time.monotonic() + _WAIT_SECONDS
        while True:
            try:
                self.execute("SELECT 1")
            except psycopg.OperationalError:
                log = (self.folder / "log").read_text()
                assert self.process.poll() is None, log
                assert time.monotonic() < deadline, log
                time.sleep(0.05)
            else:
                return


@contextmanager
def running(*settings: str) -> Iterator[Server]:
    """A server until the block ends; settings as `name=value`."""
    where = _MEMORY if os.access(_MEMORY, os.W_OK) else None
    folder = Path(tempfile.mkdtemp(prefix="foreseen-pg-", dir=where))
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres", "postgres")
        folder.chmod(0o755)
        made = [*_as_its_user(), str(_program("initdb")), "-D", str(folder / "data"), "--no-sync"]
        told = ["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C.UTF-8"]
        subprocess.run([*made, *told], check=True, capture_output=True, cwd="/")
        server = Server(folder, _started(folder, settings), settings)
        try:
            server._wait()  # noqa: SLF001 (ours)
            server.execute(f"CREATE ROLE {ROLE} LOGIN CREATEDB")
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _started(folder: Path, settings: tuple[str, ...]) -> subprocess.Popen[bytes]:
    wanted = {**_SETTINGS, "unix_socket_directories": str(folder)}
    options = [f"-c{name}={to}" for name, to in wanted.items()] + [f"-c{each}" for each in settings]
    command = [*_as_its_user(), str(_program("postgres")), "-D", str(folder / "data"), *options]
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(command, stdout=log, stderr=log, cwd="/")


def _as_its_user() -> list[str]:
    """It refuses root; and it ends with the test run, however that ends."""
    user = ["--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []
    return ["setpriv", "--pdeathsig=QUIT", *user, "--"]


def _program(name: str) -> Path:
    folder = programs()
    assert folder is not None, NONE
    return folder / name
