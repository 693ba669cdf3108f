"""On which line of a TOML file a key stands: the parser of the standard library does not say."""

import re
from collections.abc import Mapping

_HEADER = re.compile(r"\s*\[\[?\s*([^\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"""\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*[A-Za-z0-9_-]+)*)\s*=(.*)""")
_LONG = ('"""', "'''")


def lines_of(text: str) -> Mapping[str, int]:
    """Line from 1 of each section and key, by dotted path; the file has to be sound TOML.

    What stands in an inline table has no line of its own.
    """
    found: dict[str, int] = {}
    section, inside = "", ""
    for number, line in enumerate(text.splitlines(), start=1):
        if inside:
            inside = "" if inside in line else inside
            continue
        if header := _HEADER.match(line):
            section = _plain(header[1])
            found.setdefault(section, number)
        elif pair := _KEY.match(line):
            path = f"{section}.{_plain(pair[1])}" if section else _plain(pair[1])
            found.setdefault(path, number)
            found.setdefault(path.split(".")[0], number)
            opened = [mark for mark in _LONG if pair[2].count(mark) == 1]
            inside = opened[0] if opened else ""
    return found


def _plain(path: str) -> str:
    return ".".join(part.strip().strip("\"'") for part in path.split("."))
