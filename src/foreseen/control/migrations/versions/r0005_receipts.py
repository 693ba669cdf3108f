"""Dispositions: how many matches they were said of, accounts and persons, and the receipt."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "r0005"
down_revision = "r0004"
branch_labels = None
depends_on = None

_COLUMNS: dict[str, sa.types.TypeEngine[Any]] = {
    "matches": sa.BigInteger(),
    "account": sa.String(),
    "second": sa.String(),
    "undone_by": sa.String(),
    "receipt": sa.JSON(),
}


def upgrade() -> None:
    """Add the columns."""
    for name, kind in _COLUMNS.items():
        op.add_column("disposition", sa.Column(name, kind, nullable=True))


def downgrade() -> None:
    """Drop them."""
    for name in reversed(_COLUMNS):
        op.drop_column("disposition", name)
