"""People, tokens and sessions as the API shows them; times in ISO 8601, or null."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from foreseen.api.times import iso
from foreseen.control.identity.logins import OpenLogin
from foreseen.control.identity.people import Person, State
from foreseen.control.scopes import Role, Scope
from foreseen.control.tokens import Token
from foreseen.core.errors import MalformedInputError

STRICT = ConfigDict(extra="forbid")
NO_NUL = r"^[^\x00]*$"  # PostgreSQL keeps none
Text = Annotated[str, Field(max_length=200, pattern=NO_NUL)]
Password = Annotated[str, Field(max_length=1_000)]
Code = Annotated[str, Field(max_length=50)]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class UserView(BaseModel):
    """A person.

    Attributes:
        locked_until: Too many of their logins failed: until then none is taken; null: they may.
    """

    name: str
    display_name: str
    email: str | None
    role: Role
    state: State
    has_password: bool
    has_second_factor: bool
    issuer: str | None
    created: str | None
    last_login: str | None
    locked_until: str | None


class TokenView(BaseModel):
    """A token, without the token."""

    id: str
    name: str
    description: str
    owner: str | None
    scopes: list[Scope]
    created: str | None
    expires: str | None
    used: str | None
    revoked: str | None


class SessionView(BaseModel):
    """A login session; `mine` is the one that asks."""

    id: str
    user: str
    way: str
    address: str | None
    agent: str
    created: str | None
    used: str | None
    expires: str | None
    mine: bool


def user_view(person: Person, locked_until: int | None = None) -> UserView:
    """A person for a reader, and until when they must wait, ms UTC."""
    return UserView(
        name=person.name,
        display_name=person.display_name,
        email=person.email,
        role=person.role,
        state=person.state,
        has_password=person.has_password,
        has_second_factor=person.has_second_factor,
        issuer=person.issuer,
        created=iso(person.created),
        last_login=iso(person.last_login),
        locked_until=iso(locked_until),
    )


def token_view(token: Token) -> TokenView:
    """A token for a reader."""
    return TokenView(
        id=token.id,
        name=token.name,
        description=token.terms.description,
        owner=token.terms.owner,
        scopes=sorted(token.scopes, key=list(Scope).index),
        created=iso(token.created),
        expires=iso(token.terms.expires),
        used=iso(token.used),
        revoked=iso(token.revoked),
    )


def session_view(login: OpenLogin, mine: str | None) -> SessionView:
    """A session for a reader, whose own has the id `mine`."""
    return SessionView(
        id=login.id,
        user=login.user,
        way=login.came.way,
        address=login.came.address,
        agent=login.came.agent,
        created=iso(login.created),
        used=iso(login.used),
        expires=iso(login.expires),
        mine=login.id == mine,
    )


def milliseconds(time: datetime | None, name: str) -> int | None:
    """A time of a request in ms UTC; without a zone it is UTC.

    Raises:
        MalformedInputError: The calendar has no such time in UTC.
    """
    if time is None:
        return None
    try:
        zoned = time if time.tzinfo else time.replace(tzinfo=UTC)
        return (zoned - _EPOCH) // timedelta(milliseconds=1)
    except OverflowError as error:
        raise MalformedInputError(f"{name}: there is no such time in UTC") from error
