"""Texts read as addresses, numbers and times, for the atoms that ask about these."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from fractions import Fraction
from functools import lru_cache
from ipaddress import ip_address, ip_network
from operator import ge, gt, le, lt
from re import compile as compiled

from foreseen.rules.tree import Atom, Kind

Address = tuple[int, int]

Exact = int | Fraction
"""Numbers as they were written, without rounding.

A tenth is a tenth, which no float is, and what is added and later taken away leaves nothing behind.
"""

# no text makes a number so large that a float of it, or of a sum of many, is infinite
_NUMBER = compiled(r"[+-]?[0-9]{1,128}(?:\.[0-9]{1,128})?(?:[eE][+-]?[0-9]{1,2})?")
_COMPARE: Mapping[Kind, Callable[[Exact, Exact], bool]] = {
    Kind.LT: lt,
    Kind.LTE: le,
    Kind.GT: gt,
    Kind.GTE: ge,
}
COMPARED = frozenset(_COMPARE)
_MILLISECONDS_FROM = 10**11
_TIME_PARTS: Mapping[str, Callable[[datetime], int]] = {
    "minute": lambda when: when.minute,
    "hour": lambda when: when.hour,
    "day": lambda when: when.day,
    "week": lambda when: when.isocalendar().week,
    "month": lambda when: when.month,
    "year": lambda when: when.year,
}


def address_of(text: str) -> Address | None:
    """Version and number of an address; IPv4 written inside IPv6 counts as IPv4."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    address = getattr(address, "ipv4_mapped", None) or address
    return address.version, int(address)


def cidr_of(text: str) -> Callable[[Address], bool]:
    """Whether an address lies in a network."""
    network = ip_network(text)
    version, mask, start = network.version, int(network.netmask), int(network.network_address)
    return lambda address: address[0] == version and address[1] & mask == start


def number_of(text: str) -> Exact | None:
    """The number that a text writes, None where it writes none.

    Decimals with a sign, a point and an exponent if need be, as JSON and our parsers write them,
    and blanks around; no other bases, no separators.
    """
    text = text.strip()
    if not _NUMBER.fullmatch(text):
        return None
    return int(text) if text.lstrip("+-").isdecimal() else Fraction(text)


def exact(number: float) -> Exact:
    """A number of a rule as its author wrote it."""
    return number if isinstance(number, int) else _as_written(number)


@lru_cache(maxsize=4_096)
def _as_written(number: float) -> Fraction:
    return Fraction(repr(number))


def compared(atom: Atom, number: Exact) -> bool:
    """Whether a number is within the bound of an atom."""
    return _COMPARE[atom.kind](number, exact(atom.number))


def time_holds(atom: Atom, text: str) -> bool:
    """Whether a part of the time that a text writes is as an atom says."""
    part, _, comparison = atom.text.partition(" ")
    found = time_part(text, part)
    if found is None:
        return False
    bound = exact(atom.number)
    return _COMPARE[Kind(comparison)](found, bound) if comparison else found == bound


def time_part(text: str, part: str) -> int | None:
    """A part of the time that a text writes, in UTC; None where it is no time.

    Times are ISO 8601 (UTC where no zone is said) or seconds or milliseconds since 1970; `week` is
    the week of ISO 8601.
    """
    when = _time_of(text)
    return None if when is None else _TIME_PARTS[part](when)


@lru_cache(maxsize=4_096)
def _time_of(text: str) -> datetime | None:
    try:
        number = number_of(text)
        if number is None:
            when = datetime.fromisoformat(text.strip())
            return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
        seconds = float(number)
        milliseconds = abs(seconds) >= _MILLISECONDS_FROM
        return datetime.fromtimestamp(seconds / 1000 if milliseconds else seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
