"""The table of answers that are kept by their caller's idempotency key."""

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from foreseen.control.base import Base


class IdempotencyRow(Base):
    """A request that its caller may repeat, and what became of it."""

    __tablename__ = "idempotency_key"
    tenant: Mapped[str] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    caller: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[str]
    holder: Mapped[str]
    state: Mapped[str]
    created: Mapped[int]
    claimed: Mapped[int]
    status: Mapped[int | None]
    headers: Mapped[dict[str, object] | None] = mapped_column(JSON(none_as_null=True))
    body: Mapped[bytes | None]
    __table_args__ = (
        CheckConstraint("state in ('running', 'changed', 'answered')", name="state"),
        Index(None, "tenant", "created"),
    )
