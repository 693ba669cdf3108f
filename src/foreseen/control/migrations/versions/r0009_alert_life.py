"""What people do with alerts: history, counts, times; members in a table of their own."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.types import TypeEngine

revision = "r0009"
down_revision = "r0008"
branch_labels = None
depends_on = None

_AT_ONCE = 1_000
_ALERTS = sa.table("alert", sa.column("tenant"), sa.column("uid"), sa.column("members", sa.JSON()))
_COLUMNS: dict[str, tuple[TypeEngine[Any], str | None]] = {
    "version": (sa.BigInteger(), "0"),
    "first_version": (sa.BigInteger(), "0"),
    "risk": (sa.Float(), "0"),
    "raised": (sa.BigInteger(), None),
    "known": (sa.BigInteger(), None),
    "resolved": (sa.BigInteger(), None),
    "assignee": (sa.String(), None),
}
"""With the value of those that are never null."""
_INDICES = (
    ("version",),
    ("risk", "uid"),
    ("status", "risk", "uid"),
    ("rule", "first_time", "uid"),
    ("workload", "first_time", "uid"),
    ("host", "first_time", "uid"),
)
_POINTS = {"informational": 5, "low": 20, "medium": 40, "high": 65, "critical": 85}
_MEMBERS = sa.table(
    "alert_member",
    sa.column("tenant"),
    sa.column("alert"),
    sa.column("number"),
    sa.column("match"),
)


def upgrade() -> None:
    """Create the table, and move the members there."""
    op.create_table(
        "alert_member",
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("alert", sa.String(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("match", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant", "alert"],
            ["alert.tenant", "alert.uid"],
            name=op.f("fk_alert_member_tenant_alert"),
        ),
        sa.PrimaryKeyConstraint("tenant", "alert", "number", name=op.f("pk_alert_member")),
    )
    _move()
    op.create_index(op.f("ix_alert_member_tenant_match"), "alert_member", ["tenant", "match"])
    op.drop_column("alert", "members")
    _add_columns()
    _create_history()
    _create_figures()


def _add_columns() -> None:
    for name, (kind, value) in _COLUMNS.items():
        column = sa.Column(name, kind, nullable=value is None, server_default=value)
        op.add_column("alert", column)
    for severity, points in _POINTS.items():
        op.execute(
            sa.text(
                "UPDATE alert SET risk = :points + CASE WHEN coalesce(surprise, 0) > 15 THEN 15 "
                "WHEN coalesce(surprise, 0) < 0 THEN 0 ELSE coalesce(surprise, 0) END "
                "WHERE severity = :severity"
            ).bindparams(points=points, severity=severity)
        )
    for names in _INDICES:
        op.create_index(op.f(f"ix_alert_tenant_{'_'.join(names)}"), "alert", ["tenant", *names])


def _create_history() -> None:
    op.create_table(
        "alert_history",
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("alert", sa.String(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("detail", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant", "alert"],
            ["alert.tenant", "alert.uid"],
            name=op.f("fk_alert_history_tenant_alert"),
        ),
        sa.PrimaryKeyConstraint("tenant", "alert", "number", name=op.f("pk_alert_history")),
    )


def _create_figures() -> None:
    op.create_table(
        "alert_feed",
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["tenant"], ["tenant.id"], name=op.f("fk_alert_feed_tenant")),
        sa.PrimaryKeyConstraint("tenant", name=op.f("pk_alert_feed")),
    )
    op.create_table(
        "alert_count",
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("alerts", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["tenant"], ["tenant.id"], name=op.f("fk_alert_count_tenant")),
        sa.PrimaryKeyConstraint(
            "tenant", "status", "severity", "rule", name=op.f("pk_alert_count")
        ),
    )
    op.execute(
        "INSERT INTO alert_count (tenant, status, severity, rule, alerts) "
        "SELECT tenant, status, severity, rule, count(*) FROM alert "
        "GROUP BY tenant, status, severity, rule"
    )
    op.create_table(
        "alert_time",
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("measure", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("bucket", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("alerts", sa.BigInteger(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["tenant"], ["tenant.id"], name=op.f("fk_alert_time_tenant")),
        sa.PrimaryKeyConstraint(
            "tenant", "month", "measure", "rule", "bucket", name=op.f("pk_alert_time")
        ),
    )


def _move() -> None:
    connection = op.get_bind()
    alerts = connection.execute(sa.select(_ALERTS)).fetchall()
    for start in range(0, len(alerts), _AT_ONCE):
        rows = [
            {"tenant": tenant, "alert": uid, "number": number, "match": match}
            for tenant, uid, members in alerts[start : start + _AT_ONCE]
            for number, match in enumerate(members)
        ]
        if rows:
            connection.execute(sa.insert(_MEMBERS), rows)


def downgrade() -> None:
    """Drop them, and move the members back."""
    for name in ("alert_time", "alert_count", "alert_feed", "alert_history"):
        op.drop_table(name)
    for names in reversed(_INDICES):
        op.drop_index(op.f(f"ix_alert_tenant_{'_'.join(names)}"), table_name="alert")
    for name in reversed(_COLUMNS):
        op.drop_column("alert", name)
    op.add_column(
        "alert", sa.Column("members", sa.JSON(), nullable=False, server_default=sa.text("'[]'"))
    )
    connection = op.get_bind()
    found: dict[tuple[str, str], list[str]] = {}
    order = (_MEMBERS.c.tenant, _MEMBERS.c.alert, _MEMBERS.c.number)
    for tenant, alert, _, match in connection.execute(sa.select(_MEMBERS).order_by(*order)):
        found.setdefault((tenant, alert), []).append(match)
    for (tenant, alert), members in found.items():
        own = (_ALERTS.c.tenant == tenant, _ALERTS.c.uid == alert)
        connection.execute(sa.update(_ALERTS).where(*own).values(members=members))
    op.drop_index(op.f("ix_alert_member_tenant_match"), table_name="alert_member")
    op.drop_table("alert_member")
