"""Tables of changes of many alerts at once, so that one word undoes them."""

from sqlalchemy import JSON, ForeignKey, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from foreseen.control.base import Base


class BulkRow(Base):
    """What somebody did to many alerts at once."""

    __tablename__ = "bulk"
    tenant: Mapped[str] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    actor: Mapped[str]
    asked: Mapped[dict[str, object]] = mapped_column(JSON)
    created: Mapped[int]
    undone: Mapped[int | None]
    undone_by: Mapped[str | None]
    __table_args__ = (Index(None, "tenant", "created", "id"),)


class BulkItemRow(Base):
    """An alert that was changed with others: how it was, and the version that it got."""

    __tablename__ = "bulk_item"
    tenant: Mapped[str] = mapped_column(primary_key=True)
    bulk: Mapped[str] = mapped_column(primary_key=True)
    alert: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int]
    before: Mapped[dict[str, object] | None] = mapped_column(JSON(none_as_null=True))
    disposition: Mapped[int | None]
    undone: Mapped[int | None]
    __table_args__ = (
        ForeignKeyConstraint(["tenant", "bulk"], ["bulk.tenant", "bulk.id"]),
        ForeignKeyConstraint(["tenant", "alert"], ["alert.tenant", "alert.uid"]),
    )
