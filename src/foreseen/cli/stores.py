"""The stores of a data folder, for commands that need them to be there."""

from contextlib import AbstractContextManager
from pathlib import Path

from sqlalchemy import Engine

from foreseen.control.database import opened
from foreseen.core.errors import NotFoundError
from foreseen.lake.lake import Lake


def database(data: Path) -> AbstractContextManager[Engine]:
    """The folder's control database, for the length of a block.

    Raises:
        NotFoundError: The folder has none.
    """
    if not (data / "control.db").exists():
        raise NotFoundError(f"{data}: no data of Foreseen; name its folder with --data")
    return opened(data / "control.db")


def lake_of(data: Path) -> Lake:
    """The folder's lake.

    Raises:
        NotFoundError: The folder has none.
    """
    if not (data / "lake").is_dir():
        raise NotFoundError(f"{data}: no lake there; name its folder with --data")
    return Lake.open(data / "lake")
