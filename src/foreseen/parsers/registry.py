"""The parsers that we have, by name, and which of them knows a file."""

from collections.abc import Sequence
from typing import Any

from foreseen.core.errors import ConfigurationError
from foreseen.parsers.auditd import AuditdParser
from foreseen.parsers.protocol import Parser

PARSERS: dict[str, Parser[Any]] = {parser.name: parser for parser in (AuditdParser(),)}


def parser_named(name: str) -> Parser[Any]:
    """The parser of that name.

    Raises:
        ConfigurationError: There is none; the message lists those that there are.
    """
    parser = PARSERS.get(name)
    if parser is None:
        known = ", ".join(["auto", *sorted(PARSERS)])
        raise ConfigurationError(f"unknown format '{name}'; known are: {known}")
    return parser


def sniff(head: Sequence[bytes]) -> str | None:
    """Name of the first parser that recognises any of these lines, null if none does."""
    for name, parser in PARSERS.items():
        if parser.sniff(head):
            return name
    return None


def stands_alone(line: bytes) -> bool:
    """Whether some parser takes the line for a whole record and not for the rest of one."""
    return any(parser.stands_alone(line) for parser in PARSERS.values())
