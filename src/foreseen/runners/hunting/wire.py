"""What a server and a process that answers questions say to each other: frames over a socket.

A frame is a letter, a length of four bytes and so many bytes. What the sealed process sends is not
trusted: lengths are bounded, errors are texts, rows are checked when they are read.
"""

import socket
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

import orjson

_HEAD = struct.Struct("<cI")
_AT_ONCE = 1 << 20
LARGEST = 256 << 20
"""Bytes of a frame; a longer one is damage."""


class Kind(Enum):
    """What a frame is."""

    HELLO = b"H"
    """From the process: it is there; its pidfd travels with it."""
    BEGIN = b"B"
    """To the process: its walls and its lake."""
    SEAL_MADE = b"S"
    """From the process: which walls stand."""
    QUESTION = b"Q"
    CANCEL = b"C"
    TAKEN = b"T"
    """From the process: it is at work on the question, and whatever ends it now may be of it."""
    PROGRESS = b"P"
    """From the process: percents done."""
    ROWS = b"R"
    """From the process: rows as an Arrow stream."""
    DONE = b"D"
    """From the process: how the rows are to be taken."""
    ERROR = b"E"


@dataclass(frozen=True, slots=True)
class Question:
    """One query.

    Attributes:
        sql: The query.
        limit: Most rows.
        seconds: How long it may run.
        memory_mb: What its database may take.
        threads: How many cores it may use.
        most_bytes: Most bytes of rows.
        files: Files of each table; empty for a lake in a bucket.
    """

    sql: str
    limit: int
    seconds: float
    memory_mb: int
    threads: int
    most_bytes: int
    files: Mapping[str, list[str]]


class Gone(Exception):  # noqa: N818 (no error of ours: whoever reads says what it means)
    """The other side has ended."""


class Wire:
    """One side of a socket; one thread reads, one at a time writes.

    Args:
        side: The socket; closed with this.
    """

    def __init__(self, side: socket.socket) -> None:
        self.side = side
        self._buffer = bytearray()

    def send(self, kind: Kind, content: object = None) -> None:
        """Say something; bytes travel as they are, all else as JSON. Raises Gone."""
        body = content if isinstance(content, bytes) else orjson.dumps(content)
        try:
            self.side.settimeout(None)
            self.side.sendall(_HEAD.pack(kind.value, len(body)) + body)
        except OSError as error:
            raise Gone from error

    def receive(self, seconds: float | None = None) -> tuple[Kind, bytes] | None:
        """The next frame; None when none is there after these seconds.

        Raises:
            Gone: The other side has ended, or says what no one understands.
        """
        while (frame := self._taken()) is None:
            try:
                self.side.settimeout(seconds)
                part = self.side.recv(_AT_ONCE)
            except TimeoutError:
                return None
            except OSError as error:
                raise Gone from error
            if not part:
                raise Gone
            self._buffer += part
        return frame

    def is_over(self) -> bool:
        """Whether the other side has ended, and said all that it had to say."""
        try:
            self.side.settimeout(0)
            return not self.side.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            return True

    def close(self) -> None:
        """Hang up."""
        self.side.close()

    def _taken(self) -> tuple[Kind, bytes] | None:
        if len(self._buffer) < _HEAD.size:
            return None
        letter, length = _HEAD.unpack_from(self._buffer)
        if length > LARGEST:
            raise Gone
        end = _HEAD.size + length
        if len(self._buffer) < end:
            return None
        body = bytes(self._buffer[_HEAD.size : end])
        del self._buffer[:end]
        try:
            return Kind(letter), body
        except ValueError as error:
            raise Gone from error
