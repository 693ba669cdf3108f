"""Bytes of files, decompressed by what they are (magic bytes), in pieces of bounded size."""

import lzma
import os
import stat
import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

import zstandard

from foreseen.core.errors import DeniedError, MalformedInputError, NotFoundError, TransientError

STDIN = "-"
_READ_BYTES = 1 << 16
_GIVEN_BYTES = 1 << 18
_XZ_MEMORY = 1 << 27
_DAMAGE = (zlib.error, lzma.LZMAError, zstandard.ZstdError)

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Piece:
    """Some bytes of a file.

    Attributes:
        path: The file, for messages.
        data: Decompressed bytes; empty at the begin and the end.
        begins: Nothing of the file was given before.
        ends: Nothing of it follows.
        damage: With `ends`: why the rest could not be read; empty if all is well.
    """

    path: str
    data: bytes
    begins: bool = False
    ends: bool = False
    damage: str = ""


class _Decompressor(Protocol):
    def decompress(self, data: bytes, /) -> bytes: ...

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class _Compression:
    """A format. `step` bytes at a time are fed in, so that no input can swell without bound."""

    magic: bytes
    step: int
    make: Callable[[], _Decompressor]


_COMPRESSIONS = (
    _Compression(b"\x1f\x8b", 4096, lambda: zlib.decompressobj(wbits=31)),
    _Compression(
        b"\xfd7zXZ\x00", 1024, lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY)
    ),
    _Compression(b"\x28\xb5\x2f\xfd", 512, lambda: zstandard.ZstdDecompressor().decompressobj()),
)


class _DamagedError(Exception):
    """The compressed file is damaged; what came before is good."""


def pieces(paths: Sequence[str], progress: Progress | None = None) -> Iterator[Piece]:
    """All files' bytes in order; each file has a first piece that begins and a last that ends it.

    Args:
        paths: Files; `-` is the standard input.
        progress: Called with the bytes read so far and the bytes of all files, as stored.

    Raises:
        NotFoundError: There is no such file, or it is a directory. All are checked before the
            first is read.
        DeniedError: A file may not be read.
        TransientError: Reading fails midway.
    """
    sizes = [_size(path) for path in paths]
    return _pieces(paths, sum(sizes), progress)


def _size(path: str) -> int:
    if path == STDIN:
        return 0
    try:
        status = Path(path).stat()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise NotFoundError(f"{path}: no such file") from error
    except PermissionError as error:
        raise DeniedError(f"{path}: may not be reached by this user") from error
    except (OSError, ValueError) as error:
        raise MalformedInputError(f"{path}: is no name of a file ({error})") from error
    if stat.S_ISDIR(status.st_mode):
        raise NotFoundError(f"{path}: is a directory; name the files in it")
    if not os.access(path, os.R_OK, effective_ids=True):
        raise DeniedError(f"{path}: may not be read by this user")
    return status.st_size


def _pieces(paths: Sequence[str], total: int, progress: Progress | None) -> Iterator[Piece]:
    done = 0

    def counted(path: str, file: BinaryIO) -> Iterator[bytes]:
        nonlocal done
        for chunk in _chunks(path, file):
            done += len(chunk)
            if progress is not None:
                progress(done, total)
            yield chunk

    for path in paths:
        yield Piece(path, b"", begins=True)
        damage = ""
        with _opened(path) as file:
            try:
                for data in _gathered(_decompressed(counted(path, file))):
                    yield Piece(path, data)
            except _DamagedError as error:
                damage = str(error)
        yield Piece(path, b"", ends=True, damage=damage)


def _opened(path: str) -> BinaryIO:
    if path == STDIN:
        return os.fdopen(os.dup(sys.stdin.fileno()), "rb")
    try:
        return Path(path).open("rb")
    except OSError as error:
        raise TransientError(f"{path}: cannot be opened: {error.strerror}") from error


def _chunks(path: str, file: BinaryIO) -> Iterator[bytes]:
    try:
        while chunk := file.read(_READ_BYTES):
            yield chunk
    except OSError as error:
        raise TransientError(f"{path}: reading failed: {error.strerror}; try again") from error


def _decompressed(chunks: Iterator[bytes]) -> Iterator[bytes]:
    first = next(chunks, b"")
    for compression in _COMPRESSIONS:
        if first.startswith(compression.magic):
            yield from _inflated(first, chunks, compression)
            return
    if first:
        yield first
    yield from chunks


def _inflated(first: bytes, chunks: Iterator[bytes], compression: _Compression) -> Iterator[bytes]:
    worker = compression.make()
    chunk: bytes | None = first
    while chunk is not None:
        for start in range(0, len(chunk), compression.step):
            rest = chunk[start : start + compression.step]
            while rest:
                if worker.eof:
                    rest = rest.lstrip(b"\0")  # padding between members is usual
                    if not rest:
                        break
                    worker = compression.make()
                try:
                    data = worker.decompress(rest)
                except _DAMAGE as error:
                    raise _DamagedError(str(error)) from error
                if data:
                    yield data
                rest = worker.unused_data if worker.eof else b""
        chunk = next(chunks, None)
    if not worker.eof:
        raise _DamagedError("compressed data ends too early")


def _gathered(parts: Iterator[bytes]) -> Iterator[bytes]:
    """Parts joined to pieces that are worth a call; on damage, first what came before it."""
    gathered: list[bytes] = []
    size = 0
    try:
        for part in parts:
            gathered.append(part)
            size += len(part)
            if size >= _GIVEN_BYTES:
                yield b"".join(gathered)
                gathered, size = [], 0
    except _DamagedError:
        if gathered:
            yield b"".join(gathered)
        raise
    if gathered:
        yield b"".join(gathered)
