"""Texts that people write, with all their versions."""

import sqlalchemy as sa
from alembic import op

revision = "r0002"
down_revision = "r0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table of documents."""
    op.create_table(
        "document",
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "kind in ('rule', 'suppression', 'placeholders')", name=op.f("ck_document_kind")
        ),
        sa.CheckConstraint("state in ('active', 'retired')", name=op.f("ck_document_state")),
        sa.ForeignKeyConstraint(["tenant"], ["tenant.id"], name=op.f("fk_document_tenant")),
        sa.PrimaryKeyConstraint("tenant", "kind", "name", "version", name=op.f("pk_document")),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("document")
