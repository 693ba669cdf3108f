"""Where stores lie that need not lie in the data folder."""

import sqlalchemy as sa
from alembic import op

revision = "r0007"
down_revision = "r0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "store_place",
        sa.Column("store", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("store in ('lake')", name=op.f("ck_store_place_store")),
        sa.PrimaryKeyConstraint("store", name=op.f("pk_store_place")),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("store_place")
