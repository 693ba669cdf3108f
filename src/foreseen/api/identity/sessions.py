"""Login sessions: one's own, and for admins everybody's."""

from http import HTTPStatus

from fastapi import APIRouter, Request
from pydantic import BaseModel

from foreseen.api.identity.views import SessionView, session_view
from foreseen.api.problems import documented
from foreseen.api.scopes import Reading, refuse_without
from foreseen.api.services import Serviced
from foreseen.control.identity.logins import end_session, sessions
from foreseen.control.scopes import Scope
from foreseen.core.errors import NotFoundError

router = APIRouter(prefix="/api/v1/sessions")


class SessionsView(BaseModel):
    """Sessions that are not over, the last used first."""

    sessions: list[SessionView]


@router.get("", responses=documented())
def list_sessions(services: Serviced, grant: Reading, *, everyone: bool = False) -> SessionsView:
    """One's own sessions; with `everyone`, for admins, all of the organisation."""
    if everyone:
        refuse_without(grant, Scope.ADMIN)
    elif grant.user is None:
        return SessionsView(sessions=[])
    found = sessions(
        services.control,
        grant.tenant,
        services.identity.limits,
        now=services.clock(),
        user=None if everyone else grant.user,
    )
    mine = grant.login.id if grant.login else None
    return SessionsView(sessions=[session_view(each, mine) for each in found])


@router.delete("/{id}", status_code=HTTPStatus.NO_CONTENT, responses=documented())
def revoke_session(services: Serviced, grant: Reading, request: Request, id: str) -> None:  # noqa: A002 (the path's word)
    """End one of one's own sessions; admins end any."""
    everybodys = Scope.ADMIN in grant.scopes
    if not everybodys and grant.user is None:
        raise NotFoundError("no such session")
    end_session(
        services.control,
        grant.tenant,
        id,
        by=grant.actor(request),
        now=services.clock(),
        user=None if everybodys else grant.user,
    )
