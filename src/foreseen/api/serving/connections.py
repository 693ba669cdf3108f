"""Connections with bounds of time and number: a slow client costs itself and nobody else.

uvicorn bounds only the idle time between requests. Here one look a second at all connections closes
those whose head, body or reading of the answer is too slow; no timer is armed on a request's way.
"""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import Any

import h11
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from foreseen.api.serving.figures import Closed, HttpFigures
from foreseen.runners.config.sections import Limits

LOOK_SECONDS = 1.0
_GRACE_SECONDS = 5.0
"""A body may come as slowly as it likes for so long."""
_WAITING_FOR = {
    Closed.HEAD: b"the head of the request did not come in time",
    Closed.BODY: b"the body of the request came too slowly",
}


@dataclass(slots=True)
class Connections:
    """The open connections of one server; only its event loop touches them.

    Attributes:
        limits: Bounds.
        figures: Where they are counted.
        trusted: Networks of proxies, whose connections are not counted by address.
    """

    limits: Limits
    figures: HttpFigures
    trusted: tuple[str, ...] = ()
    held: "dict[BoundedProtocol, None]" = field(default_factory=dict)
    by_address: Counter[str] = field(default_factory=Counter)
    looking: bool = False

    def protocol(self) -> "type[BoundedProtocol]":
        """The class that uvicorn makes a connection of."""

        class Protocol(BoundedProtocol):
            connections_of_all = self

        return Protocol

    def take(self, new: "BoundedProtocol") -> Closed | None:
        """Count a connection in; why it cannot be, else None.

        Where all places are taken, the one whose head has been awaited longest makes room.
        """
        address = new.client[0] if new.client else ""
        is_proxy = self.trusts(address)
        if not is_proxy and self.by_address[address] >= self.limits.connections_per_address:
            return Closed.ADDRESS
        if len(self.held) >= self.limits.connections:
            slowest = next((each for each in self.held if each.awaits_head), None)
            if slowest is None:
                return Closed.FULL
            slowest.drop(Closed.FULL)
            self.leave(slowest)
        self.held[new] = None
        self.by_address[address] += 1
        self.figures.open = len(self.held)
        if not self.looking:
            self.looking = True
            new.loop.call_later(LOOK_SECONDS, self._look)
        return None

    def leave(self, one: "BoundedProtocol") -> None:
        """Count a connection out, once."""
        if one not in self.held:
            return
        del self.held[one]
        address = one.client[0] if one.client else ""
        self.by_address[address] -= 1
        if self.by_address[address] <= 0:
            del self.by_address[address]
        self.figures.open = len(self.held)

    def trusts(self, address: str) -> bool:
        """Whether an address is a proxy's of ours."""
        if not self.trusted:
            return False
        try:
            told = ip_address(address)
        except ValueError:
            return False
        return any(told in ip_network(each) for each in self.trusted)

    def _look(self) -> None:
        now = time.monotonic()
        for each in list(self.held):
            each.look(now)
        self.looking = bool(self.held)
        if self.looking:
            asyncio.get_running_loop().call_later(LOOK_SECONDS, self._look)


class BoundedProtocol(H11Protocol):
    """uvicorn's protocol, which a look from outside may end."""

    connections_of_all: Connections

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._head_since: float | None = None
        self._body_since: float | None = None
        self._received = 0  # bytes since the body began
        self._unread, self._unread_since = (
            0,
            0.0,
        )  # bytes of the answer, and when they last were less

    @property
    def awaits_head(self) -> bool:
        """Whether a request has begun, or never came, and is not whole."""
        return self._head_since is not None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client is there."""
        super().connection_made(transport)
        refused = self.connections_of_all.take(self)
        if refused is not None:
            self.connections_of_all.figures.closed[refused] += 1
            transport.write(_answer(b"503 Service Unavailable", b"too many connections"))
            transport.close()
            return
        self._head_since = time.monotonic()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone."""
        self.connections_of_all.leave(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Some bytes came."""
        if self.transport.is_closing():
            return  # what comes after the last answer is not looked at
        self._received += len(data)
        super().data_received(data)
        self._note()

    def on_response_complete(self) -> None:
        """The answer is written; the next request may be there already."""
        super().on_response_complete()
        self._note()

    def _note(self) -> None:
        """What is being waited for now, and since when."""
        state, now = self.conn.their_state, time.monotonic()
        if state is h11.SEND_BODY:
            self._head_since = None
            if self._body_since is None:
                self._body_since, self._received = now, 0
            return
        self._body_since = None
        if state is not h11.IDLE:
            self._head_since = None
        elif self._head_since is None and self.timeout_keep_alive_task is None:
            self._head_since = now

    def look(self, now: float) -> None:
        """Close it if what it waits for is overdue."""
        limits = self.connections_of_all.limits
        if self._is_unread(now, limits.answer_seconds):
            self.drop(Closed.ANSWER)
        elif self.transport.is_closing():
            return  # it ends when the last of its answer has left
        elif self._head_since is not None and now - self._head_since > limits.head_seconds:
            self.drop(Closed.HEAD)
        elif self._is_slow(now, limits):
            self.drop(Closed.BODY)

    def _is_unread(self, now: float, seconds: float) -> bool:
        """Whether the client took nothing of what waits for it, for so long."""
        waits = self.transport.get_write_buffer_size()
        if waits == 0 or waits < self._unread or self._unread == 0:
            self._unread, self._unread_since = waits, now
            return False
        self._unread = waits
        return now - self._unread_since > seconds

    def _is_slow(self, now: float, limits: Limits) -> bool:
        if self._body_since is None:
            return False
        took = now - self._body_since
        if self.flow.read_paused:  # we are who is slow: what we do not read cannot come
            self._body_since += LOOK_SECONDS
            return False
        too_little = self._received < limits.body_rate * (took - _GRACE_SECONDS)
        return took > limits.body_seconds or too_little

    def drop(self, why: Closed) -> None:
        """End the connection, with a word where the client can still take one."""
        self.connections_of_all.figures.closed[why] += 1
        began = self.cycle is not None and self.cycle.response_started
        done = self.cycle is not None and self.cycle.response_complete
        if self.cycle is not None and not done:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
            self.flow.resume_writing()
        if why in _WAITING_FOR and (not began or (done and why is Closed.HEAD)):
            self.transport.write(_answer(b"408 Request Timeout", _WAITING_FOR[why]))
            self.transport.close()
        else:
            self.transport.abort()


def _answer(status: bytes, detail: bytes) -> bytes:
    """A whole answer as a problem (RFC 9457), after which the connection ends."""
    number, title = status.split(b" ", 1)
    body = b'{"type":"about:blank","title":"%b","status":%b,"detail":"%b"}' % (
        title,
        number,
        detail,
    )
    return (
        b"HTTP/1.1 %b\r\ncontent-type: application/problem+json\r\ncontent-length: %d\r\n"
        b"retry-after: 5\r\nconnection: close\r\n\r\n%b" % (status, len(body), body)
    )
