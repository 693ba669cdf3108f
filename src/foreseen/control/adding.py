"""Add numbers to rows of counts, those that are not there yet beginning at nothing."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from foreseen.control.base import Base


def add(session: Session, table: type[Base], rows: Sequence[dict[str, Any]]) -> None:
    """Add the values of rows to those of the rows with the same keys, in the caller's transaction.

    Args:
        session: Of the transaction.
        table: Whose columns are keys and numbers only.
        rows: Each of all columns, no two with the same keys.
    """
    if not rows:
        return
    session.flush()
    keys = [column.name for column in inspect(table).primary_key]
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    insert = dialect.insert(table)
    summed = {
        column.name: column + insert.excluded[column.name]
        for column in table.__table__.columns
        if column.name not in keys
    }
    session.execute(insert.on_conflict_do_update(index_elements=keys, set_=summed), list(rows))
