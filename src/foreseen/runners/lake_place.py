"""The lake of a data folder, wherever it lies: the control database keeps its address.

Keys are not kept: who opens a lake in S3 says how S3 is reached.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pyarrow.fs import FileType
from sqlalchemy import Engine

from foreseen.control.cursors import version_of
from foreseen.control.database import opened
from foreseen.control.places import FILE, has_database
from foreseen.control.store_places import keep_lake_place, lake_place
from foreseen.control.tenants import tenants
from foreseen.core.errors import ConfigurationError, NotFoundError, TransientError
from foreseen.lake.deltalog import LOG_FOLDER
from foreseen.lake.lake import Lake, S3Options
from foreseen.lake.places.opening import place_at
from foreseen.lake.places.s3 import SCHEME
from foreseen.lake.tables import TABLES
from foreseen.runners.judging import NAME as JUDGE
from foreseen.runners.ownership import refuse_the_lake_of_others, refuse_the_marked_of_others

OWN = "lake"
"""Kept for a lake in the data folder itself, so that the folder may be moved with it."""

HowS3 = Callable[[], S3Options | None]
"""How S3 is reached; asked only where a lake lies there."""


def no_s3() -> None:
    """Nothing says how S3 is reached."""


def lake_of(data: Path, engine: Engine, s3: HowS3 = no_s3) -> Lake:
    """The lake of a data folder.

    Args:
        data: The folder.
        engine: Its control database.
        s3: How S3 is reached.

    Raises:
        NotFoundError: It lies in a folder that is not there.
        ConfigurationError: It lies in S3, and nothing says how that is reached.
        CorruptError: A table's log cannot be read.
        TransientError: S3 does not answer.
    """
    address = lake_place(engine) or OWN
    if not _is_there(data, address):
        where = data if address == OWN else f"{data}: its lake was kept in {address}"
        raise NotFoundError(f"{where}: no lake there; name its folder with --data")
    return _opened(data, address, s3)


@contextmanager
def control_of(data: Path) -> Iterator[Engine]:
    """The control database of a data folder that has a lake.

    Raises:
        NotFoundError: The folder has none, or no lake.
    """
    if has_database(data):
        with opened(data / FILE) as engine:
            if has_lake(data, engine):
                yield engine
                return
    raise NotFoundError(f"{data}: no data of Foreseen; name its folder with --data")


def has_lake(data: Path, engine: Engine) -> bool:
    """Whether a data folder has a lake; of one in S3 its address is enough."""
    return _is_there(data, lake_place(engine) or OWN)


def own_lake(data: Path, engine: Engine) -> Path:
    """Folder of the lake in the data folder itself, for what works on no other.

    Raises:
        ConfigurationError: It lies elsewhere.
    """
    address = lake_place(engine) or OWN
    if address != OWN:
        raise ConfigurationError(
            f"{data}: its lake lies in {address}, and this works only where it lies in the data"
            " folder itself"
        )
    return data / OWN


def taken_lake(data: Path, engine: Engine, wanted: str | None, s3: HowS3, *, now: int) -> Lake:
    """The lake for a server to work with; its address is kept when it is taken first.

    Args:
        data: The data folder.
        engine: Its control database.
        wanted: Where it should lie; None: where it was kept, at first in the data folder.
        s3: How S3 is reached.
        now: ms UTC.

    Raises:
        ConfigurationError: The installation has its lake elsewhere, or what `lake_of` raises.
        CorruptError, TransientError: As for `lake_of`.
    """
    kept = lake_place(engine)
    address = _named(data, wanted) if wanted is not None else kept or OWN
    if kept is not None and address != kept:
        raise ConfigurationError(
            f"{data}: its lake lies in {_shown(data, kept)}, not in {_shown(data, address)}; leave"
            " out --lake. If it was copied there while no server ran, say so with"
            f" `foreseen lake moved {_shown(data, address)} --data {data}`"
        )
    lake = _opened(data, address, s3)
    _refuse_a_lesser(data, engine, lake)
    refuse_the_lake_of_others(data, engine, lake, s3)
    if kept is None:
        keep_lake_place(engine, address, now=now)
    return lake


def move_lake(  # noqa: PLR0913 (the last two say when, and how)
    data: Path, engine: Engine, to: str, s3: HowS3, *, now: int, lost: bool = False
) -> Lake:
    """Keep another address: the lake was copied there, with all that it holds.

    Args:
        data: The data folder; no server runs on it.
        engine: Its control database.
        to: A folder, or `s3://bucket/prefix`.
        s3: How S3 is reached.
        now: ms UTC.
        lost: The one before is gone or cannot be reached: do not compare with it.

    Raises:
        NotFoundError: No lake lies there.
        ConfigurationError: It is another installation's, or holds less than before; as `lake_of`.
        CorruptError, TransientError: As for `lake_of`.
    """
    before, address = lake_place(engine) or OWN, _named(data, to)
    if not _has_tables(data, address, s3):
        raise NotFoundError(f"{_shown(data, address)}: no lake there; copy it there first")
    lake = _opened(data, address, s3)
    refuse_the_marked_of_others(data, engine, lake)
    _refuse_a_lesser(data, engine, lake)
    if address != before and not lost and _has_tables(data, before, s3):
        _refuse_an_older(lake, _opened(data, before, s3))
    keep_lake_place(engine, address, now=now)
    return lake


def _has_tables(data: Path, address: str, s3: HowS3) -> bool:
    """Whether all tables are there; opening would make those that are not."""
    if not _is_there(data, address):
        return False
    place = place_at(_path(data, address), s3() if in_s3(address) else None)
    logs = [f"{place.root}/{name}/{LOG_FOLDER}" for name in TABLES]
    try:
        found = place.files.get_file_info(logs)
    except OSError as error:
        raise TransientError(
            f"{_shown(data, address)}: cannot be reached: {error}; if the lake was moved from there"
            " and it is lost, say --lost"
        ) from error
    return all(each.type is FileType.Directory for each in found)


def in_s3(address: str) -> bool:
    """Whether an address is one of S3."""
    return address.startswith(SCHEME)


def _named(data: Path, address: str) -> str:
    """An address in the one form in which it is kept."""
    if in_s3(address):
        return SCHEME + address.removeprefix(SCHEME).strip("/")
    if "://" in address:
        return address  # opening it refuses it in words
    path = Path(address).resolve()
    return OWN if path == (data / OWN).resolve() else str(path)


def _path(data: Path, address: str) -> str | Path:
    if "://" in address:
        return address
    return data / OWN if address == OWN else Path(address)


def _shown(data: Path, address: str) -> str:
    return str(_path(data, address))


def _opened(data: Path, address: str, s3: HowS3) -> Lake:
    return Lake.open(_path(data, address), s3=s3() if in_s3(address) else None)


def _is_there(data: Path, address: str) -> bool:
    path = _path(data, address)
    return isinstance(path, str) or path.is_dir()


def _refuse_a_lesser(data: Path, engine: Engine, lake: Lake) -> None:
    """Matches that a lake lacks and a judge has read would come under versions that it passed by.

    Raises:
        ConfigurationError: The lake has fewer commits of matches than were judged.
    """
    judged = max((version_of(engine, tenant, JUDGE) or 0 for tenant in tenants(engine)), default=0)
    if judged > (held := lake.version("matches")):
        raise ConfigurationError(
            f"{lake.place.uri}: this is not the lake that {data} worked with: it has {held:,}"
            f" versions of matches, and {judged:,} were judged; name that one with --lake, or"
            " begin with an empty data folder"
        )


def _refuse_an_older(lake: Lake, before: Lake) -> None:
    for name in TABLES:
        if (held := lake.version(name)) < (had := before.version(name)):
            raise ConfigurationError(
                f"{lake.place.uri}: {name} is of version {held:,} there, and of {had:,} in"
                f" {before.place.uri}; copy it again while no server runs"
            )
