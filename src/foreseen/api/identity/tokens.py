"""API tokens: one's own, and for admins everybody's; and those of collectors."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from foreseen.api.identity.views import NO_NUL, STRICT, Text, TokenView, milliseconds, token_view
from foreseen.api.problems import documented
from foreseen.api.scopes import Personal, Reading, refuse_without
from foreseen.api.services import Serviced
from foreseen.control.scopes import Scope
from foreseen.control.tokens import (
    Terms,
    create_token,
    revoke_token,
    token_by_id,
    tokens_of,
)
from foreseen.core.errors import NotFoundError

router = APIRouter(prefix="/api/v1/tokens")


class NewTokenBody(BaseModel):
    """What shall be made. With scope `ingest` it is a collector's and nobody owns it."""

    model_config = STRICT
    name: Annotated[str, Field(min_length=1, max_length=100, pattern=NO_NUL)]
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=len(Scope))]
    description: Text = ""
    expires: datetime | None = None


class TokensView(BaseModel):
    """Tokens, the newest first."""

    tokens: list[TokenView]


class MadeView(BaseModel):
    """A new token; it is shown only now."""

    token: str


@router.get("", responses=documented())
def list_tokens(services: Serviced, grant: Reading, *, everyone: bool = False) -> TokensView:
    """One's own tokens; with `everyone`, for admins, all of the organisation."""
    if everyone:
        refuse_without(grant, Scope.ADMIN)
    elif grant.user is None:
        return TokensView(tokens=[])
    owner = None if everyone else grant.user
    found = tokens_of(services.control, grant.tenant, owner=owner)
    return TokensView(tokens=[token_view(each) for each in found])


@router.post("", status_code=HTTPStatus.CREATED, responses=documented())
def make_token(
    services: Serviced, grant: Personal, request: Request, body: NewTokenBody
) -> MadeView:
    """Make a token that may do at most what one may oneself, whenever it is used."""
    owner = grant.user
    if Scope.INGEST in body.scopes:
        refuse_without(grant, Scope.ADMIN)
        owner = None
    terms = Terms(owner, milliseconds(body.expires, "expires"), body.description)
    return MadeView(
        token=create_token(
            services.control,
            grant.tenant,
            name=body.name,
            scopes=body.scopes,
            now=services.clock(),
            terms=terms,
            by=grant.actor(request),
        )
    )


@router.delete("/{id}", status_code=HTTPStatus.NO_CONTENT, responses=documented())
def end_token(services: Serviced, grant: Reading, request: Request, id: str) -> None:  # noqa: A002 (the path's word)
    """End one of one's own tokens; admins end any."""
    found = token_by_id(services.control, grant.tenant, id)
    is_own = grant.user is not None and found.terms.owner == grant.user
    if Scope.ADMIN not in grant.scopes and not is_own:
        raise NotFoundError("no such token")
    by, now = grant.actor(request), services.clock()
    revoke_token(services.control, id, now=now, tenant=grant.tenant, by=by)
