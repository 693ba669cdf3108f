"""The audit log's table."""

from sqlalchemy import JSON, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from foreseen.control.base import Base


class AuditRow(Base):
    """One change that a person, a token or the server made; appended, never changed."""

    __tablename__ = "audit"
    tenant: Mapped[str] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    time: Mapped[int]
    actor: Mapped[str]
    way: Mapped[str]
    address: Mapped[str | None]
    action: Mapped[str]
    kind: Mapped[str]
    name: Mapped[str]
    before: Mapped[dict[str, object] | None] = mapped_column(JSON(none_as_null=True))
    after: Mapped[dict[str, object] | None] = mapped_column(JSON(none_as_null=True))
    hash: Mapped[str]
