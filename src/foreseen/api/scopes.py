"""Who may call a route: each one states the scope that its caller must have."""

from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from foreseen.api.idempotency import claim_key, refuse_key
from foreseen.api.identity.browsers import cookie_of, refuse_foreign
from foreseen.api.problems import ProblemError
from foreseen.api.services import Serviced, Services
from foreseen.api.serving.traffic import admit
from foreseen.control.grants import Grant
from foreseen.control.identity.logins import grant_of_cookie
from foreseen.control.scopes import Scope, scopes_text
from foreseen.control.tokens import grant_of
from foreseen.core.errors import DeniedError

_BEARER = HTTPBearer(auto_error=False, description="a token that `foreseen tokens create` made")
CHALLENGE = {"WWW-Authenticate": "Bearer"}
SCOPE_NEEDED = "urn:foreseen:problem:scope"
LOGIN_NEEDED = "urn:foreseen:problem:login"
Credentials = Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)]


class Needs:
    """A route's need of a caller with a scope; yields what the caller stands for.

    Args:
        scope: The scope.
        login: It is for a person who has logged in: a token, which may leak, does not do.
    """

    def __init__(self, scope: Scope, *, login: bool = False) -> None:
        self.scope, self.login = scope, login

    def __call__(self, request: Request, services: Serviced, credentials: Credentials) -> Grant:
        """The caller's grant.

        Raises:
            ProblemError: 401 without a valid token, 403 with one of another scope, 429 over a rate;
                with an `Idempotency-Key` what `claim_key` raises.
        """
        grant = _grant(request, services, credentials)
        if self.login and grant.login is None:
            raise ProblemError(
                HTTPStatus.FORBIDDEN, "a token cannot do this: log in", kind=LOGIN_NEEDED
            )
        if self.scope not in grant.scopes:
            has = scopes_text(grant.scopes)
            raise ProblemError(
                HTTPStatus.FORBIDDEN,
                f"this needs scope {self.scope}, you have {has or 'none'}",
                kind=SCOPE_NEEDED,
            )
        admit(request, grant, self.scope)
        claim_key(request, services, grant)
        return grant


def _grant(request: Request, services: Services, credentials: Credentials) -> Grant:
    """By the token if there is one, else by the session's cookie."""
    now, engine = services.clock(), services.control
    try:
        if credentials is not None:
            return grant_of(engine, credentials.credentials, now=now)
        grant = grant_of_cookie(
            engine, _cookie(request, services), services.identity.limits, now=now
        )
    except DeniedError as error:
        raise ProblemError(HTTPStatus.UNAUTHORIZED, str(error), CHALLENGE) from error
    refuse_foreign(request, services.identity, with_cookie=True)
    return grant


def _cookie(request: Request, services: Services) -> str:
    cookie = cookie_of(request, services.identity)
    if cookie is None:
        raise DeniedError("send a token (Authorization: Bearer fsn_...) or log in")
    return cookie


def public(request: Request) -> None:
    """The word of a route that anyone may call it."""
    refuse_key(request)


def refuse_without(grant: Grant, scope: Scope) -> None:
    """Refuse a caller who asks a route for more than its own scope lets everybody have.

    Raises:
        ProblemError: 403, the caller lacks the scope.
    """
    if scope not in grant.scopes:
        raise ProblemError(HTTPStatus.FORBIDDEN, f"this needs scope {scope}", kind=SCOPE_NEEDED)


Ingesting = Annotated[Grant, Depends(Needs(Scope.INGEST))]
Reading = Annotated[Grant, Depends(Needs(Scope.READ))]
Triaging = Annotated[Grant, Depends(Needs(Scope.TRIAGE))]
Hunting = Annotated[Grant, Depends(Needs(Scope.HUNT))]
Engineering = Annotated[Grant, Depends(Needs(Scope.ENGINEER))]
Responding = Annotated[Grant, Depends(Needs(Scope.RESPOND))]
Administering = Annotated[Grant, Depends(Needs(Scope.ADMIN))]
Personal = Annotated[Grant, Depends(Needs(Scope.READ, login=True))]
