"""Finds what must not leave the lab in a recording: foreign paths, users, hosts, addresses, tokens."""

import ipaddress
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from foreseen.lab.layout import AUID_HIGH, AUID_LOW, NODES, UNSET, USERS
from foreseen.lab.raw import record, text
from foreseen.lab.recording import read_lines


@dataclass(frozen=True, slots=True)
class Finding:
    """Something foreign: where it stands, what it is, why it is reported."""

    line: int
    field: str
    value: str
    reason: str


_USER_FIELDS = frozenset(
    (
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
    )
)
_PLAIN_FIELDS = frozenset(
    (*("arch", "syscall", "success", "exit", "items", "ppid", "pid", "ses", "old-ses", "inode", "dev"),
     *("mode", "rdev", "nametype", "cap_fp", "cap_fi", "cap_fe", "cap_fver", "cap_frootid", "res", "argc"),
     *("fver", "fp", "fi", "fe", "old_pp", "old_pi", "old_pe", "old_pa", "pp", "pi", "pe", "pa", "item", "tty"))
)  # fmt: skip
_ROOTS = frozenset(
    (
        "bin",
        "boot",
        "dev",
        "etc",
        "home",
        "lib",
        "lib32",
        "lib64",
        "libx32",
        "lost+found",
        "media",
        "mnt",
    )
    + (
        "opt",
        "proc",
        "root",
        "run",
        "sbin",
        "srv",
        "sys",
        "tmp",
        "usr",
        "var",
        "work",
        "workspace",
        "data",
        "app",
    )
)
_OWN_ROOTS = frozenset(
    (
        "bin",
        "dev",
        "etc",
        "home",
        "lib",
        "lib64",
        "proc",
        "run",
        "sbin",
        "srv",
        "sys",
        "tmp",
        "usr",
        "var",
    )
)
_PATH = re.compile(r"(?<![\w.:~*$)}/@+-])/([\w.+-]+)(?:/([\w.+-]+))?")
_URL = re.compile(r"https?://([^/\s'\":@]+)[^\s'\"]*")
_ADDRESS = re.compile(r"(?<![\w.-])(\d{1,3}(?:\.\d{1,3}){3})(?![\w.])")
_DOMAIN = re.compile(
    r"\b(?:[a-z0-9-]+\.)+(?:com|org|net|io|dev|cloud|internal|local|corp|lan|ai|app|edu|gov)\b(?![(.\w])",
    re.IGNORECASE,
)
_WORDS = re.compile(
    r"pyenv|\.venv|foreseen|pypi|npmjs|github|gitlab|githubusercontent|conda|anthropic|claude|sandbox|runsc"
    r"|proxy|ghp_|AKIA[0-9A-Z]|eyJ[A-Za-z0-9]|sk-[A-Za-z0-9]{8}|xox[bp]-|BEGIN [A-Z ]*PRIVATE",
    re.IGNORECASE,
)
_LONG = re.compile(r"[A-Za-z0-9+/_=-]{32,}")
_WHEEL = re.compile(
    r"^(?:/tmp/pip-ephem-wheel-cache-\w+/wheels/../../../)?[0-9a-f]{50}(?=/|$)"
)  # pip's folder
_PUBLIC_KEY = re.compile(r"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA[\w+/=]+")


def check(path: Path, *, forbidden: Iterable[str] = ()) -> list[Finding]:
    """Everything foreign in a compressed part.

    Args:
        path: the part.
        forbidden: more words that must not occur, such as the machine's name.
    """
    return list(check_lines(read_lines(path), forbidden=forbidden))


def check_lines(lines: Iterable[str], *, forbidden: Iterable[str] = ()) -> Iterator[Finding]:
    """Everything foreign in raw records; each distinct value is reported once."""
    words = [re.compile(rf"(?<![\w-]){re.escape(word)}(?![\w-])") for word in forbidden]
    seen: set[tuple[str, str, str]] = set()
    for number, line in enumerate(lines, 1):
        one = record(line)
        if one is None:
            yield Finding(number, "", line[:80], "not an audit record")
            continue
        group = "args" if one.type == "EXECVE" else one.type
        for name, value in one.fields.items():
            mark = (group, "a" if group == "args" else name, value)
            if name in _PLAIN_FIELDS or mark in seen:
                continue
            seen.add(mark)
            for reason in _reasons(one.type, name, value, words):
                yield Finding(number, f"{one.type}.{name}", value[:200], reason)


