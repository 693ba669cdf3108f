"""What every request goes through: its id, its line in the log, its figures, its address's rate."""

import logging
import re
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from foreseen.api.problems import ProblemError, problem
from foreseen.api.serving.figures import HttpFigures
from foreseen.api.serving.rates import Answer, Busy, Policy, Rates
from foreseen.control.scopes import Scope as TokenScope
from foreseen.control.tokens import Grant
from foreseen.runners.config.sections import Limits
from foreseen.runners.telemetry import request_span

log = logging.getLogger("foreseen.access")

ID = "X-Request-ID"
NO_ROUTE = "(none)"
_SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_KEY = "foreseen.traffic"
_QUIET = frozenset({"/healthz", "/readyz", "/metrics"})
_LOGIN = re.compile(r"/api/v1/(auth/(login|setup)|me/(password|totp.*))")
"""Where a secret of a person can be tried."""
_GONE = 499
"""Logged for a client that left before its answer; nobody is sent it."""


class OverloadedError(HTTPException):
    """More is being received than memory was set aside for."""

    def __init__(self) -> None:
        super().__init__(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "too much is being received at this moment; retry later",
            {"Retry-After": "5"},
        )


@dataclass(slots=True)
class Passing:
    """What is known of a request on its way.

    Attributes:
        id: Its id.
        status: Of the answer, once it began.
        tenant: Of the token.
        actor: The token's name.
        rate: What the closest rate said.
        busy: The organisation that it is counted under, to be counted out.
        held: Bytes of its body that count as held.
    """

    id: str
    status: int = _GONE
    tenant: str = ""
    actor: str = ""
    rate: Answer | None = None
    busy: str | None = None
    held: int = 0

    def closest(self, answer: Answer) -> None:
        """Keep what the rate says that has least left."""
        if self.rate is None or answer.left < self.rate.left:
            self.rate = answer


@dataclass(slots=True)
class Traffic:
    """What one process lets through, and what it counts meanwhile.

    Attributes:
        limits: Bounds.
        figures: Counts.
        access: Whether requests have lines in the log.
    """

    limits: Limits = field(default_factory=Limits)
    figures: HttpFigures = field(default_factory=HttpFigures)
    access: bool = True
    rates: Rates = field(default_factory=Rates)
    busy: Busy = field(init=False)

    def __post_init__(self) -> None:
        """Organisations are held apart by the limits."""
        self.busy = Busy(self.limits.tenant_in_flight)

    def ask(self, passing: Passing, policy: Policy, key: str, cost: int = 1) -> None:
        """Take a cost out of a rate.

        Raises:
            ProblemError: 429; it is too much.
        """
        if policy.amount == 0:
            return
        answer = self.rates.ask(policy, key, cost)
        passing.closest(answer)
        if answer.refused:
            self.figures.limited[policy.name] += 1
            raise ProblemError(
                HTTPStatus.TOO_MANY_REQUESTS,
                f"more than {policy.amount} a minute ({policy.name}); retry later",
                answer.headers,
            )


def admit(request: Request, grant: Grant, scope: TokenScope) -> None:
    """Let a token's request in, by the rates of its token and its organisation.

    Raises:
        ProblemError: 429; it is too much.
    """
    passing: Passing | None = request.scope.get(_KEY)
    if passing is None:
        return  # the app is called without the server around it
    traffic: Traffic = request.app.state.traffic
    limits, who = traffic.limits, f"{grant.tenant}/{grant.name}"
    passing.tenant, passing.actor = str(grant.tenant), grant.name
    if scope is TokenScope.INGEST:
        length = request.headers.get("content-length", "")
        size = int(length) if length.isdecimal() and len(length) < 16 else 0  # noqa: PLR2004
        policy = Policy("ingest-bytes", limits.ingest_bytes_per_minute)
        traffic.ask(passing, policy, who, max(size, 1))
        return
    if scope is TokenScope.HUNT:
        traffic.ask(passing, Policy("hunts", limits.hunts_per_minute), who)
    traffic.ask(passing, Policy("token", limits.token_per_minute), who)
    traffic.ask(passing, Policy("tenant", limits.tenant_per_minute), str(grant.tenant))
    if not traffic.busy.enter(str(grant.tenant)):
        traffic.figures.limited["in-flight"] += 1
        raise ProblemError(
            HTTPStatus.TOO_MANY_REQUESTS,
            f"more than {limits.tenant_in_flight} requests of your organisation at a time",
            {"Retry-After": "1"},
        )
    passing.busy = str(grant.tenant)


