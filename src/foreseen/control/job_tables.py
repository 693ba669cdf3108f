"""The table of what people asked jobs to do."""

from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from foreseen.control.base import Base


class JobOrderRow(Base):
    """What a person asked a job to do, and what came of it; jobs of the server itself have none."""

    __tablename__ = "job_order"
    job: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("job.id"), primary_key=True, autoincrement=False
    )
    tenant: Mapped[str] = mapped_column(ForeignKey("tenant.id"))
    author: Mapped[str]
    asked: Mapped[str]
    begun: Mapped[int]
    cancelled: Mapped[str | None]
    result: Mapped[bytes | None]
    __table_args__ = (Index(None, "tenant", "job"),)
