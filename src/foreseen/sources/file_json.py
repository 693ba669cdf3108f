"""JSON documents (indented, or many records in one line) to one line a record, as they stream by.

Records are the members of a list, of `Records` (CloudTrail's files) and of the `items` of a list of
Kubernetes; any other document is one record itself. Memory is bounded by the longest record.
"""

import re
from collections.abc import Iterator

import orjson

from foreseen.core.records import LINE_LIMIT, Line, Quarantined, Reason
from foreseen.parsers.json_records import read_json
from foreseen.sources.file_brackets import Brackets
from foreseen.sources.file_layout import BOM
from foreseen.sources.file_lines import Lines, Splitter
from foreseen.sources.file_salvage import BETWEEN, SHOWN, sift

#: Longest document that is one record, or has its records behind other members, in bytes.
DOCUMENT_LIMIT = 256 << 20
_LIST = ord("[")
_DEEPEST = 3
_RECORDS = re.compile(rb'"Records"\s*:\s*\Z')
_ITEMS = re.compile(rb'"items"\s*:\s*\Z')
_LIST_KIND = re.compile(rb'"kind"\s*:\s*"\w*List"')
_LONGEST_PREFIX = 1 << 16
_CUT_OFF = "document ends too early"


class Documents:
    """Cuts one file of JSON documents into records; brackets decide, whatever the indentation.

    Where brackets do not match or a document cannot be read, its lines that are objects by
    themselves are kept and the rest is quarantined.
    """

    def __init__(self, source: str, offset: int, path: str) -> None:
        """Offset: place in the source where the file begins."""
        self.offset = offset
        self._source, self._path = source, path
        self._number, self._column = 1, 0
        self._brackets = Brackets(_DEEPEST)
        self._base = 0  # records stand inside of so many brackets
        self._in_record = False
        self._in_tail = False  # of a document whose records have been read
        self._lost: Splitter | None = None  # once brackets no longer tell anything
        self._hold(SHOWN)

    def feed(self, data: bytes) -> Lines:
        """Records that these bytes complete."""
        out = Lines()
        if self._lost is not None:
            sift(self._lost.feed(data), out, LINE_LIMIT)
            self.offset = self._lost.offset
            return out
        done = 0
        for place, opens, depth in self._brackets.feed(data):
            act = self._opened if opens else self._closed
            done = act(data, done, place, depth, out)
            if self._lost is not None:
                sift(self._lost.feed(data[done:]), out, LINE_LIMIT)
                self.offset = self._lost.offset
                return out
        self._take(data[done:])
        return out

    def end(self) -> Lines:
        """What is left when the file has ended; of one cut off, its lines that can be read."""
        out = Lines()
        if self._lost is not None:
            sift(self._lost.flush(), out, LINE_LIMIT)
        elif self._in_record and not self._in_tail:
            self._salvage(out, Reason.TRUNCATED, _CUT_OFF)
        else:
            self._gap(out)
            if self._base or self._in_tail:
                self._hold(SHOWN)
                out.quarantined.append(Quarantined(self._line(b""), Reason.TRUNCATED, _CUT_OFF))
        return out

    def _opened(self, data: bytes, done: int, place: int, depth: int, out: Lines) -> int:
        """A bracket opens; gives how far `data` is used."""
        if not self._in_record and depth == self._base + 1:
            self._take(data[done:place])
            self._gap(out)
            if self._base == 0 and data[place] == _LIST:
                return self._enter(data, place, base=1)
            self._in_record = True
            self._hold(LINE_LIMIT if self._base else DOCUMENT_LIMIT)
            return place
        is_member = self._in_record and not self._in_tail and self._base == 0 and depth == 1 + 1
        if is_member and data[place] == _LIST:
            self._take(data[done:place])
            return self._enter(data, place, base=2) if self._is_envelope() else place
        return done

    def _enter(self, data: bytes, place: int, base: int) -> int:
        """A list of records begins."""
        self._base, self._in_record = base, False
        self._take(data[place : place + 1])
        self._hold(SHOWN)
        return place + 1

    def _is_envelope(self) -> bool:
        """Whether the list that begins now holds the document's records."""
        if self._size > _LONGEST_PREFIX:
            return False
        prefix = b"".join(self._parts)
        if _RECORDS.search(prefix):
            return True
        return _ITEMS.search(prefix) is not None and _LIST_KIND.search(prefix) is not None

    def _closed(self, data: bytes, done: int, place: int, depth: int, out: Lines) -> int:
        """A bracket closes; gives how far `data` is used."""
        if self._in_record and depth == self._base + 1:
            self._take(data[done : place + 1])
            if not self._in_tail:
                self._record(out)
            self._in_record = self._in_tail = False
        elif not self._in_record and depth == self._base:
            self._take(data[done:place])
            self._gap(out)
            if self._base == 0:
                self._lost = Splitter(self._source, lambda _: True)
                self._lost.offset = self.offset
                self._lost.begin(self._path, self._number)
                return place
            self._take(data[place : place + 1])
            self._in_record = self._in_tail = self._base > 1
            self._base = 0
        else:
            return done
        self._hold(SHOWN)
        return place + 1

    def _hold(self, limit: int) -> None:
        """Begin to hold what comes: a record, or what stands between two."""
        self._begin = (self.offset, self._number)
        self._indent = self._column
        self._limit, self._size = limit, 0
        self._parts: list[bytes] = []

    def _take(self, data: bytes) -> None:
        """Bytes that belong to what is held; of what is too long only the begin is."""
        if self._size <= self._limit:
            self._parts.append(data)
        self._size += len(data)
        self.offset += len(data)
        self._number += data.count(b"\n")
        newline = data.rfind(b"\n")
        self._column = len(data) - newline - 1 if newline >= 0 else self._column + len(data)

    def _line(self, data: bytes, index: int = 0) -> Line:
        offset, number = self._begin
        return Line(self._source, offset + index, number, self._path, data)

    def _gap(self, out: Lines) -> None:
        """Between records there should be blanks and commas."""
        found = b"".join(self._parts).removeprefix(BOM).strip(BETWEEN)
        if found:
            detail = f"{self._size} bytes between JSON records"
            line = self._line(found[:SHOWN])
            out.quarantined.append(Quarantined(line, Reason.NOT_THIS_FORMAT, detail))

    def _record(self, out: Lines) -> None:
        data = b"".join(self._parts)
        if self._size > self._limit:
            self._too_long(out, data, self._size, self._limit)
        elif self._base and b"\n" not in data:
            out.lines.append(self._line(data))
        else:
            self._document(out, data)

    def _document(self, out: Lines, data: bytes) -> None:
        """A document that is a record, or a record over several lines: written again as one."""
        try:
            value = read_json(data.decode("utf-8", "replace").encode())
        except orjson.JSONDecodeError as error:
            number = self._begin[1] + error.lineno - 1
            self._salvage(out, Reason.NOT_THIS_FORMAT, f"{error.msg} (line {number})")
            return
        for index, record in enumerate(_members(value)):
            as_it_was = record is value and b"\n" not in data
            text = data if as_it_was else orjson.dumps(record)
            if len(text) > LINE_LIMIT:
                self._too_long(out, text, len(text), LINE_LIMIT, index)
            else:
                out.lines.append(self._line(text, index))

    def _too_long(self, out: Lines, data: bytes, size: int, limit: int, index: int = 0) -> None:
        detail = f"{size} bytes in one record; the limit is {limit}; its begin is kept"
        line = self._line(data[:SHOWN], index)
        out.quarantined.append(Quarantined(line, Reason.TOO_LONG, detail))

    def _salvage(self, out: Lines, reason: Reason, detail: str) -> None:
        """Of a broken document the lines that are objects, and the rest in quarantine."""
        offset, number = self._begin
        lines = Splitter(self._source, lambda _: True)
        lines.offset = offset
        lines.begin(self._path, number)
        found = lines.feed(b"".join(self._parts) + b"\n")
        sift(found, out, self._indent, reason, detail)


def _members(document: object) -> Iterator[object]:
    """Records of a document whose list of records could not be told before it was read."""
    if isinstance(document, dict):
        for name in ("Records", "items"):
            members = document.get(name)
            is_list = name == "Records" or str(document.get("kind", "")).endswith("List")
            if isinstance(members, list) and is_list:
                yield from members
                return
    yield document
