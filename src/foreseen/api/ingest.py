"""Take telemetry: on the disk before it is acknowledged."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from foreseen.api.bodies import inflated, raw_body
from foreseen.api.problems import ProblemError, documented
from foreseen.api.scopes import Ingesting
from foreseen.api.services import Serviced, Services
from foreseen.control.tokens import Grant
from foreseen.intake.log import Entry

router = APIRouter()

_NAME = r"^[\x21-\x7e]{1,200}$"
_BODY = {"requestBody": {"required": True, "content": {"text/plain": {}}}}


class Acknowledged(BaseModel):
    """What was taken.

    Attributes:
        acknowledged: Lines that are on the disk now.
        offset: Place in the intake log after them.
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

    The source names where they come from; without it the token's name stands in.
    """
    if form not in services.formats:
        raise ProblemError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            f"format {form[:50]!r} is not known; there are {', '.join(sorted(services.formats))}",
        )
    if grant.tenant not in services.tenants:
        raise ProblemError(HTTPStatus.FORBIDDEN, "no worker of this server reads your organisation")
    body = await raw_body(request)
    encoding = request.headers.get("content-encoding", "")
    place = (source or grant.name, f"/api/v1/ingest/{form}", form)
    return await run_in_threadpool(_take, services, grant, place, inflated_from=(body, encoding))


def _take(
    services: Services,
    grant: Grant,
    place: tuple[str, str, str],
    *,
    inflated_from: tuple[bytes, str],
) -> Acknowledged:
    data = inflated(*inflated_from)
    if not data:
        return Acknowledged(acknowledged=0, offset=services.intake.end)
    offset = services.intake.append([Entry(grant.tenant, *place, services.clock(), data)])
    lines = data.count(b"\n") + (not data.endswith(b"\n"))
    return Acknowledged(acknowledged=lines, offset=offset)
