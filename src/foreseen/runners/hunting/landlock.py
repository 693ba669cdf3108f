"""Landlock by its system calls: what a process and all that comes of it may open and reach."""

import ctypes
import os
import struct
from collections.abc import Iterable

_CREATE, _ADD, _RESTRICT = 444, 445, 446  # the same on every architecture
_VERSION_FLAG = 1
_PATH_BENEATH = 1
_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
_FIRST_RIGHTS = (1 << 13) - 1
_REFER, _TRUNCATE, _DEVICE_IOCTL = 1 << 13, 1 << 14, 1 << 15
_TCP = 0b11  # bind and connect
_SCOPES = 0b11  # abstract sockets and signals of others
_RIGHTS_SINCE = ((2, _REFER), (3, _TRUNCATE), (5, _DEVICE_IOCTL))
_NETWORK_SINCE, _SCOPES_SINCE = 4, 6

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


def abi() -> int:
    """Landlock's version in this kernel; 0 where there is none or it is switched off."""
    return max(0, int(_libc.syscall(_CREATE, None, ctypes.c_size_t(0), _VERSION_FLAG)))


def refuses_network(version: int) -> bool:
    """Whether this version can refuse TCP."""
    return version >= _NETWORK_SINCE


def restrict(readable: Iterable[str], *, network: bool) -> None:
    """Let this thread, and what it starts, read these files and do nothing else to any file.

    Nothing may be opened for writing, made, removed or executed. It cannot be undone. Threads that
    already run are not restricted. `no_new_privs` must be set.

    Args:
        readable: Files, or folders with all that is in them.
        network: Whether TCP stays open; else nothing is bound or connected to from version 4 on.

    Raises:
        OSError: There is no Landlock, or a file is gone.
    """
    version = abi()
    rights = _FIRST_RIGHTS
    for since, right in _RIGHTS_SINCE:
        rights |= right if version >= since else 0
    refused = _TCP if refuses_network(version) and not network else 0
    scopes = _SCOPES if version >= _SCOPES_SINCE else 0
    size = 8 if version < _NETWORK_SINCE else 16 if version < _SCOPES_SINCE else 24
    attributes = struct.pack("QQQ", rights, refused, scopes)[:size]
    ruleset = _called(_CREATE, attributes, ctypes.c_size_t(size), 0)
    try:
        for path in readable:
            _allow_reading(ruleset, path)
        _called(_RESTRICT, ruleset, 0)
    finally:
        os.close(ruleset)


def _allow_reading(ruleset: int, path: str) -> None:
    place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rights = _READ_FILE | (_READ_DIR if os.path.isdir(path) else 0)  # noqa: PTH112 (a hot loop)
        _called(_ADD, ruleset, _PATH_BENEATH, struct.pack("=Qi", rights, place), 0)
    finally:
        os.close(place)


def _called(number: int, *arguments: object) -> int:
    result = int(_libc.syscall(number, *arguments))
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"Landlock: {os.strerror(code)}")
    return result
