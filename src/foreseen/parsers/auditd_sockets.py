"""SOCKADDR records to endpoints."""

import re
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address
from typing import NamedTuple

_SADDR = re.compile(r"(?:^| )saddr=([0-9A-Fa-f]{4,512})(?![0-9A-Fa-f])")
_UNIX, _INET, _INET6 = 1, 2, 10
_SHORTEST = {_UNIX: 2, _INET: 8, _INET6: 24}
_FAMILIES = {0: "unspecified", 1: "unix", 2: "inet", 10: "inet6", 16: "netlink", 17: "packet"}


class Endpoint(NamedTuple):
    """A socket's address; what its family has not is null."""

    family: str
    ip: str | None = None
    port: int | None = None
    path: str | None = None


def endpoint(body: str) -> Endpoint | None:
    """The address of a SOCKADDR record, null if there is none that can be read."""
    found = _SADDR.search(body)
    return _decoded(found[1]) if found and len(found[1]) % 2 == 0 else None


@lru_cache(maxsize=16_384)
def _decoded(saddr: str) -> Endpoint:
    data = bytes.fromhex(saddr)
    # the family is in the byte order of the machine: little on all that we know
    number = int.from_bytes(data[:2], "little")
    family = _FAMILIES.get(number, str(number))
    if len(data) < _SHORTEST.get(number, 0):
        return Endpoint(family)
    port = int.from_bytes(data[2:4], "big")
    if number == _UNIX:
        return Endpoint(family, path=_unix_path(data[2:]))
    if number == _INET:
        return Endpoint(family, str(IPv4Address(data[4:8])), port)
    if number == _INET6:
        ip = IPv6Address(data[8:24])
        return Endpoint(family, str(ip.ipv4_mapped or ip), port)
    return Endpoint(family)


def _unix_path(data: bytes) -> str | None:
    """A file's path up to its NUL, or an abstract name behind `@`; null for an unnamed socket."""
    if data[:1] == b"\0":
        name = data[1:].rstrip(b"\0")
        return "@" + name.decode("utf-8", "backslashreplace") if name else None
    return data.split(b"\0", 1)[0].decode("utf-8", "backslashreplace") or None
