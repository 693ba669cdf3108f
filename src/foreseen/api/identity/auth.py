"""Log in and out: by password, and by a link that works once."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from foreseen.api.identity.authentication import (
    Authenticates,
    ByLink,
    Typed,
    log_in,
    use_link,
)
from foreseen.api.identity.browsers import forget_cookie, refuse_foreign, set_cookie
from foreseen.api.identity.views import STRICT, Code, Password, Text
from foreseen.api.problems import documented
from foreseen.api.scopes import Personal, public
from foreseen.api.services import Serviced
from foreseen.control.identity.entering import Entered
from foreseen.control.identity.logins import end_session
from foreseen.core.ids import DEFAULT_TENANT, TenantId

router = APIRouter(prefix="/api/v1/auth")


class LoginBody(BaseModel):
    """What a person types; `code` where a first answer asked for it."""

    model_config = STRICT
    name: Text
    password: Password
    code: Code | None = None
    tenant: Text = DEFAULT_TENANT


class SetupBody(BaseModel):
    """A link's secret part, and what it is used for."""

    model_config = STRICT
    link: Annotated[str, Field(max_length=200)]
    password: Password | None = None
    code: Code | None = None
    name: Text | None = None
    display_name: Text = ""


class EnteredView(BaseModel):
    """Who is logged in now; the session is in the cookie."""

    tenant: str
    name: str


@router.post("/login", dependencies=[Depends(public)], responses=documented(429))
async def login(
    services: Serviced,
    authenticates: Authenticates,
    request: Request,
    response: Response,
    body: LoginBody,
) -> EnteredView:
    """Log in by name and password.

    A problem of type `urn:foreseen:problem:second-factor` asks for the same again with `code`.
    """
    refuse_foreign(request, services.identity, with_cookie=False)
    typed = Typed(TenantId(body.tenant), body.name.strip().lower(), body.password, body.code)
    entered = await log_in(services, authenticates.hashing, typed, request)
    return _with_cookie(services, request, response, entered)


@router.post("/setup", dependencies=[Depends(public)], responses=documented(409, 429))
async def setup(
    services: Serviced,
    authenticates: Authenticates,
    request: Request,
    response: Response,
    body: SetupBody,
) -> EnteredView:
    """Use a link up: make the first admin, set a password anew, or only log in."""
    refuse_foreign(request, services.identity, with_cookie=False)
    by = ByLink(body.link, body.password, body.code, body.name, body.display_name)
    entered = await use_link(services, authenticates.hashing, by, request)
    return _with_cookie(services, request, response, entered)


def _with_cookie(
    services: Serviced, request: Request, response: Response, entered: Entered
) -> EnteredView:
    set_cookie(request, response, services.identity, entered.cookie)
    return EnteredView(tenant=entered.tenant, name=entered.name)


@router.post("/logout", status_code=HTTPStatus.NO_CONTENT, responses=documented())
def logout(services: Serviced, grant: Personal, request: Request, response: Response) -> None:
    """End the session that asks."""
    end_session(
        services.control,
        grant.tenant,
        grant.login.id if grant.login else "",
        by=grant.actor(request),
        now=services.clock(),
        user=grant.user,
    )
    forget_cookie(request, response, services.identity)
