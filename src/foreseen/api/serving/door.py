"""The server's front door: open from the first moment, it says what the server is about to do."""

import asyncio
from http import HTTPStatus

from fastapi import FastAPI
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from foreseen.api.problems import problem

_OPENING_SECONDS = 60.0
_PATIENCE_SECONDS = 30.0
"""So long a request waits for a server that is starting: a restart costs its clients no error."""

_AT_ONCE = frozenset({"/healthz", "/readyz"})


class Door:
    """An app that lets requests wait until another one takes its place.

    The event loop calls it; `open` and `drain` are for the thread that runs the server.
    """

    def __init__(self) -> None:
        self._app: FastAPI | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wanted: asyncio.Event | None = None
        self._lives: asyncio.Event | None = None
        self._ended: asyncio.Event | None = None
        self.draining = False
        """Whether the server is about to end."""

    def open(self, app: FastAPI) -> None:
        """Let requests through to an app from now on; its lifespan has begun when this returns."""
        assert self._loop is not None  # noqa: S101 (the server runs before its door opens)
        self._app = app
        asyncio.run_coroutine_threadsafe(self._begin(app), self._loop).result(_OPENING_SECONDS)

    def drain(self) -> None:
        """Say that the server is not ready any more; requests still pass."""
        self.draining = True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on."""
        if scope["type"] == "lifespan":
            await self._life(receive, send)
        elif await self._is_open(scope) and self._app is not None:
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await _starting(scope["path"])(scope, receive, send)

    async def _is_open(self, scope: Scope) -> bool:
        """Whether requests go through, at once or after a while; health is told at once."""
        if self._lives is None or self._lives.is_set() or scope["path"] in _AT_ONCE:
            return self._lives is not None and self._lives.is_set()
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await self._lives.wait()
        except TimeoutError:
            return False
        return True

    async def _begin(self, app: FastAPI) -> None:
        begun = asyncio.Event()
        self._ended = asyncio.Event()
        self._wanted = asyncio.Event()
        self._task = asyncio.create_task(self._live(app, begun, self._wanted, self._ended))
        waiting = asyncio.create_task(begun.wait())
        await asyncio.wait({waiting, self._task}, return_when=asyncio.FIRST_COMPLETED)
        if self._task.done():
            waiting.cancel()
            self._task.result()
        assert self._lives is not None  # noqa: S101 (made when the server began)
        self._lives.set()

    async def _live(
        self, app: FastAPI, begun: asyncio.Event, wanted: asyncio.Event, ended: asyncio.Event
    ) -> None:
        """The app's own lifespan, begun and ended by one task."""
        try:
            async with app.router.lifespan_context(app):
                begun.set()
                await wanted.wait()
        finally:
            ended.set()

    async def _life(self, receive: Receive, send: Send) -> None:
        await receive()
        self._loop, self._lives = asyncio.get_running_loop(), asyncio.Event()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        if self._wanted is not None and self._ended is not None:
            self._wanted.set()
            await self._ended.wait()
        await send({"type": "lifespan.shutdown.complete"})


def _starting(path: str) -> Response:
    """What is said before the stores are open."""
    if path == "/healthz":
        return JSONResponse({"status": "alive"})
    retry = {"Retry-After": "1"}
    return problem(HTTPStatus.SERVICE_UNAVAILABLE, "the server is starting; retry later", retry)
