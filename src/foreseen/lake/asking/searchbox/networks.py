"""Addresses and networks of them as conditions on a text column, without an extension."""

from ipaddress import IPv4Network, ip_address, ip_network

from foreseen.lake.asking.searchbox.quoting import quoted
from foreseen.lake.asking.searchbox.tokens import Value, wrong

_OCTET = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_V4 = rf"{_OCTET}(\.{_OCTET}){{3}}"
_GROUP = "[0-9a-fA-F]{1,4}"
_SOME = f"({_GROUP}(:{_GROUP}){{0,6}})?"
_V6 = f"{_GROUP}(:{_GROUP}){{7}}|{_SOME}::{_SOME}"
_DIGITS = 32


def is_network(value: Value) -> bool:
    """Whether a network was meant: an address, a slash, digits."""
    address, slash, bits = value.text.partition("/")
    return bool(slash) and bits.isdigit() and _is_address(address)


def in_network(column: str, value: Value) -> str:
    """That the column's address lies in a network, in whichever spelling.

    Raises:
        MalformedInputError: It is no network.
    """
    try:
        network = ip_network(value.text, strict=False)
    except ValueError as error:
        raise wrong(value.at, f"'{value.text[:60]}' is no network like 10.0.0.0/8") from error
    if isinstance(network, IPv4Network):
        first, last = int(network.network_address), int(network.broadcast_address)
        fits, number = f"regexp_full_match({column}, {quoted(_V4)})", _v4_number(column)
        return f"CASE WHEN {fits} THEN {number} BETWEEN {first} AND {last} ELSE false END"
    low, high = (f"{int(end):032x}" for end in (network.network_address, network[-1]))
    fits = f"regexp_full_match({column}, {quoted(_V6)})"
    digits = _v6_digits(column)
    holds = f"len({digits}) = {_DIGITS} AND {digits} BETWEEN {quoted(low)} AND {quoted(high)}"
    return f"CASE WHEN {fits} THEN {holds} ELSE false END"


def spellings(text: str) -> list[str]:
    """A value as it was written and, of an address, as it is usually written."""
    usual = str(ip_address(text)) if _is_address(text) else text
    return list(dict.fromkeys([text, usual]))


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _v4_number(column: str) -> str:
    parts = (
        f"TRY_CAST(split_part({column}, '.', {place}) AS BIGINT) * {256 ** (4 - place)}"
        for place in range(1, 5)
    )
    return f"({' + '.join(parts)})"


def _v6_digits(column: str) -> str:
    """The 32 digits of an address; more where it has too many groups."""
    left, right = (_groups(f"split_part({column}, '::', {side})") for side in (1, 2))
    least = f"CASE WHEN contains({column}, '::') THEN 1 ELSE 0 END"
    zeros = f"list_resize([]::VARCHAR[], greatest({least}, 8 - len({left}) - len({right})), '0')"
    groups = f"list_concat(list_concat({left}, {zeros}), {right})"
    return f"array_to_string(list_transform({groups}, lambda g: lpad(lower(g), 4, '0')), '')"


def _groups(text: str) -> str:
    return f"(CASE WHEN {text} = '' THEN []::VARCHAR[] ELSE string_split({text}, ':') END)"
