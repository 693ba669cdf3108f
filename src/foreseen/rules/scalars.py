"""Texts read as addresses, numbers and times, for the atoms that ask about these."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from ipaddress import ip_address, ip_network
from operator import ge, gt, le, lt

from foreseen.rules.tree import Atom, Kind

Address = tuple[int, int]

_LONGEST_NUMBER = 300
_COMPARE: Mapping[Kind, Callable[[float, float], bool]] = {
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


def number_of(text: str) -> int | float | None:
    """The number that a text writes in plain decimals, exact for whole ones."""
    whole, dot, fraction = text.removeprefix("-").partition(".")
    if not (whole.isascii() and whole.isdecimal() and len(whole) <= _LONGEST_NUMBER):
        return None
    if not dot:
        return int(text)
    return float(text) if fraction.isascii() and fraction.isdecimal() else None


def compared(atom: Atom, number: float) -> bool:
    """Whether a number is within the bound of an atom."""
    return _COMPARE[atom.kind](number, atom.number)


def time_holds(atom: Atom, text: str) -> bool:
    """Whether a part of the time that a text writes is as an atom says."""
    part, _, comparison = atom.text.partition(" ")
    found = time_part(text, part)
    if found is None:
        return False
    return _COMPARE[Kind(comparison)](found, atom.number) if comparison else found == atom.number


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
        seconds = number / 1000 if abs(number) >= _MILLISECONDS_FROM else number
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
