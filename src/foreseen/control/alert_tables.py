"""Tables beside the alerts: their members, what people did with them, and counts of both."""

from sqlalchemy import JSON, ForeignKey, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from foreseen.control.base import Base


class AlertMemberRow(Base):
    """A match in an alert, in the order in which they were told; appended, never changed."""

    __tablename__ = "alert_member"
    tenant: Mapped[str] = mapped_column(primary_key=True)
    alert: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    match: Mapped[str]
    __table_args__ = (
        ForeignKeyConstraint(["tenant", "alert"], ["alert.tenant", "alert.uid"]),
        Index(None, "tenant", "match"),
    )


class AlertHistoryRow(Base):
    """Something that happened to an alert; appended, never changed."""

    __tablename__ = "alert_history"
    tenant: Mapped[str] = mapped_column(primary_key=True)
    alert: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    time: Mapped[int]
    actor: Mapped[str]
    action: Mapped[str]
    text: Mapped[str]
    detail: Mapped[dict[str, object] | None] = mapped_column(JSON(none_as_null=True))
    __table_args__ = (ForeignKeyConstraint(["tenant", "alert"], ["alert.tenant", "alert.uid"]),)


class AlertFeedRow(Base):
    """The version that an organisation's alert got last: each change of any alert gets the next."""

    __tablename__ = "alert_feed"
    tenant: Mapped[str] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    last: Mapped[int]


class AlertCountRow(Base):
    """How many alerts there are of a status, a severity and a rule."""

    __tablename__ = "alert_count"
    tenant: Mapped[str] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    status: Mapped[str] = mapped_column(primary_key=True)
    severity: Mapped[str] = mapped_column(primary_key=True)
    rule: Mapped[str] = mapped_column(primary_key=True)
    alerts: Mapped[int]


class AlertTimeRow(Base):
    """How long alerts that were raised in a month took: a histogram for each rule and measure."""

    __tablename__ = "alert_time"
    tenant: Mapped[str] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    month: Mapped[str] = mapped_column(primary_key=True)
    measure: Mapped[str] = mapped_column(primary_key=True)
    rule: Mapped[str] = mapped_column(primary_key=True)
    bucket: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    alerts: Mapped[int]
    seconds: Mapped[float]
