"""Bearer tokens: made once, shown once, kept as hashes."""

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from foreseen.control.audit_log import Actor, Change, Values, record
from foreseen.control.database import reading, writing
from foreseen.control.grants import Grant as Grant  # noqa: PLC0414 (others take it from here)
from foreseen.control.identity_tables import TokenRow, UserRow
from foreseen.control.scopes import SCOPES_OF, Role, Scope, scopes_of_text, scopes_text
from foreseen.core.errors import DeniedError, MalformedInputError, NotFoundError
from foreseen.core.ids import TenantId

_PREFIX = "fsn_"
_SECRET_BYTES = 32  # random, so a plain fast hash is enough
_ID_BYTES = 6
_LONGEST = 200  # characters of a token that we look at
_USED_MS = 60_000  # the moment of its last use is written so often at most
_INVALID = "the token is not valid"


@dataclass(frozen=True, slots=True)
class Terms:
    """What a token is made under.

    Attributes:
        owner: Whose it is: it may do what they may, and ends with them.
        expires: When it ends, ms UTC.
        description: What it is for.
    """

    owner: str | None = None
    expires: int | None = None
    description: str = ""


@dataclass(frozen=True, slots=True)
class Token:
    """A token as lists show it; the token itself was shown once, when it was made."""

    id: str
    name: str
    scopes: frozenset[Scope]
    terms: Terms
    created: int
    used: int | None
    revoked: int | None


_PLAIN = Terms()


def create_token(  # noqa: PLR0913 (a token's parts)
    engine: Engine,
    tenant: TenantId,
    *,
    name: str,
    scopes: Collection[Scope],
    now: int,
    terms: Terms = _PLAIN,
    by: Actor | None = None,
) -> str:
    """Make a token; the caller shows it to the person, we keep only its hash.

    Args:
        engine: The control database.
        tenant: Whose.
        name: Who or what will use it.
        scopes: What it may do.
        now: ms UTC.
        terms: Owner, end and description.
        by: Who makes it, for the audit log; None: a program that tells of it elsewhere.

    Raises:
        DeniedError: Its owner may not do all that it should.
        NotFoundError: Its owner is nobody.
        MalformedInputError: It has no scope, or would send events and more, or is over already.
    """
    _check(scopes, terms, now)
    id_ = secrets.token_hex(_ID_BYTES)
    token = f"{_PREFIX}{id_}_{secrets.token_urlsafe(_SECRET_BYTES)}"
    with writing(engine) as session:
        if terms.owner is not None:
            _refuse_more_than_the_owner_may(session, tenant, terms.owner, scopes)
        row = TokenRow(
            hash=_hashed(token),
            id=id_,
            tenant=tenant,
            name=name,
            description=terms.description,
            owner=terms.owner,
            scope=scopes_text(scopes),
            created=now,
            expires=terms.expires,
        )
        session.add(row)
        if by is not None:
            record(session, tenant, by, Change("create", "token", id_, after=_told(row)), now=now)
    return token


def _check(scopes: Collection[Scope], terms: Terms, now: int) -> None:
    if not scopes:
        raise MalformedInputError("a token needs a scope")
    if Scope.INGEST in scopes and len(set(scopes)) > 1:
        raise MalformedInputError(
            f"a token of scope {Scope.INGEST} has that scope only: what sends events reads nothing"
        )
    if terms.expires is not None and terms.expires <= now:
        raise MalformedInputError("the token would be over already; choose a later end")


def _refuse_more_than_the_owner_may(
    session: Session, tenant: TenantId, owner: str, scopes: Collection[Scope]
) -> None:
    person = session.get(UserRow, (tenant, owner))
    if person is None or person.state != "active":
        raise NotFoundError(f"no active person '{owner}'")
    if beyond := set(scopes) - SCOPES_OF[Role(person.role)]:
        raise DeniedError(f"a token of '{owner}', {person.role}, may not {scopes_text(beyond)}")


