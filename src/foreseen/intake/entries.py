"""What the intake log holds: bodies as they came, clock ticks and ends of sources."""

import struct
from dataclasses import dataclass
from enum import IntEnum

from foreseen.core.errors import CorruptError, MalformedInputError
from foreseen.core.ids import TenantId

_FIXED = struct.Struct("<Bq4H")  # kind, received, lengths of the four texts
_LONGEST_TEXT = 0xFFFF  # bytes


class EntryKind(IntEnum):
    """What an entry says; the numbers are on disk."""

    DATA = 1
    TICK = 2
    END = 3
    REPLAY = 4


@dataclass(frozen=True, slots=True)
class Entry:
    """One record of the log.

    Attributes:
        tenant: Organisation.
        source: Source that it came from; empty for a tick.
        path: File or endpoint, for messages to people.
        format: Wire format of `data`, e.g. `auditd`.
        received: When we had it, ms UTC; for a tick, the time that it tells.
        data: Bytes as they came, decompressed: lines of one body.
        kind: Data, a tick of the clock (so that replays see time pass), the end of the source, or
            lines of its quarantine that are to be read again.
    """

    tenant: TenantId
    source: str
    path: str
    format: str
    received: int
    data: bytes = b""
    kind: EntryKind = EntryKind.DATA


@dataclass(frozen=True, slots=True)
class Stored:
    """An entry with its place.

    Attributes:
        entry: The entry.
        offset: Where it starts.
        end: Offset after it: the cursor to read on from.
    """

    entry: Entry
    offset: int
    end: int


def encode(entry: Entry) -> bytes:
    """Bytes of an entry.

    Raises:
        MalformedInputError: A name is too long or is no Unicode text.
    """
    try:
        texts = [text.encode() for text in (entry.tenant, entry.source, entry.path, entry.format)]
    except UnicodeEncodeError as error:
        raise MalformedInputError(f"a name of the entry is no Unicode text: {error}") from error
    lengths = [len(text) for text in texts]
    if max(lengths) > _LONGEST_TEXT:
        raise MalformedInputError(f"a name of the entry has more than {_LONGEST_TEXT} bytes")
    return b"".join((_FIXED.pack(entry.kind, entry.received, *lengths), *texts, entry.data))


def decode(payload: bytes) -> Entry:
    """Entry of bytes that `encode` made.

    Raises:
        CorruptError: They are not; the caller names the place.
    """
    try:
        kind, received, *lengths = _FIXED.unpack_from(payload)
        texts, place = [], _FIXED.size
        for length in lengths:
            texts.append(payload[place : place + length].decode())
            place += length
        if place > len(payload):
            raise CorruptError("texts are longer than the record")
        tenant, source, path, form = texts
        return Entry(
            TenantId(tenant), source, path, form, received, payload[place:], EntryKind(kind)
        )
    except (struct.error, ValueError) as error:
        raise CorruptError(f"the record has no entry's shape: {error}") from error
