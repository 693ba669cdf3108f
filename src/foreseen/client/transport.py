"""Requests to a server: retried where that is safe, refused with an error that says why."""

import random
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2

from foreseen.client.errors import Problem, UnreachableError, error_of
from foreseen.core.errors import ConfigurationError

_LATER = frozenset({429, 502, 503, 504})
_REFUSED_BEFORE = 429
_AT_WORK = 409
_LONGEST_WAIT = 60.0
_FIRST_WAIT = 0.5
_REPEATABLE = frozenset({"GET", "PUT", "DELETE"})


@dataclass(frozen=True, slots=True)
class Ask:
    """A request.

    Attributes:
        method: Its method.
        path: Its path, e.g. `/api/v1/alerts`.
        params: Its query; what is None is left out.
        body: Its body as JSON; None: it has none.
        headers: More headers.
        once: Whether the route takes an `Idempotency-Key`, so that it may be sent again.
    """

    method: str
    path: str
    params: Mapping[str, object] = field(default_factory=dict)
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    once: bool = False


class Transport:
    """A connection to a server.

    Args:
        url: Where the server is, e.g. `https://foreseen.example`.
        token: A token of the API.
        timeout: Seconds without a sign of an answer after which it is given up.
        retries: How often a request is sent again where that is safe.
        wait: Waits so many seconds.

    Raises:
        ConfigurationError: The address is none.
    """

    def __init__(
        self,
        url: str,
        token: str,
        *,
        timeout: float = 300.0,
        retries: int = 4,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        _check(url, token)
        headers = {"Authorization": f"Bearer {token}", "User-Agent": "foreseen-client"}
        self._http = httpx2.Client(base_url=url, headers=headers, timeout=timeout)
        self._retries, self._wait = retries, wait

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def json(self, ask: Ask) -> Any:  # noqa: ANN401 (JSON)
        """The answer's body; None where it has none.

        Raises:
            ProblemError: The server refused; its kind says why.
            UnreachableError: There was no answer.
        """
        answer = self.answer(ask)
        return answer.json() if answer.content else None

    def answer(self, ask: Ask) -> httpx2.Response:
        """The answer, read whole; raises what `json` raises."""
        request = self._request(ask)
        for attempt in range(self._retries + 1):
            is_last = attempt == self._retries
            try:
                answer = self._http.send(request)
            except httpx2.TransportError as error:
                if is_last or not _may_repeat(ask):
                    raise UnreachableError(f"{self._http.base_url}: {error}") from error
                self._wait(_pause(attempt))
                continue
            if answer.is_success:
                return answer
            if is_last or not _worth_repeating(ask, answer):
                raise error_of(_problem(answer))
            self._wait(_pause(attempt, answer.headers.get("retry-after")))
        raise AssertionError("the last attempt returns or raises")

    @contextmanager
    def streamed(self, ask: Ask) -> Iterator[httpx2.Response]:
        """An answer that is read as it comes; not retried. Raises what `json` raises."""
        try:
            answer = self._http.send(self._request(ask), stream=True)
            try:
                if not answer.is_success:
                    answer.read()
                    raise error_of(_problem(answer))
                yield answer
            finally:
                answer.close()
        except httpx2.TransportError as error:
            raise UnreachableError(f"{self._http.base_url}: {error}") from error

    def pause(self, attempt: int) -> None:
        """Wait before another attempt."""
        self._wait(_pause(attempt))

    def _request(self, ask: Ask) -> httpx2.Request:
        headers = dict(ask.headers)
        if ask.once:
            headers.setdefault("Idempotency-Key", str(uuid.uuid4()))
        params: dict[str, Any] = {
            name: value for name, value in ask.params.items() if value is not None
        }
        return self._http.build_request(
            ask.method, ask.path, params=params, headers=headers, json=ask.body
        )


def _check(url: str, token: str) -> None:
    try:
        found = httpx2.URL(url)
    except httpx2.InvalidURL as error:
        raise ConfigurationError(f"{url}: no address; write it https://HOST[:PORT]") from error
    if found.scheme not in {"http", "https"} or not found.host:
        raise ConfigurationError(f"{url}: no address; write it https://HOST[:PORT]")
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise ConfigurationError("the token is none; 'foreseen tokens create' makes one")


def _may_repeat(ask: Ask) -> bool:
    return ask.once or ask.method in _REPEATABLE


def _worth_repeating(ask: Ask, answer: httpx2.Response) -> bool:
    """Whether the server says that it may work later, and nothing can be done twice."""
    if answer.status_code == _AT_WORK:
        return ask.once and "retry-after" in answer.headers
    if answer.status_code == _REFUSED_BEFORE:
        return True
    return answer.status_code in _LATER and _may_repeat(ask)


def _pause(attempt: int, told: str | None = None) -> float:
    """Seconds: what the server said, else longer each time and never all clients at once."""
    if told is not None and told.isascii() and told.isdecimal() and len(told) < 6:  # noqa: PLR2004
        return min(float(told), _LONGEST_WAIT)
    longest: float = min(_FIRST_WAIT * 2**attempt, _LONGEST_WAIT)
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 (no secret)


def _problem(answer: httpx2.Response) -> Problem:
    """What an answer says; one of something between us and the server may be no problem."""
    told: dict[str, Any] = {}
    if answer.headers.get("content-type", "").startswith("application/problem+json"):
        try:
            found = answer.json()
        except ValueError:
            found = None
        told = found if isinstance(found, dict) else {}
    return Problem(
        answer.status_code,
        str(told.get("detail") or f"the server answered {answer.status_code}"),
        str(told.get("type") or "about:blank"),
        told.get("request_id") or answer.headers.get("x-request-id"),
    )
