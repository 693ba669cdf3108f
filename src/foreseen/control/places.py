"""Where a control database lies: a file in the data folder, or what a note beside it names.

The note (`control.url`) holds an address without a password, so that whoever opens the folder finds
the database. Passwords come from PGPASSWORD, ~/.pgpass or the file that `?passfile=` names.
"""

import os
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from foreseen.core.errors import ConfigurationError, NotFoundError

FILE, NOTE = "control.db", "control.url"
_SCHEMES = ("postgresql", "postgres")
_DRIVER = "postgresql+psycopg"
_SECRETS = ("password", "sslpassword")


def is_address(place: str | Path) -> bool:
    """Whether a place is an address and not a file."""
    return "://" in str(place)


def url_of(address: str) -> URL:
    """An address as SQLAlchemy takes it.

    Raises:
        ConfigurationError: It is none of PostgreSQL, names no database, or has a password in it.
    """
    try:
        url = make_url(address)
    except (ArgumentError, ValueError) as error:
        raise ConfigurationError(f"--control: no address; {_FORM}") from error
    if url.drivername not in {*_SCHEMES, _DRIVER}:
        raise ConfigurationError(f"{url.drivername}://: no known database; {_FORM}")
    if url.password is not None or any(name in url.query for name in _SECRETS):
        raise ConfigurationError(
            f"{shown(url)}: an address is kept and shown, so it holds no password: give it by"
            " PGPASSWORD, ~/.pgpass or ?passfile=FILE"
        )
    if not url.database and "dbname" not in url.query:
        raise ConfigurationError(f"{shown(url)}: names no database; {_FORM}")
    return url.set(drivername=_DRIVER)


_FORM = "write postgresql://USER@HOST:PORT/DATABASE, or ?host=FOLDER for a Unix socket"


def shown(place: str | Path | URL) -> str:
    """A place for messages, without a password."""
    if isinstance(place, Path) or not is_address(str(place)):
        return str(place)
    url = place if isinstance(place, URL) else make_url(place)
    if url.drivername == "sqlite":
        return str(url.database)
    secret = {name: "***" for name in _SECRETS if name in url.query}
    url = url.set(drivername="postgresql").update_query_dict(secret)
    return url.render_as_string(hide_password=True)


def place_of(file: str | Path) -> str | Path:
    """The file, or the address that a note beside it names; an address is itself.

    Raises:
        ConfigurationError: The note holds no address.
    """
    if is_address(file):
        return str(file)
    note = _note(Path(file))
    try:
        kept = note.read_text("utf-8").strip()
    except (FileNotFoundError, NotADirectoryError):
        return Path(file)
    except (OSError, UnicodeError) as error:
        raise ConfigurationError(f"{note}: cannot be read: {error}") from error
    try:
        url_of(kept)
    except ConfigurationError as error:
        raise ConfigurationError(f"{note}: {error}") from error
    return kept


def has_database(data: Path) -> bool:
    """Whether a data folder has a control database, here or elsewhere."""
    return (data / FILE).exists() or (data / NOTE).exists()


def check_database(data: Path) -> None:
    """Do nothing if a data folder has a control database.

    Raises:
        NotFoundError: It has none.
    """
    if not has_database(data):
        raise NotFoundError(f"{data}: no data of Foreseen; name its folder with --data")


def keep_address(file: Path, address: str) -> None:
    """Write the note beside a file: on the disk, whole, for its owner only."""
    note = _note(file)
    note.parent.mkdir(parents=True, exist_ok=True)
    text = url_of(address).set(drivername="postgresql").render_as_string(hide_password=False)
    part = note.with_name(f".{note.name}.part")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        out.write(text + "\n")
        out.flush()
        os.fsync(out.fileno())
    part.replace(note)
    _sync(note.parent)


def forget_address(file: Path) -> None:
    """Take the note away: the database is the file again."""
    _note(file).unlink(missing_ok=True)
    _sync(file.parent)


def _note(file: Path) -> Path:
    return file.with_suffix(".url")


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
