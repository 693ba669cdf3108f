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


Truth = Mapping[tuple[str, str], Attack]
"""Attack by (host, serial number of the event); what is absent is benign."""


def read_truth(path: Path) -> Truth:
    """Labels of a recording, `labels.csv.zst`: columns node, serial, chain, run, technique.

    Raises:
        MalformedInputError: The file is no such table.
    """
    with path.open("rb") as file:
        text = zstandard.ZstdDecompressor().stream_reader(file).read().decode()
    rows = csv.DictReader(io.StringIO(text))
    missing = {"node", "serial", "chain", "run", "technique"} - set(rows.fieldnames or ())
    if missing:
        raise MalformedInputError(f"{path}: columns {', '.join(sorted(missing))} are missing")
    return {
        (row["node"], row["serial"]): Attack(row["chain"], row["run"], row["technique"])
        for row in rows
    }


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
    except (KeyError, TypeError, ValueError) as error:
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
