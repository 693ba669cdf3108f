"""Where a lake or a table lies, a folder or a prefix of a bucket, and how its files are opened."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import unquote

import pyarrow.parquet as pq
from pyarrow.fs import FileSystem

from foreseen.core.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Place:
    """Where a lake or one of its tables lies.

    Attributes:
        uri: As people, the Delta log and `Lake.files` name it: a path, or `s3://bucket/prefix`.
        root: As `files` names it.
        files: Opens what lies there.
        folder: The folder on a disk of this machine; None elsewhere.
        options: What delta-rs needs to open a table there; holds secrets.
        admit: Called with a table's place before each write; raises where writing is not safe.
    """

    uri: str
    root: str
    files: FileSystem = field(repr=False)
    folder: Path | None
    options: dict[str, str] | None = field(repr=False)
    admit: "Callable[[Place], None]" = field(repr=False)


def below(place: Place, name: str) -> Place:
    """A table's place in that of its lake."""
    folder = place.folder / name if place.folder is not None else None
    return replace(place, uri=f"{place.uri}/{name}", root=f"{place.root}/{name}", folder=folder)


def folder_of(place: Place) -> Path:
    """The folder of a place on a disk of this machine.

    Raises:
        ConfigurationError: It is elsewhere.
    """
    if place.folder is None:
        raise ConfigurationError(f"{place.uri}: this works on a lake in a folder only")
    return place.folder


def logged_name(place: Place, logged: str) -> str:
    """Name of a table's file by its (URL-encoded) path in the Delta log."""
    return f"{place.uri}/{unquote(logged)}"


def inside(place: Place, name: str) -> str:
    """A file's name as `place.files` takes it."""
    return name if place.folder is not None else name.removeprefix("s3://")


def read_bytes(place: Place, name: str) -> bytes:
    """A whole file.

    Raises:
        FileNotFoundError: There is none.
        OSError: It cannot be read.
    """
    with place.files.open_input_stream(inside(place, name)) as file:
        return file.read()


def parquet_file(
    place: Place, name: str, *, read_dictionary: Sequence[str] | None = None
) -> pq.ParquetFile:
    """Open a file of the lake by its name, as `Lake.files` gives it; close it after use.

    Args:
        place: The lake's, or the table's.
        name: The file's name.
        read_dictionary: Text columns to read as codes of a dictionary; an older file may lack some.

    Raises:
        OSError: It cannot be read.
        pa.ArrowInvalid: It is no Parquet file.
    """
    path, files = inside(place, name), place.files
    if read_dictionary is None:
        return pq.ParquetFile(path, filesystem=files)
    about = pq.read_metadata(path, filesystem=files)
    held = set(about.schema.names)
    wanted = [column for column in read_dictionary if column in held]
    return pq.ParquetFile(path, metadata=about, read_dictionary=wanted, filesystem=files)
