"""People of a tenant: made, changed, disabled and deleted, each with its entry in the audit log."""

import re
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Engine, delete, func, select
from sqlalchemy.orm import Session

from foreseen.control.audit_log import Actor, Change, Values, record
from foreseen.control.database import reading, writing
from foreseen.control.identity_tables import LinkRow, LoginRow, RecoveryCodeRow, TokenRow, UserRow
from foreseen.control.scopes import Role
from foreseen.control.tokens import revoke
from foreseen.core.errors import ConflictError, MalformedInputError, NotFoundError
from foreseen.core.ids import TenantId

_NAME = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}")
_LONGEST = 200  # characters of a display name or an address
LAST_ADMIN = "the last active admin stays one; make another person admin first"


class State(StrEnum):
    """Whether a person may log in."""

    ACTIVE = "active"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class Person:
    """A person as lists show them.

    Attributes:
        name: What they log in by.
        display_name: What they are called.
        email: Where they are reached; never what proves who they are.
        role: What they may do.
        state: Whether they may log in.
        has_password: Whether they can log in by password.
        has_second_factor: Whether a password alone is not enough.
        issuer: The provider that logs them in.
        created: ms UTC.
        last_login: ms UTC.
    """

    name: str
    display_name: str
    email: str | None
    role: Role
    state: State
    has_password: bool
    has_second_factor: bool
    issuer: str | None
    created: int
    last_login: int | None


@dataclass(frozen=True, slots=True)
class NewPerson:
    """Who shall be made."""

    name: str
    role: Role
    display_name: str = ""
    email: str | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What shall become of a person; None: it stays."""

    role: Role | None = None
    state: State | None = None
    display_name: str | None = None
    email: str | None = None


def create_person(
    engine: Engine, tenant: TenantId, new: NewPerson, *, by: Actor, now: int
) -> Person:
    """Make a person, who cannot log in before a link let them choose a password.

    Raises:
        MalformedInputError: The name or another text is not acceptable.
        ConflictError: There is a person of that name.
    """
    with writing(engine) as session:
        row = add_person(session, tenant, new, now=now)
        change = Change("create", "user", row.name, after=told(row))
        record(session, tenant, by, change, now=now)
        return person_of(row)


def add_person(session: Session, tenant: TenantId, new: NewPerson, *, now: int) -> UserRow:
    """Make a person in the caller's transaction; raises what `create_person` raises."""
    if not _NAME.fullmatch(new.name):
        raise MalformedInputError(
            f"'{new.name[:80]}' is no name: 1 to 64 of a-z 0-9 . _ @ -, a letter or digit first"
        )
    _check_texts(new.display_name, new.email)
    if session.get(UserRow, (tenant, new.name)) is not None:
        raise ConflictError(f"there is a person '{new.name}' already")
    row = UserRow(
        tenant=tenant,
        name=new.name,
        created=now,
        display_name=new.display_name,
        email=new.email,
        role=new.role.value,
        state=State.ACTIVE.value,
    )
    session.add(row)
    session.flush()
    return row


def people(engine: Engine, tenant: TenantId) -> list[Person]:
    """A tenant's people by name."""
    with reading(engine) as session:
        query = select(UserRow).where(UserRow.tenant == tenant).order_by(UserRow.name)
        return [person_of(row) for row in session.scalars(query)]


def person(engine: Engine, tenant: TenantId, name: str) -> Person:
    """One of them.

    Raises:
        NotFoundError: There is no such person.
    """
    with reading(engine) as session:
        return person_of(row_of(session, tenant, name))


def has_admin(engine: Engine, tenant: TenantId) -> bool:
    """Whether somebody active is admin."""
    with reading(engine) as session:
        return has_active_admin(session, tenant)


def change_person(  # noqa: PLR0913 (who changes what of whom)
    engine: Engine, tenant: TenantId, name: str, wanted: Wanted, *, by: Actor, now: int
) -> Person:
    """Change a person; another role or state ends their logins.

    Raises:
        NotFoundError: There is no such person.
        ConflictError: No active admin would be left.
        MalformedInputError: A text is not acceptable.
    """
    with writing(engine) as session:
        row = row_of(session, tenant, name)
        apply(session, row, wanted, by=by, now=now)
        return person_of(row)


