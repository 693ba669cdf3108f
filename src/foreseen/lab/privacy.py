"""Finds what must not leave the lab: foreign paths, users, hosts, addresses and tokens."""

import ipaddress
import re
import socket
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from foreseen.lab.layout import AUID_HIGH, AUID_LOW, NODES, UNSET, USERS
from foreseen.lab.raw import Record, record, text
from foreseen.lab.recording import read_lines


@dataclass(frozen=True, slots=True)
class Finding:
    """Something foreign: where it stands, what it is, why it is reported."""

    line: int
    field: str
    value: str
    reason: str


_USER_FIELDS = frozenset(
    [
        "auid",
        "old-auid",
        "uid",
        "gid",
        "euid",
        "suid",
        "fsuid",
        "egid",
        "sgid",
        "fsgid",
        "ouid",
        "ogid",
        "id",
    ]
)
_HOST_FIELDS = frozenset(("hostname", "addr", "laddr", "raddr"))
_PLAIN_FIELDS = frozenset(
    [
        "arch",
        "syscall",
        "success",
        "exit",
        "items",
        "ppid",
        "pid",
        "ses",
        "old-ses",
        "inode",
        "dev",
        "mode",
        "rdev",
        "nametype",
        "cap_fp",
        "cap_fi",
        "cap_fe",
        "cap_fver",
        "cap_frootid",
        "res",
        "argc",
        "fver",
        "fp",
        "fi",
        "fe",
        "old_pp",
        "old_pi",
        "old_pe",
        "old_pa",
        "pp",
        "pi",
        "pe",
        "pa",
        "item",
        "tty",
    ]
)
_SYSTEM_USERS = 1000  # Debian gives people ids from here on
_NOBODY = 65534
_MADE_GROUP = ("ogid", "1001")  # useradd's group for an account that an attack chain makes
_CALL_ARGUMENT = re.compile(r"a[0-3]")


def check(path: Path, *, forbidden: Sequence[str] = ()) -> list[Finding]:
    """Everything foreign in a compressed part.

    Args:
        path: the part.
        forbidden: more words that must not occur, such as the recording machine's name.
    """
    return list(check_lines(read_lines(path), forbidden=forbidden))


def check_lines(lines: Iterable[str], *, forbidden: Sequence[str] = ()) -> Iterator[Finding]:
    """Everything foreign in raw records; each distinct value is reported once."""
    judge = _Judge(forbidden)
    seen: set[tuple[str, str, str]] = set()
    words: dict[str, set[str]] = {}
    for number, line in enumerate(lines, 1):
        one = record(line)
        if one is None:
            yield Finding(number, "", line[:80], "not an audit record")
            continue
        if not _news(one, words.setdefault(one.type, set())):
            continue
        argument = one.type == "EXECVE"
        for name, value in one.fields.items():
            mark = (one.type, "a" if argument else name, value)
            if name in _PLAIN_FIELDS or mark in seen:
                continue
            seen.add(mark)
            for reason in judge.reasons(one.type, name, value):
                yield Finding(number, f"{one.type}.{name}", value[:200], reason)


def _news(one: Record, known: set[str]) -> bool:
    """Whether a record has a field that no record of its type had; most have none.

    A word is known only if it is a whole field: half of a text in quotes never is.
    """
    news = False
    for word in one.body.split(" "):
        name = word.partition("=")[0]
        if word in known or name in _PLAIN_FIELDS:
            continue
        if one.type == "SYSCALL" and _CALL_ARGUMENT.fullmatch(name):
            continue
        news = True
        if word.count('"') != 1 and word.count("'") != 1:
            known.add(word)
    return news


class _Judge:
    """Says what is foreign about a field."""

    def __init__(self, forbidden: Sequence[str]) -> None:
        words = (re.escape(word) for word in forbidden)
        self._forbidden = [re.compile(rf"(?<![\w-]){word}(?![\w-])") for word in words]

    def reasons(self, kind: str, name: str, value: str) -> Iterator[str]:
        """Why the value is foreign; nothing if it is the lab's own."""
        if name in _USER_FIELDS:
            yield from () if (name, value) == _MADE_GROUP else _user(value)
        elif name == "saddr":
            yield from self._socket_address(value)
        elif kind == "SYSCALL" and _CALL_ARGUMENT.fullmatch(name):
            return  # numbers and pointers
        else:
            plain = text(name, value)
            if name == "acct" and not _own_account(plain):
                yield f"user {plain}"
            if name in _HOST_FIELDS and not _own_host(plain):
                yield f"host {plain}"
            yield from self._text(plain)

    def _text(self, plain: str) -> Iterator[str]:
        for word in (_WORDS, *self._forbidden):
            if found := word.search(plain):
                yield f"word {found[0]}"
        yield from _places(plain)
        rest = _URL.sub("", plain)
        yield from _paths(rest)
        for found in _LONG.finditer(_OWN_KEYS.sub("", rest)):
            if _looks_secret(found[0]):
                yield f"token {found[0][:12]}..."

    def _socket_address(self, value: str) -> Iterator[str]:
        raw = bytes.fromhex(value) if _HEXADECIMAL.fullmatch(value) else b""
        family = int.from_bytes(raw[:2], "little")
        if family == socket.AF_UNIX:
            yield from self._text(raw[2:].split(b"\0")[0].decode("utf-8", "replace"))
        elif family in {socket.AF_INET, socket.AF_INET6}:
            end = raw[4:8] if family == socket.AF_INET else raw[8:24]
            address = socket.inet_ntop(family, end)
            if not _own_host(address):
                yield f"address {address}"
        elif family not in {socket.AF_UNSPEC, socket.AF_NETLINK}:
            yield f"socket address of family {family}"


