"""Organisations."""

from sqlalchemy import Engine, select

from foreseen.control.database import reading, writing
from foreseen.control.tables import TenantRow
from foreseen.core.ids import TenantId


def ensure_tenant(engine: Engine, tenant: TenantId, *, now: int) -> None:
    """Create a tenant unless it exists. `now` is ms UTC."""
    with writing(engine) as session:
        if session.get(TenantRow, tenant) is None:
            session.add(TenantRow(id=tenant, created=now))


def tenants(engine: Engine) -> list[TenantId]:
    """All tenants by name."""
    with reading(engine) as session:
        return [TenantId(name) for name in session.scalars(select(TenantRow.id).order_by("id"))]