def apply(session: Session, row: UserRow, wanted: Wanted, *, by: Actor, now: int) -> None:
    """Change a person in the caller's transaction; raises what `change_person` raises."""
    _check_texts(wanted.display_name, wanted.email)
    before, tenant = told(row), TenantId(row.tenant)
    was_admin = _is_admin(row)
    if wanted.role is not None:
        row.role = wanted.role.value
    if wanted.state is not None:
        row.state = wanted.state.value
    if wanted.display_name is not None:
        row.display_name = wanted.display_name
    if wanted.email is not None:
        row.email = wanted.email or None
    after = told(row)
    if after == before:
        return
    if was_admin and not _is_admin(row):
        session.flush()
        _refuse_without_admin(session, tenant)
    if (before["role"], before["state"]) != (after["role"], after["state"]):
        end_logins(session, row)
    record(session, tenant, by, Change("change", "user", row.name, before, after), now=now)


def delete_person(engine: Engine, tenant: TenantId, name: str, *, by: Actor, now: int) -> None:
    """Delete a person; their logins, links and tokens end. What they did stays in the records.

    Raises:
        NotFoundError: There is no such person.
        ConflictError: No active admin would be left.
    """
    with writing(engine) as session:
        row = row_of(session, tenant, name)
        end_logins(session, row)
        for kind in (RecoveryCodeRow, LinkRow):
            session.execute(delete(kind).where(kind.tenant == tenant, kind.user == name))
        owned = select(TokenRow).where(TokenRow.tenant == tenant, TokenRow.owner == name)
        for token in session.scalars(owned):
            revoke(session, token, now=now, by=by)
        was_admin = _is_admin(row)
        session.delete(row)
        session.flush()
        if was_admin:
            _refuse_without_admin(session, tenant)
        record(session, tenant, by, Change("delete", "user", name, before=told(row)), now=now)


def row_of(session: Session, tenant: TenantId, name: str) -> UserRow:
    """A person's row.

    Raises:
        NotFoundError: There is no such person.
    """
    row = session.get(UserRow, (tenant, name))
    if row is None:
        raise NotFoundError(f"no person '{name}'")
    return row


def end_logins(session: Session, row: UserRow, *, but: str | None = None) -> None:
    """End a person's login sessions, and the links that wait for them; `but` is an id to keep."""
    where = [LoginRow.tenant == row.tenant, LoginRow.user == row.name]
    if but is not None:
        where.append(LoginRow.id != but)
    session.execute(delete(LoginRow).where(*where))
    session.execute(
        delete(LinkRow).where(
            LinkRow.tenant == row.tenant, LinkRow.user == row.name, LinkRow.used.is_(None)
        )
    )


def told(row: UserRow) -> Values:
    """What the audit log says of a person."""
    return {
        "display_name": row.display_name,
        "email": row.email,
        "role": row.role,
        "state": row.state,
        "has_password": row.password is not None,
        "has_second_factor": row.totp is not None,
        "issuer": row.issuer,
        "subject": row.subject,
    }


def person_of(row: UserRow) -> Person:
    """A person from their row."""
    return Person(
        row.name,
        row.display_name,
        row.email,
        Role(row.role),
        State(row.state),
        row.password is not None,
        row.totp is not None,
        row.issuer,
        row.created,
        row.last_login,
    )


def _is_admin(row: UserRow) -> bool:
    return row.role == Role.ADMIN and row.state == State.ACTIVE


def has_active_admin(session: Session, tenant: TenantId) -> bool:
    """Whether somebody active is admin, in the caller's transaction."""
    query = select(func.count()).where(
        UserRow.tenant == tenant, UserRow.role == Role.ADMIN, UserRow.state == State.ACTIVE
    )
    return (session.scalar(query) or 0) > 0


def _refuse_without_admin(session: Session, tenant: TenantId) -> None:
    if not has_active_admin(session, tenant):
        raise ConflictError(LAST_ADMIN)


def _check_texts(*texts: str | None) -> None:
    for text in texts:
        if text is not None and (len(text) > _LONGEST or not (text.isprintable() or not text)):
            raise MalformedInputError(
                f"names and addresses have at most {_LONGEST} characters, all of them printable"
            )
