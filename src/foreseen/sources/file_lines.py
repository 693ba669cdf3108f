"""Bytes of several files to lines, as if the files had been concatenated."""

from collections.abc import Callable
from dataclasses import dataclass, field

from foreseen.core.records import LINE_LIMIT, Line, Quarantined, Reason


@dataclass(slots=True)
class Lines:
    """Lines that were completed, and those that were too long."""

    lines: list[Line] = field(default_factory=list)
    quarantined: list[Quarantined] = field(default_factory=list)


@dataclass(slots=True)
class _Fragment:
    """A line without its end so far; of a very long one only the begin is kept."""

    offset: int
    number: int
    path: str
    data: bytes = b""
    length: int = 0

    def extend(self, data: bytes, length: int) -> None:
        self.data += data[: LINE_LIMIT - len(self.data)]
        self.length += length


class Splitter:
    """Cuts a stream of files into lines; empty lines are counted and not given.

    Where a file ends without a newline and another one follows, the two ends are one line unless
    each stands alone as a record.
    """

    def __init__(self, source: str, stands_alone: Callable[[bytes], bool]) -> None:
        """Start at offset 0 of `source`."""
        self.offset = 0
        self.source = source
        self._stands_alone = stands_alone
        self._path = ""
        self._number = 1
        self._rest: _Fragment | None = None
        self._before: _Fragment | None = None

    @property
    def rest(self) -> bytes:
        """The line without an end that the files so far have left."""
        return self._rest.data if self._rest is not None else b""

    def begin(self, path: str, number: int = 1) -> None:
        """A file begins, at this line; a line left open by the one before waits for its first."""
        self._path, self._number = path, number
        self._before, self._rest = self._rest, None

    def feed(self, data: bytes) -> Lines:
        """Lines that these bytes complete."""
        out = Lines()
        first, *others = data.split(b"\n")
        self._extend(first)
        if not others:
            return out
        self._settle(out)
        self._emit_rest(out)
        self.offset += 1
        self._number += 1
        for part in others[:-1]:
            if part:
                self._emit(out, _Fragment(self.offset, self._number, self._path, part, len(part)))
            self.offset += len(part) + 1
            self._number += 1
        self._extend(others[-1])
        return out

    def end(self) -> Lines:
        """The file has ended; an open last line stays open."""
        out = Lines()
        self._settle(out)
        return out

    def flush(self) -> Lines:
        """The open line, as nothing continues it."""
        out = Lines()
        self._emit_rest(out)
        return out

    def skip(self, length: int) -> None:
        """Pass over bytes that are not cut into lines; nothing may be open."""
        self.offset += length

    def _extend(self, data: bytes) -> None:
        if not data:
            return
        if self._rest is None:
            self._rest = _Fragment(self.offset, self._number, self._path)
        self._rest.extend(data, len(data))
        self.offset += len(data)

    def _settle(self, out: Lines) -> None:
        """Decide whether the line left open by the file before goes on in this file's first one."""
        before, self._before = self._before, None
        if before is None:
            return
        rest = self._rest
        if rest is not None and self._stands_alone(before.data) and self._stands_alone(rest.data):
            self._emit(out, before)
            return
        if rest is not None:
            before.extend(rest.data, rest.length)
        self._rest = before

    def _emit_rest(self, out: Lines) -> None:
        if self._rest is not None:
            self._emit(out, self._rest)
            self._rest = None

    def _emit(self, out: Lines, fragment: _Fragment) -> None:
        data = fragment.data.removesuffix(b"\r") if fragment.length <= LINE_LIMIT else fragment.data
        line = Line(self.source, fragment.offset, fragment.number, fragment.path, data[:LINE_LIMIT])
        if fragment.length > LINE_LIMIT:
            detail = f"{fragment.length} bytes; the limit is {LINE_LIMIT}; its begin is kept"
            out.quarantined.append(Quarantined(line, Reason.TOO_LONG, detail))
        elif data:
            out.lines.append(line)