def _reasons(kind: str, name: str, value: str, words: list[re.Pattern[str]]) -> Iterator[str]:
    if name in _USER_FIELDS:
        yield from _user(value)
    elif name == "saddr":
        yield from _socket_address(value)
    elif kind == "SYSCALL" and re.fullmatch(r"a[0-3]", name):
        return
    else:
        plain = text(name, value)
        if name in {"acct", "op"} and name == "acct" and plain not in (*USERS, "root", "?", ""):
            if not _made_account(plain):
                yield f"user {plain}"
        if name in {"hostname", "addr", "laddr", "raddr"} and not _own_host(plain):
            yield f"host {plain}"
        yield from _text(plain, words)


def _made_account(name: str) -> bool:
    return re.fullmatch(r"(support|backup2|sysadm|svc-mon|helpdesk)\d{1,2}", name) is not None


def _user(value: str) -> Iterator[str]:
    if value.isdigit():
        number = int(value)
        system = number < 1000 or number in {65534, UNSET}
        if not system and not AUID_LOW <= number <= AUID_HIGH:
            yield f"user id {number}"


def _own_host(value: str) -> bool:
    return value in {"?", "localhost", "lab", *NODES, ""} or _loopback(value)


def _loopback(value: str) -> bool:
    try:
        address = ipaddress.ip_address(value)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback or address.is_unspecified


def _socket_address(value: str) -> Iterator[str]:
    raw = bytes.fromhex(value) if re.fullmatch(r"(?:[0-9A-Fa-f]{2})+", value) else b""
    family = int.from_bytes(raw[:2], "little")
    if family == 2:  # AF_INET
        address = str(ipaddress.IPv4Address(raw[4:8]))
    elif family == 10:  # AF_INET6
        address = str(ipaddress.IPv6Address(raw[8:24]))
    elif family == 1:  # AF_UNIX
        yield from _text(raw[2:].split(b"\0")[0].decode("utf-8", "replace"), [])
        return
    elif family in {0, 16}:  # AF_UNSPEC, AF_NETLINK
        return
    else:
        yield f"socket address of family {family}"
        return
    if not _loopback(address):
        yield f"address {address}"


def _text(plain: str, words: list[re.Pattern[str]]) -> Iterator[str]:
    if found := _WORDS.search(plain):
        yield f"word {found[0]}"
    for word in words:
        if word.search(plain):
            yield f"forbidden word {word.pattern}"
    for host in _URL.findall(plain):
        if not _own_host(host):
            yield f"host {host}"
    for address in _ADDRESS.findall(plain):
        if not _loopback(address):
            yield f"address {address}"
    rest = _WHEEL.sub("", _PUBLIC_KEY.sub("", _URL.sub("", plain)))
    for found in _DOMAIN.finditer(rest):
        yield f"domain {found[0]}"
    for first, second in _PATH.findall(rest):
        if first in _ROOTS and first not in _OWN_ROOTS:
            yield f"path /{first}"
        if first == "home" and second and second not in USERS and not _made_account(second):
            yield f"home of {second}"
    for found in _LONG.finditer(rest):
        if _looks_secret(found[0]):
            yield f"token {found[0][:12]}..."


def _looks_secret(word: str) -> bool:
    """Long, without the structure of a path or a name, letters and digits mixed."""
    if re.fullmatch(r"[0-9a-f]{32,}|[0-9A-F]{32,}", word):
        return True
    pieces = re.split(r"[/_=-]", word)
    return any(
        len(piece) >= 32
        and re.search(r"\d", piece)
        and re.search(r"[a-z]", piece)
        and re.search(r"[A-Z]", piece)
        for piece in pieces
    )
