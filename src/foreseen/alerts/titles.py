"""Titles of alerts from a rule's template: `{process_name} ran {process_cmd_line} on {host}`."""

from collections.abc import Mapping
from string import Formatter
from unicodedata import category

UNKNOWN = "unknown"
"""What stands for a value that the event does not have."""

LONGEST_VALUE = 80
LONGEST_TITLE = 160
"""Characters."""

_OBEYED = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode categories that a reader's screen obeys, that turn text round or that nobody sees."""

_INERT = "\N{MIDDLE DOT}"


def title_from(template: str, row: Mapping[str, object]) -> str:
    """The template with the columns of a row in it.

    Values are put in as they are written, never formatted: a value with braces stays a value, and
    nothing but columns can be named (`rules/attributes.py` refuses the rest when a rule is loaded).
    """
    parts: list[str] = []
    for literal, name, _, _ in Formatter().parse(template):
        parts.append(literal)
        if name is not None:
            parts.append(_value(row.get(name)))
    return _short(harmless("".join(parts)), LONGEST_TITLE)


def harmless(text: str) -> str:
    """A text without what moves a cursor, turns text round or hides it."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_INERT if category(letter) in _OBEYED else letter for letter in text)


def _value(value: object) -> str:
    if isinstance(value, list):
        value = ", ".join(map(_item, value[:_MOST_ITEMS]))
    return UNKNOWN if value is None or value == "" else _short(str(value), LONGEST_VALUE)


_MOST_ITEMS = LONGEST_VALUE
"""More of a list than this does not fit into a value in any case."""


def _item(item: object) -> str:
    """A text of a list, or a field of `unmapped` with its texts."""
    if isinstance(item, tuple):
        name, texts = item
        return f"{name}: {' '.join(map(str, texts or ()))}"
    return str(item)


def _short(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
