"""Turns auditd's file into a part of the recording: only the lab's events, each with its node."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import zstandard

from foreseen.lab.layout import AUID_HIGH, AUID_LOW, NODE_OF_UID, USERS
from foreseen.lab.raw import Record, events, fields

_AUID = re.compile(r"(?<![\w-])auid=(\d+)")
_LOGIN_DAEMONS = frozenset(('"/usr/sbin/sshd"', '"/usr/sbin/cron"'))
_KEPT_WITHOUT_LOGIN = frozenset(
    [
        "USER_AUTH",
        "USER_ACCT",
        "CRED_ACQ",
        "CRED_REFR",
        "CRED_DISP",
        "USER_START",
        "USER_END",
        "USER_LOGIN",
        "USER_ERR",
        "USER_CMD",
    ]
)


def write_part(source: Path, target: Path) -> dict[str, int]:
    """Write the lab's events of auditd's file, compressed; gives the number of events per node."""
    counts: Counter[str] = Counter()
    compressor = zstandard.ZstdCompressor(
        compression_params=zstandard.ZstdCompressionParameters.from_level(19, window_log=27)
    )
    new = target.with_suffix(".new")
    with (
        source.open(encoding="utf-8", errors="surrogateescape") as lines,
        new.open("wb") as raw,
        compressor.stream_writer(raw) as out,
    ):
        for line in node_lines(lines, counts):
            out.write(line.encode("utf-8", "surrogateescape"))
    new.rename(target)
    return dict(counts)


def node_lines(lines: Iterable[str], counts: Counter[str]) -> Iterator[str]:
    """The lines of the lab's events with their node in front, as auditd's name_format writes it."""
    for event in events(lines):
        node = node_of(event)
        if node is None:
            counts["dropped"] += 1
            continue
        counts[node] += 1
        for one in event:
            yield f"node={node} type={one.type} msg=audit({one.time}:{one.serial}): {one.body}\n"


def node_of(event: Iterable[Record]) -> str | None:
    """The node whose user caused an event; None if it was nobody of the lab."""
    for one in event:
        login = _AUID.search(one.body)
        if login and AUID_LOW <= int(login[1]) <= AUID_HIGH:
            return NODE_OF_UID.get(int(login[1]))
    for one in event:
        if one.type in _KEPT_WITHOUT_LOGIN:
            values = fields(one.body)
            if values.get("exe") not in _LOGIN_DAEMONS:
                continue
            name = values.get("acct", "").strip('"')
            if name in USERS:
                return USERS[name].node
            if values.get("id", "").isdigit() and int(values["id"]) in NODE_OF_UID:
                return NODE_OF_UID[int(values["id"])]
    return None


def read_lines(path: Path) -> Iterator[str]:
    """The lines of a compressed part."""
    with (
        path.open("rb") as raw,
        zstandard.ZstdDecompressor(max_window_size=2**27).stream_reader(raw) as stream,
    ):
        rest = b""
        while block := stream.read(1 << 20):
            *whole, rest = (rest + block).split(b"\n")
            for line in whole:
                yield line.decode("utf-8", "surrogateescape")
        if rest:
            yield rest.decode("utf-8", "surrogateescape")
