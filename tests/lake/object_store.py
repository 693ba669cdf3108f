"""An S3-compatible server and a proxy before it, each in its own process."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from foreseen.lake.places.requests import send
from foreseen.lake.places.s3 import S3Options

BUCKET = "lake"
_SERVER = Path(__file__).with_name("s3_program.py")
_PROXY = Path(__file__).with_name("spoiling_proxy.py")


def options(endpoint: str) -> S3Options:
    """How the tests' server is reached; it takes any key."""
    return S3Options("us-east-1", "key", "the-secret", endpoint=endpoint)


@contextmanager
def s3_server() -> Iterator[str]:
    """Endpoint of a fresh server with an empty bucket."""
    environment = {name: value for name, value in os.environ.items() if "AWS" not in name}
    with subprocess.Popen(
        [sys.executable, str(_SERVER)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment,
    ) as server:
        try:
            assert server.stdout is not None
            endpoint = f"http://127.0.0.1:{int(server.stdout.readline())}"
            assert send(options(endpoint), "PUT", BUCKET).status == 200
            yield endpoint
        finally:
            server.kill()


@dataclass(frozen=True)
class Proxy:
    """A proxy that serves: its endpoint, and the file in which it notes requests."""

    endpoint: str
    notes: Path

    def noted(self) -> list[str]:
        """Requests so far: method, `conditional` or `plain`, path."""
        return self.notes.read_text().splitlines() if self.notes.exists() else []


@contextmanager
def proxy(
    server: str, folder: Path, *, ignores_conditions: bool, meeting: float = 0.0
) -> Iterator[Proxy]:
    """A proxy before a server, as `spoiling_proxy` tells.

    Args:
        server: Endpoint of the server.
        folder: For its notes.
        ignores_conditions: Whether it drops `If-None-Match` of writes.
        meeting: Seconds that two entries of a log wait for each other.
    """
    manner, notes = "ignores" if ignores_conditions else "keeps", folder / "requests"
    upstream = server.removeprefix("http://")
    command = [sys.executable, str(_PROXY), upstream, manner, str(notes), str(meeting)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield Proxy(f"http://127.0.0.1:{int(process.stdout.readline())}", notes)
        finally:
            process.kill()
