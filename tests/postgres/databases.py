"""A fresh database for every data folder that is opened, where the tests run on PostgreSQL.

Tests and the processes that they start open `DIR/control.db` as ever. While FORESEEN_TEST_SERVER
names a server, a folder without a control database gets one there, and the note that says so.
"""

import os
import uuid
from pathlib import Path
from types import ModuleType

SERVER = "FORESEEN_TEST_SERVER"
"""Address of the template database, whose copies are the folders' databases."""
TEMPLATE = "template_foreseen"
FILE, NOTE = "control.db", "control.url"


def install(database: ModuleType) -> None:
    """Make `foreseen.control.database` give out fresh databases while a server is named."""
    real = database.place_of

    def place_of(file: str | Path) -> str | Path:
        place: str | Path = real(file)
        server, given = os.environ.get(SERVER), Path(file)
        if not server or "://" in str(file) or given.name != FILE or given.exists():
            return place
        copied = None if isinstance(place, Path) else _name(place)
        if copied is not None and (copied == TEMPLATE or not _is_a_copy(server, copied, given)):
            return place
        from foreseen.control.places import keep_address  # noqa: PLC0415 (not before it is imported)

        address = _fresh(server, copied or TEMPLATE)
        _owner(server, _name(address)).write_text(str(given.parent.resolve()))
        keep_address(given, address)
        return address

    database.place_of = place_of  # type: ignore[attr-defined]  # ours


def _is_a_copy(server: str, name: str, file: Path) -> bool:
    """Whether the folder that a database was made for is there still, and another one."""
    try:
        owner = Path(_owner(server, name).read_text())
    except FileNotFoundError:
        return False  # a test's own database
    return owner != file.parent.resolve() and (owner / NOTE).exists()


def _owner(server: str, name: str) -> Path:
    """The file that says which folder a database was made for."""
    folder = Path(server.partition("host=")[2].partition("&")[0])
    return folder / f"{name}.owner"


def _name(address: str) -> str:
    return address.partition("@/")[2].partition("?")[0]


def _fresh(server: str, template: str) -> str:
    import psycopg  # noqa: PLC0415 (as above)

    name = f"t{uuid.uuid4().hex}"
    with psycopg.connect(_of(server, "postgres"), autocommit=True) as connection:
        is_old = connection.info.server_version < 150_000
        how = "" if is_old else " STRATEGY file_copy"
        if template != TEMPLATE:  # nobody may be connected; pools connect again
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                (template,),
            )
        connection.execute(f'CREATE DATABASE {name} TEMPLATE "{template}"{how}'.encode())
    return _of(server, name)


def drop_below(folder: Path) -> None:
    """Take the databases of the data folders below a folder away."""
    server = os.environ.get(SERVER)
    notes = list(folder.rglob(NOTE)) if server else []
    if not server or not notes:
        return
    import psycopg  # noqa: PLC0415 (as above)

    with psycopg.connect(_of(server, "postgres"), autocommit=True) as connection:
        for note in notes:
            name = _name(note.read_text())
            if not _owner(server, name).exists() or _is_a_copy(server, name, note):
                continue
            _owner(server, name).unlink()
            if name != TEMPLATE:
                connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())


def _of(server: str, database: str) -> str:
    return server.replace(f"/{TEMPLATE}?", f"/{database}?")
