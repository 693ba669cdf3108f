"""Log in by an organisation's provider (OIDC): there, and back with an answer taken once."""

import hmac
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from foreseen.api.identity.authentication import Authenticates, came_by, door_of
from foreseen.api.identity.browsers import (
    answer_of,
    cookie_of,
    keep_for_answer,
    public_address,
    set_cookie,
)
from foreseen.api.identity.provider import Asked, Providers
from foreseen.api.identity.settings import ProviderSettings
from foreseen.api.problems import ProblemError, documented
from foreseen.api.scopes import Personal, public
from foreseen.api.services import Serviced, Services
from foreseen.control.audit_log import Actor
from foreseen.control.grants import address_of
from foreseen.control.identity.lockout import Attempt, tell_failure
from foreseen.control.identity.logins import grant_of_cookie
from foreseen.control.identity.provided import Claimed, bind, enter_by_provider
from foreseen.core.errors import ConflictError, DeniedError, MalformedInputError
from foreseen.core.ids import DEFAULT_TENANT, TenantId

router = APIRouter(prefix="/api/v1")

_SECONDS = 600  # that somebody may take at the provider
_BACK = "/api/v1/auth/oidc/callback"
_NOT_OURS = "no login waits for this answer here; log in again"
_Said = Annotated[str | None, Query(max_length=4_000)]


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a provider's answer brings: by the browser, so anybody may have written it."""

    code: str | None
    state: str | None
    iss: str | None


class AddressView(BaseModel):
    """Where the browser goes next."""

    address: str


class WaysView(BaseModel):
    """How people of an organisation log in, besides name and password.

    Attributes:
        provider: Whether `/auth/oidc/login` leads to a provider.
    """

    provider: bool


@router.get("/auth/ways", dependencies=[Depends(public)], responses=documented())
def ways(
    services: Serviced, tenant: Annotated[str, Query(max_length=200)] = DEFAULT_TENANT
) -> WaysView:
    """By what one can log in to an organisation; one that does not exist has no provider."""
    return WaysView(provider=services.identity.of(TenantId(tenant)).oidc is not None)


@router.get(
    "/auth/oidc/login",
    dependencies=[Depends(public)],
    status_code=HTTPStatus.SEE_OTHER,
    response_class=RedirectResponse,
    responses=documented(409),
)
async def oidc_login(
    services: Serviced,
    authenticates: Authenticates,
    request: Request,
    tenant: Annotated[str, Query(max_length=200)] = DEFAULT_TENANT,
) -> RedirectResponse:
    """Go to the provider of an organisation to log in."""
    found = TenantId(tenant)
    asked = await _asked(services, authenticates.providers, request, found)
    response = RedirectResponse(asked.address, HTTPStatus.SEE_OTHER)
    _keep(services, request, response, {"tenant": found}, asked)
    return response


@router.post("/me/provider", responses=documented(409))
async def bind_provider(
    services: Serviced,
    authenticates: Authenticates,
    grant: Personal,
    request: Request,
    response: Response,
) -> AddressView:
    """Begin to bind the provider's account to the own one; the browser goes to the address."""
    asked = await _asked(services, authenticates.providers, request, grant.tenant)
    kept = {"tenant": grant.tenant, "user": grant.user or ""}
    _keep(services, request, response, kept, asked)
    return AddressView(address=asked.address)


@router.get(
    "/auth/oidc/callback",
    dependencies=[Depends(public)],
    status_code=HTTPStatus.SEE_OTHER,
    response_class=RedirectResponse,
    responses=documented(409),
)
async def oidc_callback(  # noqa: PLR0913, PLR0917 (what providers answer with)
    services: Serviced,
    authenticates: Authenticates,
    request: Request,
    code: _Said = None,
    state: _Said = None,
    iss: _Said = None,
) -> RedirectResponse:
    """Take the provider's answer; then the console is shown."""
    kept = _kept(services, request)
    tenant = TenantId(kept["tenant"])
    said = _Answer(code, state, iss)
    try:
        claimed = await _claimed(services, authenticates.providers, request, kept, said)
        cookie = await run_in_threadpool(_taken, services, request, kept, claimed)
    except DeniedError as error:
        attempt = Attempt(tenant, "", address_of(request))
        now = services.clock()
        await run_in_threadpool(
            tell_failure, services.control, attempt, f"provider: {error}", now=now
        )
        raise
    response = RedirectResponse("/", HTTPStatus.SEE_OTHER)
    keep_for_answer(request, response, services.identity, "", seconds=0)
    if cookie is not None:
        set_cookie(request, response, services.identity, cookie)
    return response


async def _claimed(
    services: Services,
    providers: Providers,
    request: Request,
    kept: dict[str, str],
    said: _Answer,
) -> Claimed:
    """Who has logged in at the provider, if this is its answer to what this browser asked."""
    settings = _settings(services, TenantId(kept["tenant"]))
    if not hmac.compare_digest((said.state or "").encode(), kept["state"].encode()):
        raise DeniedError(_NOT_OURS)
    if said.iss not in {None, settings.issuer}:
        raise DeniedError("the answer is another provider's")
    if not said.code:
        raise DeniedError("the provider did not log you in")
    asked = Asked("", kept["state"], kept["nonce"], kept["verifier"])
    back, now = _back(request, services), services.clock()
    return await providers.claimed(settings, back, said.code, asked, now=now)


def _taken(
    services: Services, request: Request, kept: dict[str, str], claimed: Claimed
) -> str | None:
    """Log in who has proved themselves; the result is the cookie, none where it was to bind."""
    door, now, tenant = door_of(services), services.clock(), TenantId(kept["tenant"])
    user = kept.get("user")
    if user is None:
        came = came_by("provider", request)
        return enter_by_provider(door, tenant, claimed, kept["state"], came, now=now).cookie
    cookie = cookie_of(request, services.identity) or ""
    grant = grant_of_cookie(services.control, cookie, door.limits, now=now)
    if (grant.tenant, grant.user) != (tenant, user):
        raise DeniedError("another person has logged in meanwhile")
    by = Actor(user, "login", address_of(request))
    bind(door, tenant, user, claimed, kept["state"], by=by, now=now)
    return None


async def _asked(
    services: Services, providers: Providers, request: Request, tenant: TenantId
) -> Asked:
    settings = _settings(services, tenant)
    return await providers.ask(settings, _back(request, services), now=services.clock())


def _settings(services: Services, tenant: TenantId) -> ProviderSettings:
    found = services.identity.of(tenant).oidc
    if found is None:
        raise ConflictError("this organisation has no provider to log in by")
    return found


def _back(request: Request, services: Services) -> str:
    return public_address(request, services.identity) + _BACK


def _keep(
    services: Services, request: Request, response: Response, kept: dict[str, str], asked: Asked
) -> None:
    values = {**kept, "state": asked.state, "nonce": asked.nonce, "verifier": asked.verifier}
    sealed = services.identity.seal.close(values, now=services.clock())
    keep_for_answer(request, response, services.identity, sealed, seconds=_SECONDS)


def _kept(services: Services, request: Request) -> dict[str, str]:
    sealed = answer_of(request, services.identity)
    if sealed is None:
        raise ProblemError(HTTPStatus.BAD_REQUEST, _NOT_OURS)
    try:
        return services.identity.seal.open(sealed, now=services.clock(), seconds=_SECONDS)
    except MalformedInputError as error:
        raise ProblemError(HTTPStatus.BAD_REQUEST, _NOT_OURS) from error
