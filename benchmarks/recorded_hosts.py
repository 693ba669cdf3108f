"""Recorded lines as hosts send them: bodies of one host each, under new names pass after pass."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from recorded import first_lines, tested_recording

BODY_LINES = 500


@dataclass(frozen=True, slots=True)
class Body:
    """Lines that one host sends at once.

    Attributes:
        host: Its name.
        data: The lines.
        lines: How many.
    """

    host: str
    data: bytes
    lines: int


def bodies(lines: int) -> Iterator[Body]:
    """Bodies without end: after so many recorded lines again from the start, of other hosts.

    A host keeps its recorded role; a pass has a number of its own at the end of each host's name,
    so that no record is told twice of one host.
    """
    recorded = _by_host(first_lines(tested_recording(), lines))
    for number in count(1):
        for name, data in recorded:
            host = name + b"%d" % number
            renamed = data.replace(b"node=" + name + b" ", b"node=" + host + b" ")
            yield Body(host.decode(), renamed, data.count(b"\n"))


def _by_host(lines: list[bytes]) -> list[tuple[bytes, bytes]]:
    """Host and up to `BODY_LINES` of its lines, in the order in which bodies are full."""
    waiting: dict[bytes, list[bytes]] = defaultdict(list)
    full: list[tuple[bytes, bytes]] = []
    for line in lines:
        host = line[len(b"node=") :].partition(b" ")[0] if line.startswith(b"node=") else b"host"
        waiting[host].append(line + b"\n")
        if len(waiting[host]) == BODY_LINES:
            full.append((host, b"".join(waiting.pop(host))))
    return full + [(host, b"".join(own)) for host, own in waiting.items()]