class Gate:
    """The outermost part of the app; wraps errors of ours, too."""

    def __init__(self, app: ASGIApp, traffic: Traffic) -> None:
        self._app, self._traffic = app, traffic

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; everything that is no request passes as it is."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(ID, "")
        passing = Passing(given if _SANE_ID.fullmatch(given) else uuid.uuid4().hex)
        scope[_KEY], begun = passing, time.perf_counter()
        with bound_contextvars(request_id=passing.id), request_span(scope) as span:
            try:
                await self._through(scope, receive, self._sending(passing, send))
            except Exception:  # the last place that knows the request; its answer is written
                log.exception("an error of ours", extra={"route": route_of(scope)})
                if passing.status != HTTPStatus.INTERNAL_SERVER_ERROR:
                    raise  # half an answer: the connection has to end
            finally:
                seconds, route = time.perf_counter() - begun, route_of(scope)
                self._leave(passing)
                span.answered(scope["method"], route, passing.status)
                self._traffic.figures.request(_method(scope), route, passing.status, seconds)
                if self._traffic.access:
                    _tell(scope, passing, route, seconds)

    async def _through(self, scope: Scope, receive: Receive, send: Send) -> None:
        passing: Passing = scope[_KEY]
        limits, address = self._traffic.limits, (scope.get("client") or ("",))[0]
        try:
            policy = Policy("address", limits.address_per_minute)
            if not scope["path"].startswith("/api/v1/ingest/"):
                self._traffic.ask(passing, policy, address)
            if _LOGIN.fullmatch(scope["path"]) and scope["method"] == "POST":
                self._traffic.ask(passing, Policy("login", limits.login_per_minute), address)
        except ProblemError as error:
            await problem(error.status, error.detail, error.headers)(scope, receive, send)
            return
        await self._app(scope, self._receiving(passing, receive), send)

    def _sending(self, passing: Passing, send: Send) -> Send:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                passing.status = message["status"]
                headers = MutableHeaders(scope=message)
                headers[ID] = passing.id
                if passing.rate is not None and "RateLimit" not in headers:
                    for name, value in passing.rate.headers.items():
                        headers.setdefault(name, value)
            await send(message)

        return sending

    def _receiving(self, passing: Passing, receive: Receive) -> Callable[[], Awaitable[Message]]:
        figures, most = self._traffic.figures, self._traffic.limits.body_bytes

        async def receiving() -> Message:
            message = await receive()
            if message["type"] == "http.request":
                size = len(message.get("body", b""))
                passing.held += size
                figures.body_bytes += size
                if figures.body_bytes > most:
                    raise OverloadedError
            return message

        return receiving

    def _leave(self, passing: Passing) -> None:
        self._traffic.figures.body_bytes -= passing.held
        if passing.busy is not None:
            self._traffic.busy.leave(passing.busy)


def route_of(scope: Scope) -> str:
    """The template of the route that a request came to, never its path."""
    route = scope.get("route")
    path = getattr(route, "path_format", None) or getattr(route, "path", None)
    return path if isinstance(path, str) else NO_ROUTE


def _method(scope: Scope) -> str:
    """The method, of the known ones: a client may send any word."""
    method = str(scope["method"])
    known = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
    return method if method in known else "(other)"


def _tell(scope: Scope, passing: Passing, route: str, seconds: float) -> None:
    told = {
        "method": _method(scope),
        "route": route,
        "status": passing.status,
        "ms": round(seconds * 1_000, 1),
        "address": (scope.get("client") or ("",))[0],
    }
    if passing.tenant:
        told |= {"tenant": passing.tenant, "actor": passing.actor}
    log.log(logging.DEBUG if route in _QUIET else logging.INFO, "request", extra=told)
