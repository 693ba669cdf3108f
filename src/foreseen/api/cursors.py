"""Cursors of lists: opaque, and none but ours are taken."""

import base64
import binascii
from typing import Annotated, TypeVar

import orjson
from fastapi import Query
from pydantic import TypeAdapter, ValidationError

from foreseen.core.errors import MalformedInputError

Cursor = Annotated[str | None, Query(max_length=1_000)]
Limit = Annotated[int, Query(ge=1, le=200)]
Place = TypeVar("Place")


def cursor_of(place: tuple[object, ...]) -> str:
    """A place in a list as text."""
    return base64.urlsafe_b64encode(orjson.dumps(place)).decode()


def place_of(kind: TypeAdapter[Place], cursor: str | None) -> Place | None:
    """The place that a cursor stands for; None for the beginning.

    Raises:
        MalformedInputError: This API gave no such cursor.
    """
    if cursor is None:
        return None
    try:
        return kind.validate_json(base64.urlsafe_b64decode(cursor))
    except (ValidationError, binascii.Error, ValueError) as error:
        raise MalformedInputError("the cursor is none that this API gave") from error
