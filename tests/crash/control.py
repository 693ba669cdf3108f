"""The harness's hands on the server and on the producer: start, wait, freeze, kill, pause."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from http import HTTPStatus
from pathlib import Path
from typing import Self

from tests.crash.producer import Manner
from tests.crash.serve import Life

ROOT = Path(__file__).parents[2]
_POLL_SECONDS = 0.02
_READY_SECONDS = 120.0


def free_port() -> int:
    """A port of loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Whether the condition came true in time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(_POLL_SECONDS)
    return True


class _Program:
    """A program of ours that takes a line and answers with one."""

    def __init__(self, module: str, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )

    def ask(self, line: str) -> str:
        """Its answer to a line."""
        if self._process.stdin is None:
            raise ValueError("the program has no standard input")
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        return self.hear()

    def hear(self) -> str:
        """Its next line."""
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            raise ChildProcessError(f"{self._process.args!r} has ended")
        return line.strip()

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Nursery(_Program):
    """The process that servers are forked from; see `serve`."""

    def __init__(self) -> None:
        super().__init__("tests.crash.serve")
        self.hear()

    def start(self, life: Life) -> "Server":
        """A server that is on its way up."""
        return Server(self, int(self.ask(life.told()).removeprefix("pid ")), life.port)


class Producer(_Program):
    """The process that sends; see `producer`."""

    def __init__(self, manner: Manner, ledger: Path, lanes: int) -> None:
        ledger.mkdir(parents=True, exist_ok=True)
        given = asdict(manner) | {"ledger": ledger, "lanes": lanes}
        super().__init__("tests.crash.producer", *(f"--{k}={v}" for k, v in given.items()))

    def go(self) -> None:
        """Send from now on."""
        self.ask("go")

    def pause(self) -> None:
        """Send no more; returns when no request is on its way."""
        self.ask("pause")


class Server:
    """One life of the server."""

    def __init__(self, nursery: Nursery, pid: int, port: int) -> None:
        self._nursery, self.pid, self._port = nursery, pid, port
        self._started, self._over = time.monotonic(), False

    @property
    def is_alive(self) -> bool:
        """Whether it has not ended."""
        return not self._over and self._state() != "Z"

    def ready(self) -> float:
        """Seconds from its start until /readyz says so.

        Raises:
            TimeoutError: It does not say so, or it has ended.
        """
        if not self.comes_up():
            raise TimeoutError("the server did not become ready")
        return time.monotonic() - self._started

    def comes_up(self, seconds: float = _READY_SECONDS) -> bool:
        """Whether it becomes ready, instead of ending or taking too long."""

        def told() -> bool:
            return not self.is_alive or self.answers("/readyz") == HTTPStatus.OK

        return wait_until(told, seconds) and self.is_alive

    def stands_still(self, seconds: float) -> bool:
        """Whether it comes to an armed place, frozen or dead, in time."""
        return wait_until(lambda: self._state() in {"T", "Z"}, seconds)

    def answers(self, path: str) -> int:
        """Status of a GET; 0 when there is no answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=5)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()

    def processes(self) -> list[int]:
        """Processes that it has started to work beside it: shards."""
        found = []
        for task in Path(f"/proc/{self.pid}/task").iterdir():
            found += [int(child) for child in (task / "children").read_text().split()]
        return [pid for pid in sorted(found) if b"spawn_main" in _command(pid)]

    def freeze(self) -> None:
        """Stop it and its processes as they are."""
        os.killpg(self.pid, signal.SIGSTOP)
        self.stands_still(10)

    def kill(self) -> None:
        """SIGKILL, to it and to its processes."""
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:  # it died before it had a group of its own
            os.kill(self.pid, signal.SIGKILL)
        self.end()

    def end(self) -> int:
        """Wait for its end; gives its exit code (negative: a signal)."""
        if self._over:
            return 0
        code = int(self._nursery.ask(f"reap {self.pid}").removeprefix("ended "))
        self._over = True
        return code

    def stop(self) -> int:
        """Ask it to end in order; gives its exit code."""
        os.kill(self.pid, signal.SIGTERM)
        return self.end()

    def _state(self) -> str:
        try:
            text = Path(f"/proc/{self.pid}/stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            return "Z"
        return text.rpartition(")")[2].split()[0]


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""
