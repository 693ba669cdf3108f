"""The first shape of the control database."""

import sqlalchemy as sa
from alembic import op

revision = "r0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create all tables."""
    op.create_table(
        "tenant",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tenant")),
    )
    op.create_table(
        "artefact",
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["tenant"], ["tenant.id"], name=op.f("fk_artefact_tenant")),
        sa.PrimaryKeyConstraint("tenant", "hash", name=op.f("pk_artefact")),
    )
    op.create_index(
        op.f("ix_artefact_tenant_kind_name_created"),
        "artefact",
        ["tenant", "kind", "name", "created"],
        unique=False,
    )
    op.create_table(
        "cursor",
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["tenant"], ["tenant.id"], name=op.f("fk_cursor_tenant")),
        sa.PrimaryKeyConstraint("tenant", "name", name=op.f("pk_cursor")),
    )
    op.create_table(
        "incident",
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("uid", sa.String(), nullable=False),
        sa.Column("opened", sa.BigInteger(), nullable=False),
        sa.Column("keys", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["tenant"], ["tenant.id"], name=op.f("fk_incident_tenant")),
        sa.PrimaryKeyConstraint("tenant", "uid", name=op.f("pk_incident")),
    )
    op.create_table(
        "job",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("progress", sa.Float(), nullable=False),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("changed", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "state in ('waiting', 'running', 'done', 'failed')", name=op.f("ck_job_state")
        ),
        sa.ForeignKeyConstraint(["tenant"], ["tenant.id"], name=op.f("fk_job_tenant")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_job_tenant"), "job", ["tenant"], unique=False)
    op.create_table(
        "token",
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("revoked", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["tenant"], ["tenant.id"], name=op.f("fk_token_tenant")),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_token")),
    )
    op.create_index(op.f("ix_token_tenant"), "token", ["tenant"], unique=False)
    op.create_table(
        "user",
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["tenant"], ["tenant.id"], name=op.f("fk_user_tenant")),
        sa.PrimaryKeyConstraint("tenant", "name", name=op.f("pk_user")),
    )
    op.create_table(
        "alert",
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("uid", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("workload", sa.String(), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("stream", sa.String(), nullable=False),
        sa.Column("first_time", sa.BigInteger(), nullable=False),
        sa.Column("last_time", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("sentences", sa.JSON(), nullable=False),
        sa.Column("surprise", sa.Float(), nullable=True),
        sa.Column("members", sa.JSON(), nullable=False),
        sa.Column("incident", sa.String(), nullable=True),
        sa.Column("decision", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.CheckConstraint(
            "status in ('open', 'acknowledged', 'dismissed', 'escalated')",
            name=op.f("ck_alert_status"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant", "incident"],
            ["incident.tenant", "incident.uid"],
            name=op.f("fk_alert_tenant_incident"),
        ),
        sa.ForeignKeyConstraint(["tenant"], ["tenant.id"], name=op.f("fk_alert_tenant")),
        sa.PrimaryKeyConstraint("tenant", "uid", name=op.f("pk_alert")),
    )
    op.create_index(
        op.f("ix_alert_tenant_first_time_uid"),
        "alert",
        ["tenant", "first_time", "uid"],
        unique=False,
    )
    op.create_index(op.f("ix_alert_tenant_incident"), "alert", ["tenant", "incident"], unique=False)
    op.create_index(
        op.f("ix_alert_tenant_status_first_time_uid"),
        "alert",
        ["tenant", "status", "first_time", "uid"],
        unique=False,
    )
    op.create_table(
        "disposition",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("alert", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column("undone", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "verdict in ('dismissed', 'escalated')", name=op.f("ck_disposition_verdict")
        ),
        sa.ForeignKeyConstraint(
            ["tenant", "alert"],
            ["alert.tenant", "alert.uid"],
            name=op.f("fk_disposition_tenant_alert"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disposition")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_disposition_tenant_alert"), "disposition", ["tenant", "alert"], unique=False
    )
    op.create_table(
        "outbox",
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("alert", sa.String(), nullable=False),
        sa.Column("output", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("error", sa.String(), nullable=True),
        sa.CheckConstraint("state in ('waiting', 'sent', 'failed')", name=op.f("ck_outbox_state")),
        sa.ForeignKeyConstraint(
            ["tenant", "alert"], ["alert.tenant", "alert.uid"], name=op.f("fk_outbox_tenant_alert")
        ),
        sa.PrimaryKeyConstraint("tenant", "alert", "output", name=op.f("pk_outbox")),
    )
    op.create_index(op.f("ix_outbox_state_attempts"), "outbox", ["state", "attempts"], unique=False)


def downgrade() -> None:
    """Drop all tables."""
    op.drop_index(op.f("ix_outbox_state_attempts"), table_name="outbox")
    op.drop_table("outbox")
    op.drop_index(op.f("ix_disposition_tenant_alert"), table_name="disposition")
    op.drop_table("disposition")
    op.drop_index(op.f("ix_alert_tenant_status_first_time_uid"), table_name="alert")
    op.drop_index(op.f("ix_alert_tenant_incident"), table_name="alert")
    op.drop_index(op.f("ix_alert_tenant_first_time_uid"), table_name="alert")
    op.drop_table("alert")
    op.drop_table("user")
    op.drop_index(op.f("ix_token_tenant"), table_name="token")
    op.drop_table("token")
    op.drop_index(op.f("ix_job_tenant"), table_name="job")
    op.drop_table("job")
    op.drop_table("incident")
    op.drop_table("cursor")
    op.drop_index(op.f("ix_artefact_tenant_kind_name_created"), table_name="artefact")
    op.drop_table("artefact")
    op.drop_table("tenant")
