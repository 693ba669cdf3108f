"""A lab recording as a data set: its files go through the product's own shard step first."""

import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from foreseen.core.errors import NotFoundError
from foreseen.lake.lake import Lake
from foreseen.runners.replay import Progress, ReplayOrder, to_lake
from foreseen.runners.rules.files import load_rules
from foreseen.studies.benchmark.loaders.recording import Recorded, recorded
from foreseen.studies.benchmark.pairs import Pair, parse_pairs
from foreseen.studies.truth import part_starts, read_truth

_TEST = "test"


@dataclass(frozen=True, slots=True)
class Recording:
    """What a folder holds.

    Attributes:
        recorded: Its matches.
        pairs: Its matched pairs; older recordings have none.
    """

    recorded: Recorded
    pairs: list[Pair]


def read_recording(folder: Path, *, mixed: bool, progress: Progress = lambda *_: None) -> Recording:
    """Label a recording with the shipped rules; matches of rules that a model judges are its data.

    Args:
        folder: As `foreseen lab record` writes it.
        mixed: Whether to learn from its mixed part, which has attacks, as well.
        progress: Told how far it is.

    Raises:
        NotFoundError: A file is missing.
        MalformedInputError: A file is not what it should be.
    """
    files = [
        folder / f"{part}.log.zst" for part in ("train", *(("mixed",) if mixed else ()), _TEST)
    ]
    for file in (*files, folder / "labels.csv.zst", folder / "parts.json"):
        if not file.is_file():
            raise NotFoundError(f"{file}: no such file: give a folder that a recording is in")
    rules = load_rules(None)
    with TemporaryDirectory() as scratch:
        place = Path(scratch)
        now = time.time_ns() // 1_000_000
        order = ReplayOrder([str(file) for file in files], "auditd", rules, place, now)
        lake = Lake.open(place / "lake")
        to_lake(order, lake, progress)
        found = recorded(
            lake,
            read_truth(folder / "labels.csv.zst"),
            [rule.id for rule in rules.rules if rule.foresee],
            test_from=part_starts(folder / "parts.json")[_TEST],
            name=folder.name,
        )
    pairs = folder / "pairs.json"
    return Recording(found, parse_pairs(pairs.read_bytes(), str(pairs)) if pairs.is_file() else [])
