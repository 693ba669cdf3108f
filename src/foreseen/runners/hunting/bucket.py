"""A lake in S3 as a sealed process reads it: it needs the network, and keeps the lake open."""

import socket
from collections.abc import Callable
from pathlib import Path

import orjson
import pyarrow.acero  # noqa: F401 (Arrow loads it at its first use, when nothing can be loaded)

from foreseen.core.ids import TenantId
from foreseen.lake.asking.shown import Reach, reach_of
from foreseen.lake.lake import Lake, S3Options
from foreseen.runners.hunting.wire import Question

_NAMES_AND_KEYS = (
    "/etc/resolv.conf",
    "/etc/hosts",
    "/etc/nsswitch.conf",
    "/etc/host.conf",
    "/etc/gai.conf",
    "/etc/ssl",
    "/etc/pki",
    "/usr/share/ca-certificates",
    "/usr/local/share/ca-certificates",
    "/usr/lib/ssl",
    "/dev/urandom",
)
"""What a library reads to find a server and to trust it."""


def reaching(bucket: bytes, tenant: TenantId) -> Callable[[Question], Reach]:
    """How a tenant's questions reach a lake, told as JSON; it is opened at the first of them.

    Opened after the walls stand, as its libraries begin threads.
    """
    socket.getaddrinfo("localhost", None)  # older C libraries load what resolves names now
    told = orjson.loads(bucket)
    opened: list[Lake] = []

    def reach(_question: Question) -> Reach:
        if not opened:
            opened.append(Lake.open(told["uri"], s3=S3Options(**told["s3"])))
        return reach_of(opened[0], tenant)

    return reach


def readable() -> list[str]:
    """What a process needs to read besides the bucket."""
    return [path for path in _NAMES_AND_KEYS if Path(path).exists()]
