"""Where the lake of an installation lies, so that whoever opens its data folder finds it."""

from sqlalchemy import Engine

from foreseen.control.database import reading, writing
from foreseen.control.tables import StorePlaceRow

_LAKE = "lake"


def lake_place(engine: Engine) -> str | None:
    """Address of the lake as it was kept last; None: a server has never taken one."""
    with reading(engine) as session:
        row = session.get(StorePlaceRow, _LAKE)
        return None if row is None else row.address


def keep_lake_place(engine: Engine, address: str, *, now: int) -> None:
    """Keep where the lake lies, in place of what was kept before.

    Args:
        engine: The control database.
        address: A folder or an address without keys; whoever can read the database sees it.
        now: ms UTC.
    """
    with writing(engine) as session:
        session.merge(StorePlaceRow(store=_LAKE, address=address, time=now))
