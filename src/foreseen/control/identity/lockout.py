"""Lockout: each failed login makes the next one wait longer, by account and by network address.

An attempt counts as failed before the password is looked at, so that many at once are no way round,
and the count is taken back when it succeeds. Names that nobody has and addresses share a bounded
number of rows, chosen by a keyed hash: a flood fills nothing and nobody can aim at another's.
"""

import hashlib
import hmac
import ipaddress
from dataclasses import dataclass

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from foreseen.control.audit_log import Actor, Change, record
from foreseen.control.database import reading, writing
from foreseen.control.identity.people import row_of
from foreseen.control.identity_tables import LoginFailureRow, UserRow
from foreseen.control.tables import TenantRow
from foreseen.core.ids import DEFAULT_TENANT, TenantId

_FREE = {"account": 5, "address": 20}
_FIRST_MS, _LONGEST_MS = 1_000, 15 * 60_000
_FORGOTTEN_MS = {"account": 15 * 60_000, "address": 60_000}
"""How long until one failure is forgotten: many people may come from one address."""
_BUCKETS = 4096
_HOUR_MS = 3_600_000
_TOLD_AN_HOUR = 60
_MOST_DOUBLINGS = 20


@dataclass(frozen=True, slots=True)
class Attempt:
    """Somebody who tries to log in.

    Attributes:
        tenant: Where.
        name: The name that they gave.
        address: Their network address.
    """

    tenant: TenantId
    name: str
    address: str | None


def attempt_of(engine: Engine, tenant: TenantId, name: str, address: str | None) -> Attempt:
    """An attempt as it is counted; those at an organisation that is none count together."""
    with reading(engine) as session:
        if session.get(TenantRow, tenant) is not None:
            return Attempt(tenant, name, address)
    return Attempt(DEFAULT_TENANT, f"/{name}", address)


def admit(engine: Engine, attempt: Attempt, key: bytes, *, now: int) -> int:
    """Count an attempt as failed until `forgive`; the result is how long it has to wait, ms.

    With anything but 0 it is not counted and must be refused.
    """
    with writing(engine) as session:
        rows = [_row(session, attempt, *each, now) for each in _keys(session, attempt, key)]
        wait = max(row.until - now for row in rows)
        if wait > 0:
            return wait
        for row in rows:
            row.count, row.last = row.count + 1, now
            row.until = now + _delay(row.count - _FREE[row.kind])
    return 0


def forgive(session: Session, attempt: Attempt, key: bytes, *, succeeded: bool) -> None:
    """Take an attempt back: the account is as before, or new when the person has logged in."""
    for kind, name in _keys(session, attempt, key):
        row = session.get(LoginFailureRow, (attempt.tenant, kind, name))
        if row is None:
            continue
        row.count = max(row.count - 1, 0)
        row.until = row.last + _delay(row.count - _FREE[row.kind])  # of those beside it
        if succeeded and kind == "account":
            session.delete(row)


def unlock(engine: Engine, tenant: TenantId, name: str, *, by: Actor, now: int) -> None:
    """Let a person try again at once.

    Raises:
        NotFoundError: There is no such person.
    """
    with writing(engine) as session:
        row_of(session, tenant, name)
        row = session.get(LoginFailureRow, (tenant, "account", name))
        before = {"failures": row.count if row else 0}
        if row is not None:
            session.delete(row)
        record(session, tenant, by, Change("unlock", "user", name, before=before), now=now)


def locked_until(engine: Engine, tenant: TenantId, name: str, *, now: int) -> int | None:
    """Until when a person must wait, ms UTC; None: not at all."""
    with reading(engine) as session:
        row = session.get(LoginFailureRow, (tenant, "account", name))
    return row.until if row and row.until > now else None


def locked(engine: Engine, tenant: TenantId, *, now: int) -> dict[str, int]:
    """Everybody who must wait, by name, and until when, ms UTC."""
    query = select(LoginFailureRow).where(
        LoginFailureRow.tenant == tenant,
        LoginFailureRow.kind == "account",
        LoginFailureRow.until > now,
    )
    with reading(engine) as session:
        return {row.name: row.until for row in session.scalars(query)}


def tell_failure(engine: Engine, attempt: Attempt, why: str, *, now: int) -> None:
    """Record a failure: at most sixty an hour are told, the others are counted by the next one.

    A name that nobody has is not written: people type passwords into the wrong field.
    """
    with writing(engine) as session:
        told = session.get(LoginFailureRow, (attempt.tenant, "told", ""))
        if told is None:
            told = LoginFailureRow(
                tenant=attempt.tenant, kind="told", name="", count=0, last=now, until=0
            )
            session.add(told)
        untold = 0
        if now - told.last >= _HOUR_MS:
            untold = max(told.count - _TOLD_AN_HOUR, 0)
            told.count, told.last = 0, now
        told.count += 1
        if told.count > _TOLD_AN_HOUR:
            return
        known = session.get(UserRow, (attempt.tenant, attempt.name)) is not None
        name = attempt.name if known else "unknown"
        change = Change("fail to log in", "user", name, after={"why": why, "untold": untold})
        actor = Actor(name, "login", attempt.address)
        record(session, attempt.tenant, actor, change, now=now)


def _keys(session: Session, attempt: Attempt, key: bytes) -> list[tuple[str, str]]:
    known = session.get(UserRow, (attempt.tenant, attempt.name)) is not None
    found = [("account", attempt.name if known else _bucket(key, attempt.name))]
    if attempt.address is not None:
        found.append(("address", _bucket(key, _network(attempt.address))))
    return found


def _row(session: Session, attempt: Attempt, kind: str, name: str, now: int) -> LoginFailureRow:
    """The row of an account or address; what is past is forgotten, one after the other."""
    row = session.get(LoginFailureRow, (attempt.tenant, kind, name))
    if row is None:
        row = LoginFailureRow(
            tenant=attempt.tenant, kind=kind, name=name, count=0, last=now, until=0
        )
        session.add(row)
    row.count = max(row.count - max(now - row.last, 0) // _FORGOTTEN_MS[kind], 0)
    return row


def _delay(beyond: int) -> int:
    """How long to wait after so many failures beyond those that are free, ms."""
    if beyond < 0:
        return 0
    return min(_FIRST_MS << min(beyond, _MOST_DOUBLINGS), _LONGEST_MS)


def _bucket(key: bytes, text: str) -> str:
    digest = hmac.digest(key, text.encode(errors="surrogatepass"), hashlib.sha256)
    return f"#{int.from_bytes(digest[:4]) % _BUCKETS}"


def _network(address: str) -> str:
    """An IPv6 network of 64 bits counts as one: whoever has one has all of its addresses."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if found.version == 6:  # noqa: PLR2004 (the version of the protocol)
        return str(ipaddress.ip_network((int(found) >> 64 << 64, 64)))
    return str(found)
