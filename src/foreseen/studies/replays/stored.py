"""The attack replays that ship with the product: read and checked, and how they are written."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import fields
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import orjson
import zstandard

from foreseen.core.errors import CorruptError
from foreseen.models.moments.acts import Act
from foreseen.models.moments.moment import Moment
from foreseen.studies.replays.chain import Own, Use
from foreseen.studies.replays.recorded import Deed, Recorded

DATA = "foreseen.studies.replays.data"
SUMS = "SHA256SUMS"
_LEVEL = 19
_MOST_BYTES = 256 << 20
"""Bytes of one file at most when unpacked: a damaged length must not fill the memory."""


@cache
def recorded(use: Use) -> tuple[Recorded, ...]:
    """The runs of one use, as they ship.

    Raises:
        CorruptError: A file is missing, damaged or does not have its checksum; it is named.
    """
    return read(files(DATA), use)


def name_of(use: Use) -> str:
    """File of the runs of one use."""
    return f"{use.value}.jsonl.zst"


def read(folder: Traversable, use: Use) -> tuple[Recorded, ...]:
    """The runs of one use from a folder; none if its sums do not name such a file.

    Raises:
        CorruptError: A file is missing, damaged or does not have its checksum; it is named.
    """
    name = name_of(use)
    place = folder / name
    try:
        sums = dict(line.split()[::-1] for line in (folder / SUMS).read_text("ascii").splitlines())
        if name not in sums:
            return ()
        packed = place.read_bytes()
    except (OSError, ValueError) as error:
        raise CorruptError(f"{place}: cannot be read: {error}; install Foreseen again") from error
    if hashlib.sha256(packed).hexdigest() != sums[name]:
        raise CorruptError(f"{place}: does not have its checksum; install Foreseen again")
    try:
        return tuple(_run(orjson.loads(line), use) for line in _unpacked(packed).splitlines())
    except (zstandard.ZstdError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise CorruptError(
            f"{place}: holds no replays: {error!r}; install Foreseen again"
        ) from error


def packed(runs: Sequence[Recorded]) -> bytes:
    """A file of runs, a line each; the same bytes for the same runs."""
    lines = (orjson.dumps(_told(run), option=orjson.OPT_SORT_KEYS) for run in runs)
    text = b"".join(line + b"\n" for line in lines)
    parameters = zstandard.ZstdCompressionParameters.from_level(
        _LEVEL, window_log=24, enable_ldm=True, write_checksum=True, source_size=len(text)
    )
    return zstandard.ZstdCompressor(compression_params=parameters).compress(text)


def sums_of(files: Mapping[str, bytes]) -> str:
    """Checksums of files, as `sha256sum` writes and checks them."""
    return "".join(
        f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in files.items()
    )


def _unpacked(packed: bytes) -> bytes:
    size = zstandard.frame_content_size(packed)
    if not 0 <= size <= _MOST_BYTES:
        raise ValueError(f"{size} bytes when unpacked")
    return zstandard.ZstdDecompressor(max_window_size=1 << 27).decompress(packed)


def _told(run: Recorded) -> dict[str, object]:
    return {
        "chain": run.chain,
        "technique": run.technique,
        "run": run.run,
        "deeds": run.deeds,
    }


def _run(told: dict[str, Any], use: Use) -> Recorded:
    deeds = tuple(
        Deed(
            moment=_moment(deed["moment"]),
            own=_own(deed["own"]),
            columns=deed["columns"],
            rules=tuple(deed["rules"]),
        )
        for deed in told["deeds"]
    )
    return Recorded(str(told["chain"]), str(told["technique"]), use, str(told["run"]), deeds)


def _moment(told: dict[str, Any]) -> Moment:
    values = {name: _frozen(value) for name, value in told.items() if name in _MOMENT}
    return Moment(**{**values, "act": Act(**told["act"])})


def _own(told: dict[str, Any]) -> Own:
    return Own(**{name: _frozen(value) for name, value in told.items()})


def _frozen(value: Any) -> Any:  # noqa: ANN401 (JSON)
    return tuple(value) if isinstance(value, list) else value


_MOMENT = {each.name for each in fields(Moment)}
