"""Mistakes that pySigma finds in detections: where they are, and what to write instead."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from ipaddress import ip_network
from typing import cast

import re2
from sigma.exceptions import SigmaError, SigmaRegularExpressionError, SigmaTypeError
from sigma.modifiers import modifier_mapping
from sigma.policy import SigmaPolicy
from sigma.policy.regex_engine import RE2RegexEngine, RegexPattern
from sigma.rule.detection import SigmaDetection

from foreseen.rules.engine.scalars import number_of

_NUMBERS = {"lt", "lte", "gt", "gte", "minute", "hour", "day", "week", "month", "year"}
_FLAGS = {"i", "m", "s"}
_NETWORK = "Invalid CIDR"
_UNKNOWN = "Unknown modifier"
_UNSUPPORTED = "Unsupported type"
_LOOKS_AROUND = ("(?=", "(?!", "(?<")


class _Quiet(RE2RegexEngine):
    """RE2 that says what is wrong with a pattern to us and not also to the standard error."""

    def __init__(self) -> None:
        super().__init__()
        self._options = re2.Options()
        self._options.log_errors = False

    def compile(self, pattern: str, flags: int = 0) -> RegexPattern:
        """A pattern alone: flags change nothing of whether it is sound."""
        del flags
        return cast("RegexPattern", re2.compile(pattern, self._options))


POLICY = SigmaPolicy(regex_engine=_Quiet())
"""To be given to whatever of pySigma reads rules."""


def flaw_of(pattern: str) -> str:
    """Why RE2 does not take a pattern; empty where it does."""
    try:
        POLICY.regex_engine.compile(pattern)
    except re2.error as error:
        said = error.args[0]
        text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
        if any(sign in text for sign in _LOOKS_AROUND):
            return f"{text}; RE2 does not look around: match what is there, deny the rest apart"
        return text
    return ""


def mistake_in(detections: object, error: SigmaError) -> tuple[tuple[str, ...], str]:
    """Where a mistake is, as keys from a mapping of detections on (none: unknown), and a message.

    pySigma itself knows only the file.
    """
    for name, key, value in _items(detections):
        try:
            SigmaDetection.from_definition({key: value}, policy=POLICY)
        except SigmaError as found:
            if type(found) is type(error):
                field = key.partition("|")[0]
                subject = f"field '{field}'" if field else "keyword"
                return (name, key), f"{subject}: {_said(key, value, found)}"
    return (), _plain(error)


def _items(detections: object) -> Iterator[tuple[str, str, object]]:
    """Every field of every detection: its name, the key and the value."""
    for name, definition in detections.items() if isinstance(detections, Mapping) else ():
        for each in definition if isinstance(definition, list) else [definition]:
            for key, value in each.items() if isinstance(each, Mapping) else ():
                yield str(name), str(key), value


def _said(key: str, value: object, error: SigmaError) -> str:
    """The first thing that is wrong with a field's values, and the way out."""
    values = value if isinstance(value, list) else [value]
    text = _plain(error)
    said: Iterator[str]
    if text.startswith(_UNKNOWN):
        near = get_close_matches(text.rpartition(" ")[2].strip("'"), modifier_mapping, n=1)
        return f"{text}; did you mean '{near[0]}'?" if near else text
    if isinstance(error, SigmaRegularExpressionError):
        said = (f"pattern '{v}' is not one of RE2: {flaw_of(str(v))}" for v in values)
        return next(each for each in said if not each.endswith(": "))
    if text.startswith(_UNSUPPORTED):
        return "a value is a text, a number, true, false, null or a list of these; quote the rest"
    if text.startswith(_NETWORK):
        said = (_about_network(str(each)) for each in values)
    elif isinstance(error, SigmaTypeError):
        field, *modifiers = key.split("|")
        said = (_about_type(_modifier_of(modifiers, text), each, field) for each in values)
    else:
        said = iter(())
    return next(filter(None, said), text)


def _about_network(text: str) -> str:
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        return f"'{text}' is no network; write it like 10.0.0.0/8 or fd00::/8"
    return "" if _is_network(text) else f"'{text}' has bits behind its prefix; write '{network}'"


def _is_network(text: str) -> bool:
    try:
        ip_network(text)
    except ValueError:
        return False
    return True


def _modifier_of(names: list[str], text: str) -> str:
    """The modifier of a key whose class a message names."""
    words = text.split()
    known = (name for name in names if name in modifier_mapping)
    return next((name for name in known if modifier_mapping[name].__name__ in words), "")


def _about_type(modifier: str, value: object, field: str) -> str:
    """What a modifier does not take of a value; empty if it is not this value or unknown."""
    if modifier in _FLAGS:
        return f"'{modifier}' stands behind 're' only"
    if modifier in _NUMBERS:
        return _about_number(modifier, value)
    if modifier == "exists":
        told = f"'exists' takes true or false, not '{_written(value)}'"
        return "" if isinstance(value, bool) else told
    return _about_text(modifier, value, field) if modifier else ""


def _about_number(modifier: str, value: object) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return ""
    if isinstance(value, str) and number_of(value) is not None:
        return f"'{modifier}' takes a number; write {value} without quotes"
    return f"'{modifier}' takes a number, not '{_written(value)}'"


def _about_text(modifier: str, value: object, field: str) -> str:
    if isinstance(value, str):
        return ""
    if value is None:
        return f"'{modifier}' takes a text, not null; for an absent field write '{field}: null'"
    return f"'{modifier}' takes a text; write {_written(value)} in quotes: '{_written(value)}'"


def _written(value: object) -> str:
    """A value as YAML has it."""
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _plain(error: SigmaError) -> str:
    """A message of pySigma without its place."""
    return str(error.args[0]) if error.args else type(error).__name__
