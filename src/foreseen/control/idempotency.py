"""Requests that may be repeated: what a caller asked for under a key is done once.

A key is claimed before the work, marked in the very transaction of the first change (`effected`,
which the audit log calls), and gets its answer at the end. So a server that is killed in between
leaves either nothing, or a mark that something was done; the work is not done a second time.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import zstandard
from sqlalchemy import ColumnElement, Engine, and_, delete, update
from sqlalchemy.orm import Session

from foreseen.control.database import writing
from foreseen.control.idempotency_tables import IdempotencyRow
from foreseen.core.errors import ConflictError, CorruptError, MalformedInputError
from foreseen.core.ids import TenantId

KEPT_MS = 24 * 3_600_000
"""How long an answer is kept."""

LEASE_MS = 120_000
"""After so long a request without an answer is taken for dead."""

_RUNNING, _CHANGED, _ANSWERED = "running", "changed", "answered"


class StillRunningError(ConflictError):
    """The first request with the key has no answer yet."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request was answered with.

    Attributes:
        status: The HTTP status.
        headers: Those that belong to the answer, and not to its way.
        body: As it was sent.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True)
class Asked:
    """A request with a key, on its way.

    Attributes:
        key: What its caller calls it.
        digest: Of all that it asks for.
        holder: Names this one request, and no repetition of it.
        owner: Tenant and caller, once the key has been claimed for them.
    """

    key: str
    digest: str
    holder: str
    owner: tuple[TenantId, str] | None = None


_ASKED: ContextVar[Asked | None] = ContextVar("asked", default=None)


@contextmanager
def asking(asked: Asked) -> Iterator[None]:
    """Whatever is changed in the block is changed by this request."""
    token = _ASKED.set(asked)
    try:
        yield
    finally:
        _ASKED.reset(token)


def asked_now() -> Asked | None:
    """The request with a key that is being worked on here; None: there is none."""
    return _ASKED.get()


def claim(
    engine: Engine, tenant: TenantId, caller: str, asked: Asked, *, now: int
) -> Answer | None:
    """Claim a request's key for its caller; forget what is too old.

    Returns:
        The answer that it got before; None: it is to be done now.

    Raises:
        MalformedInputError: The key was sent with another request.
        StillRunningError: The first request with it has no answer yet.
        ConflictError: It was done, or begun, and its answer is lost.
    """
    with writing(engine) as session:
        too_old = IdempotencyRow.created < now - KEPT_MS
        session.execute(delete(IdempotencyRow).where(IdempotencyRow.tenant == tenant, too_old))
        row = session.get(IdempotencyRow, (tenant, caller, asked.key), populate_existing=True)
        if row is None:
            session.add(_new_row(tenant, caller, asked, now))
        else:
            found = _found(row, asked, now)
            if found is not None:
                return found
            row.holder, row.claimed = asked.holder, now
    asked.owner = (tenant, caller)
    return None


def effected(session: Session) -> None:
    """Mark in the caller's transaction that the request at work here has changed something.

    Raises:
        ConflictError: It was given up for dead, and another does its work.
    """
    asked = _ASKED.get()
    if asked is None or asked.owner is None:
        return
    marked = session.execute(
        update(IdempotencyRow)
        .where(_own(asked, asked.owner))
        .values(state=_CHANGED)
        .execution_options(synchronize_session=False)
        .returning(IdempotencyRow.key)
    ).first()
    if marked is None:
        raise ConflictError("this took too long, and a repetition is at work; nothing is done")


def keep(engine: Engine, asked: Asked, answer: Answer) -> None:
    """Keep the answer of a request whose key was claimed."""
    if asked.owner is None:
        return
    with writing(engine) as session:
        session.execute(
            update(IdempotencyRow)
            .where(_own(asked, asked.owner))
            .values(
                state=_ANSWERED,
                status=answer.status,
                headers=dict(answer.headers),
                body=zstandard.compress(answer.body),
            )
            .execution_options(synchronize_session=False)
        )


def release(engine: Engine, asked: Asked) -> None:
    """Let the key of a request that changed nothing be used anew."""
    if asked.owner is None:
        return
    with writing(engine) as session:
        session.execute(
            delete(IdempotencyRow)
            .where(_own(asked, asked.owner), IdempotencyRow.state == _RUNNING)
            .execution_options(synchronize_session=False)
        )


def _own(asked: Asked, owner: tuple[TenantId, str]) -> ColumnElement[bool]:
    """The row while it is this request's, and no repetition's."""
    tenant, caller = owner
    return and_(
        IdempotencyRow.tenant == tenant,
        IdempotencyRow.caller == caller,
        IdempotencyRow.key == asked.key,
        IdempotencyRow.holder == asked.holder,
    )


def _found(row: IdempotencyRow, asked: Asked, now: int) -> Answer | None:
    """The answer that there is; None where a dead request left nothing behind."""
    if row.digest != asked.digest:
        raise MalformedInputError(
            "this Idempotency-Key was sent with another request; make a new one for this"
        )
    if row.state == _ANSWERED:
        return _answer(row)
    if row.claimed > now - LEASE_MS:
        raise StillRunningError(
            "the first request with this Idempotency-Key is still at work; retry later"
        )
    if row.state == _CHANGED:
        raise ConflictError(
            "what this Idempotency-Key asked for was done, or begun, and its answer is lost; look"
            " at what it was to change before you ask with a new key"
        )
    return None


def _answer(row: IdempotencyRow) -> Answer:
    try:
        body = zstandard.decompress(row.body or b"")
    except zstandard.ZstdError as error:
        raise CorruptError(f"the answer kept for key {row.key} is damaged: {error}") from error
    headers = {name: str(value) for name, value in (row.headers or {}).items()}
    return Answer(row.status or 200, headers, body)


def _new_row(tenant: TenantId, caller: str, asked: Asked, now: int) -> IdempotencyRow:
    return IdempotencyRow(
        tenant=tenant,
        caller=caller,
        key=asked.key,
        digest=asked.digest,
        holder=asked.holder,
        state=_RUNNING,
        created=now,
        claimed=now,
    )
