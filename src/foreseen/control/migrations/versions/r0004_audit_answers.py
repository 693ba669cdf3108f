"""What people said of suppressed matches that were sampled for audit."""

import sqlalchemy as sa
from alembic import op

revision = "r0004"
down_revision = "r0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table of answers."""
    op.create_table(
        "audit_answer",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("match", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("finding", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "finding in ('wanted', 'unneeded')", name=op.f("ck_audit_answer_finding")
        ),
        sa.ForeignKeyConstraint(["tenant"], ["tenant.id"], name=op.f("fk_audit_answer_tenant")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_answer")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_audit_answer_tenant_match"), "audit_answer", ["tenant", "match"], unique=False
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_index(op.f("ix_audit_answer_tenant_match"), table_name="audit_answer")
    op.drop_table("audit_answer")
