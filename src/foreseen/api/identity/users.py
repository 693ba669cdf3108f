"""People of an organisation, for its admins."""

from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from foreseen.api.idempotency import KEYED
from foreseen.api.identity.browsers import public_address
from foreseen.api.identity.views import STRICT, Text, UserView, user_view
from foreseen.api.problems import documented
from foreseen.api.scopes import Administering
from foreseen.api.services import Serviced
from foreseen.api.times import iso
from foreseen.control.database import writing
from foreseen.control.identity import second_factor
from foreseen.control.identity.links import LINK_MS, Purpose, make_link
from foreseen.control.identity.lockout import locked, locked_until, unlock
from foreseen.control.identity.people import (
    NewPerson,
    State,
    Wanted,
    change_person,
    create_person,
    delete_person,
    people,
    person,
    row_of,
)
from foreseen.control.scopes import Role

router = APIRouter(prefix="/api/v1/users")


class NewUserBody(BaseModel):
    """Who shall be made."""

    model_config = STRICT
    name: Annotated[str, Field(max_length=64)]
    role: Role
    display_name: Text = ""
    email: Text | None = None


class UserBody(BaseModel):
    """What shall become of a person; what is not named stays."""

    model_config = STRICT
    role: Role | None = None
    state: State | None = None
    display_name: Text | None = None
    email: Text | None = None


class LinkBody(BaseModel):
    """What a link shall do: set a password anew, or log in once."""

    model_config = STRICT
    purpose: Literal["password", "login"] = "password"


class UsersView(BaseModel):
    """All people of the organisation."""

    users: list[UserView]


class LinkView(BaseModel):
    """A link, shown only now, and until when it works."""

    link: str
    expires: str | None


@router.get("", responses=documented())
def list_users(services: Serviced, grant: Administering) -> UsersView:
    """Everybody, by name."""
    waits = locked(services.control, grant.tenant, now=services.clock())
    found = people(services.control, grant.tenant)
    return UsersView(users=[user_view(each, waits.get(each.name)) for each in found])


@router.post(
    "", status_code=HTTPStatus.CREATED, dependencies=[KEYED], responses=documented(409, 413)
)
def create_user(
    services: Serviced, grant: Administering, request: Request, body: NewUserBody
) -> UserView:
    """Make a person; a link (`/users/{name}/link`) lets them choose their password."""
    new = NewPerson(body.name, body.role, body.display_name, body.email)
    by, now = grant.actor(request), services.clock()
    return user_view(create_person(services.control, grant.tenant, new, by=by, now=now))


@router.get("/{name}", responses=documented())
def get_user(services: Serviced, grant: Administering, name: str) -> UserView:
    """One person."""
    found = person(services.control, grant.tenant, name)
    until = locked_until(services.control, grant.tenant, name, now=services.clock())
    return user_view(found, until)


@router.patch("/{name}", dependencies=[KEYED], responses=documented(409, 413))
def change_user(
    services: Serviced, grant: Administering, request: Request, name: str, body: UserBody
) -> UserView:
    """Change a person; another role or state ends their logins."""
    wanted = Wanted(body.role, body.state, body.display_name, body.email)
    by, now = grant.actor(request), services.clock()
    changed = change_person(services.control, grant.tenant, name, wanted, by=by, now=now)
    return user_view(changed, locked_until(services.control, grant.tenant, name, now=now))


@router.delete("/{name}", status_code=HTTPStatus.NO_CONTENT, responses=documented(409))
def delete_user(services: Serviced, grant: Administering, request: Request, name: str) -> None:
    """Delete a person; their logins, links and tokens end."""
    by = grant.actor(request)
    delete_person(services.control, grant.tenant, name, by=by, now=services.clock())


@router.post("/{name}/link", status_code=HTTPStatus.CREATED, responses=documented())
def create_link(
    services: Serviced, grant: Administering, request: Request, name: str, body: LinkBody
) -> LinkView:
    """Make a link for a person that works once, for 15 minutes."""
    by, now = grant.actor(request), services.clock()
    purpose = Purpose(body.purpose)
    secret = make_link(services.control, grant.tenant, purpose, by=by, now=now, user=name)
    address = public_address(request, services.identity)
    return LinkView(link=link_text(address, purpose, secret), expires=iso(now + LINK_MS))


def link_text(address: str, purpose: Purpose, secret: str) -> str:
    """A link to open; its secret is behind the #, which browsers send to nobody."""
    page = "login" if purpose is Purpose.LOGIN else "setup"
    return f"{address}/{page}#{secret}"


@router.post("/{name}/unlock", status_code=HTTPStatus.NO_CONTENT, responses=documented())
def unlock_user(services: Serviced, grant: Administering, request: Request, name: str) -> None:
    """Let a person whose logins failed try again at once."""
    by = grant.actor(request)
    unlock(services.control, grant.tenant, name, by=by, now=services.clock())


@router.delete("/{name}/second-factor", status_code=HTTPStatus.NO_CONTENT, responses=documented())
def remove_second_factor(
    services: Serviced, grant: Administering, request: Request, name: str
) -> None:
    """Take away the second factor of a person who has lost it."""
    with writing(services.control) as session:
        row = row_of(session, grant.tenant, name)
        second_factor.disable(session, row, by=grant.actor(request), now=services.clock())
