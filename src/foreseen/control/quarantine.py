"""Orders to read lines of quarantine once more: kept here first, then handed to the intake.

A line is in quarantine as long as it has more rows there than orders here: one that was read again
in vain has another row, and can be ordered again.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson
import zstandard
from sqlalchemy import Engine, delete, func, select
from sqlalchemy.orm import Session

from foreseen.control.database import reading, writing
from foreseen.control.intake_tables import QuarantineOrderRow, QuarantineReplayRow
from foreseen.core.ids import TenantId


@dataclass(frozen=True, slots=True)
class HeldLine:
    """A line as it lies in quarantine.

    Attributes:
        offset: Its place in its source.
        number: Its number in `path`.
        path: File or endpoint that it came from.
        data: Its bytes.
        rows: How many rows of quarantine it has.
    """

    offset: int
    number: int
    path: str
    data: bytes
    rows: int = 1


@dataclass(frozen=True, slots=True)
class NewOrder:
    """Lines of one source, to be read again as one format.

    Attributes:
        source: Its name.
        format: Name of the parser.
        lines: In their order.
        actor: Who orders it.
        time: When, ms UTC.
    """

    source: str
    format: str
    lines: Sequence[HeldLine]
    actor: str
    time: int


@dataclass(frozen=True, slots=True)
class WaitingOrder:
    """An order that the intake does not have yet.

    Attributes:
        number: Its number.
        source: Source of the lines.
        format: Name of the parser.
        content: The lines, as JSON.
    """

    number: int
    source: str
    format: str
    content: bytes


def ordered(engine: Engine, tenant: TenantId) -> Mapping[tuple[str, int], int]:
    """How often each line, by source and offset, was ordered to be read again."""
    query = (
        select(QuarantineReplayRow.source, QuarantineReplayRow.offset, func.count())
        .where(QuarantineReplayRow.tenant == tenant)
        .group_by(QuarantineReplayRow.source, QuarantineReplayRow.offset)
    )
    with reading(engine) as session:
        return {(source, offset): count for source, offset, count in session.execute(query)}


def order(engine: Engine, tenant: TenantId, new: NewOrder) -> int:
    """Keep an order; returns how many lines it has: none when any of them was ordered meanwhile.

    Without it the others might mean something else; who asks again gets what is left.
    """
    with writing(engine) as session:
        before = _ordered(session, tenant, new)
        if any(before[line.offset] >= line.rows for line in new.lines):
            return 0
        row = QuarantineOrderRow(
            tenant=tenant,
            source=new.source,
            format=new.format,
            actor=new.actor,
            time=new.time,
            lines=len(new.lines),
            content=zstandard.compress(_content(new.lines)),
        )
        session.add(row)
        session.flush()
        session.add_all(
            QuarantineReplayRow(tenant=tenant, source=new.source, offset=line.offset, number=row.id)
            for line in new.lines
        )
        return len(new.lines)


def waiting(engine: Engine, tenant: TenantId) -> list[WaitingOrder]:
    """Orders that the intake may not have, oldest first."""
    query = (
        select(QuarantineOrderRow)
        .where(QuarantineOrderRow.tenant == tenant, QuarantineOrderRow.content.is_not(None))
        .order_by(QuarantineOrderRow.id)
    )
    with reading(engine) as session:
        return [
            WaitingOrder(row.id, row.source, row.format, zstandard.decompress(row.content or b""))
            for row in session.scalars(query)
        ]


def sent(engine: Engine, tenant: TenantId, number: int) -> None:
    """The intake has an order."""
    with writing(engine) as session:
        row = session.get(QuarantineOrderRow, number)
        if row is not None and row.tenant == tenant:
            row.content = None


def withdraw(engine: Engine, tenant: TenantId, number: int) -> None:
    """The intake cannot take an order: its lines are in quarantine as before."""
    with writing(engine) as session:
        session.execute(
            delete(QuarantineReplayRow).where(
                QuarantineReplayRow.tenant == tenant, QuarantineReplayRow.number == number
            )
        )
        row = session.get(QuarantineOrderRow, number)
        if row is not None and row.tenant == tenant:
            row.content, row.lines = None, 0


def _ordered(session: Session, tenant: TenantId, new: NewOrder) -> Counter[int]:
    query = select(QuarantineReplayRow.offset).where(
        QuarantineReplayRow.tenant == tenant, QuarantineReplayRow.source == new.source
    )
    return Counter(session.scalars(query))


def _content(lines: Sequence[HeldLine]) -> bytes:
    return orjson.dumps([[each.offset, each.number, each.path, each.data.hex()] for each in lines])
