"""How far a consumer has come, kept with its state there."""

from dataclasses import dataclass

import zstandard
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from foreseen.control.database import reading, writing
from foreseen.control.tables import CursorRow
from foreseen.core.errors import CorruptError
from foreseen.core.ids import TenantId


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A place in a consumer's input and its state after it.

    Attributes:
        name: The consumer, e.g. `judge`.
        version: How far it has come; grows.
        state: Its snapshot there, if it has one.
    """

    name: str
    version: int
    state: bytes | None = None


def checkpoint(engine: Engine, tenant: TenantId, name: str) -> Checkpoint | None:
    """Where the consumer stands; None before its first commit.

    Raises:
        CorruptError: The stored state cannot be read.
    """
    with reading(engine) as session:
        row = session.get(CursorRow, (tenant, name))
    if row is None:
        return None
    try:
        state = None if row.state is None else zstandard.decompress(row.state)
    except zstandard.ZstdError as error:
        raise CorruptError(
            f"state of {name} at {row.version} cannot be decompressed: {error}"
        ) from error
    return Checkpoint(name, row.version, state)


def version_of(engine: Engine, tenant: TenantId, name: str) -> int | None:
    """How far the consumer has come, without its state; None before its first commit."""
    asked = select(CursorRow.version).where(CursorRow.tenant == tenant, CursorRow.name == name)
    with reading(engine) as session:
        return session.scalar(asked)


def save(engine: Engine, tenant: TenantId, reached: Checkpoint) -> bool:
    """Move a cursor forward; False when it stands there or further already."""
    with writing(engine) as session:
        return advance(session, tenant, reached)


def advance(session: Session, tenant: TenantId, reached: Checkpoint) -> bool:
    """Move a cursor in the caller's transaction; False when it stands there or further."""
    row = session.get(CursorRow, (tenant, reached.name))
    if row is not None and row.version >= reached.version:
        return False
    state = None if reached.state is None else zstandard.compress(reached.state)
    if row is None:
        session.add(
            CursorRow(tenant=tenant, name=reached.name, version=reached.version, state=state)
        )
    else:
        row.version, row.state = reached.version, state
    return True
