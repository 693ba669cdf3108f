"""Errors as RFC 9457 problems: one shape for everything that can go wrong."""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from structlog.contextvars import get_contextvars

from foreseen.core.errors import (
    ConfigurationError,
    ConflictError,
    DeniedError,
    ForeseenError,
    MalformedInputError,
    NotFoundError,
    StaleError,
    TransientError,
)
from foreseen.intake.log import BacklogFullError

MEDIA_TYPE = "application/problem+json"
_RETRY_SECONDS = "5"
_STATUS: tuple[tuple[type[ForeseenError], HTTPStatus], ...] = (
    (BacklogFullError, HTTPStatus.TOO_MANY_REQUESTS),
    (TransientError, HTTPStatus.SERVICE_UNAVAILABLE),
    (ConfigurationError, HTTPStatus.SERVICE_UNAVAILABLE),  # of ours, e.g. a broker's credentials
    (NotFoundError, HTTPStatus.NOT_FOUND),
    (StaleError, HTTPStatus.PRECONDITION_FAILED),
    (ConflictError, HTTPStatus.CONFLICT),
    (DeniedError, HTTPStatus.FORBIDDEN),
    (MalformedInputError, HTTPStatus.UNPROCESSABLE_ENTITY),
)
_OURS = (TransientError, ConfigurationError)
_ROUTE_STATUS = (400, 401, 403, 404, 405, 422, 429, 500, 503)


class Problem(BaseModel):
    """An error (RFC 9457)."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    request_id: str | None = None


class ProblemError(Exception):
    """A request that cannot be answered, with its status."""

    def __init__(
        self,
        status: HTTPStatus,
        detail: str,
        headers: Mapping[str, str] | None = None,
        *,
        kind: str = "about:blank",
        more: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers, self.kind = status, detail, headers, kind
        self.more = more or {}


def problem(
    status: int,
    detail: str,
    headers: Mapping[str, str] | None = None,
    *,
    kind: str = "about:blank",
    more: Mapping[str, object] | None = None,
) -> JSONResponse:
    """Response that tells a problem, with more members where its kind has some."""
    title = HTTPStatus(status).phrase
    told = get_contextvars().get("request_id")
    body = Problem(type=kind, title=title, status=status, detail=detail, request_id=told)
    shown = {**body.model_dump(exclude_none=True), **(more or {})}
    return JSONResponse(shown, status, headers, media_type=MEDIA_TYPE)


def documented(*more: int) -> dict[int | str, dict[str, Any]]:
    """The problems that a route can answer with, for OpenAPI."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        status: {"description": HTTPStatus(status).phrase, "content": content}
        for status in sorted({*_ROUTE_STATUS, *more})
    }


def install(app: FastAPI) -> None:
    """Make every error of the app a problem."""
    handlers: Mapping[type[Exception], Callable[[Request, Any], Awaitable[JSONResponse]]] = {
        ProblemError: _own,
        ForeseenError: _foreseen,
        HTTPException: _http,
        RequestValidationError: _invalid,
        ClientDisconnect: _gone,
        Exception: _unexpected,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)


async def _own(_request: Request, error: ProblemError) -> JSONResponse:
    return problem(error.status, error.detail, error.headers, kind=error.kind, more=error.more)


async def _foreseen(_request: Request, error: ForeseenError) -> JSONResponse:
    for kind, status in _STATUS:
        if isinstance(error, kind):
            retry = {"Retry-After": _RETRY_SECONDS} if isinstance(error, _OURS) else None
            return problem(status, _public(error), retry)
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "stored data is damaged; see the server's log")


def _public(error: ForeseenError) -> str:
    """The message for a caller; a transient one names paths of ours, which are not theirs."""
    if isinstance(error, BacklogFullError):
        return "too much waits to be processed; retry later"
    if isinstance(error, _OURS):
        return "the server cannot store data now; retry later"
    return str(error)


async def _http(_request: Request, error: HTTPException) -> JSONResponse:
    return problem(error.status_code, str(error.detail), error.headers)


async def _invalid(_request: Request, error: RequestValidationError) -> JSONResponse:
    faults = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, "; ".join(faults))


async def _gone(_request: Request, _error: ClientDisconnect) -> JSONResponse:
    return problem(HTTPStatus.BAD_REQUEST, "the body ended before its end")


async def _unexpected(_request: Request, _error: Exception) -> JSONResponse:
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "an error of ours; see the server's log")
