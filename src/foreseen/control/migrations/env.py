"""Alembic's entry: migrate over the connection that `database.migrate` hands in."""

from alembic import context
from sqlalchemy import Column, String, event
from sqlalchemy.schema import SchemaItem

from foreseen.control.tables import Base

connection = context.config.attributes["connection"]


def by_bytes(column: Column[str], _parent: SchemaItem) -> None:
    """Text is compared by its bytes in PostgreSQL too, whatever the database's language."""
    if isinstance(column.type, String) and column.type.collation is None:
        column.type = String(column.type.length, collation="C")


context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    transactional_ddl=True,
    render_as_batch=True,  # SQLite alters a table by copying it
)
served = connection.dialect.name == "postgresql"
if served:
    event.listen(Column, "before_parent_attach", by_bytes)
try:
    with context.begin_transaction():
        context.run_migrations()
finally:
    if served:
        event.remove(Column, "before_parent_attach", by_bytes)
