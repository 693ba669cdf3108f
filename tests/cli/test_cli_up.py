"""`foreseen up` as a program: tokens once, telemetry in, alerts out, stopped and started again."""

import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import zstandard
from sqlalchemy import text
from tests.cli.commands import execve, foreseen
from tests.recording import extract
from tests.runners.installation import drain, fill

from foreseen.control.database import open_database, writing
from foreseen.intake.log import IntakeLog

MAIN = "from foreseen.cli.main import main; main()"
_STOP_SECONDS = 10
_WAIT_SECONDS = 60


@dataclass
class Server:
    """A running `foreseen up` and what it has said on stderr."""

    process: subprocess.Popen[str]
    said: list[str] = field(default_factory=list)

    def listen(self) -> None:
        """Collect what it says until it ends."""
        assert self.process.stderr is not None
        self.said.extend(self.process.stderr)

    def wait_for(self, pattern: str) -> re.Match[str]:
        """What it says that fits the pattern, once it has said so."""
        deadline = time.monotonic() + _WAIT_SECONDS
        while time.monotonic() < deadline:
            found = re.search(pattern, "".join(self.said))
            if found:
                return found
            assert self.process.poll() is None, "".join(self.said)
            time.sleep(0.02)
        raise AssertionError("".join(self.said))

    def end(self, sign: signal.Signals) -> tuple[int, str]:
        """Exit code and stdout after a signal; it has ten seconds."""
        self.process.send_signal(sign)
        code = self.process.wait(_STOP_SECONDS)
        assert self.process.stdout is not None
        return code, self.process.stdout.read()


@contextmanager
def running(data: Path, *options: str, code: str = MAIN) -> Iterator[Server]:
    typed = ["up", "--data", str(data), *(options or ["--port", "0"])]
    process = subprocess.Popen(
        [sys.executable, "-c", code, *typed],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    server = Server(process)
    listener = threading.Thread(target=server.listen)
    listener.start()
    try:
        yield server
    finally:
        process.kill()
        process.wait()
        listener.join()
        for pipe in (process.stdout, process.stderr):
            assert pipe is not None
            pipe.close()


@contextmanager
def client_of(server: Server) -> Iterator[httpx.Client]:
    address = server.wait_for(r"listens on (http://127\.0\.0\.1:\d+)\n")[1]
    with httpx.Client(base_url=address, timeout=30) as client:
        yield client


def token_of(server: Server, scope: str) -> dict[str, str]:
    token = server.wait_for(rf"{scope}  (fsn_\S+)")[1]
    return {"Authorization": f"Bearer {token}"}


def post(client: httpx.Client, ingest: dict[str, str], lines: bytes) -> None:
    answer = client.post("/api/v1/ingest/auditd?source=web", headers=ingest, content=lines)
    assert answer.status_code == 202
    assert answer.json()["acknowledged"] == lines.count(b"\n")


def alerts_of(client: httpx.Client, read: dict[str, str], least: int) -> list[dict[str, Any]]:
    """All alerts once there are so many."""
    deadline = time.monotonic() + _WAIT_SECONDS
    while time.monotonic() < deadline:
        page = client.get("/api/v1/alerts?limit=200", headers=read).json()["alerts"]
        if len(page) >= least:
            found: list[dict[str, Any]] = page
            return found
        time.sleep(0.05)
    raise AssertionError(f"{len(page)} alerts")


@pytest.mark.parametrize(
    "sign", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.slow)]
)
def test_lines_become_alerts_and_a_restart_goes_on(tmp_path: Path, sign: signal.Signals) -> None:
    with running(tmp_path) as server, client_of(server) as client:
        ingest, read = token_of(server, "ingest"), token_of(server, "read")
        post(client, ingest, execve(1, "id") + extract(1_500))  # cut in the middle of an event
        before = alerts_of(client, read, 3)
        code, out = server.end(sign)
        assert out == ""
        assert code == 0
        assert "Traceback" not in "".join(server.said)
    with running(tmp_path) as server, client_of(server) as client:
        after = {alert["uid"]: alert for alert in alerts_of(client, read, len(before))}
        assert {alert["uid"] for alert in before} <= set(after)
        post(client, ingest, extract(4_000)[len(extract(1_500)) :])
        assert set(after) < {alert["uid"] for alert in alerts_of(client, read, len(after) + 1)}
        assert "fsn_" not in "".join(server.said)  # tokens are shown once


@pytest.mark.slow
def test_a_request_that_hangs_does_not_hold_up_the_end(tmp_path: Path) -> None:
    with running(tmp_path) as server, client_of(server) as client:
        token = token_of(server, "ingest")["Authorization"]
        address = (str(client.base_url.host), client.base_url.port or 0)
        with socket.create_connection(address) as hanging:
            head = f"POST /api/v1/ingest/auditd HTTP/1.1\r\nHost: x\r\nAuthorization: {token}\r\n"
            hanging.sendall(f"{head}Content-Length: 1000\r\n\r\nhalf".encode())
            time.sleep(0.2)
            assert server.end(signal.SIGTERM) == (0, "")


@pytest.mark.slow
def test_what_was_acknowledged_is_judged_after_a_failure_for_good(tmp_path: Path) -> None:
    broken = f"from foreseen.runners.shards import partition; partition.dump_shard = lambda _: 1 / 0; {MAIN}"
    with running(tmp_path, code=broken) as server, client_of(server) as client:
        ingest, read = token_of(server, "ingest"), token_of(server, "read")
        post(client, ingest, execve(1, "id"))
        assert server.process.wait(_STOP_SECONDS) == 1
    assert "the worker failed; the server stops" in "".join(server.said)
    with running(tmp_path) as server, client_of(server) as client:
        (alert,) = alerts_of(client, read, 1)
        assert alert["rule"] == "discovery_command"


def test_a_second_server_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    with IntakeLog.open(tmp_path / "intake"):
        ran = foreseen("up", "--data", tmp_path, "--port", "0")
    assert (ran.code, ran.out) == (2, "")
    assert "another process has this log open" in ran.err


def test_a_port_that_is_taken_is_named_and_no_token_is_made(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = foreseen("up", "--data", tmp_path / "new", "--port", str(port))
    assert (ran.code, ran.out) == (2, "")
    assert f"127.0.0.1:{port}: cannot listen there" in ran.err
    assert not (tmp_path / "new").exists()


def test_a_state_that_cannot_be_read_ends_it_with_what_is_wrong(tmp_path: Path) -> None:
    fill(tmp_path, [execve(1, "id")])
    drain(tmp_path)
    control = open_database(tmp_path / "control.db")
    with writing(control) as session:
        harm = text("UPDATE cursor SET state = :state WHERE name NOT LIKE 'division%'")
        session.execute(harm, {"state": zstandard.compress(b"[]")})
    control.dispose()
    ran = foreseen("up", "--data", tmp_path, "--port", "0")
    assert (ran.code, ran.out) == (1, "")
    assert "error: a snapshot of state" in ran.err
