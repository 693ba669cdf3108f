"""Tables of the intake: counts at its door, and orders to read quarantine again."""

from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from foreseen.control.base import SERIAL, Base


class IntakeCountRow(Base):
    """What a source sent, counted by what became of it at the door."""

    __tablename__ = "intake_count"
    tenant: Mapped[str] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    source: Mapped[str] = mapped_column(primary_key=True)
    outcome: Mapped[str] = mapped_column(primary_key=True)
    requests: Mapped[int]
    lines: Mapped[int]
    last: Mapped[int]


class QuarantineOrderRow(Base):
    """Lines of quarantine that a person had replayed; `content` until the intake has it."""

    __tablename__ = "quarantine_order"
    id: Mapped[int] = mapped_column(SERIAL, primary_key=True, autoincrement=True)
    tenant: Mapped[str] = mapped_column(ForeignKey("tenant.id"))
    source: Mapped[str]
    format: Mapped[str]
    actor: Mapped[str]
    time: Mapped[int]
    lines: Mapped[int]
    content: Mapped[bytes | None]
    __table_args__ = (Index(None, "tenant", "id"), {"sqlite_autoincrement": True})


class QuarantineReplayRow(Base):
    """One line of an order. A line is in quarantine still when it has more rows there than here."""

    __tablename__ = "quarantine_replay"
    tenant: Mapped[str] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(primary_key=True)
    offset: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("quarantine_order.id"), primary_key=True, autoincrement=False
    )
