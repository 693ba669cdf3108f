"""The table of saved searches."""

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from foreseen.control.base import SERIAL, Base


class SavedSearchRow(Base):
    """A query that a person kept, for themselves or for their organisation."""

    __tablename__ = "saved_search"
    id: Mapped[int] = mapped_column(SERIAL, primary_key=True, autoincrement=True)
    tenant: Mapped[str] = mapped_column(ForeignKey("tenant.id"))
    name: Mapped[str]
    kind: Mapped[str]
    text: Mapped[str]
    lake_table: Mapped[str]
    owner: Mapped[str]
    shared: Mapped[bool]
    version: Mapped[int]
    created: Mapped[int]
    changed: Mapped[int]
    __table_args__ = (
        CheckConstraint("kind in ('sql', 'search')", name="kind"),
        Index(None, "tenant", "owner", "name", unique=True),
        {"sqlite_autoincrement": True},
    )
