"""What the API keeps: answers by idempotency key, and changes of many alerts at once."""

import sqlalchemy as sa
from alembic import op

revision = "r0012"
down_revision = "r0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "idempotency_key",
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("caller", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("claimed", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.BigInteger(), nullable=True),
        sa.Column("headers", sa.JSON(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "state in ('running', 'changed', 'answered')", name=op.f("ck_idempotency_key_state")
        ),
        sa.ForeignKeyConstraint(["tenant"], ["tenant.id"], name=op.f("fk_idempotency_key_tenant")),
        sa.PrimaryKeyConstraint("tenant", "caller", "key", name=op.f("pk_idempotency_key")),
    )
    op.create_index(
        op.f("ix_idempotency_key_tenant_created"), "idempotency_key", ["tenant", "created"]
    )
    _create_bulk()


def _create_bulk() -> None:
    op.create_table(
        "bulk",
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("asked", sa.JSON(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("undone", sa.BigInteger(), nullable=True),
        sa.Column("undone_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["tenant"], ["tenant.id"], name=op.f("fk_bulk_tenant")),
        sa.PrimaryKeyConstraint("tenant", "id", name=op.f("pk_bulk")),
    )
    op.create_index(op.f("ix_bulk_tenant_created_id"), "bulk", ["tenant", "created", "id"])
    op.create_table(
        "bulk_item",
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("bulk", sa.String(), nullable=False),
        sa.Column("alert", sa.String(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("disposition", sa.BigInteger(), nullable=True),
        sa.Column("undone", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant", "alert"],
            ["alert.tenant", "alert.uid"],
            name=op.f("fk_bulk_item_tenant_alert"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant", "bulk"], ["bulk.tenant", "bulk.id"], name=op.f("fk_bulk_item_tenant_bulk")
        ),
        sa.PrimaryKeyConstraint("tenant", "bulk", "alert", name=op.f("pk_bulk_item")),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("bulk_item")
    op.drop_table("bulk")
    op.drop_table("idempotency_key")
