"""Whose lake it is: a small object beside the tables names the installation that writes there.

Two installations in one lake would each number streams from their own cursors, and each would take
the other's matches for its own. Readers do not look at the mark.
"""

import os
import uuid
from http import HTTPStatus
from pathlib import Path

import orjson

from foreseen.core.errors import ConfigurationError, CorruptError, TransientError
from foreseen.lake.places.local import sync_file
from foreseen.lake.places.place import Place, read_bytes
from foreseen.lake.places.requests import send
from foreseen.lake.places.s3 import S3Options

NAME = "_foreseen_installation.json"
_FIELD = "installation"
_ONLY_IF_NEW = {"If-None-Match": "*"}
_WRITTEN = {HTTPStatus.OK, HTTPStatus.PRECONDITION_FAILED, HTTPStatus.CONFLICT}


def owner_of(place: Place) -> str | None:
    """The installation that a lake belongs to; None: nobody has said so.

    Raises:
        CorruptError: The mark cannot be read.
        TransientError: The store does not answer.
    """
    name = f"{place.uri}/{NAME}"
    try:
        told = orjson.loads(read_bytes(place, name))
        return str(told[_FIELD])
    except FileNotFoundError:
        return None
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise CorruptError(
            f"{name}: does not name an installation ({error!r}); if this lake is surely this"
            " installation's, delete that file, and the next start writes it"
        ) from error
    except OSError as error:
        raise TransientError(f"{name}: cannot be read, try again: {error}") from error


def marked(place: Place, s3: S3Options | None, owner: str) -> str:
    """The installation that a lake belongs to from now on: whoever was first.

    Args:
        place: The lake's.
        s3: How S3 is reached; needed there only.
        owner: Who asks; gets a lake that is nobody's.

    Raises:
        ConfigurationError: It may not be written.
        CorruptError: The mark cannot be read.
        TransientError: The store does not answer, or the disk is full.
    """
    found = owner_of(place)
    if found is not None:
        return found
    text = orjson.dumps({_FIELD: owner})
    if place.folder is not None:
        _write(place.folder, text)
    elif s3 is not None and not s3.single_writer:
        _put(place, s3, text)
    else:
        _put_at_will(place, text)
    return owner_of(place) or owner


def _write(folder: Path, text: bytes) -> None:
    """All of it, on the disk, or nothing; what is there already stays."""
    partial = folder / f".{NAME}.{uuid.uuid4().hex}"
    try:
        partial.write_bytes(text)
        sync_file(partial)
        try:
            os.link(partial, folder / NAME)
        except FileExistsError:
            return  # another one was faster
        finally:
            partial.unlink()
        sync_file(folder)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise TransientError(f"{folder / NAME}: cannot be written: {error}; free space") from error


def _put(place: Place, s3: S3Options, text: bytes) -> None:
    answer = send(s3, "PUT", f"{place.root}/{NAME}", text, _ONLY_IF_NEW)
    if answer.status in _WRITTEN:
        return
    told = f"{place.uri}/{NAME}: the object store answered {answer.status} {answer.text}"
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise TransientError(f"{told}; try again")
    raise ConfigurationError(f"{told}; check bucket, keys and region")


def _put_at_will(place: Place, text: bytes) -> None:
    """On a store without conditions: its one writer was promised."""
    try:
        with place.files.open_output_stream(f"{place.root}/{NAME}") as file:
            file.write(text)
    except OSError as error:
        raise TransientError(f"{place.uri}/{NAME}: cannot be written: {error}") from error
