"""People whom a provider (OIDC) logs in: found by issuer and subject, never by name or e-mail."""

import re
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from foreseen.control.audit_log import Actor, Change, record
from foreseen.control.database import writing
from foreseen.control.identity.entering import Door, Entered
from foreseen.control.identity.links import take_once
from foreseen.control.identity.logins import Came, begin
from foreseen.control.identity.people import (
    NewPerson,
    State,
    Wanted,
    add_person,
    apply,
    row_of,
    told,
)
from foreseen.control.identity_tables import UserRow
from foreseen.control.scopes import Role
from foreseen.core.errors import ConflictError, DeniedError
from foreseen.core.ids import TenantId

_NOT_IN_NAMES = re.compile(r"[^a-z0-9._-]+")
_LONGEST_NAME = 56
_MOST_ALIKE = 1_000


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a provider's signed token says of somebody.

    Attributes:
        issuer: The provider.
        subject: Their account there, which never changes hands.
        name: What to make a name of, if they are new.
        display_name: What they are called.
        email: Where they are reached.
        role: What they may do; None: nothing.
        governs: The provider decides it at each login, and not at the first only.
    """

    issuer: str
    subject: str
    name: str
    display_name: str
    email: str | None
    role: Role | None
    governs: bool


def enter_by_provider(  # noqa: PLR0913 (who, where and how)
    door: Door, tenant: TenantId, claimed: Claimed, answer: str, came: Came, *, now: int
) -> Entered:
    """Log in whom a provider has proved; who comes first is made.

    Raises:
        DeniedError: The answer was used before, they have no role here, or are disabled.
    """
    by = Actor(claimed.name, "login", came.address)
    with writing(door.control) as session:
        take_once(session, tenant, answer, now=now)
        row = _known(session, tenant, claimed)
        if claimed.role is None and (row is None or claimed.governs):
            raise DeniedError("you have no role here; ask an admin of your organisation")
        if row is None:
            row = _new(session, tenant, claimed, claimed.role or Role.VIEWER, by, now)
        if row.state != State.ACTIVE:
            raise DeniedError("this account is disabled")
        if claimed.governs:
            apply(session, row, Wanted(role=claimed.role), by=by, now=now)
        return Entered(tenant, row.name, begin(session, row, came, door.limits, now=now))


def bind(  # noqa: PLR0913 (who, where and how)
    door: Door, tenant: TenantId, name: str, claimed: Claimed, answer: str, *, by: Actor, now: int
) -> None:
    """Let a provider log in a person who is logged in and asked for it.

    Raises:
        ConflictError: The account there is another person's, or they have another one.
        NotFoundError: There is no such person.
    """
    with writing(door.control) as session:
        take_once(session, tenant, answer, now=now)
        row, known = row_of(session, tenant, name), _known(session, tenant, claimed)
        if known is not None or row.issuer is not None:
            raise ConflictError("one of both accounts is bound already")
        before = told(row)
        row.issuer, row.subject = claimed.issuer, claimed.subject
        record(session, tenant, by, Change("bind", "user", name, before, told(row)), now=now)


def _known(session: Session, tenant: TenantId, claimed: Claimed) -> UserRow | None:
    query = select(UserRow).where(
        UserRow.tenant == tenant,
        UserRow.issuer == claimed.issuer,
        UserRow.subject == claimed.subject,
    )
    return session.scalars(query).first()


def _new(  # noqa: PLR0913, PLR0917 (who, where and how)
    session: Session, tenant: TenantId, claimed: Claimed, role: Role, by: Actor, now: int
) -> UserRow:
    name = _free_name(session, tenant, claimed.name)
    new = NewPerson(name, role, _printable(claimed.display_name), claimed.email)
    row = add_person(session, tenant, new, now=now)
    row.issuer, row.subject = claimed.issuer, claimed.subject
    record(session, tenant, by, Change("create", "user", name, after=told(row)), now=now)
    return row


def _free_name(session: Session, tenant: TenantId, wanted: str) -> str:
    """A name that nobody has: who is called like somebody else is not them."""
    first = _NOT_IN_NAMES.sub("-", wanted.lower()).strip("-._")[:_LONGEST_NAME] or "person"
    for number in range(1, _MOST_ALIKE):
        name = first if number == 1 else f"{first}-{number}"
        if session.get(UserRow, (tenant, name)) is None:
            return name
    raise ConflictError(f"too many people are called '{first}' here")


def _printable(text: str) -> str:
    return "".join(letter for letter in text[:200] if letter.isprintable())
