"""Questions over the lake, so many at a time, each with an end; who hangs up ends theirs."""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from http import HTTPStatus
from typing import Annotated, TypeVar, cast

from fastapi import Depends, Request

from foreseen.api.problems import ProblemError, documented
from foreseen.api.services import services_of
from foreseen.control.grants import Grant
from foreseen.lake.asking.cancel import Cancel, CancelledError, Watch
from foreseen.lake.asking.hunt import TooSlowError
from foreseen.lake.asking.narrowed import Asker
from foreseen.runners.telemetry import span

Answer = TypeVar("Answer")

ANSWERS = documented(504)
"""Problems of a route that asks the desk."""

_LOOK_SECONDS = 0.1
_RETRY = {"Retry-After": "5"}


class Desk:
    """Answers so many questions at a time; some more wait a while, all others are refused.

    Args:
        places: Questions at a time.
        waiting: How many more may wait.
        wait_seconds: How long one waits.
        seconds: How long one may take.
    """

    def __init__(
        self,
        places: int = 4,
        waiting: int = 16,
        wait_seconds: float = 5.0,
        seconds: float = 30.0,
    ) -> None:
        self._threads = ThreadPoolExecutor(places, "lake")
        self._most = places + waiting
        self._wait_seconds, self._seconds = wait_seconds, seconds
        self._turn = threading.Lock()
        self._asked = 0

    async def ask(self, request: Request, grant: Grant, work: Callable[[Asker], Answer]) -> Answer:
        """The answer to a request's question over the lake of its caller's organisation.

        Raises:
            ProblemError: 429 where too many ask, 503 where nobody reads the lake in this process
                or it was stopped, 504 when its time was over.
        """
        lake = services_of(request).lake
        if lake is None:
            raise ProblemError(
                HTTPStatus.SERVICE_UNAVAILABLE, "nobody reads the lake in this process", _RETRY
            )
        self._enter()
        cancel = Cancel()
        watch = Watch(cancel=cancel, seconds=self._seconds)
        future = self._threads.submit(_run, work, Asker(lake, grant.tenant, watch))
        future.add_done_callback(self._leave)
        try:
            return await self._answer(request, future, cancel)
        except TooSlowError as error:
            raise ProblemError(HTTPStatus.GATEWAY_TIMEOUT, str(error)) from error
        except CancelledError as error:
            raise ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, str(error), _RETRY) from error
        finally:
            cancel()  # also when the server stops: the thread ends soon

    async def _answer(self, request: Request, future: Future[Answer], cancel: Cancel) -> Answer:
        """Wait for the answer, and look now and then whether anybody still wants it."""
        begun, wrapped = time.monotonic(), asyncio.wrap_future(future)
        wrapped.add_done_callback(_seen)
        while not (await asyncio.wait({wrapped}, timeout=_LOOK_SECONDS))[0]:
            if await request.is_disconnected():
                cancel()
            late = time.monotonic() - begun > self._wait_seconds
            if late and not future.running() and future.cancel():
                raise _busy()
        return wrapped.result()

    def close(self) -> None:
        """Take no more questions; those at work end by themselves."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _enter(self) -> None:
        with self._turn:
            if self._asked >= self._most:
                raise _busy()
            self._asked += 1

    def _leave(self, _future: Future[Answer]) -> None:
        with self._turn:
            self._asked -= 1


def desk_of(request: Request) -> Desk:
    """The desk of the app that a request came to."""
    return cast("Desk", request.app.state.lake_desk)


Desked = Annotated[Desk, Depends(desk_of)]


def _run(work: Callable[[Asker], Answer], asker: Asker) -> Answer:
    with span("ask the lake"):
        return work(asker)


def _seen(future: asyncio.Future[Answer]) -> None:
    """An answer that nobody waits for any more is no error of anybody."""
    if not future.cancelled():
        future.exception()


def _busy() -> ProblemError:
    return ProblemError(
        HTTPStatus.TOO_MANY_REQUESTS, "too many ask the lake now; come again", _RETRY
    )
