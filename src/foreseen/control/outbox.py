"""What is to be told outside: one row for each alert and output, drained by a sender."""

from sqlalchemy import Engine, select

from foreseen.control.database import reading, writing
from foreseen.control.tables import OutboxEntry
from foreseen.core.alerts import OutboxRow
from foreseen.core.errors import NotFoundError
from foreseen.core.ids import TenantId

_MOST_ATTEMPTS = 20


def waiting(engine: Engine, tenant: TenantId, *, limit: int = 100) -> list[OutboxRow]:
    """Rows still to be sent, least tried first."""
    query = (
        select(OutboxEntry)
        .where(OutboxEntry.tenant == tenant, OutboxEntry.state == "waiting")
        .order_by(OutboxEntry.attempts, OutboxEntry.alert, OutboxEntry.output)
        .limit(limit)
    )
    with reading(engine) as session:
        return [OutboxRow(row.alert, row.output) for row in session.scalars(query)]


def mark_sent(engine: Engine, tenant: TenantId, row: OutboxRow) -> None:
    """The output has it.

    Raises:
        NotFoundError: No such row.
    """
    _settle(engine, tenant, row, error=None)


def mark_failed(engine: Engine, tenant: TenantId, row: OutboxRow, error: str) -> None:
    """The output did not take it; after many attempts it is failed and waits for a person.

    Raises:
        NotFoundError: No such row.
    """
    _settle(engine, tenant, row, error=error)


def _settle(engine: Engine, tenant: TenantId, row: OutboxRow, *, error: str | None) -> None:
    with writing(engine) as session:
        entry = session.get(OutboxEntry, (tenant, row.alert, row.output))
        if entry is None:
            raise NotFoundError(f"nothing to send of alert {row.alert} to {row.output}")
        entry.attempts += 1
        entry.error = error
        if error is None:
            entry.state = "sent"
        elif entry.attempts >= _MOST_ATTEMPTS:
            entry.state = "failed"
