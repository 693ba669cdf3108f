"""Versions in HTTP: the ETag of what is shown, and the one that a change was made of."""

from http import HTTPStatus
from typing import Annotated

from fastapi import Header

from foreseen.api.problems import ProblemError

IfMatch = Annotated[
    str | None, Header(max_length=100, description='the ETag that you saw, or "*" for any')
]
_QUOTES = 2


def etag(version: int) -> str:
    """The ETag of a version."""
    return f'"{version}"'


def version_of(if_match: str | None) -> int | None:
    """The version that the caller saw; None for any, or where they do not say.

    Raises:
        ProblemError: 412, it is no ETag that this API gave.
    """
    tag = (if_match or "*").strip()
    if tag == "*":
        return None
    inner = tag[1:-1]
    quoted = len(tag) > _QUOTES and tag[0] == tag[-1] == '"'
    if not quoted or not inner.isascii() or not inner.isdecimal() or int(inner) >= 2**63:
        raise ProblemError(HTTPStatus.PRECONDITION_FAILED, f"If-Match {tag[:40]} is no ETag here")
    return int(inner)


def needed_version(if_match: str | None) -> int | None:
    """`version_of` where the caller has to say it.

    Raises:
        ProblemError: 428 without it, 412 as `version_of`.
    """
    if if_match is None:
        raise ProblemError(
            HTTPStatus.PRECONDITION_REQUIRED, "send If-Match with the ETag that you saw"
        )
    return version_of(if_match)
