"""Versions of models, which of them is in use, and how far each rule's model is trusted."""

import sqlalchemy as sa
from alembic import op

revision = "r0003"
down_revision = "r0002"
branch_labels = None
depends_on = None

_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the three tables."""
    _versions()
    _choices()
    _stages()


def _versions() -> None:
    op.create_table(
        "model_version",
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("foresight", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column("refused", sa.String(), nullable=True),
        sa.Column("report", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant", "foresight"],
            ["artefact.tenant", "artefact.hash"],
            name=op.f("fk_model_version_tenant"),
        ),
        sa.PrimaryKeyConstraint("tenant", "number", name=op.f("pk_model_version")),
    )


def _choices() -> None:
    op.create_table(
        "model_choice",
        sa.Column("id", _SERIAL, autoincrement=True, nullable=False),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("second", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant", "version"],
            ["model_version.tenant", "model_version.number"],
            name=op.f("fk_model_choice_tenant"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_choice")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_model_choice_tenant_id"), "model_choice", ["tenant", "id"])


def _stages() -> None:
    op.create_table(
        "model_stage",
        sa.Column("id", _SERIAL, autoincrement=True, nullable=False),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "stage in ('observe', 'assist', 'suppress')", name=op.f("ck_model_stage_stage")
        ),
        sa.ForeignKeyConstraint(
            ["tenant", "version"],
            ["model_version.tenant", "model_version.number"],
            name=op.f("fk_model_stage_tenant"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_stage")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_model_stage_tenant_rule_id"), "model_stage", ["tenant", "rule", "id"])


def downgrade() -> None:
    """Drop them."""
    for table in ("model_stage", "model_choice", "model_version"):
        op.drop_table(table)
