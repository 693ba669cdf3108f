"""`Idempotency-Key`: a change that its caller sends again is not done again.

A route takes the header by `dependencies=[KEYED]`; every other route that changes something refuses
it, so that nobody relies on what is not there. Routes that show a secret must not take it: answers
are kept as they are.
"""

import hashlib
import logging
import re
import uuid
from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, FastAPI, Header, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from foreseen.api.problems import ProblemError, problem
from foreseen.api.services import Services
from foreseen.control import idempotency
from foreseen.control.grants import Grant
from foreseen.control.idempotency import Answer, Asked, StillRunningError, asked_now
from foreseen.core.errors import ForeseenError

log = logging.getLogger("foreseen.idempotency")

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
KEY_PATTERN = r'^("[A-Za-z0-9._:-]{1,200}"|[A-Za-z0-9._:-]{1,200})$'
MOST_BYTES = 2 << 20
"""Of the body of a request with a key, and of an answer that is kept."""

_METHODS = frozenset({"POST", "PATCH"})
_ALSO_ASKED = ("content-type", "if-match", "x-foreseen-second")
_ALSO_KEPT = ("content-type", "etag", "location", "cache-control")


def takes_key(
    idempotency_key: Annotated[
        str | None,
        Header(
            pattern=KEY_PATTERN,
            description="made by you; the same request with the same key is done once",
        ),
    ] = None,
) -> None:
    """The word of a route that a request with a key is done once."""
    del idempotency_key  # Once has read it


KEYED = Depends(takes_key)


class ReplayedError(Exception):
    """The request was answered before."""

    def __init__(self, answer: Answer) -> None:
        super().__init__("answered before")
        self.answer = answer


def install(app: FastAPI) -> None:
    """Answer repetitions with what was answered before."""
    app.add_exception_handler(ReplayedError, _again)


async def _again(_request: Request, error: Exception) -> Response:
    assert isinstance(error, ReplayedError)  # noqa: S101 (for the type checker)
    answer = error.answer
    return Response(answer.body, answer.status, {**answer.headers, REPLAYED: "true"})


def claim_key(request: Request, services: Services, grant: Grant) -> None:
    """Claim the key of a request that has one, for its caller.

    Raises:
        ReplayedError: It was answered before.
        ProblemError: 400 the route takes no key, 409 the first request is still at work.
        MalformedInputError: The key was sent with another request.
        ConflictError: It was done, and its answer is lost.
    """
    asked = asked_now()
    if asked is None:
        return
    refuse_key(request)
    caller = f"person {grant.user}" if grant.user is not None else f"token {grant.name}"
    try:
        found = idempotency.claim(
            services.control, grant.tenant, caller, asked, now=services.clock()
        )
    except StillRunningError as error:
        raise ProblemError(HTTPStatus.CONFLICT, str(error), {"Retry-After": "1"}) from error
    if found is not None:
        raise ReplayedError(found)


def refuse_key(request: Request) -> None:
    """Refuse a key where the route takes none.

    Raises:
        ProblemError: 400.
    """
    if asked_now() is None:
        return
    dependant = getattr(request.scope.get("route"), "dependant", None)
    if not any(each.call is takes_key for each in getattr(dependant, "dependencies", ())):
        raise ProblemError(
            HTTPStatus.BAD_REQUEST,
            f"this route keeps no answers, so it takes no {HEADER}; send the request without",
        )


class Once:
    """Reads a request with a key whole, and keeps its answer before it is sent."""

    def __init__(self, app: ASGIApp, services: Services) -> None:
        self._app, self._services = app, services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything else on as it is."""
        given: list[str] = []
        if scope["type"] == "http" and scope["method"] in _METHODS:
            given = Headers(scope=scope).getlist(HEADER)
        if not given:
            await self._app(scope, receive, send)
            return
        try:
            key = _key(given)
            body = await _body(receive)
        except (ProblemError, HTTPException) as error:
            status = error.status if isinstance(error, ProblemError) else error.status_code
            answer = problem(status, str(error.detail), error.headers)
            await answer(scope, receive, send)
            return
        if body is not None:
            asked = Asked(key, _digest(scope, body), uuid.uuid4().hex)
            await self._done(asked, scope, _again_received(body, receive), send)

    async def _done(self, asked: Asked, scope: Scope, receive: Receive, send: Send) -> None:
        held: list[Message] = []

        async def holding(message: Message) -> None:
            if asked.owner is None:  # nobody claimed the key: nothing to keep
                await send(message)
            else:
                held.append(message)

        try:
            with idempotency.asking(asked):
                await self._app(scope, receive, holding)
        finally:
            if asked.owner is not None:
                await run_in_threadpool(self._settle, asked, held)
            for message in held:
                await send(message)

    def _settle(self, asked: Asked, held: Sequence[Message]) -> None:
        """A success is kept; after a refusal the key may be used anew if nothing was changed."""
        answer, engine = _answer(held), self._services.control
        try:
            if answer and answer.status < HTTPStatus.BAD_REQUEST and len(answer.body) <= MOST_BYTES:
                idempotency.keep(engine, asked, answer)
            else:
                idempotency.release(engine, asked)
        except ForeseenError:  # the answer is true all the same; a repetition is told a conflict
            log.exception("the answer of a request with a key was not kept")


def _key(given: Sequence[str]) -> str:
    if len(given) > 1 or not re.fullmatch(KEY_PATTERN, given[0]):
        raise ProblemError(
            HTTPStatus.BAD_REQUEST,
            f"send one {HEADER} of 1 to 200 letters, digits and ._:- (a UUID does)",
        )
    return given[0].strip('"')


async def _body(receive: Receive) -> bytes | None:
    """The whole body; None: the client went away."""
    parts, size = list[bytes](), 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > MOST_BYTES:
            raise ProblemError(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"a request with {HEADER} has at most {MOST_BYTES} bytes",
            )
        if not message.get("more_body", False):
            return b"".join(parts)


def _again_received(body: bytes, receive: Receive) -> Callable[[], Awaitable[Message]]:
    left = [body]

    async def receiving() -> Message:
        if left:
            return {"type": "http.request", "body": left.pop(), "more_body": False}
        return await receive()

    return receiving


def _digest(scope: Scope, body: bytes) -> str:
    """Of everything that the request asks for."""
    headers = Headers(scope=scope)
    also = "\n".join(f"{name}: {headers.get(name)!r}" for name in _ALSO_ASKED)
    place = f"{scope['method']} {scope['path']!r} {scope.get('query_string', b'')!r}\n{also}\n"
    return hashlib.sha256(place.encode() + body).hexdigest()


def _answer(held: Sequence[Message]) -> Answer | None:
    """The whole answer; None where it did not come to its end."""
    if not held or held[-1].get("more_body", False):
        return None
    start, *parts = held
    headers = Headers(raw=start.get("headers", []))
    kept = {name: headers[name] for name in _ALSO_KEPT if name in headers}
    return Answer(start["status"], kept, b"".join(part.get("body", b"") for part in parts))
