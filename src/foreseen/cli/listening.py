"""The socket, uvicorn in a thread of its own, and the signals that end a server."""

import logging
import os
import resource
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType

import uvicorn

from foreseen.api.serving.connections import Connections
from foreseen.api.serving.door import Door
from foreseen.cli.terminal import console
from foreseen.core.errors import ConfigurationError
from foreseen.runners.config.sections import Configuration

log = logging.getLogger("foreseen.server")

_BACKLOG = 2048
_FILES = 1_024
"""Descriptors beside those of connections: stores, processes, pipes."""


@dataclass(slots=True)
class Stop:
    """The wish to stop: the first signal asks, the second one ends the process at once."""

    asked: threading.Event = field(default_factory=threading.Event)

    def __call__(self, sign: int, _frame: FrameType | None) -> None:
        """A signal came."""
        if self.asked.is_set():
            os._exit(128 + sign)  # what was acknowledged is on the disk
        self.asked.set()


@dataclass(slots=True)
class Http:
    """uvicorn in a thread of its own, with the door that it answers by."""

    server: uvicorn.Server
    door: Door
    thread: threading.Thread

    def end(self) -> None:
        """Take no more connections, let running requests end."""
        self.server.should_exit = True
        self.thread.join()


@contextmanager
def answering(
    configuration: Configuration, connections: Connections, listener: socket.socket
) -> Iterator[Http]:
    """Answer from now on, at first that the server is starting."""
    door, server = Door(), configuration.server
    _allow_files(configuration.limits.connections)
    config = uvicorn.Config(
        door,
        http=connections.protocol(),
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=max(int(configuration.limits.idle_seconds), 1),
        timeout_graceful_shutdown=server.stop_seconds,
        proxy_headers=bool(server.trusted_proxies),
        forwarded_allow_ips=list(server.trusted_proxies),
        ssl_certfile=server.tls_cert,
        ssl_keyfile=server.tls_key,
    )
    try:
        config.load()
    except OSError as error:  # certificates that do not belong together, or are none
        raise ConfigurationError(
            f"server.tls_cert and server.tls_key cannot be used: {error}"
        ) from error
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run, args=([listener],), name="http")
    thread.start()
    while thread.is_alive() and not running.started:
        time.sleep(0.005)
    http = Http(running, door, thread)
    try:
        yield http
    finally:
        http.end()


def _allow_files(connections: int) -> None:
    """Let the process have as many descriptors as it may take connections, if it is allowed to."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + _FILES
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))
    if hard < wanted:
        log.warning(
            "the system allows %s open files, fewer than limits.connections needs (%s)",
            hard,
            wanted,
        )


@contextmanager
def signals(stop: Stop) -> Iterator[None]:
    """Ask to stop by a signal, for the length of a block."""
    before = {sign: signal.signal(sign, stop) for sign in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for sign, handler in before.items():
            signal.signal(sign, handler)


def listening(host: str, port: int, is_tls: bool) -> socket.socket:
    """The socket to answer on, taken before anything is made or shown."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        raise ConfigurationError(
            f"{host}:{port}: cannot listen there ({error.strerror}); choose --host and --port"
        ) from error
    shown = f"[{host}]" if family is socket.AF_INET6 else host
    scheme = "https" if is_tls else "http"
    console.print(f"Foreseen listens on {scheme}://{shown}:{listener.getsockname()[1]}")
    return listener