def has_tokens(engine: Engine) -> bool:
    """Whether a token was ever made, revoked or not."""
    with reading(engine) as session:
        return session.scalars(select(TokenRow.hash).limit(1)).first() is not None


def grant_of(engine: Engine, token: str, *, now: int) -> Grant:
    """What a token stands for now: of a person's token, what the person may now, too.

    Raises:
        DeniedError: It is unknown, revoked or over, or its owner is disabled.
    """
    if len(token) > _LONGEST or not token.startswith(_PREFIX):
        raise DeniedError(_INVALID)
    with reading(engine) as session:
        row = session.get(TokenRow, _hashed(token))
        if row is None or row.revoked is not None or (row.expires or now + 1) <= now:
            raise DeniedError(_INVALID)
        scopes = scopes_of_text(row.scope)
        if row.owner is not None:
            person = session.get(UserRow, (row.tenant, row.owner))
            if person is None or person.state != "active":
                raise DeniedError(_INVALID)
            scopes &= SCOPES_OF[Role(person.role)]
    if row.used is None or now - row.used >= _USED_MS:
        _note_use(engine, row.hash, now)
    return Grant(TenantId(row.tenant), row.owner or row.name, scopes, row.owner)


def _note_use(engine: Engine, hash_: str, now: int) -> None:
    with writing(engine) as session:
        row = session.get(TokenRow, hash_)
        if row is not None and now - (row.used or 0) >= _USED_MS:
            row.used = now


def tokens_of(engine: Engine, tenant: TenantId, *, owner: str | None = None) -> list[Token]:
    """A tenant's tokens, or a person's, the newest first; the revoked ones, too."""
    query = select(TokenRow).where(TokenRow.tenant == tenant)
    if owner is not None:
        query = query.where(TokenRow.owner == owner)
    with reading(engine) as session:
        found = session.scalars(query.order_by(TokenRow.created.desc(), TokenRow.id))
        return [_token(row) for row in found]


def token_by_id(engine: Engine, tenant: TenantId, id_: str) -> Token:
    """One of a tenant's tokens.

    Raises:
        NotFoundError: There is no such token.
    """
    with reading(engine) as session:
        query = select(TokenRow).where(TokenRow.tenant == tenant, TokenRow.id == id_)
        row = session.scalars(query).first()
        if row is None:
            raise NotFoundError("no such token")
        return _token(row)


def revoke_token(
    engine: Engine,
    token: str,
    *,
    now: int,
    tenant: TenantId | None = None,
    by: Actor | None = None,
) -> None:
    """End a token, named by itself or by its id (then with the tenant).

    Raises:
        NotFoundError: There is no such token.
    """
    with writing(engine) as session:
        row = session.get(TokenRow, _hashed(token))
        if row is None and tenant is not None:
            query = select(TokenRow).where(TokenRow.tenant == tenant, TokenRow.id == token)
            row = session.scalars(query).first()
        if row is None or tenant not in {None, row.tenant}:
            raise NotFoundError("no such token")
        revoke(session, row, now=now, by=by)


def revoke(session: Session, row: TokenRow, *, now: int, by: Actor | None) -> None:
    """End a token in the caller's transaction, unless it is ended already."""
    if row.revoked is None:
        row.revoked = now
        if by is not None:
            change = Change("revoke", "token", row.id, before=_told(row))
            record(session, TenantId(row.tenant), by, change, now=now)


def _told(row: TokenRow) -> Values:
    return {
        "name": row.name,
        "owner": row.owner,
        "scopes": row.scope,
        "expires": row.expires,
        "description": row.description,
    }


def _token(row: TokenRow) -> Token:
    terms = Terms(row.owner, row.expires, row.description)
    scopes = scopes_of_text(row.scope)
    return Token(row.id, row.name, scopes, terms, row.created, row.used, row.revoked)


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()
