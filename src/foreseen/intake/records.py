"""Entries as records of a broker: framed, cut to what it takes, told from what is foreign."""

import logging
import struct
import zlib
from collections.abc import Iterator, Sequence

from foreseen.core.errors import CorruptError, MalformedInputError, NotFoundError
from foreseen.core.ids import DEFAULT_TENANT
from foreseen.intake.entries import Entry, EntryKind, Stored, decode, encode
from foreseen.intake.keys import partitions_of
from foreseen.intake.protocol import SEQUENCE_SHIFT

log = logging.getLogger("foreseen.intake")

#: Wire format of what lies in a broker and is no entry of ours: nothing understands it.
FOREIGN = "foreign"
_FRAME = struct.Struct("<4sI")  # magic, CRC of the encoded entry
_MAGIC = b"FsE1"
_LEAST_PIECE = 1024  # bytes; a limit that leaves less for data is a wrong setting


def placed(entries: Sequence[Entry], partitions: int, most: int) -> list[tuple[int, bytes]]:
    """Records of entries in order, each with the partition that it goes to.

    Args:
        entries: What to store.
        partitions: How many there are.
        most: Longest record that the broker takes, bytes; longer entries are cut between lines.

    Raises:
        MalformedInputError: A name cannot be stored, or a line alone is longer than `most`.
    """
    return [
        (partition, _framed(encode(piece)))
        for entry in entries
        for piece in _pieces(entry, most)
        for partition in partitions_of(entry, partitions)
    ]


def stored_of(payload: bytes, sequence: int, place: str, received: int) -> Stored:
    """The entry of a record; foreign bytes are given as they are, for the pipeline to quarantine.

    Args:
        payload: Bytes of the record.
        sequence: Its number in its partition.
        place: Name of the partition, for messages to people.
        received: When the broker had it, ms UTC.
    """
    offset = offset_of(sequence)
    try:
        entry = _entry(payload)
    except CorruptError as error:
        log.warning("%s: record %d is no entry of ours and goes to quarantine", place, sequence)
        path = f"{place}, record {sequence}: {error}"
        entry = Entry(DEFAULT_TENANT, place, path, FOREIGN, received, payload)
    return Stored(entry, offset, offset_of(sequence + 1))


def offset_of(sequence: int) -> int:
    """Offset of a broker's record."""
    return sequence << SEQUENCE_SHIFT


def sequence_of(cursor: int, place: str) -> int:
    """Number of the record that a cursor stands before.

    Raises:
        NotFoundError: It is no cursor of a broker: it came from another intake.
    """
    sequence, within = divmod(cursor, 1 << SEQUENCE_SHIFT)
    if within or sequence < 0:
        raise NotFoundError(
            f"{place}: offset {cursor} is no place in a broker's partition; the pipeline's cursor "
            f"belongs to another intake, go on with that one or begin with an empty data folder"
        )
    return sequence


def size_of(stored: Stored) -> int:
    """Bytes of an entry's data and some for its names, for limits of a read."""
    return len(stored.entry.data) + _LEAST_PIECE // 8


def until(entries: Sequence[Stored], limit_bytes: int) -> list[Stored]:
    """Entries until `limit_bytes` are reached; one at least where there is one."""
    taken: list[Stored] = []
    left = limit_bytes
    for stored in entries:
        if taken and left <= 0:
            break
        taken.append(stored)
        left -= size_of(stored)
    return taken


def _framed(encoded: bytes) -> bytes:
    return _FRAME.pack(_MAGIC, zlib.crc32(encoded)) + encoded


def _entry(payload: bytes) -> Entry:
    if len(payload) < _FRAME.size or not payload.startswith(_MAGIC):
        raise CorruptError("it does not begin as one")
    encoded = payload[_FRAME.size :]
    if zlib.crc32(encoded) != _FRAME.unpack_from(payload)[1]:
        raise CorruptError("its checksum is wrong")
    return decode(encoded)


def _pieces(entry: Entry, most: int) -> Iterator[Entry]:
    """The entry, or several of whole lines each; the ends of lines at the cuts are dropped."""
    room = most - _FRAME.size - len(encode(_of(entry, b"")))
    if len(entry.data) <= room:
        yield entry
        return
    if entry.kind is not EntryKind.DATA or room < _LEAST_PIECE:
        raise MalformedInputError(
            f"an entry of {len(entry.data)} bytes does not fit into the broker's records of {most}"
        )
    start, end = 0, len(entry.data)
    while end - start > room:
        cut = entry.data.rfind(b"\n", start, start + room + 1)
        if cut < 0:
            raise MalformedInputError(
                f"a line of more than {room} bytes does not fit into the broker's records of "
                f"{most}; raise the broker's limit"
            )
        yield _of(entry, entry.data[start:cut])
        start = cut + 1
    yield _of(entry, entry.data[start:])


def _of(entry: Entry, data: bytes) -> Entry:
    return Entry(
        entry.tenant, entry.source, entry.path, entry.format, entry.received, data, entry.kind
    )
