"""What people asked jobs to do."""

import sqlalchemy as sa
from alembic import op

revision = "r0013"
down_revision = "r0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "job_order",
        sa.Column("job", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("asked", sa.String(), nullable=False),
        sa.Column("begun", sa.BigInteger(), nullable=False),
        sa.Column("cancelled", sa.String(), nullable=True),
        sa.Column("result", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["job"], ["job.id"], name=op.f("fk_job_order_job")),
        sa.ForeignKeyConstraint(["tenant"], ["tenant.id"], name=op.f("fk_job_order_tenant")),
        sa.PrimaryKeyConstraint("job", name=op.f("pk_job_order")),
    )
    op.create_index(op.f("ix_job_order_tenant_job"), "job_order", ["tenant", "job"])


def downgrade() -> None:
    """Drop it."""
    op.drop_table("job_order")
