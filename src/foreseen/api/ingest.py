"""Take telemetry: on the disk before it is acknowledged; what is refused is counted."""

from dataclasses import replace
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from foreseen.api.bodies import inflated, raw_body
from foreseen.api.intake import counts_of
from foreseen.api.problems import ProblemError, documented
from foreseen.api.scopes import Ingesting
from foreseen.api.services import Serviced, Services
from foreseen.control.intake_counts import Outcome
from foreseen.control.tokens import Grant
from foreseen.core.errors import ConfigurationError, MalformedInputError, TransientError
from foreseen.intake.entries import Entry
from foreseen.intake.protocol import BacklogFullError

router = APIRouter()

_NAME = r"^[\x21-\x7e]{1,200}$"
_BODY = {"requestBody": {"required": True, "content": {"text/plain": {}}}}
_OUTCOMES: tuple[tuple[tuple[type[Exception], ...], Outcome], ...] = (
    ((BacklogFullError,), Outcome.BACKLOG),
    ((TransientError, ConfigurationError), Outcome.UNAVAILABLE),
    ((MalformedInputError,), Outcome.UNFIT),
    ((ClientDisconnect,), Outcome.DAMAGED),
    ((HTTPException,), Outcome.UNAVAILABLE),
)
_BY_STATUS = {
    HTTPStatus.BAD_REQUEST: Outcome.DAMAGED,
    HTTPStatus.FORBIDDEN: Outcome.NO_WORKER,
    HTTPStatus.REQUEST_TIMEOUT: Outcome.TOO_SLOW,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: Outcome.TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: Outcome.UNKNOWN_FORMAT,
}


class Acknowledged(BaseModel):
    """What was taken.

    Attributes:
        acknowledged: Lines that are on the disk now.
        offset: Place in the intake after them, in their partition of it.
    """

    acknowledged: int
    offset: int


def _named_source(
    source: Annotated[str | None, Query(pattern=_NAME)] = None,
    x_foreseen_source: Annotated[str | None, Header(pattern=_NAME)] = None,
) -> str | None:
    return x_foreseen_source or source


@router.post(
    "/api/v1/ingest/{form}",
    status_code=HTTPStatus.ACCEPTED,
    responses=documented(408, 413, 415, 429),
    openapi_extra=_BODY,
)
async def ingest(
    request: Request,
    form: str,
    services: Serviced,
    grant: Ingesting,
    source: Annotated[str | None, Depends(_named_source)],
) -> Acknowledged:
    """Lines of one format, plain, gzip or zstd; acknowledged when they survive a power cut.

    The source names where they come from; without it the token's name stands in. Sources of one
    host share the part of their name before the first `/`, e.g. `web-1/auditd` and `web-1/app`.
    """
    counts, name = counts_of(request), source or grant.name
    entry = Entry(grant.tenant, name, f"/api/v1/ingest/{form}", form, services.clock())
    body = b""
    try:
        _refuse_unknown(services, grant, form)
        body = await raw_body(request)
        encoding = request.headers.get("content-encoding", "")
        body = await run_in_threadpool(inflated, body, encoding)
        offset = await run_in_threadpool(_take, services, entry, body)
    except Exception as error:
        counts.add(grant.tenant, name, _outcome(error), _lines(body))
        raise
    counts.add(grant.tenant, name, Outcome.TAKEN, _lines(body))
    return Acknowledged(acknowledged=_lines(body), offset=offset)


def _refuse_unknown(services: Services, grant: Grant, form: str) -> None:
    if form not in services.formats:
        raise ProblemError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            f"format {form[:50]!r} is not known; there are {', '.join(sorted(services.formats))}",
        )
    if grant.tenant not in services.tenants:
        raise ProblemError(HTTPStatus.FORBIDDEN, "no worker of this server reads your organisation")


def _take(services: Services, entry: Entry, data: bytes) -> int:
    """Store a body that is not empty; the offset after it."""
    if services.intake is None:
        raise ConfigurationError("this process takes no telemetry")
    return services.intake.append([replace(entry, data=data)] if data else [])


def _lines(data: bytes) -> int:
    return data.count(b"\n") + (not data.endswith(b"\n")) if data else 0


def _outcome(error: Exception) -> Outcome:
    if isinstance(error, ProblemError):
        return _BY_STATUS.get(error.status, Outcome.FAILED)
    return next((found for kinds, found in _OUTCOMES if isinstance(error, kinds)), Outcome.FAILED)
