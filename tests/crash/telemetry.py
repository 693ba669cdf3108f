"""Bodies of real audit records, re-stamped so that every line is unique and can be made again."""

import re
from dataclasses import dataclass
from functools import cache
from itertools import groupby

from tests.recording import extract

EVENTS = 20
"""Events of a body."""

_LINES = 12_000
_STAMP = re.compile(rb"node=(\S+) type=(\S+) msg=audit\((\d+)\.(\d+):(\d+)\)")
_GARBAGE_EVERY = 5
"""Every so many bodies one line is no audit record, so that quarantine has its share."""


@dataclass(frozen=True, slots=True)
class Body:
    """What one request carries: whole events of one lane, in the kernel's order.

    Attributes:
        lane: Which of the concurrent senders.
        number: Its how-manieth body.
        data: Lines.
    """

    lane: int
    number: int
    data: bytes

    @property
    def lines(self) -> list[bytes]:
        """Its lines, without their ends."""
        return self.data.splitlines()

    @property
    def source(self) -> str:
        """Name of the lane's source."""
        return f"lane-{self.lane}"


@dataclass(frozen=True, slots=True)
class _Events:
    """Recorded events in order, and how far a second pass over them has to be moved."""

    texts: tuple[bytes, ...]
    seconds: int
    serials: int


@cache
def _recorded() -> _Events:
    lines = extract(_LINES, "test").splitlines(keepends=True)
    texts = [b"".join(group) + _end(line) for line, group in _whole(lines)]
    stamps = [found for text in texts if (found := _STAMP.search(text))]
    times = [int(found[3]) for found in stamps]
    serials = [int(found[5]) for found in stamps]
    return _Events(tuple(texts), max(times) - min(times) + 10, max(serials) - min(serials) + 10)


def _whole(lines: list[bytes]) -> list[tuple[bytes, list[bytes]]]:
    """Lines by event, each with a line of it; the last event may be cut off and is left out."""
    events = [list(group) for _, group in groupby(lines, key=_stamp)]
    return [(next((x for x in e if b"type=SYSCALL" in x), b""), e) for e in events[:-1]]


def _stamp(line: bytes) -> tuple[bytes, bytes]:
    found = _STAMP.match(line)
    if found is None:
        raise ValueError(f"the recording has a line of another shape: {line[:100]!r}")
    return found[1], b".".join(found.group(3, 4, 5))


def _end(line: bytes) -> bytes:
    """The record that ends an event of a system call; the recording's auditd left it out.

    With it an event is complete when it has come, so that nothing waits for the clock.
    """
    found = _STAMP.match(line)
    return b"node=%s type=EOE msg=audit(%s.%s:%s): \n" % found.group(1, 3, 4, 5) if found else b""


def body(lane: int, number: int) -> Body:
    """A lane's body, both from 0: other lanes have other hosts, the same numbers the same bytes."""
    recorded = _recorded()
    parts = []
    for place in range(number * EVENTS, (number + 1) * EVENTS):
        turn, index = divmod(place + lane * 900, len(recorded.texts))
        parts.append(_moved(recorded.texts[index], lane, turn, recorded))
    if number % _GARBAGE_EVERY == 0:
        parts.append(b"lane %d, body %d: this is no audit record\n" % (lane, number))
    return Body(lane, number, b"".join(parts))


def _moved(text: bytes, lane: int, turn: int, recorded: _Events) -> bytes:
    def stamp(found: re.Match[bytes]) -> bytes:
        seconds = int(found[3]) + turn * recorded.seconds
        serial = int(found[5]) + turn * recorded.serials
        return b"node=%s-%d type=%s msg=audit(%d.%s:%d)" % (
            found[1],
            lane,
            found[2],
            seconds,
            found[4],
            serial,
        )

    return _STAMP.sub(stamp, text)
