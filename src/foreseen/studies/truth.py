"""Ground truth of a recording: which events belong to which attack run."""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson
import pyarrow as pa
import zstandard

from foreseen.core.alerts import Alert
from foreseen.core.errors import MalformedInputError
from foreseen.lake.lake import Lake
from foreseen.schema.arrow import texts


@dataclass(frozen=True, slots=True)
class Attack:
    """The attack run that an event belongs to."""

    chain: str
    run: str
    technique: str


_LABELS = {"node", "serial", "chain", "run", "technique"}

Truth = Mapping[tuple[str, str], Attack]
"""Attack by (host, serial number of the event); what is absent is benign."""


def read_truth(path: Path) -> Truth:
    """Labels of a recording, `labels.csv.zst`: columns node, serial, chain, run, technique.

    Raises:
        MalformedInputError: The file is no such table.
    """
    try:
        rows = list(csv.reader(io.StringIO(_decompressed(path)), strict=True))
    except (zstandard.ZstdError, ValueError, csv.Error) as error:
        raise MalformedInputError(f"{path}: no compressed table of labels: {error}") from error
    header = rows[0] if rows else []
    missing = _LABELS - set(header)
    if missing:
        raise MalformedInputError(f"{path}: columns {', '.join(sorted(missing))} are missing")
    truth: dict[tuple[str, str], Attack] = {}
    for number, cells in enumerate(rows[1:], start=2):
        if len(cells) != len(header):
            raise MalformedInputError(
                f"{path}:{number}: {len(cells)} cells where the header has {len(header)}"
            )
        row = dict(zip(header, cells, strict=True))
        truth[row["node"], row["serial"]] = Attack(row["chain"], row["run"], row["technique"])
    return truth


def _decompressed(path: Path) -> str:
    """The whole of a file, frame by frame; a stream reader would take a cut-off one for whole."""
    packed, text = path.read_bytes(), b""
    while packed:
        frame = zstandard.ZstdDecompressor().decompressobj()
        text += frame.decompress(packed)
        if not frame.eof:
            raise MalformedInputError(f"{path}: the compressed file is cut off; fetch it again")
        packed = frame.unused_data
    return text.decode()


def read_runs(path: Path, part: str) -> dict[str, str]:
    """Chain by run of one part, from a recording's `runs.json`.

    Raises:
        MalformedInputError: The file is no such list.
    """
    try:
        return {str(r["run"]): str(r["chain"]) for r in _json(path) if r["part"] == part}
    except (KeyError, TypeError) as error:
        raise MalformedInputError(f"{path}: a run lacks {error}") from error


def part_starts(path: Path) -> dict[str, int]:
    """When each part began, ms UTC, from a recording's `parts.json`.

    Raises:
        MalformedInputError: The file is no such list.
    """
    try:
        return {str(p["part"]): int(float(str(p["start"])) * 1000) for p in _json(path)}
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise MalformedInputError(f"{path}: a part lacks its start: {error}") from error


def _json(path: Path) -> list[dict[str, object]]:
    try:
        found: list[dict[str, object]] = orjson.loads(path.read_bytes())
    except ValueError as error:
        raise MalformedInputError(f"{path}: no JSON: {error}") from error
    return found


def attacked_alerts(alerts: Iterable[Alert], lake: Lake, truth: Truth) -> int:
    """How many alerts hold at least one event of an attack."""
    matches = lake.read("matches", ["match_uid", "host", "original_uid"])
    attacks = attacks_of(matches, truth)
    hostile = {
        uid for uid, attack in zip(texts(matches, "match_uid"), attacks, strict=True) if attack
    }
    return sum(not hostile.isdisjoint(alert.members) for alert in alerts)


def attacks_of(matches: pa.Table, truth: Truth) -> list[Attack | None]:
    """The attack of each match, None where it is benign."""
    hosts, serials = texts(matches, "host"), texts(matches, "original_uid")
    return [truth.get((host, serial)) for host, serial in zip(hosts, serials, strict=True)]
