"""A Ray cluster of two nodes on this machine, with token authentication, that can lose one."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sysconfig
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

_STORE_BYTES = 200_000_000  # of objects on their way, a node
_WAIT_SECONDS = 180


@dataclass(frozen=True)
class Nodes:
    """A running cluster.

    Attributes:
        address: Of its head.
        second: Processes of the node that may be lost.
    """

    address: str
    second: tuple[int, ...]

    def lose_one(self) -> None:
        """End everything on the second node at once, as when its machine stops."""
        for pid in self.second:
            _kill_tree(pid)


@contextmanager
def two_nodes(cores: int) -> Iterator[Nodes]:
    """Start two nodes with so many cores each; this process may connect to them meanwhile."""
    folder = Path(tempfile.mkdtemp(prefix="fsray-", dir="/tmp"))
    ours = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
    environment = {**os.environ, **ours, "RAY_USAGE_STATS_ENABLED": "0"}
    before = {name: os.environ.get(name) for name in ours}
    address = f"127.0.0.1:{_free_port()}"
    shared = (f"--num-cpus={cores}", f"--object-store-memory={_STORE_BYTES}")
    head = ("--head", f"--port={address.rpartition(':')[2]}", "--include-dashboard=false")
    try:
        _start(environment, *head, "--node-ip-address=127.0.0.1", f"--temp-dir={folder}", *shared)
        first = _raylets()
        _start(environment, f"--address={address}", "--node-ip-address=127.0.0.2", *shared)
        second = tuple(_raylets() - first)
        os.environ.update(ours)
        yield Nodes(address, second)
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
        for pid in _naming(str(folder)):  # `ray stop` would end the clusters of others, too
            _kill_tree(pid)
        shutil.rmtree(folder, ignore_errors=True)


def _start(environment: dict[str, str], *options: str) -> None:
    started = subprocess.run(
        [_ray(), "start", *options],
        env=environment,
        capture_output=True,
        text=True,
        timeout=_WAIT_SECONDS,
        check=False,
    )
    if started.returncode:
        raise RuntimeError(started.stdout + started.stderr)


def _ray() -> str:
    return str(Path(sysconfig.get_path("scripts")) / "ray")


def _raylets() -> set[int]:
    return {pid for pid, (_, name) in _processes().items() if name == "raylet"}


def _kill_tree(root: int) -> None:
    """A process and all below it, the top first so that it starts nothing anew."""
    known, family = _processes(), [root]
    for pid in family:  # grows meanwhile
        family += [child for child, (parent, _) in known.items() if parent == pid]
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _naming(folder: str) -> list[int]:
    """Processes that were told a folder."""
    listing = ["ps", "-eww", "-o", "pid=,args="]  # whole, whatever COLUMNS says
    told = subprocess.run(listing, capture_output=True, text=True, check=True)
    rows = (line.split(None, 1) for line in told.stdout.splitlines())
    return [int(pid) for pid, *words in rows if words and folder in words[0]]


def _processes() -> dict[int, tuple[int, str]]:
    """Parent and name of each process."""
    told = subprocess.run(
        ["ps", "-eo", "pid=,ppid=,comm="], capture_output=True, text=True, check=True
    )
    rows = (line.split(None, 2) for line in told.stdout.splitlines())
    return {int(pid): (int(parent), name) for pid, parent, name in rows}


def _free_port() -> int:
    """A port that is free, below those that Ray gives to workers."""
    for port in range(6400, 6500):
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) != 0:
                return port
    raise RuntimeError("no free port for a cluster's head")
