"""Counts of what came to the intake's door, and lines of quarantine that were replayed."""

import sqlalchemy as sa
from alembic import op

revision = "r0006"
down_revision = "r0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "intake_count",
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("requests", sa.BigInteger(), nullable=False),
        sa.Column("lines", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["tenant"], ["tenant.id"], name=op.f("fk_intake_count_tenant")),
        sa.PrimaryKeyConstraint("tenant", "source", "outcome", name=op.f("pk_intake_count")),
    )
    op.create_table(
        "quarantine_order",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column("lines", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["tenant"], ["tenant.id"], name=op.f("fk_quarantine_order_tenant")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantine_order")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_quarantine_order_tenant_id"), "quarantine_order", ["tenant", "id"], unique=False
    )
    op.create_table(
        "quarantine_replay",
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("offset", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["number"], ["quarantine_order.id"], name=op.f("fk_quarantine_replay_number")
        ),
        sa.PrimaryKeyConstraint(
            "tenant", "source", "offset", "number", name=op.f("pk_quarantine_replay")
        ),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("quarantine_replay")
    op.drop_index(op.f("ix_quarantine_order_tenant_id"), table_name="quarantine_order")
    op.drop_table("quarantine_order")
    op.drop_table("intake_count")
