"""Whether a file of JSON holds one record a line or documents of another layout."""

import re

from foreseen.core.records import LINE_LIMIT
from foreseen.sources.file_brackets import Brackets
from foreseen.sources.file_salvage import SEQUENCE, is_object

BOM = b"\xef\xbb\xbf"
_LOOKED_AT = 20
_ENVELOPE = re.compile(rb'\{\s*"Records"\s*:\s*\[')


def is_documents(head: bytes, rest: bytes, *, ended: bool) -> bool | None:
    """Whether a file holds JSON documents, not a record a line; null while more must be seen.

    Args:
        head: Begin of the file, more each time.
        rest: Line that the file before has left open.
        ended: The head is the whole file.
    """
    text = head.removeprefix(BOM).lstrip()
    if text.startswith(SEQUENCE):
        return True
    if not text.startswith((b"{", b"[")):
        return False
    lines = text.split(b"\n")
    whole = lines if ended else lines[:-1]
    if rest and whole and is_object(rest + head.split(b"\n", 1)[0]):
        return False
    if len(lines[0]) > LINE_LIMIT or _ENVELOPE.match(text):
        return True
    if not whole or (len(whole) == 1 and not ended and not is_object(lines[0])):
        return None
    return _is_indented(whole)


def _is_indented(lines: list[bytes]) -> bool:
    """Whether documents go over several lines, or a line holds several records."""
    if lines[0].startswith(b"["):
        return True
    if is_object(lines[0]):
        return False
    # a broken first line must hide no lines that are whole; one alone may go on in the next file
    following = lines[1:_LOOKED_AT]
    whole = next((n for n, one in enumerate(following, start=1) if _is_record(one)), len(lines))
    before = b"\n".join(lines[:whole])
    is_closed = any(not opens and depth == 1 for _, opens, depth in Brackets(1).feed(before))
    return is_closed or (whole == len(lines) and any(line.strip() for line in following))


def _is_record(line: bytes) -> bool:
    return line.startswith(b"{") and len(line.strip()) > len(b"{}") and is_object(line)
