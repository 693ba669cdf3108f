"""Versions of the models: listed, shown, and taken back into use."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi import Path as InPath
from pydantic import BaseModel, ConfigDict, Field

from foreseen.api.etags import IfMatch, etag, needed_version
from foreseen.api.model_views import FullVersionView, VersionPage, full_version, version_view
from foreseen.api.problems import ProblemError, documented
from foreseen.api.scopes import Engineering, Reading
from foreseen.api.services import Serviced
from foreseen.control import model_versions
from foreseen.core.errors import ConfigurationError, MalformedInputError, NotFoundError
from foreseen.core.ids import TenantId
from foreseen.studies import ordering
from foreseen.studies.ordering import Person

router = APIRouter(prefix="/api/v1/models/versions")

Number = Annotated[int, InPath(ge=1, lt=2**63)]


class NewChoice(BaseModel):
    """Why a version is taken into use."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, Field(min_length=1, max_length=2000)]


@router.get("", responses=documented())
def list_versions(
    services: Serviced,
    grant: Reading,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=30)] = None,
) -> VersionPage:
    """Every version, the newest first, and which one is in use."""
    before = _before(cursor)
    found = [
        each
        for each in model_versions.versions(services.control, grant.tenant)
        if before is None or each.number < before
    ]
    used = model_versions.in_use(services.control, grant.tenant)
    page = found[:limit]
    more = str(page[-1].number) if len(found) > limit else None
    return VersionPage(versions=[version_view(each, used) for each in page], next=more)


@router.get("/{number}", responses=documented())
def get_version(
    services: Serviced, grant: Reading, number: Number, response: Response
) -> FullVersionView:
    """One version; the ETag is the number of the one in use, and is needed to take another."""
    return _shown(services, grant.tenant, number, response)


@router.post("/{number}/use", responses=documented(409, 412, 428))
def use_version(  # noqa: PLR0913, PLR0917 (each is a part of the request)
    request: Request,
    response: Response,
    services: Serviced,
    grant: Engineering,
    number: Number,
    new: NewChoice,
    if_match: IfMatch = None,
) -> FullVersionView:
    """Take a version into use: an older one, or the newer one again, which undoes it.

    One that the gates refused is taken by two persons on the server's command line, not here.
    """
    seen = needed_version(if_match)
    version = _version(services, grant.tenant, number)
    if version.refused:
        raise ProblemError(HTTPStatus.CONFLICT, f"version {number} is refused: {version.refused}")
    person = Person(grant.name, new.reason, services.clock(), actor=grant.actor(request), seen=seen)
    try:
        ordering.roll_back(services.control, grant.tenant, number, person)
    except ConfigurationError as error:
        raise ProblemError(HTTPStatus.CONFLICT, str(error)) from error
    return _shown(services, grant.tenant, number, response)


def _shown(
    services: Serviced, tenant: TenantId, number: int, response: Response
) -> FullVersionView:
    version = _version(services, tenant, number)
    used = model_versions.in_use(services.control, tenant)
    response.headers["ETag"] = etag(used.version.number if used else 0)
    return full_version(version, used)


def _version(services: Serviced, tenant: TenantId, number: int) -> model_versions.Version:
    try:
        return model_versions.version(services.control, tenant, number)
    except NotFoundError as error:
        raise NotFoundError(f"no version {number} of the models") from error


def _before(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    if not cursor.isascii() or not cursor.isdecimal() or int(cursor) >= 2**63:
        raise MalformedInputError("the cursor is none that this API gave")
    return int(cursor)
