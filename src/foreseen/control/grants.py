"""What a caller stands for, however they proved it."""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

from foreseen.control.audit_log import Actor
from foreseen.control.scopes import Scope
from foreseen.core.ids import TenantId


class _Place(Protocol):
    @property
    def host(self) -> str: ...


class Called(Protocol):
    """A request, as far as it says where it came from."""

    @property
    def client(self) -> _Place | None:
        """The caller's network address."""
        ...


class Login(NamedTuple):
    """A person's login session: the id that lists name it by, and how they logged in."""

    id: str
    way: str


@dataclass(frozen=True, slots=True)
class Grant:
    """What a caller stands for.

    Attributes:
        tenant: The organisation.
        name: Who it is for people and records: the person, or the token that nobody owns.
        scopes: What it may do now.
        user: The person; None for a token that nobody owns.
        login: The person's login session; None for a token.
    """

    tenant: TenantId
    name: str
    scopes: frozenset[Scope]
    user: str | None = None
    login: Login | None = None

    def actor(self, request: Called) -> Actor:
        """Who the audit log names for a change that this request makes."""
        return Actor(self.name, "login" if self.login else "token", address_of(request))


def address_of(request: Called) -> str | None:
    """The network address that a request came from."""
    return request.client.host if request.client else None
