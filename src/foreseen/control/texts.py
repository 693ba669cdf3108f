"""Any text kept in any database: what one cannot hold is written with escapes, reversibly.

PostgreSQL holds no NUL, neither database holds half of a surrogate pair, and JSON has no NaN.
Telemetry has all of them. Both databases get the same escapes, so that they hold and order the
same; a NUL becomes the smallest of the escapes and stays the smallest letter.
"""

import hashlib
import json
import math
import re
from typing import Any

from sqlalchemy import Dialect, String
from sqlalchemy.types import TypeDecorator

_SIGN = "\x01"
_NUL, _ITSELF, _SURROGATE, _NUMBER = "\ue000", "\ue001", "\ue002", "\ue003"
_UNFIT = re.compile("[\x00\x01\ud800-\udfff]")
_ESCAPE = re.compile(f"{_SIGN}(?:({_NUL})|({_ITSELF})|{_SURROGATE}([0-9a-f]{{4}}))")
_UNFIT_IN_JSON = re.compile(r"\\u000[01]|\\u[dD][89a-fA-F]|NaN|Infinity")
_SIGN_IN_JSON = "\\u0001"


def escaped(text: str) -> str:
    """A text as it is written; almost always itself."""
    return _UNFIT.sub(_escape, text) if _UNFIT.search(text) else text


def plain(kept: str) -> str:
    """The text that was written; what was kept without escapes is itself."""
    return _ESCAPE.sub(_unescape, kept) if _SIGN in kept else kept


def _escape(found: re.Match[str]) -> str:
    letter = found[0]
    if letter == "\x00":
        return _SIGN + _NUL
    return _SIGN + (_ITSELF if letter == _SIGN else f"{_SURROGATE}{ord(letter):04x}")


def _unescape(found: re.Match[str]) -> str:
    if found[1]:
        return "\x00"
    return _SIGN if found[2] else chr(int(found[3], 16))


class Text(TypeDecorator[str]):
    """A text column: any string comes back as it was, in either database."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """What is written, or compared with what was written."""
        del dialect
        return None if value is None else escaped(str.__str__(value))

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """What was written before."""
        del dialect
        return None if value is None else plain(value)


LONGEST_KEY = 1_000
"""Bytes of a text that senders choose and that an index holds: PostgreSQL's pages take no more than
some 2,600 for all columns of an index together."""


def key(text: str) -> str:
    """A text as a key of bounded size: a longer one is its beginning and a hash of all of it."""
    if len(escaped(text).encode()) <= LONGEST_KEY:
        return text
    data = text.encode("utf-8", "surrogatepass")
    begin = data[: LONGEST_KEY // 5].decode("utf-8", "ignore")  # escapes are four times as long
    return f"{begin}...#{hashlib.blake2b(data, digest_size=16).hexdigest()}"


class Key(Text):
    """A text that senders choose and that is looked up: written, and asked for, by `key`."""

    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """What is written, or compared with what was written."""
        return super().process_bind_param(None if value is None else key(value), dialect)


def json_text(value: object) -> str:
    """A JSON column's value as it is written."""
    text = json.dumps(value)
    return json.dumps(_walked_out(value)) if _UNFIT_IN_JSON.search(text) else text


def json_value(text: str | bytes) -> Any:  # noqa: ANN401 (whatever JSON is)
    """The value that was written."""
    kept = text if isinstance(text, str) else text.decode()
    value = json.loads(kept)
    return _walked_in(value) if _SIGN_IN_JSON in kept else value


def _walked_out(value: object) -> object:
    if isinstance(value, str):
        return escaped(value)
    if isinstance(value, float) and not math.isfinite(value):
        return f"{_SIGN}{_NUMBER}{value}"
    if isinstance(value, dict):
        return {_walked_out(key): _walked_out(each) for key, each in value.items()}
    return [_walked_out(each) for each in value] if isinstance(value, list | tuple) else value


def _walked_in(value: object) -> object:
    if isinstance(value, str):
        is_number = value.startswith(_SIGN + _NUMBER)
        return float(value[2:]) if is_number else plain(value)
    if isinstance(value, dict):
        return {_walked_in(key): _walked_in(each) for key, each in value.items()}
    return [_walked_in(each) for each in value] if isinstance(value, list) else value
