"""The recorded telemetry that is measured: real lines, shortened so that a run stays short."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import zstandard

from foreseen.core.records import Line

ROOT = Path(__file__).resolve().parents[1]


def first_lines(path: Path, count: int) -> list[bytes]:
    """First lines of a recording, plain or compressed with zstd."""
    with path.open("rb") as stream:
        packed = path.suffix == ".zst"
        unpacker = zstandard.ZstdDecompressor(max_window_size=2**27)
        return list(islice(_lines(unpacker.stream_reader(stream) if packed else stream), count))


def _lines(stream: object) -> Iterator[bytes]:
    rest = b""
    while block := stream.read(1 << 20):  # type: ignore[attr-defined]  # the stubs lack it
        *whole, rest = (rest + block).split(b"\n")
        yield from whole
    if rest:
        yield rest


def placed(lines: list[bytes]) -> list[Line]:
    """Lines as a source hands them on."""
    result, offset = [], 0
    for number, data in enumerate(lines, 1):
        result.append(Line("benchmark", offset, number, "benchmark", data))
        offset += len(data) + 1
    return result


def tested_recording() -> Path:
    """The test part of the longest recording that models had not seen when they were chosen."""
    return ROOT / "lab" / "recordings" / "linux-2026-11-c" / "test.log.zst"
