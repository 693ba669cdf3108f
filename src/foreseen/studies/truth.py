"""Ground truth of a recording: which events belong to which attack run."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import zstandard

from foreseen.core.errors import MalformedInputError


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


def attacks_of(matches: pa.Table, truth: Truth) -> list[Attack | None]:
    """The attack of each match, None where it is benign."""
    hosts = matches.column("host").to_pylist()
    serials = matches.column("original_uid").to_pylist()
    return [truth.get((host, serial)) for host, serial in zip(hosts, serials, strict=True)]
