"""A value of a key, as TOML, the environment or an option gives it, turned into its type."""

import math
from pathlib import Path

from foreseen.runners.config.declaring import Key, Secret

_SHOWN = 50
_TRUE, _FALSE = ("true", "1", "yes", "on"), ("false", "0", "no", "off")


class WrongValueError(ValueError):
    """A value does not fit its key; the message says what may stand there."""


def value_of(key: Key, told: object) -> object:
    """The value of a key from what TOML gave.

    Raises:
        WrongValueError: It is of another type, or out of bounds.
    """
    found = _typed(key, told)
    if found is None or not _fits(key, found):
        shown = "what is there" if key.kind is Secret else repr(told)[:_SHOWN]
        raise WrongValueError(f"is {key.words}, not {shown}")
    return found


def value_of_text(key: Key, text: str) -> object:
    """The value of a key from a variable of the environment.

    Raises:
        WrongValueError: It cannot be read as such, or is out of bounds.
    """
    return value_of(key, _untexted(key.kind, text))


def _untexted(kind: type, text: str) -> object:
    """As TOML would have given it; what cannot be read stays text, and is told as such."""
    if kind is bool:
        low = text.strip().lower()
        return low in _TRUE if low in _TRUE + _FALSE else text
    if kind is tuple:
        return [each.strip() for each in text.split(",") if each.strip()]
    if kind not in {int, float}:
        return text
    try:
        return int(text) if kind is int else float(text)
    except ValueError:
        return text


def _typed(key: Key, told: object) -> object:
    """The value in its type; None: it is of another."""
    match key.kind:
        case kind if kind is Secret:
            return Secret(told) if isinstance(told, str) and told else None
        case kind if kind is Path:
            return Path(told) if isinstance(told, str) and told else None
        case kind if kind is tuple:
            ok = isinstance(told, list | tuple) and all(isinstance(each, str) for each in told)
            return tuple(told) if ok else None  # type: ignore[arg-type]  # checked before
        case kind if kind is float:
            is_number = isinstance(told, int | float) and not isinstance(told, bool)
            return _finite(told) if is_number else None
        case kind if kind is int:
            return told if isinstance(told, int) and not isinstance(told, bool) else None
        case kind:
            return told if isinstance(told, kind) and told != "" else None


def _finite(told: object) -> float | None:
    try:
        found = float(told)  # type: ignore[arg-type]  # a number, checked before
    except OverflowError:  # integers of TOML have any size
        return None
    return found if math.isfinite(found) else None


def _fits(key: Key, value: object) -> bool:
    facts = key.facts
    if facts.choices:
        named = value if isinstance(value, tuple) else (value,)
        return bool(named) and all(each in facts.choices for each in named)
    if facts.least is None or facts.most is None or not isinstance(value, int | float):
        return True
    return facts.least <= value <= facts.most
