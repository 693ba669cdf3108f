"""Request bodies, read within bounds of size and time, inflated without trust."""

import asyncio
import zlib
from http import HTTPStatus

import zstandard
from fastapi import Request

from foreseen.api.problems import ProblemError

MOST_BYTES = 16 << 20
ENCODINGS = ("identity", "gzip", "zstd")
_READ_SECONDS = 30.0
_GZIP = 16 + zlib.MAX_WBITS
_LARGEST_WINDOW = 8 << 20  # bytes of memory that a zstd frame may ask for
_SLICE = 256  # bytes; at zstd's highest ratio (4 bytes to 128 KiB) a slice gives 8 MiB


async def raw_body(request: Request) -> bytes:
    """Body as sent.

    Raises:
        ProblemError: 413 when it is too large, 408 when it comes too slowly.
    """
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(_READ_SECONDS):
            async for chunk in request.stream():
                size += len(chunk)
                if size > MOST_BYTES:
                    raise _too_large()
                chunks.append(chunk)
    except TimeoutError as error:
        raise ProblemError(
            HTTPStatus.REQUEST_TIMEOUT, f"the body took more than {_READ_SECONDS:.0f} s"
        ) from error
    return b"".join(chunks)


def inflated(body: bytes, encoding: str) -> bytes:
    """Body without its content encoding, never more than `MOST_BYTES` of it.

    Raises:
        ProblemError: 413 when it would be larger, 415 for an unknown encoding, 400 when it is
            damaged or cut off.
    """
    match encoding.strip().lower():
        case "" | "identity":
            return body
        case "gzip" | "x-gzip":
            return _gunzipped(body)
        case "zstd":
            return _unzstd(body)
    raise ProblemError(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        f"content encoding {encoding[:50]!r} is not known; use one of {', '.join(ENCODINGS)}",
        {"Accept-Encoding": ", ".join(ENCODINGS[1:])},
    )


def _gunzipped(body: bytes) -> bytes:
    found: list[bytes] = []
    size = 0
    while body:
        member = zlib.decompressobj(_GZIP)
        try:
            part = member.decompress(body, MOST_BYTES + 1 - size)
        except zlib.error as error:
            raise _damaged(f"gzip: {error}") from error
        size += len(part)
        if size > MOST_BYTES:
            raise _too_large()
        if not member.eof:
            raise _damaged("gzip: the data is cut off")
        found.append(part)
        body = member.unused_data
    return b"".join(found)


def _unzstd(body: bytes) -> bytes:
    frame = zstandard.ZstdDecompressor(max_window_size=_LARGEST_WINDOW).decompressobj()
    found: list[bytes] = []
    size = 0
    try:
        for start in range(0, len(body), _SLICE):
            if frame.eof:
                raise _damaged("zstd: there is data after the frame")
            found.append(frame.decompress(body[start : start + _SLICE]))
            size += len(found[-1])
            if size > MOST_BYTES:
                raise _too_large()
    except zstandard.ZstdError as error:
        raise _damaged(f"zstd: {error}") from error
    if not frame.eof or frame.unused_data:
        raise _damaged("zstd: send one whole frame")
    return b"".join(found)


def _too_large() -> ProblemError:
    return ProblemError(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        f"the body has more than {MOST_BYTES} bytes, compressed or inflated; send less at a time",
    )


def _damaged(what: str) -> ProblemError:
    return ProblemError(HTTPStatus.BAD_REQUEST, f"the body cannot be decompressed: {what}")
