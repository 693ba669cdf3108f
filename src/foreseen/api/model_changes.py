"""How far one rule's model is trusted: further by a person's word, where gates let it, or less."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from foreseen.api.etags import IfMatch, etag, needed_version
from foreseen.api.model_views import PlacedView, placed_view
from foreseen.api.models import Rule
from foreseen.api.problems import ProblemError, documented
from foreseen.api.scopes import Engineering
from foreseen.api.services import Serviced
from foreseen.control import model_stages
from foreseen.core.decisions import Stage
from foreseen.core.errors import ConfigurationError, NotFoundError
from foreseen.core.ids import RuleId
from foreseen.studies import ordering
from foreseen.studies.ordering import Person
from foreseen.studies.stored import stored_foresight

router = APIRouter(prefix="/api/v1/models")

_Reason = Annotated[str, Field(min_length=1, max_length=2000)]


class NewPromotion(BaseModel):
    """Why a model is trusted further, and how far: by one stage without `to`."""

    model_config = ConfigDict(extra="forbid")

    reason: _Reason
    to: Stage | None = None


class NewDemotion(BaseModel):
    """Why a model shall only observe."""

    model_config = ConfigDict(extra="forbid")

    reason: _Reason


@router.post("/{rule}/promote", responses=documented(409, 412, 428))
def promote_model(  # noqa: PLR0913, PLR0917 (each is a part of the request)
    request: Request,
    response: Response,
    services: Serviced,
    grant: Engineering,
    rule: Rule,
    new: NewPromotion,
    if_match: IfMatch = None,
) -> PlacedView:
    """Trust one rule's model further.

    One that fails a gate is promoted by two persons on the server's command line, not here: 409.
    """
    person = _person(request, services, grant, (new.reason, if_match))
    _refuse_unknown(services, grant, rule)
    try:
        ordering.promote(services.control, grant.tenant, RuleId(rule), person, new.to)
    except ConfigurationError as error:
        raise ProblemError(HTTPStatus.CONFLICT, str(error)) from error
    return _shown(services, grant, rule, response)


@router.post("/{rule}/demote", responses=documented(412, 428))
def demote_model(  # noqa: PLR0913, PLR0917 (each is a part of the request)
    request: Request,
    response: Response,
    services: Serviced,
    grant: Engineering,
    rule: Rule,
    new: NewDemotion,
    if_match: IfMatch = None,
) -> PlacedView:
    """Let one rule's model only observe, and later ones of it, until a person promotes it."""
    person = _person(request, services, grant, (new.reason, if_match))
    _refuse_unknown(services, grant, rule)
    ordering.demote(services.control, grant.tenant, RuleId(rule), person)
    return _shown(services, grant, rule, response)


def _person(
    request: Request, services: Serviced, grant: Engineering, said: tuple[str, str | None]
) -> Person:
    reason, if_match = said
    seen = needed_version(if_match)
    return Person(grant.name, reason, services.clock(), actor=grant.actor(request), seen=seen)


def _refuse_unknown(services: Serviced, grant: Engineering, rule: str) -> None:
    stored = stored_foresight(services.control, grant.tenant)
    if stored is None or rule not in stored.foresight.models:
        raise NotFoundError(f"no model of rule '{rule}'")


def _shown(services: Serviced, grant: Engineering, rule: str, response: Response) -> PlacedView:
    last = model_stages.history(services.control, grant.tenant, RuleId(rule))[0]
    response.headers["ETag"] = etag(last.number)
    return placed_view(last)
