"""Links that work once, for a short time: the first admin, a password anew, one login."""

import hashlib
import secrets
from enum import StrEnum

from sqlalchemy import Engine, delete
from sqlalchemy.orm import Session

from foreseen.control.audit_log import Actor, Change, record
from foreseen.control.database import reading, writing
from foreseen.control.identity.people import row_of
from foreseen.control.identity_tables import LinkRow
from foreseen.core.errors import DeniedError
from foreseen.core.ids import TenantId

LINK_MS = 15 * 60_000
_KEPT_MS = 24 * 3_600_000  # used and expired ones, so that a second use is told from a wrong link
_BYTES = 32
_OVER = "the link is not valid: it was used, is over, or was never given; ask for another"


class Purpose(StrEnum):
    """What a link is good for."""

    SETUP = "setup"
    PASSWORD = "password"  # noqa: S105 (what the link is for)
    LOGIN = "login"
    OIDC = "oidc"


def make_link(  # noqa: PLR0913 (who makes it, and for whom)
    engine: Engine, tenant: TenantId, purpose: Purpose, *, by: Actor, now: int, user: str | None
) -> str:
    """Make the secret part of a link, of which the hash is kept. A new set-up link ends the others.

    Raises:
        NotFoundError: There is no such person.
    """
    secret = secrets.token_urlsafe(_BYTES)
    with writing(engine) as session:
        _forget_old(session, tenant, now)
        if user is not None:
            row_of(session, tenant, user)
        if purpose is Purpose.SETUP:
            session.execute(
                delete(LinkRow).where(LinkRow.tenant == tenant, LinkRow.purpose == purpose)
            )
        session.add(_row(tenant, purpose, secret, now, user))
        after = {"purpose": purpose.value, "expires": now + LINK_MS}
        change = Change("create", "link", user or "first admin", after=after)
        record(session, tenant, by, change, now=now)
    return secret


def link_of(engine: Engine, secret: str, *, now: int) -> LinkRow:
    """A link that can be used now.

    Raises:
        DeniedError: It cannot.
    """
    with reading(engine) as session:
        row = session.get(LinkRow, _hashed(secret))
        return _usable(row, now)


def use_link(session: Session, secret: str, *, now: int) -> LinkRow:
    """Use a link up in the caller's transaction.

    Raises:
        DeniedError: It cannot be used.
    """
    row = _usable(session.get(LinkRow, _hashed(secret)), now)
    row.used = now
    return row


def take_once(session: Session, tenant: TenantId, answer: str, *, now: int) -> None:
    """Take a provider's answer, which is taken once.

    Raises:
        DeniedError: It was taken before.
    """
    _forget_old(session, tenant, now)
    if session.get(LinkRow, _hashed(answer)) is not None:
        raise DeniedError("this login was answered before; log in again")
    row = _row(tenant, Purpose.OIDC, answer, now, None)
    row.used = now
    session.add(row)


def _row(tenant: TenantId, purpose: Purpose, secret: str, now: int, user: str | None) -> LinkRow:
    return LinkRow(
        hash=_hashed(secret),
        tenant=tenant,
        purpose=purpose.value,
        user=user,
        created=now,
        expires=now + LINK_MS,
    )


def _usable(row: LinkRow | None, now: int) -> LinkRow:
    if row is None or row.used is not None or row.expires <= now or row.purpose == Purpose.OIDC:
        raise DeniedError(_OVER)
    return row


def _forget_old(session: Session, tenant: TenantId, now: int) -> None:
    old = LinkRow.expires <= now - _KEPT_MS
    session.execute(delete(LinkRow).where(LinkRow.tenant == tenant, old))


def _hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()
