"""Binary Windows event logs (EVTX) to one line a record, in JSON as `evtx_dump` writes it."""

import struct
import warnings
from collections.abc import Iterator
from tempfile import TemporaryFile
from typing import BinaryIO, cast

from evtx import PyEvtxParser, PyRecordsIterator

from foreseen.core.records import Line, Quarantined, Reason
from foreseen.sources.file_lines import Lines

MAGIC = b"ElfFile\0"
_CHUNK_MAGIC = b"ElfChnk\0"
_HEADER_BYTES = 4096
_CHUNK_BYTES = 1 << 16
_NUMBERS = struct.Struct("<8sQQ")  # magic, first and last record of a chunk
_SIZES = struct.Struct("<HH")  # bytes of the header, number of chunks
_SIZES_AT = 40
_SHORTEST_RECORD = 24
_AT_ONCE = 1000


class EventLog:
    """One file, kept on the disk until it is whole: its parts point at each other."""

    def __init__(self, source: str, offset: int, path: str) -> None:
        """Offset: place in the source where the file begins."""
        self.offset = offset
        self._source, self._path, self._begin = source, path, offset
        self._count = 0
        self._file = cast("BinaryIO", TemporaryFile(prefix="foreseen-"))  # noqa: SIM115  end closes

    def feed(self, data: bytes) -> None:
        """More of the file."""
        self._file.write(data)
        self.offset += len(data)

    def end(self) -> Iterator[Lines]:
        """All records in their order; a damaged one is quarantined and the next ones follow."""
        with self._file:
            promised, doubt = _promised(self._file)
            for part in _parts(self._file):
                yield self._lines(part)
            missing = promised - self._count
            if missing > 0:
                doubt = f"{missing} records fewer than its chunks say; {doubt}"
            if doubt:
                yield self._lines([doubt.removesuffix("; ")])

    def _lines(self, part: list[bytes | str]) -> Lines:
        out = Lines()
        for one in part:
            # a record is longer than a byte: no two have the same place in the source
            offset = self._begin + self._count
            self._count += 1
            data = one if isinstance(one, bytes) else b""
            line = Line(self._source, offset, self._count, self._path, data)
            if isinstance(one, bytes):
                out.lines.append(line)
            else:
                out.quarantined.append(Quarantined(line, Reason.DAMAGED_RECORD, one))
        return out


def _promised(file: BinaryIO) -> tuple[int, str]:
    """Records that the chunks speak of, and what the file lacks; a chunk cut off is filled up."""
    size = file.seek(0, 2)
    lacking = -(size - _HEADER_BYTES) % _CHUNK_BYTES if size > _HEADER_BYTES else 0
    file.write(bytes(lacking))
    file.seek(_SIZES_AT)
    block, chunks = _SIZES.unpack(file.read(_SIZES.size).ljust(_SIZES.size, b"\0"))
    places = range(_HEADER_BYTES, size, _CHUNK_BYTES)
    promised = 0
    for place in places:
        file.seek(place)
        magic, first, last = _NUMBERS.unpack(file.read(_NUMBERS.size))
        if magic == _CHUNK_MAGIC and 0 <= last - first < _CHUNK_BYTES // _SHORTEST_RECORD:
            promised += last - first + 1
    file.seek(0)
    if block != _HEADER_BYTES:
        return promised, "its header is damaged"
    if lacking or chunks > len(places):
        absent = lacking + max(chunks - len(places), 0) * _CHUNK_BYTES
        return promised, f"the file lacks its last {absent} bytes"
    return promised, ""


def _parts(file: BinaryIO) -> Iterator[list[bytes | str]]:
    """Records as JSON, or what is wrong with one, some at a time."""
    try:
        records = iter(PyEvtxParser(file, 1, skip_errors=True).records_json())
    except (RuntimeError, OSError, ValueError) as error:
        yield [f"event log cannot be opened: {error}"]
        return
    more = True
    while more:
        part, more = _some(records)
        yield part


def _some(records: PyRecordsIterator) -> tuple[list[bytes | str], bool]:
    """The next records and whether there are more; warnings tell what had to be left out."""
    part: list[bytes | str] = []
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        while len(part) < _AT_ONCE:
            try:
                record = next(records, None)
            except (RuntimeError, OSError, ValueError) as error:
                return [*part, str(error)], False
            part += [str(one.message) for one in told]
            told.clear()
            if record is None:
                return part, False
            part.append(record["data"].encode())
    return part, True
