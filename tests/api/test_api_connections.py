"""Slow clients cost themselves: heads, bodies and answers have bounds, and others go on."""

# ruff: noqa: ANN401 (test files cannot import the fixture's class from conftest)

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI
from starlette.responses import Response

from foreseen.api.serving.connections import Connections
from foreseen.api.serving.figures import Closed, HttpFigures
from foreseen.runners.config.sections import Limits

HEAD = b"GET /healthz HTTP/1.1\r\nHost: x\r\n"
POST = b"POST /api/v1/ingest/auditd HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n"
LIMITS = Limits(head_seconds=1.0, body_seconds=2.0, idle_seconds=1.0, answer_seconds=1.0)

Client = Callable[[], socket.socket]


def _resident() -> int:
    """Bytes of memory that this process holds."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


@contextmanager
def bounded(app: FastAPI, limits: Limits = LIMITS) -> Iterator[tuple[Client, HttpFigures]]:
    """The app on a real server with bounds; gives connections to it, and its figures."""
    connections = Connections(limits, HttpFigures())
    config = uvicorn.Config(
        app,
        port=0,
        http=connections.protocol(),
        ws="none",
        log_level="critical",
        lifespan="off",
        timeout_keep_alive=int(limits.idle_seconds),
    )
    server = uvicorn.Server(config)
    runner = threading.Thread(target=server.run)
    runner.start()
    while not server.started:
        time.sleep(0.005)
    address = server.servers[0].sockets[0].getsockname()
    try:
        yield (lambda: socket.create_connection(address, timeout=10)), connections.figures
    finally:
        server.should_exit = True
        runner.join()


def ends(connection: socket.socket) -> bytes:
    """All that comes until the server ends it."""
    found = b""
    try:
        while part := connection.recv(65_536):
            found += part
    except ConnectionResetError:
        pass
    return found


def ends_while(connection: socket.socket, drop: bytes) -> bytes:
    """The same, while one piece after the other is sent every fifth of a second."""
    connection.settimeout(0.2)
    found, end = b"", time.monotonic() + 10
    while time.monotonic() < end:
        try:
            part = connection.recv(65_536)
            if not part:
                return found
            found += part
        except TimeoutError:
            pass
        except ConnectionResetError:
            return found
        try:
            connection.sendall(drop)
        except (BrokenPipeError, ConnectionResetError):
            return found
    raise AssertionError("it was never ended")


@pytest.mark.long
@pytest.mark.parametrize(
    ("first", "drop"),
    [(b"", b""), (HEAD, b""), (HEAD, b"X"), (b"", b"\r\n"), (HEAD + b"\r\n", b"\r\n")],
    ids=["nothing", "half", "byte by byte", "empty lines", "after a request"],
)
def test_a_head_has_to_be_whole_in_time_however_its_bytes_come(
    api: Any, first: bytes, drop: bytes
) -> None:
    with bounded(api.app) as (connect, figures), connect() as slow:
        slow.sendall(first)
        begun = time.monotonic()
        told = ends_while(slow, drop) if drop else ends(slow)
        assert time.monotonic() - begun < 5
        if b"400 Bad Request" in told:
            assert drop == b"\r\n"  # h11 takes no line that is empty
            return
        assert b"408 Request Timeout" in told, told
        assert b"application/problem+json" in told
        assert figures.closed == {Closed.HEAD: 1}


@pytest.mark.long
@pytest.mark.parametrize("drop", [b"", b"x"], ids=["half", "byte by byte"])
@pytest.mark.parametrize("known", [True, False], ids=["known", "refused at once"])
def test_a_body_has_to_come_in_time(api: Any, *, drop: bytes, known: bool) -> None:
    token = f"Authorization: {api.ingest['Authorization']}\r\n".encode() if known else b""
    with bounded(api.app) as (connect, figures), connect() as slow:
        slow.sendall(POST + token + b"\r\nhalf")
        told = ends_while(slow, drop) if drop else ends(slow)
        assert (b"408 Request Timeout" in told) == known
        assert (b"401 Unauthorized" in told) != known
        assert figures.closed in ({Closed.BODY: 1}, {})  # uvicorn's end of idleness may be first


def test_a_client_that_does_not_read_is_left(api: Any) -> None:
    def large() -> Response:
        return Response(b"x" * (64 << 20))

    api.app.add_api_route("/large", large)

    with bounded(api.app) as (connect, figures), connect() as deaf:
        deaf.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        end = time.monotonic() + 10
        while not figures.closed and time.monotonic() < end:
            time.sleep(0.05)
        assert figures.closed == {Closed.ANSWER: 1}


def test_a_client_that_reads_slowly_but_reads_is_served(api: Any) -> None:
    def large() -> Response:
        return Response(b"x" * (24 << 20))

    api.app.add_api_route("/large", large)

    with bounded(api.app) as (connect, figures), connect() as slow:
        slow.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        got = 0
        while part := slow.recv(1 << 20):
            got += len(part)
            time.sleep(0.1)
        assert got > 24 << 20
        assert figures.closed == {}


def test_one_address_and_all_together_have_so_many_connections(api: Any) -> None:
    limits = Limits(connections=20, connections_per_address=8, head_seconds=30)
    with bounded(api.app, limits) as (connect, figures), ExitStack() as stack:
        for _ in range(8):
            stack.enter_context(connect())
        with connect() as refused:
            assert ends(refused).startswith(b"HTTP/1.1 503 ")
        assert figures.closed == {Closed.ADDRESS: 1}


def test_where_all_places_are_taken_who_never_asked_makes_room(api: Any) -> None:
    limits = Limits(connections=10, head_seconds=30)
    with bounded(api.app, limits) as (connect, figures), ExitStack() as stack:
        idle = [stack.enter_context(connect()) for _ in range(10)]
        with connect() as healthy:
            healthy.sendall(HEAD + b"Connection: close\r\n\r\n")
            assert ends(healthy).startswith(b"HTTP/1.1 200 ")
        assert ends(idle[0]) == b""
        assert figures.closed == {Closed.FULL: 1}


def _p99(connect: Client, times: int) -> float:
    """Seconds of a healthy request on a connection of its own, at the 99th of a hundred."""
    took = []
    for _ in range(times):
        begun = time.perf_counter()
        with connect() as healthy:
            healthy.sendall(HEAD + b"Connection: close\r\n\r\n")
            assert ends(healthy).startswith(b"HTTP/1.1 200 ")
        took.append(time.perf_counter() - begun)
        time.sleep(0.005)
    return sorted(took)[int(times * 0.99) - 1]


def _drip(slow: list[socket.socket], stop: threading.Event) -> None:
    """One byte a second to each."""
    while not stop.wait(1.0):
        for each in slow:
            try:
                each.send(b"a")
            except OSError:
                continue


@pytest.mark.slow
def test_five_hundred_slow_clients_starve_nobody(api: Any) -> None:
    def large() -> Response:
        return Response(b"x" * (2 << 20))

    api.app.add_api_route("/large", large)

    token = f"Authorization: {api.ingest['Authorization']}\r\n".encode()
    firsts = (HEAD, POST + token + b"\r\nhalf", b"", b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
    limits = Limits(head_seconds=3, body_seconds=3, answer_seconds=3)
    stop = threading.Event()
    with bounded(api.app, limits) as (connect, figures), ExitStack() as stack:
        _p99(connect, 20)
        before, memory = _p99(connect, 100), _resident()
        slow = [stack.enter_context(connect()) for _ in range(500)]
        for number, each in enumerate(slow):
            each.sendall(firsts[number % 4])
        dripping = threading.Thread(target=_drip, args=(slow[:375], stop))
        dripping.start()
        try:
            during = _p99(connect, 150)
            grown = _resident() - memory
            end = time.monotonic() + 20
            while figures.open > 0 and time.monotonic() < end:
                time.sleep(0.1)
        finally:
            stop.set()
            dripping.join()
        assert figures.open == 0
        assert sum(figures.closed.values()) >= 375  # those that take no answer end otherwise, too
        assert during < max(10 * before, 0.5), (before, during)
        assert grown < 400 << 20, grown
