"""PATH and CWD records to the files that a system call acted on."""

import re
from collections.abc import Sequence
from functools import lru_cache
from posixpath import dirname, normpath
from typing import NamedTuple

from foreseen.parsers.auditd_activities import AT_CALLS, LINKS
from foreseen.parsers.auditd_text import text

_NAME = re.compile(r'(?:^| )name=("[^"]*"|\S+)')
_NAMETYPE = re.compile(r" (?:nametype|objtype)=([A-Z]+)")
_AT_CWD = frozenset(("ffffff9c", "ffffffffffffff9c"))
_CACHED_LENGTH = 512


class Item(NamedTuple):
    """One PATH record: the name as given to the kernel and the part it played."""

    name: str | None
    nametype: str | None


class Files(NamedTuple):
    """What a call acted on: absolute paths, unless a descriptor was the base."""

    path: str | None
    target: str | None
    nametype: str | None


def item(body: str) -> Item:
    """A PATH record's name and nametype."""
    return _short_item(body) if len(body) < _CACHED_LENGTH else _item(body)


def _item(body: str) -> Item:
    name, nametype = _NAME.search(body), _NAMETYPE.search(body)
    return Item(text(name[1]) if name else None, nametype[1] if nametype else None)


_short_item = lru_cache(maxsize=32_768)(_item)


def files_of(call: str, items: Sequence[Item], cwd: str | None, a0: str | None) -> Files:
    """The file that a call acted on and, for renames and links, the new path.

    A relative name is joined to the working directory; if the call started from a directory
    descriptor, which no record names, it stays relative: better open than wrong.
    """
    base = cwd if call not in AT_CALLS or a0 in _AT_CWD else None
    acted = [one for one in items if one.nametype != "PARENT"]
    if not acted:
        return Files(None, None, None)
    if call.startswith("rename"):
        return _renamed(acted, base)
    if call in LINKS:
        return _linked(call, acted, base)
    chosen = _chosen(acted)
    return Files(absolute(chosen.name, base), None, chosen.nametype)


def absolute(name: str | None, base: str | None) -> str | None:
    """A path without `.` and `..`, joined to `base` if it is relative and `base` is known."""
    if name is None:
        return None
    if name[:1] != "/":
        if base is None:
            return name
        name = f"{base}/{name}"
    if "/." in name or "//" in name:
        return normpath(name).replace("//", "/", 1)
    return name


def _chosen(acted: Sequence[Item]) -> Item:
    """The item that the call made or removed, else the first one."""
    for nametype in ("CREATE", "DELETE"):
        for one in acted:
            if one.nametype == nametype:
                return one
    return acted[0]


def _renamed(acted: Sequence[Item], base: str | None) -> Files:
    old = next((one for one in acted if one.nametype == "DELETE"), acted[0])
    new = next((one for one in reversed(acted) if one.nametype == "CREATE"), acted[-1])
    target = absolute(new.name, base) if new is not old else None
    return Files(absolute(old.name, base), target, old.nametype)


def _linked(call: str, acted: Sequence[Item], base: str | None) -> Files:
    new = next((one for one in acted if one.nametype == "CREATE"), acted[-1])
    old = next((one for one in acted if one is not new), None)
    made = absolute(new.name, base)
    if old is None:
        return Files(made, None, new.nametype)
    # the text of a symbolic link counts from the directory that it lies in
    start = dirname(made) if call.startswith("symlink") and made is not None else base
    return Files(absolute(old.name, start), made, new.nametype)
