"""What every table of the control database is made of."""

from sqlalchemy import BigInteger, Float, Integer, LargeBinary, MetaData
from sqlalchemy.orm import DeclarativeBase

from foreseen.control.texts import Text

SERIAL = BigInteger().with_variant(Integer(), "sqlite")  # SQLite counts INTEGER keys only
_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Root of the tables. Times are ms UTC; rows belong to a tenant, but for places of stores."""

    metadata = MetaData(naming_convention=_NAMES)
    type_annotation_map = {int: BigInteger, float: Float, bytes: LargeBinary, str: Text}  # noqa: RUF012 (SQLAlchemy reads it so)
