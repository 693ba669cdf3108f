"""Bearer tokens: made once, shown once, kept as hashes."""

import hashlib
import secrets
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Engine, select

from foreseen.control.database import reading, writing
from foreseen.control.tables import TokenRow
from foreseen.core.errors import DeniedError, NotFoundError
from foreseen.core.ids import TenantId

_PREFIX = "fsn_"
_SECRET_BYTES = 32  # random, so a plain fast hash is enough
_LONGEST = 200  # characters of a token that we look at


class Scope(StrEnum):
    """What a token may do."""

    INGEST = "ingest"
    READ = "read"
    TRIAGE = "triage"
    """Say what alerts were."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a valid token stands for."""

    tenant: TenantId
    name: str
    scope: Scope


def create_token(engine: Engine, tenant: TenantId, *, name: str, scope: Scope, now: int) -> str:
    """Make a token; the caller shows it to the person, we keep only its hash."""
    token = f"{_PREFIX}{secrets.token_urlsafe(_SECRET_BYTES)}"
    with writing(engine) as session:
        session.add(
            TokenRow(hash=_hashed(token), tenant=tenant, name=name, scope=scope, created=now)
        )
    return token


def has_tokens(engine: Engine) -> bool:
    """Whether a token was ever made, revoked or not."""
    with reading(engine) as session:
        return session.scalars(select(TokenRow.hash).limit(1)).first() is not None


def grant_of(engine: Engine, token: str) -> Grant:
    """What a token stands for.

    Raises:
        DeniedError: It is unknown or revoked.
    """
    if len(token) > _LONGEST or not token.startswith(_PREFIX):
        raise DeniedError("the token is not valid")
    with reading(engine) as session:
        row = session.get(TokenRow, _hashed(token))
    if row is None or row.revoked is not None:
        raise DeniedError("the token is not valid")
    return Grant(TenantId(row.tenant), row.name, Scope(row.scope))


def revoke_token(engine: Engine, token: str, *, now: int) -> None:
    """End a token.

    Raises:
        NotFoundError: There is no such token.
    """
    with writing(engine) as session:
        row = session.get(TokenRow, _hashed(token))
        if row is None:
            raise NotFoundError("no such token")
        row.revoked = row.revoked or now


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()
