"""The committed recording's telemetry, in extracts that tests can afford."""

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import islice, pairwise
from pathlib import Path

import zstandard

from foreseen.core.records import Line

RECORDING = Path(__file__).parents[1] / "lab" / "recordings" / "linux-2026-11"
_LARGEST_WINDOW = 1 << 27


@cache
def extract(lines: int, part: str = "train") -> bytes:
    """The first lines of a part, as recorded."""
    with (RECORDING / f"{part}.log.zst").open("rb") as file:
        decompressor = zstandard.ZstdDecompressor(max_window_size=_LARGEST_WINDOW)
        with decompressor.stream_reader(file) as stream:
            return b"".join(islice(_lines(stream), lines))


def _lines(stream: zstandard.ZstdDecompressionReader) -> Iterator[bytes]:
    rest = b""
    while data := stream.read(1 << 20):
        *whole, rest = (rest + data).split(b"\n")
        yield from (line + b"\n" for line in whole)


def lines_of(data: bytes, source: str = "log") -> list[Line]:
    """The lines of a log with their places, empty ones left out."""
    found, offset = [], 0
    for number, line in enumerate(data.split(b"\n"), start=1):
        if line:
            found.append(Line(source, offset, number, source, line))
        offset += len(line) + 1
    return found


def middle_time(data: bytes, share: float = 0.5) -> int:
    """Time of the line at a share of the log, ms UTC: what lies before may teach."""
    lines = data.splitlines()
    return time_of(lines[int(len(lines) * share)])


def time_of(line: bytes) -> int:
    """Time stamp of an audit record, ms UTC."""
    seconds, _, rest = line.partition(b"audit(")[2].partition(b".")
    return int(seconds) * 1000 + int(rest[:3])


def pieces(data: bytes, cuts: Sequence[int]) -> list[bytes]:
    """The log cut at these bytes."""
    ends = [0, *sorted(cuts), len(data)]
    return [data[start:end] for start, end in pairwise(ends)]
