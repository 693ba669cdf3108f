"""Files as one stream of lines, exactly as if they had been concatenated before.

A file of JSON documents or a binary event log gives one line a record and stands for itself.
Compression is told by magic bytes, never by the name. The pieces of one log, cut at any byte and
given in order, yield the lines, offsets and source name of the whole log.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import chain

from foreseen.core.records import Line, Quarantined, Reason
from foreseen.sources.file_bytes import Piece, Progress, pieces
from foreseen.sources.file_evtx import MAGIC, EventLog
from foreseen.sources.file_json import Documents
from foreseen.sources.file_layout import BOM, is_documents
from foreseen.sources.file_lines import Lines, Splitter

_NAMING_BYTES = 4096
_NAME_DIGITS = 16
_SNIFFED_BYTES = 1 << 20
_SHOWN_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Batch:
    """Lines of one format in the order of the stream, and what never became a line.

    Attributes:
        format: Name of the format; null while nothing was recognised.
        lines: Lines without their ends; empty ones left out.
        quarantined: Lines over the limit, files of no known format, damaged files.
    """

    format: str | None
    lines: list[Line] = field(default_factory=list)
    quarantined: list[Quarantined] = field(default_factory=list)


def read(
    paths: Sequence[str],
    *,
    recognise: Callable[[Sequence[bytes]], str | None],
    stands_alone: Callable[[bytes], bool],
    documents: bool = True,
    progress: Progress | None = None,
) -> Iterator[Batch]:
    """Batches of all files, read as they are asked for, in bounded memory.

    Args:
        paths: Files in order; `-` is the standard input.
        recognise: Name of the format of some first lines, or null (`registry.sniff`).
        stands_alone: Whether a line begins as a record (`registry.stands_alone`).
        documents: A file may hold JSON documents instead of lines.
        progress: Called with the stored bytes read so far and in all; standard input counts 0.

    Raises:
        NotFoundError: There is no such file, or it is a directory. All are checked before the
            first is read.
        DeniedError: A file may not be read.
        TransientError: Reading fails midway.
    """
    source, stream = _named(pieces(paths, progress))
    reader = _Reader(Splitter(source, stands_alone), recognise, documents=documents)
    return reader.batches(stream)


def _named(stream: Iterator[Piece]) -> tuple[str, Iterator[Piece]]:
    """Name of the source by its first bytes, so that cutting or renaming files changes nothing."""
    taken: list[Piece] = []
    head = b""
    for piece in stream:
        taken.append(piece)
        head += piece.data[: _NAMING_BYTES - len(head)]
        if len(head) >= _NAMING_BYTES:
            break
    digest = blake2b(head, digest_size=_NAME_DIGITS // 2).hexdigest()
    return f"replay:{digest}", chain(taken, stream)


class _Reader:
    """One pass over a stream: per file it sees what it is, then reads it as that, or skips it."""

    def __init__(
        self,
        splitter: Splitter,
        recognise: Callable[[Sequence[bytes]], str | None],
        *,
        documents: bool,
    ) -> None:
        self._splitter = splitter
        self._recognise = recognise
        self._may_be_documents = documents
        self._format: str | None = None
        self._path = ""
        self._head = b""
        self._skipped = 0
        self._reading = False
        self._framed: Documents | EventLog | None = None

    def batches(self, stream: Iterator[Piece]) -> Iterator[Batch]:
        for piece in stream:
            if piece.begins:
                self._path, self._head = piece.path, b""
                self._skipped, self._reading, self._framed = 0, False, None
            for batch in self._take(piece):
                if batch.lines or batch.quarantined:
                    yield batch
        yield self._flushed()

    def _take(self, piece: Piece) -> Iterator[Batch]:
        if piece.data:
            yield from self._data(piece.data)
        if piece.ends:
            yield from self._end()
        if piece.damage:
            yield self._flushed()
            yield self._damaged(piece.damage)

    def _data(self, data: bytes) -> Iterator[Batch]:
        if self._reading:
            yield self._batch(self._splitter.feed(data))
        elif self._framed is not None:
            yield from self._feed(data)
        elif self._skipped:
            self._skip(data)
        else:
            self._head += data
            yield from self._decide(ended=False)

    def _decide(self, *, ended: bool) -> Iterator[Batch]:
        """What the file is, as soon as its head tells."""
        if self._head.startswith(MAGIC):
            yield from self._frame(EventLog)
            return
        if self._may_be_documents:
            told = is_documents(self._head, self._splitter.rest, ended=ended)
            if told:
                yield from self._frame(Documents)
            if told is not False:
                return
        found = self._recognise(self._head_lines())
        if found is not None:
            yield from self._start(found)
        elif len(self._head) > _SNIFFED_BYTES:
            yield self._flushed()
            self._skip(self._head)

    def _head_lines(self) -> list[bytes]:
        """First lines of the file, and the very first also as the rest of the line before it."""
        lines = self._head.removeprefix(BOM).split(b"\n")
        glued = [self._splitter.rest + lines[0]] if self._splitter.rest else []
        return [line for line in glued + lines if line]

    def _start(self, found: str) -> Iterator[Batch]:
        if self._format not in {None, found}:
            yield self._flushed()
        self._format = found
        self._reading = True
        if self._head.startswith(BOM) and not self._splitter.rest:
            self._skip(BOM)
            self._skipped, self._head = 0, self._head[len(BOM) :]
        self._splitter.begin(self._path)
        yield self._batch(self._splitter.feed(self._head))
        self._head = b""

    def _frame(self, kind: type[Documents | EventLog]) -> Iterator[Batch]:
        """Read the file as something else than lines."""
        yield self._flushed()
        self._framed = kind(self._splitter.source, self._splitter.offset, self._path)
        head, self._head = self._head, b""
        yield from self._feed(head)

    def _feed(self, data: bytes) -> Iterator[Batch]:
        if isinstance(self._framed, Documents):
            yield from self._records(self._framed.feed(data))
        elif self._framed is not None:
            self._framed.feed(data)

    def _records(self, records: Lines) -> Iterator[Batch]:
        """Records out of a file that is not cut into lines; the first one tells the format."""
        if records.lines:
            self._format = self._recognise([records.lines[0].data]) or self._format
        yield Batch(self._format, records.lines, records.quarantined)

    def _unframe(self, framed: Documents | EventLog) -> Iterator[Batch]:
        if isinstance(framed, Documents):
            yield from self._records(framed.end())
        else:
            for records in framed.end():
                yield from self._records(records)
        self._splitter.skip(framed.offset - self._splitter.offset)

    def _skip(self, data: bytes) -> None:
        self._splitter.skip(len(data))
        self._skipped += len(data)

    def _end(self) -> Iterator[Batch]:
        if self._head and not self._skipped:
            yield from self._decide(ended=True)
        if self._framed is not None:
            yield from self._unframe(self._framed)
        elif self._reading:
            yield self._batch(self._splitter.end())
        elif not self._skipped and b"\n" not in self._head:
            # less than a line: the next file may tell what it is
            self._splitter.begin(self._path)
            yield self._batch(self._splitter.feed(self._head))
            yield self._batch(self._splitter.end())
        elif not self._skipped:
            yield self._flushed()
            self._skip(self._head)
            if self._head.isspace():
                self._skipped = 0
        if self._skipped:
            yield Batch(self._format, [], [self._unknown()])

    def _unknown(self) -> Quarantined:
        place = self._splitter.offset - self._skipped
        line = Line(self._splitter.source, place, 1, self._path, self._head[:_SHOWN_BYTES])
        detail = f"{self._skipped} bytes in which no parser recognises a record"
        return Quarantined(line, Reason.UNKNOWN_FORMAT, detail)

    def _damaged(self, damage: str) -> Batch:
        line = Line(self._splitter.source, self._splitter.offset, 1, self._path, b"")
        detail = f"{damage}; what came before was read"
        return Batch(self._format, [], [Quarantined(line, Reason.DAMAGED_FILE, detail)])

    def _flushed(self) -> Batch:
        """The open line as nothing continues it; of an unknown stream it is in quarantine."""
        rest = self._splitter.rest
        if self._format is None and rest:
            self._format = self._recognise([rest])
        lines = self._splitter.flush()
        if self._format is not None:
            return self._batch(lines)
        detail = "no parser recognises a record"
        unknown = [Quarantined(line, Reason.UNKNOWN_FORMAT, detail) for line in lines.lines]
        return Batch(None, [], lines.quarantined + unknown)

    def _batch(self, lines: Lines) -> Batch:
        return Batch(self._format, lines.lines, lines.quarantined)
