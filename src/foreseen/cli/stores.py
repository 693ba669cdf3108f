"""The stores of a data folder, for commands that need them to be there."""

import os
from contextlib import AbstractContextManager
from pathlib import Path

from sqlalchemy import Engine

from foreseen.cli.s3_options import s3_options
from foreseen.control.database import opened
from foreseen.control.places import FILE, check_database, has_database
from foreseen.core.errors import NotFoundError
from foreseen.lake.lake import Lake, S3Options
from foreseen.runners import lake_place


def database(data: Path) -> AbstractContextManager[Engine]:
    """The folder's control database, for the length of a block.

    Raises:
        NotFoundError: The folder has none.
    """
    check_database(data)
    return opened(data / FILE)


def lake_of(data: Path) -> Lake:
    """The folder's lake, wherever it lies; raises what `lake_in_use` raises."""
    if has_database(data):
        with database(data) as engine:
            return lake_in_use(data, engine)
    if not (data / lake_place.OWN).is_dir():  # a lake that was copied here alone can be asked too
        raise NotFoundError(f"{data}: no lake there; name its folder with --data")
    return Lake.open(data / lake_place.OWN)


def lake_in_use(data: Path, engine: Engine) -> Lake:
    """The folder's lake, by its control database; keys of S3 come from the environment.

    Raises:
        NotFoundError: The folder has none.
        ConfigurationError: It lies in S3, and the environment does not say how that is reached.
        CorruptError: It cannot be read.
        TransientError: S3 does not answer.
    """
    return lake_place.lake_of(data, engine, s3_of_environment)


def s3_of_environment() -> S3Options | None:
    """How S3 is reached by this process's environment; raises what `s3_options` raises."""
    return s3_options(os.environ)
