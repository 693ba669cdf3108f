"""The audit log: who changed what, from what to what; a chain of hashes shows if it was rewritten.

An entry is written in the transaction of the change that it tells, so neither is there without the
other. Each hash covers the entry and the hash before it.
"""

import json
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass

import orjson
from sqlalchemy import Engine, ScalarResult, func, select
from sqlalchemy.orm import Session

from foreseen.control.audit_tables import AuditRow
from foreseen.control.database import reading
from foreseen.control.idempotency import effected
from foreseen.core.errors import CorruptError
from foreseen.core.ids import TenantId, content_hash

_FIRST = "0" * 64
_AT_ONCE = 1_000

Values = Mapping[str, object]
"""The part of a thing that a change concerns, JSON-ready; never a secret or its hash."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something, and how they came.

    Attributes:
        name: The person's or the token's name; `server` where nobody asked for it.
        way: `login`, `token`, `command` (the machine's own command line), or `server`.
        address: Network address of the caller, where there is one.
    """

    name: str
    way: str
    address: str | None = None


SERVER = Actor("server", "server")


@dataclass(frozen=True, slots=True)
class Change:
    """What was done.

    Attributes:
        action: A verb, e.g. `create`, `dismiss`, `revoke`.
        kind: What was changed, e.g. `alert`, `token`, `rule`.
        name: Which one.
        before: How it was; None where it was not there.
        after: How it is; None where it is gone.
    """

    action: str
    kind: str
    name: str
    before: Values | None = None
    after: Values | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A change as it was recorded.

    Attributes:
        number: From 1, without gaps, for each tenant.
        time: When, ms UTC.
        actor: Who.
        change: What.
        hash: SHA-256 of all of it and of the hash before it.
    """

    number: int
    time: int
    actor: Actor
    change: Change
    hash: str


@dataclass(frozen=True, slots=True)
class Checked:
    """A chain that is whole.

    Attributes:
        entries: How many there are.
        hash: The last one's: kept elsewhere, it shows later whether the end was cut off.
    """

    entries: int
    hash: str


def record(session: Session, tenant: TenantId, actor: Actor, change: Change, *, now: int) -> None:
    """Append an entry in the caller's transaction, which must hold the write lock (`writing`).

    Raises:
        ConflictError: The request behind it was given up for dead, and another does its work.
    """
    effected(session)
    session.flush()
    last = session.scalars(
        select(AuditRow).where(AuditRow.tenant == tenant).order_by(AuditRow.number.desc()).limit(1)
    ).first()
    number, before = (last.number + 1, last.hash) if last else (1, _FIRST)
    row = AuditRow(
        tenant=tenant,
        number=number,
        time=now,
        actor=actor.name,
        way=actor.way,
        address=actor.address,
        action=change.action,
        kind=change.kind,
        name=change.name,
        before=_plain(change.before),
        after=_plain(change.after),
    )
    row.hash = _hash(before, row)
    session.add(row)
    session.flush()


def entries(
    engine: Engine, tenant: TenantId, *, before: int | None = None, limit: int = 100
) -> list[Entry]:
    """A tenant's entries, newest first, at most `limit`, from before a number on."""
    query = select(AuditRow).where(AuditRow.tenant == tenant)
    if before is not None:
        query = query.where(AuditRow.number < before)
    with reading(engine) as session:
        found = session.scalars(query.order_by(AuditRow.number.desc()).limit(limit))
        return [_entry(row) for row in found]


def verify(engine: Engine, tenant: TenantId, *, known: Checked | None = None) -> Checked:
    """Follow a tenant's chain.

    Args:
        engine: The control database.
        tenant: Whose.
        known: A chain that was whole earlier: this one must begin with it.

    Raises:
        CorruptError: An entry was changed, inserted or removed; the message names the first one.
    """
    hash_, number = _FIRST, 0
    with reading(engine) as session, closing(_oldest_first(session, tenant)) as rows:
        for row in rows:
            number += 1
            if row.number != number:
                raise CorruptError(f"audit log: entry {number} is missing")
            hash_ = _hash(hash_, row)
            if hash_ != row.hash:
                raise CorruptError(f"audit log: entry {number} is not what was recorded")
            if known and number == known.entries and hash_ != known.hash:
                raise CorruptError(f"audit log: entry {number} or one before it was rewritten")
    if known and number < known.entries:
        raise CorruptError(f"audit log: it ends at entry {number}; there were {known.entries}")
    return Checked(number, hash_)


def count(engine: Engine, tenant: TenantId) -> int:
    """How many entries a tenant has."""
    query = select(func.count()).select_from(AuditRow).where(AuditRow.tenant == tenant)
    with reading(engine) as session:
        return session.scalar(query) or 0


def _oldest_first(session: Session, tenant: TenantId) -> ScalarResult[AuditRow]:
    query = select(AuditRow).where(AuditRow.tenant == tenant).order_by(AuditRow.number)
    return session.scalars(query.execution_options(yield_per=_AT_ONCE))


def _plain(values: Values | None) -> dict[str, object] | None:
    """As JSON gives it back, so that the hash of what is read is that of what was written."""
    if values is None:
        return None
    plain: dict[str, object] = json.loads(_written(dict(values)))
    return plain


def _hash(before: str, row: AuditRow) -> str:
    said = [
        before,
        row.tenant,
        row.number,
        row.time,
        row.actor,
        row.way,
        row.address,
        row.action,
        row.kind,
        row.name,
        row.before,
        row.after,
    ]
    return content_hash(_written(said))


def _written(said: object) -> bytes:
    """As JSON; halves of surrogate pairs, which a document's name may have, are written, too."""
    try:
        return orjson.dumps(said, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        return json.dumps(said, sort_keys=True).encode()


def _entry(row: AuditRow) -> Entry:
    actor = Actor(row.actor, row.way, row.address)
    change = Change(row.action, row.kind, row.name, row.before, row.after)
    return Entry(row.number, row.time, actor, change, row.hash)
