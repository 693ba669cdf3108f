"""Values of audit fields: quoted, hexadecimal or absent; numbers, users, addresses."""

import re
from functools import lru_cache
from ipaddress import IPv6Address, ip_address

_HEXADECIMAL = re.compile(r"(?:[0-9A-F]{2})+")
_NUMBER = re.compile(r"-?[0-9]{1,18}")
_REGISTER = re.compile(r"[0-9a-f]{1,16}")
_OCTAL = re.compile(r"[0-7]{1,20}")
_ABSENT = frozenset(("", "?", "(null)", "(none)", "(unset)"))
_NOBODY = frozenset(("4294967295", "-1", "18446744073709551615", "unset"))
_CACHED_LENGTH = 512
_FIELD = re.compile(r"([A-Za-z_][\w-]{0,63}(?:\[[0-9]+\])?)=(\"[^\"]*\"|'[^']*'|[^\s,']*)")
_UNKNOWN_NAME = re.compile(r"unknown\([0-9]+\)|unset|\?|")


def fields_of(body: str) -> dict[str, str]:
    """Fields of a record's text as written; of a name that comes twice the last one counts."""
    return dict(_FIELD.findall(body))


def text(value: str | None) -> str | None:
    """An encoded field (comm, exe, name, arguments ...) in plain text; null if it is absent."""
    if value is None:
        return None
    return _short_text(value) if len(value) < _CACHED_LENGTH else _decoded_text(value)


def octets(value: str) -> bytes:
    """Bytes of an encoded value: a fragment may end inside a character."""
    if value[:1] == '"':
        return value.strip('"').encode()
    return bytes.fromhex(value) if _HEXADECIMAL.fullmatch(value) else value.encode()


def plain(value: str | None) -> str | None:
    """A field that is never hexadecimal (terminal, unit, operation): without quotes, or null."""
    if value is None or value in _ABSENT:
        return None
    return value.strip("\"'") or None


def number(value: str | None) -> int | None:
    """A decimal number that fits 64 bits, else null."""
    return int(value) if value is not None and _NUMBER.fullmatch(value) else None


def register(value: str | None) -> int:
    """A system call's argument (hexadecimal); 0 if it cannot be read."""
    return int(value, 16) if value is not None and _REGISTER.fullmatch(value) else 0


def octal(value: str | None) -> int:
    """An octal number; 0 if it cannot be read."""
    return int(value, 8) if value is not None and _OCTAL.fullmatch(value) else 0


def user(value: str | None) -> str | None:
    """A user or session id; null when unset."""
    return None if value is None or value in _NOBODY or value in _ABSENT else value


@lru_cache(maxsize=8192)
def address(value: str | None) -> str | None:
    """An IP address in its usual form (IPv4 out of mapped IPv6), null for anything else."""
    plain_value = plain(value)
    if plain_value is None:
        return None
    try:
        parsed = ip_address(plain_value)
    except ValueError:
        return None
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(parsed)


def names_of(enrichment: str) -> dict[str, str]:
    """Names that auditd appended in its ENRICHED format, by upper-case field; unknown ones not."""
    if len(enrichment) >= _CACHED_LENGTH:
        return _names(enrichment)
    return _short_names(enrichment)


def _names(enrichment: str) -> dict[str, str]:
    found = {name: value.strip('"') for name, value in _FIELD.findall(enrichment)}
    return {name: value for name, value in found.items() if not _UNKNOWN_NAME.fullmatch(value)}


def _decoded_text(value: str) -> str | None:
    if value[:1] == '"':
        return value.strip('"')
    if value in _ABSENT:
        return None
    if _HEXADECIMAL.fullmatch(value):
        return bytes.fromhex(value).decode("utf-8", "backslashreplace")
    return value


_short_text = lru_cache(maxsize=32_768)(_decoded_text)
_short_names = lru_cache(maxsize=4_096)(_names)
