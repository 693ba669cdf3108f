"""Who may call a route: each one states the scope that its token must have."""

from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from foreseen.api.problems import ProblemError
from foreseen.api.services import Serviced
from foreseen.control.tokens import Grant, Scope, grant_of
from foreseen.core.errors import DeniedError

_BEARER = HTTPBearer(auto_error=False, description="a token that `foreseen tokens create` made")
_CHALLENGE = {"WWW-Authenticate": "Bearer"}
Credentials = Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)]


class Needs:
    """A route's need of a token with a scope; yields what the token stands for.

    Args:
        scope: The scope.
    """

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    def __call__(self, services: Serviced, credentials: Credentials) -> Grant:
        """The caller's grant.

        Raises:
            ProblemError: 401 without a valid token, 403 with one of another scope.
        """
        if credentials is None:
            raise ProblemError(
                HTTPStatus.UNAUTHORIZED, "send a token: Authorization: Bearer fsn_...", _CHALLENGE
            )
        try:
            grant = grant_of(services.control, credentials.credentials)
        except DeniedError as error:
            raise ProblemError(HTTPStatus.UNAUTHORIZED, str(error), _CHALLENGE) from error
        if grant.scope != self.scope:
            raise ProblemError(
                HTTPStatus.FORBIDDEN,
                f"this needs a token of scope {self.scope}, yours has {grant.scope}",
            )
        return grant


def public() -> None:
    """The word of a route that anyone may call it."""


Ingesting = Annotated[Grant, Depends(Needs(Scope.INGEST))]
Reading = Annotated[Grant, Depends(Needs(Scope.READ))]
Triaging = Annotated[Grant, Depends(Needs(Scope.TRIAGE))]
