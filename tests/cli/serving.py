"""`foreseen up` as a program of its own, and a client that asks it."""

import re
import signal
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

MAIN = "from foreseen.cli.main import main; main()"
STOP_SECONDS = 10
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
        code = self.process.wait(STOP_SECONDS)
        assert self.process.stdout is not None
        return code, self.process.stdout.read()


@contextmanager
def running(data: Path, *options: str, code: str = MAIN) -> Iterator[Server]:
    """A server on a folder; it is killed at the end if it still runs."""
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
    """A client, once the server listens."""
    address = server.wait_for(r"listens on (http://127\.0\.0\.1:\d+)\n")[1]
    with httpx.Client(base_url=address, timeout=30) as client:
        yield client


def token_of(server: Server, scope: str) -> dict[str, str]:
    """The header with a token that a new installation has shown."""
    token = server.wait_for(rf"{scope}  (fsn_\S+)")[1]
    return {"Authorization": f"Bearer {token}"}


def post(client: httpx.Client, ingest: dict[str, str], lines: bytes) -> None:
    """Send audit records; all of them are acknowledged."""
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
