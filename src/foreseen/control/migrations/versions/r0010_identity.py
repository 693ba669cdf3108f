"""People, their logins and tokens."""

import sqlalchemy as sa
from alembic import op

revision = "r0010"
down_revision = "r0009"
branch_labels = None
depends_on = None

_ROLES = "role in ('viewer', 'analyst', 'engineer', 'responder', 'admin')"
_NULLABLE = (
    ("email", sa.String()),
    ("password", sa.String()),
    ("totp", sa.String()),
    ("totp_pending", sa.String()),
    ("totp_step", sa.BigInteger()),
    ("issuer", sa.String()),
    ("subject", sa.String()),
    ("last_login", sa.BigInteger()),
)


def upgrade() -> None:
    """Tell more of people and tokens; create the tables of logins.

    Who was there may see and nothing more; a token that was there has an id from its hash.
    """
    _people()
    _tokens()
    _logins()
    _single_use()


def _people() -> None:
    with op.batch_alter_table("user") as table:
        for name, kind in _NULLABLE:
            table.add_column(sa.Column(name, kind, nullable=True))
        for name, first in (("display_name", ""), ("role", "viewer"), ("state", "active")):
            table.add_column(sa.Column(name, sa.String(), nullable=False, server_default=first))
    with op.batch_alter_table("user") as table:
        for name in ("display_name", "role", "state"):
            table.alter_column(name, existing_type=sa.String(), server_default=None)
        table.create_check_constraint(op.f("ck_user_state"), "state in ('active', 'disabled')")
        table.create_check_constraint(op.f("ck_user_role"), _ROLES)
        table.create_index(
            op.f("ix_user_tenant_issuer_subject"), ["tenant", "issuer", "subject"], unique=True
        )


def _tokens() -> None:
    with op.batch_alter_table("token") as table:
        table.add_column(sa.Column("owner", sa.String(), nullable=True))
        table.add_column(sa.Column("expires", sa.BigInteger(), nullable=True))
        table.add_column(sa.Column("used", sa.BigInteger(), nullable=True))
        for name in ("id", "description"):
            table.add_column(sa.Column(name, sa.String(), nullable=False, server_default=""))
    op.execute("UPDATE token SET id = substr(hash, 1, 16)")
    with op.batch_alter_table("token") as table:
        for name in ("id", "description"):
            table.alter_column(name, existing_type=sa.String(), server_default=None)
        table.create_index(op.f("ix_token_id"), ["id"], unique=True)


def _logins() -> None:
    op.create_table(
        "login",
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("user", sa.String(), nullable=False),
        sa.Column("way", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant", "user"], ["user.tenant", "user.name"], name=op.f("fk_login_tenant_user")
        ),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_login")),
    )
    op.create_index(op.f("ix_login_tenant_user"), "login", ["tenant", "user"])
    op.create_index(op.f("ix_login_id"), "login", ["id"], unique=True)
    op.create_table(
        "login_failure",
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "kind in ('account', 'address', 'told')", name=op.f("ck_login_failure_kind")
        ),
        sa.ForeignKeyConstraint(["tenant"], ["tenant.id"], name=op.f("fk_login_failure_tenant")),
        sa.PrimaryKeyConstraint("tenant", "kind", "name", name=op.f("pk_login_failure")),
    )


def _single_use() -> None:
    op.create_table(
        "login_link",
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("user", sa.String(), nullable=True),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "purpose in ('setup', 'password', 'login', 'oidc')", name=op.f("ck_login_link_purpose")
        ),
        sa.ForeignKeyConstraint(["tenant"], ["tenant.id"], name=op.f("fk_login_link_tenant")),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_login_link")),
    )
    op.create_index(op.f("ix_login_link_tenant"), "login_link", ["tenant"])
    op.create_index(op.f("ix_login_link_expires"), "login_link", ["expires"])
    op.create_table(
        "recovery_code",
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("user", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant", "user"],
            ["user.tenant", "user.name"],
            name=op.f("fk_recovery_code_tenant_user"),
        ),
        sa.PrimaryKeyConstraint("tenant", "user", "hash", name=op.f("pk_recovery_code")),
    )


def downgrade() -> None:
    """Drop what was added."""
    for table in ("recovery_code", "login_link", "login_failure", "login"):
        op.drop_table(table)
    with op.batch_alter_table("token") as tokens:
        tokens.drop_index(op.f("ix_token_id"))
        for name in ("id", "description", "owner", "expires", "used"):
            tokens.drop_column(name)
    with op.batch_alter_table("user") as people:
        people.drop_index(op.f("ix_user_tenant_issuer_subject"))
        people.drop_constraint(op.f("ck_user_role"), type_="check")
        people.drop_constraint(op.f("ck_user_state"), type_="check")
        for name in ("display_name", "role", "state", *(each for each, _ in _NULLABLE)):
            people.drop_column(name)
