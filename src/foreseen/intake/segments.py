"""Segment files of the intake log: framing, checksums, and recovery of the last one.

A segment is named after the log offset of its first byte. A record is a 32-byte header and its
payload. The header says where the record stands and up to where the log was known to be on the disk
when it was written: that tells a torn tail (never acknowledged, cut off) from damage to records
that were acknowledged (an error).
"""

import logging
import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from foreseen.core.errors import ConfigurationError, CorruptError
from foreseen.intake.entries import Stored, decode

log = logging.getLogger("foreseen.intake")

_MAGIC = b"FsI1"
_HEADER = struct.Struct("<4sIQQI")  # magic, payload length, offset, synced, CRC of the payload
_CHECK = struct.Struct("<I")  # CRC of the header
HEADER_BYTES = _HEADER.size + _CHECK.size
LONGEST_PAYLOAD = 256 << 20  # bytes; a longer length is damage
_SUFFIX = ".log"
_NAME_DIGITS = 20


@dataclass(frozen=True, slots=True)
class Segment:
    """A file of the log.

    Attributes:
        path: Where it is.
        base: Log offset of its first byte.
    """

    path: Path
    base: int


@dataclass(frozen=True, slots=True)
class _Header:
    length: int
    synced: int
    crc: int


def segments(folder: Path) -> list[Segment]:
    """Segments in a folder, oldest first, each beginning where the one before ends.

    Raises:
        CorruptError: A segment is shorter or longer than the next one's start says.
    """
    found = named_segments(folder)
    for segment, following in pairwise(found):
        end = segment.base + segment.path.stat().st_size
        if end != following.base:
            raise CorruptError(
                f"{segment.path}: ends at log offset {end}, the next segment starts at "
                f"{following.base}; restore it from a backup"
            )
    return found


def named_segments(folder: Path) -> list[Segment]:
    """Segments by their names alone, oldest first."""
    paths = sorted(folder.glob(f"{'[0-9]' * _NAME_DIGITS}{_SUFFIX}"))
    return [Segment(path, int(path.stem)) for path in paths]


def create_segment(folder: Path, base: int) -> Segment:
    """Begin the segment that starts at a log offset; its name is on the disk when it returns."""
    path = folder / f"{base:0{_NAME_DIGITS}d}{_SUFFIX}"
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
    sync_folder(folder)
    return Segment(path, base)


def sync_folder(folder: Path) -> None:
    """Force a folder's list of names to the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def lock_of(folder: Path) -> int:
    """The open lock file of a folder, which is made and survives a power cut from then on."""
    try:
        if not folder.is_dir():
            folder.mkdir(parents=True, exist_ok=True)
            sync_folder(folder.parent)
        return os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise unusable(folder, error) from error


def unusable(folder: Path, error: OSError) -> ConfigurationError:
    """The error of a folder that cannot hold a log."""
    return ConfigurationError(
        f"{folder}: cannot be used as a log ({error.strerror}); --data has to name a folder that "
        "can be written"
    )


def header(payload: bytes, crc: int, *, offset: int, synced: int) -> bytes:
    """Header of a record.

    Args:
        payload: What follows it.
        crc: `zlib.crc32` of the payload, computed before the log is locked.
        offset: Log offset of the header.
        synced: Log offset up to which everything is on the disk.
    """
    packed = _HEADER.pack(_MAGIC, len(payload), offset, synced, crc)
    return packed + _CHECK.pack(zlib.crc32(packed))


def read_records(segment: Segment, offset: int, end: int, limit: int) -> Iterator[Stored]:
    """Entries from a log offset to `end`, until more than `limit` bytes are read; one at least.

    Raises:
        CorruptError: A record fails its checksum; file and position are named.
    """
    descriptor = os.open(segment.path, os.O_RDONLY)
    try:
        start = offset
        while offset < end and (offset == start or offset - start < limit):
            payload = _record(descriptor, segment, offset)
            if payload is None:
                raise _damaged(segment, offset)
            after = offset + HEADER_BYTES + len(payload)
            try:
                yield Stored(decode(payload), offset, after)
            except CorruptError as error:
                raise _damaged(segment, offset) from error
            offset = after
    finally:
        os.close(descriptor)


def recover(segment: Segment) -> int:
    """Cut a torn tail off the newest segment, and say so.

    Returns:
        Log offset of the segment's end.

    Raises:
        CorruptError: A record is damaged that a later one knows to have been on the disk, or the
            file is no segment of this log.
    """
    descriptor = os.open(segment.path, os.O_RDWR)
    try:
        offset, size = segment.base, os.fstat(descriptor).st_size
        while (payload := _record(descriptor, segment, offset)) is not None:
            offset += HEADER_BYTES + len(payload)
        if offset - segment.base < size:
            if offset == segment.base:
                _refuse_foreign(descriptor, segment)
            if _durable_after(segment, offset) > offset:
                raise _damaged(segment, offset)
            os.ftruncate(descriptor, offset - segment.base)
            log.warning(
                "%s: %d bytes at log offset %d are no whole record and were cut off: a crash came "
                "before they could be acknowledged",
                segment.path,
                segment.base + size - offset,
                offset,
            )
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return offset


def _refuse_foreign(descriptor: int, segment: Segment) -> None:
    """A first record that is torn begins as one does, or with nothing; all else is not ours to cut.

    Raises:
        CorruptError: The file begins with a whole header of another log, or with no header.
    """
    packed = os.pread(descriptor, HEADER_BYTES, 0)
    begun = packed[: len(_MAGIC)]
    if begun.strip(b"\0") and not _MAGIC.startswith(begun):
        told = "begins with no record of an intake log"
    elif _is_whole(packed) and _HEADER.unpack_from(packed)[2] != segment.base:
        told = "begins with a record of another log"
    else:
        return
    raise CorruptError(f"{segment.path}: {told}; move it away, or restore it from a backup")


def _record(descriptor: int, segment: Segment, offset: int) -> bytes | None:
    """Payload of the record at a log offset; None where there is no whole one."""
    place = offset - segment.base
    found = _header_in(os.pread(descriptor, HEADER_BYTES, place), offset)
    if found is None:
        return None
    payload = os.pread(descriptor, found.length, place + HEADER_BYTES)
    if len(payload) != found.length or zlib.crc32(payload) != found.crc:
        return None
    return payload


def _header_in(packed: bytes, offset: int) -> _Header | None:
    if not _is_whole(packed):
        return None
    _, length, place, synced, crc = _HEADER.unpack_from(packed)
    if place != offset or length > LONGEST_PAYLOAD:
        return None
    return _Header(length, synced, crc)


def _is_whole(packed: bytes) -> bool:
    """Whether the bytes are a header that some log wrote."""
    if len(packed) < HEADER_BYTES or not packed.startswith(_MAGIC):
        return False
    (check,) = _CHECK.unpack_from(packed, _HEADER.size)
    return zlib.crc32(packed[: _HEADER.size]) == int(check)


def _durable_after(segment: Segment, offset: int) -> int:
    """Highest offset that any header after a place knows to have been on the disk."""
    content = segment.path.read_bytes()
    synced, place = 0, offset - segment.base
    while (place := content.find(_MAGIC, place + 1)) >= 0:
        found = _header_in(content[place : place + HEADER_BYTES], segment.base + place)
        if found is not None:
            synced = max(synced, found.synced)
    return synced


def _damaged(segment: Segment, offset: int) -> CorruptError:
    return CorruptError(
        f"{segment.path}: the record at byte {offset - segment.base} (log offset {offset}) is "
        f"damaged and had been acknowledged; restore the file from a backup, or move it away to go "
        f"on without it"
    )
