"""A lake in a folder: what is written there is forced to the disk before a commit may name it."""

import os
from collections.abc import Iterable
from pathlib import Path

from pyarrow.fs import LocalFileSystem

from foreseen.lake.places.place import Place


def in_folder(folder: Path) -> Place:
    """Place of a folder. Any number of writers is safe: renames onto a name that exists fail."""
    return Place(str(folder), str(folder), LocalFileSystem(), folder, None, _anybody)


def sync_file(path: Path) -> None:
    """Force a file, or a folder's list of names, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def settle(place: Place, paths: Iterable[str]) -> None:
    """Force files below a place, by their paths from there, to the disk.

    An object store has them on its media when it answers a write, so nothing is left to do.
    """
    if place.folder is not None:
        for path in paths:
            sync_file(place.folder / path)


def _anybody(_table: Place) -> None:
    """The file system lets one writer win."""
