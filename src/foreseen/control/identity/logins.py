"""Login sessions: kept here, named in the browser by a random cookie of which we keep the hash."""

import hashlib
import secrets
from dataclasses import dataclass

from sqlalchemy import Engine, delete, select
from sqlalchemy.orm import Session

from foreseen.control.audit_log import Actor, Change, record
from foreseen.control.database import reading, writing
from foreseen.control.grants import Grant, Login
from foreseen.control.identity.people import State
from foreseen.control.identity_tables import LoginRow, UserRow
from foreseen.control.scopes import SCOPES_OF, Role
from foreseen.core.errors import DeniedError, NotFoundError
from foreseen.core.ids import TenantId

_BYTES, _ID_BYTES = 32, 8
_LONGEST, _LONGEST_AGENT = 100, 200
_USED_MS = 60_000  # the moment of the last use is written so often at most
_MINUTE_MS = 60_000
_MOST = 50  # sessions of a person; a new one ends the oldest
_OVER = "log in: this session is over"


@dataclass(frozen=True, slots=True)
class Limits:
    """How long sessions last.

    Attributes:
        idle: Without a request, ms.
        absolute: In all, ms.
    """

    idle: int = 8 * 60 * _MINUTE_MS
    absolute: int = 7 * 24 * 60 * _MINUTE_MS


@dataclass(frozen=True, slots=True)
class Came:
    """How somebody logs in.

    Attributes:
        way: `password`, `provider`, `link` or `break-glass`.
        address: Their network address.
        agent: What their browser says it is.
    """

    way: str
    address: str | None
    agent: str


@dataclass(frozen=True, slots=True)
class OpenLogin:
    """A login session as lists show it; times in ms UTC."""

    id: str
    user: str
    came: Came
    created: int
    used: int
    expires: int


def begin(session: Session, row: UserRow, came: Came, limits: Limits, *, now: int) -> str:
    """Log a person in, in the caller's transaction; the result is the cookie."""
    cookie, id_ = secrets.token_urlsafe(_BYTES), secrets.token_hex(_ID_BYTES)
    _make_room(session, row, now - limits.idle, now)
    session.add(
        LoginRow(
            hash=_hashed(cookie),
            id=id_,
            tenant=row.tenant,
            user=row.name,
            way=came.way,
            address=came.address,
            agent=came.agent[:_LONGEST_AGENT],
            created=now,
            used=now,
            expires=now + limits.absolute,
        )
    )
    row.last_login = now
    change = Change("log in", "session", id_, after={"user": row.name, "way": came.way})
    actor = Actor(row.name, "login", came.address)
    record(session, TenantId(row.tenant), actor, change, now=now)
    return cookie


def _make_room(session: Session, row: UserRow, idle_since: int, now: int) -> None:
    mine = (LoginRow.tenant == row.tenant, LoginRow.user == row.name)
    session.execute(
        delete(LoginRow).where(*mine, (LoginRow.expires <= now) | (LoginRow.used <= idle_since))
    )
    query = select(LoginRow).where(*mine).order_by(LoginRow.created.desc(), LoginRow.id)
    for old in session.scalars(query.offset(_MOST - 1)).all():
        session.delete(old)


def grant_of_cookie(engine: Engine, cookie: str, limits: Limits, *, now: int) -> Grant:
    """What a session's cookie stands for.

    Raises:
        DeniedError: There is no such session, or it is over.
    """
    if len(cookie) > _LONGEST:
        raise DeniedError(_OVER)
    with reading(engine) as session:
        row = session.get(LoginRow, _hashed(cookie))
        person = session.get(UserRow, (row.tenant, row.user)) if row else None
    if row is None or person is None or person.state != State.ACTIVE or _is_over(row, limits, now):
        raise DeniedError(_OVER)
    if now - row.used >= _USED_MS:
        _note_use(engine, row.hash, now)
    scopes = SCOPES_OF[Role(person.role)]
    return Grant(TenantId(row.tenant), row.user, scopes, row.user, Login(row.id, row.way))


def _is_over(row: LoginRow, limits: Limits, now: int) -> bool:
    return row.expires <= now or row.used + limits.idle <= now


def _note_use(engine: Engine, hash_: str, now: int) -> None:
    with writing(engine) as session:
        row = session.get(LoginRow, hash_)
        if row is not None:
            row.used = max(row.used, now)


def sessions(
    engine: Engine, tenant: TenantId, limits: Limits, *, now: int, user: str | None = None
) -> list[OpenLogin]:
    """A tenant's sessions that are not over, or one person's, the last used first."""
    query = select(LoginRow).where(LoginRow.tenant == tenant)
    if user is not None:
        query = query.where(LoginRow.user == user)
    with reading(engine) as session:
        found = session.scalars(query.order_by(LoginRow.used.desc(), LoginRow.id))
        return [_session(row) for row in found if not _is_over(row, limits, now)]


def end_session(  # noqa: PLR0913 (who ends whose)
    engine: Engine, tenant: TenantId, id_: str, *, by: Actor, now: int, user: str | None = None
) -> None:
    """End a session; with `user`, only one of theirs.

    Raises:
        NotFoundError: There is no such session.
    """
    query = select(LoginRow).where(LoginRow.tenant == tenant, LoginRow.id == id_)
    with writing(engine) as session:
        row = session.scalars(query).first()
        if row is None or user not in {None, row.user}:
            raise NotFoundError("no such session")
        session.delete(row)
        action = "log out" if user == row.user else "end"
        before = {"user": row.user, "way": row.way}
        record(session, tenant, by, Change(action, "session", id_, before=before), now=now)


def _session(row: LoginRow) -> OpenLogin:
    came = Came(row.way, row.address, row.agent)
    return OpenLogin(row.id, row.user, came, row.created, row.used, row.expires)


def _hashed(cookie: str) -> str:
    return hashlib.sha256(cookie.encode(errors="surrogatepass")).hexdigest()
