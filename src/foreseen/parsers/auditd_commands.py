"""EXECVE and PROCTITLE records to arguments and command lines."""

import re
from collections.abc import Sequence
from functools import lru_cache
from shlex import quote

from foreseen.parsers.auditd_text import octets, text

_ARGUMENT = re.compile(r'(?:^| )a([0-9]{1,7})(?:\[([0-9]{1,7})\])?=("[^"]*"|\S*)')
_NEEDS_QUOTES = re.compile(r"[\s'\"\\]")
_CACHED_LENGTH = 1024
_PROCTITLE = re.compile(r'proctitle=("[^"]*"|\S+)')


def arguments(bodies: Sequence[str]) -> tuple[str, ...]:
    """The argument vector out of the EXECVE records of an event, however they are fragmented."""
    if len(bodies) == 1 and len(bodies[0]) < _CACHED_LENGTH:
        return _short_arguments(bodies[0])
    return _joined(bodies)


def command_line(argv: Sequence[str]) -> str:
    """Arguments joined by blanks; one that is empty or has blanks or quotes is quoted for a shell.

    Other special characters stay bare, as rules expect them.
    """
    joined = "\x1f".join(argv)
    if not _NEEDS_QUOTES.search(joined) and "" not in argv:
        return joined.replace("\x1f", " ")
    return " ".join(
        quote(argument) if not argument or _NEEDS_QUOTES.search(argument) else argument
        for argument in argv
    )


def title(body: str) -> str | None:
    """Command line of a PROCTITLE record (the process's own word, at most 128 bytes of it)."""
    found = _PROCTITLE.search(body)
    value = text(found[1]) if found else None
    if not value:
        return None
    return command_line(value.rstrip("\0").split("\0"))


@lru_cache(maxsize=16_384)
def _short_arguments(body: str) -> tuple[str, ...]:
    if "[" in body:
        return _joined((body,))
    words = body.rstrip().split(" ")[1:]
    values = []
    for index, word in enumerate(words):
        name, _, value = word.partition("=")
        if name != f"a{index}":
            return _joined((body,))
        values.append(text(value) or "")
    return tuple(values)


def _joined(bodies: Sequence[str]) -> tuple[str, ...]:
    fragments: dict[int, dict[int, bytes]] = {}
    for body in bodies:
        plain = body.partition("\x1d")[0]
        for index, part, value in _ARGUMENT.findall(plain):
            fragments.setdefault(int(index), {})[int(part or 0)] = octets(value)
    return tuple(
        b"".join(parts[part] for part in sorted(parts)).decode("utf-8", "backslashreplace")
        for _, parts in sorted(fragments.items())
    )