_HEXADECIMAL = re.compile(r"(?:[0-9A-Fa-f]{2})+")
_WORDS = re.compile(
    r"(?i:pyenv|\.venv|foreseen|pypi|npmjs|github|gitlab|conda|sandbox)"
    r"|(?i:https?_proxy)|\bghp_|\bAKIA[0-9A-Z]{12}|\beyJ[\w-]{10}|\bsk-\w{10}|\bxox[bp]-"
    r"|BEGIN [A-Z ]*PRIVATE"
)


def _user(value: str) -> Iterator[str]:
    if value.isdigit():
        number = int(value)
        system = number < _SYSTEM_USERS or number in {_NOBODY, UNSET}
        if not system and not AUID_LOW <= number <= AUID_HIGH:
            yield f"user id {number}"


_MADE_BY_ATTACKS = re.compile(r"(?:support|backup2|sysadm|svc-mon|helpdesk)\d{1,2}")


def _own_account(name: str) -> bool:
    return name in {*USERS, "root", "?", ""} or _MADE_BY_ATTACKS.fullmatch(name) is not None


def _own_host(value: str) -> bool:
    if value in {"?", "", "localhost", "lab", *NODES}:
        return True
    try:
        address = ipaddress.ip_address(value)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback or address.is_unspecified


_URL = re.compile(r"https?://([^/\s'\":@]+)[^\s'\"]*")
_ADDRESS = re.compile(r"(?<![\w.-])(\d{1,3}(?:\.\d{1,3}){3})(?![\w.])")
_DOMAIN = re.compile(
    r"\b(?:[a-z0-9-]+\.)+"
    r"(?:com|org|net|io|dev|cloud|internal|local|corp|lan|ai|app|edu|gov)\b(?![(.\w])",
    re.IGNORECASE,
)


def _places(plain: str) -> Iterator[str]:
    """Foreign hosts, addresses and domains in a text."""
    for host in _URL.findall(plain):
        if not _own_host(host):
            yield f"host {host}"
    for address in _ADDRESS.findall(plain):
        if not _own_host(address):
            yield f"address {address}"
    for found in _DOMAIN.finditer(_URL.sub("", plain)):
        yield f"domain {found[0]}"


_PATH = re.compile(r"(?<![\w.:~*$)}/@+-])/([\w.+-]+)(?:/([\w.+-]+))?")
_FOREIGN_ROOTS = frozenset(
    ["root", "work", "workspace", "mnt", "media", "opt", "data", "app", "lost+found", "boot"]
)


def _paths(plain: str) -> Iterator[str]:
    """Paths that lie where the lab has nothing."""
    for first, second in _PATH.findall(plain):
        if first in _FOREIGN_ROOTS:
            yield f"path /{first}"
        if first == "home" and second and not _own_account(second):
            yield f"home of {second}"


_LONG = re.compile(r"[A-Za-z0-9+/_=-]{32,}")
_DIGEST = re.compile(r"[0-9a-f]{32,}|[0-9A-F]{32,}")
_OWN_KEYS = re.compile(
    # public keys that an attack chain plants, and the folder names of pip's wheel cache
    r"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA[\w+/=]+"
    r"|^(?:/tmp/pip-ephem-wheel-cache-\w+/wheels/../../../)?[0-9a-f]{50}(?=/|$)"
)
_SHORTEST_TOKEN = 32


def _looks_secret(word: str) -> bool:
    """Long, without the structure of a path or a name, letters and digits mixed."""
    return _DIGEST.fullmatch(word) is not None or any(
        len(piece) >= _SHORTEST_TOKEN
        and all(re.search(kind, piece) for kind in (r"\d", r"[a-z]", r"[A-Z]"))
        for piece in re.split(r"[/_=-]", word)
    )
