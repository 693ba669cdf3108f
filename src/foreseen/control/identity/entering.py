"""Logging in: what happens in the database once somebody has proved who they are."""

from dataclasses import dataclass

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from foreseen.control.audit_log import Actor, Change, record
from foreseen.control.database import reading, writing
from foreseen.control.identity import links
from foreseen.control.identity.links import Purpose
from foreseen.control.identity.lockout import Attempt, forgive
from foreseen.control.identity.logins import Came, Limits, begin
from foreseen.control.identity.people import (
    NewPerson,
    State,
    add_person,
    end_logins,
    has_active_admin,
    row_of,
    told,
)
from foreseen.control.identity.sealing import Seal
from foreseen.control.identity.second_factor import take_code
from foreseen.control.identity_tables import UserRow
from foreseen.control.scopes import Role
from foreseen.core.errors import DeniedError, MalformedInputError
from foreseen.core.ids import TenantId

WRONG = "name, password or code are not right"


class SecondFactorNeededError(DeniedError):
    """What was shown is right and a code is needed beside it."""


@dataclass(frozen=True, slots=True)
class Door:
    """What logging in depends on.

    Attributes:
        control: The control database.
        seal: Opens the secrets of second factors.
        limits: How long sessions last.
    """

    control: Engine
    seal: Seal
    limits: Limits


@dataclass(frozen=True, slots=True)
class Entered:
    """Somebody who is logged in.

    Attributes:
        tenant: Where.
        name: Who.
        cookie: What their browser keeps.
    """

    tenant: TenantId
    name: str
    cookie: str


def password_of(engine: Engine, tenant: TenantId, name: str) -> str | None:
    """The hash of an active person's password, if they have one."""
    with reading(engine) as session:
        row = session.get(UserRow, (tenant, name))
        return row.password if row and row.state == State.ACTIVE else None


def enter_by_password(
    door: Door, attempt: Attempt, code: str | None, came: Came, *, now: int
) -> Entered:
    """Log in who has shown the right password.

    Raises:
        DeniedError: The code is wrong, or they may not log in any more.
        SecondFactorNeededError: A code is needed; the attempt is not counted.
    """
    with writing(door.control) as session:
        row = session.get(UserRow, (attempt.tenant, attempt.name))
        if row is None or row.state != State.ACTIVE:
            raise DeniedError(WRONG)
        needed = row.totp is not None and not code
        if row.totp is not None and code and not take_code(session, row, code, door.seal, now=now):
            raise DeniedError(WRONG)
        forgive(session, attempt, door.seal.key, succeeded=not needed)
        if not needed:
            return _entered(session, door, row, came, now)
    raise SecondFactorNeededError("send the code of your authenticator, too")


@dataclass(frozen=True, slots=True)
class Shown:
    """What comes with a link: a password's hash, if it sets one; a code; who becomes admin."""

    secret: str
    password: str | None = None
    code: str | None = None
    name: str | None = None
    display_name: str = ""


def enter_by_link(door: Door, shown: Shown, came: Came, *, now: int) -> Entered:
    """Use a link up: it makes the first admin, sets a password, or only logs in.

    Raises:
        DeniedError: The link or the code is not valid, or there is an admin already.
        SecondFactorNeededError: A code is needed; the link can still be used.
        MalformedInputError: The first admin's name is not acceptable, or a password is missing.
    """
    with writing(door.control) as session:
        link = links.use_link(session, shown.secret, now=now)
        tenant = TenantId(link.tenant)
        if (shown.password is None) != (link.purpose == Purpose.LOGIN):
            wanted = "takes no password" if shown.password else "needs a new password"
            raise MalformedInputError(f"this link {wanted}")
        if link.purpose == Purpose.SETUP:
            row = _first_admin(session, tenant, shown, came, now)
        else:
            row = row_of(session, tenant, link.user or "")
            if row.state != State.ACTIVE:
                raise DeniedError(WRONG)
            _second_factor(session, door, row, shown.code, now)
        if shown.password is not None:
            actor = Actor(row.name, "login", came.address)
            set_password(session, row, shown.password, by=actor, now=now)
        return _entered(session, door, row, came, now)


def _first_admin(session: Session, tenant: TenantId, shown: Shown, came: Came, now: int) -> UserRow:
    if has_active_admin(session, tenant):
        raise DeniedError("there is an admin already; log in")
    new = NewPerson(shown.name or "", Role.ADMIN, shown.display_name)
    row = add_person(session, tenant, new, now=now)
    actor = Actor(row.name, "login", came.address)
    record(session, tenant, actor, Change("create", "user", row.name, after=told(row)), now=now)
    return row


def _second_factor(session: Session, door: Door, row: UserRow, code: str | None, now: int) -> None:
    if row.totp is None:
        return
    if not code:
        raise SecondFactorNeededError("send the code of your authenticator, too")
    if not take_code(session, row, code, door.seal, now=now):
        raise DeniedError(WRONG)


def set_password(  # noqa: PLR0913 (whose, by whom)
    session: Session, row: UserRow, hash_: str, *, by: Actor, now: int, login: str | None = None
) -> None:
    """Give a person a password; their logins end, but for one that `login` names."""
    before = told(row)
    row.password = hash_
    end_logins(session, row, but=login)
    change = Change("set password", "user", row.name, before, told(row))
    record(session, TenantId(row.tenant), by, change, now=now)


def _entered(session: Session, door: Door, row: UserRow, came: Came, now: int) -> Entered:
    cookie = begin(session, row, came, door.limits, now=now)
    return Entered(TenantId(row.tenant), row.name, cookie)
