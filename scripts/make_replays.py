"""Make the attack replays that ship with the product from a recording of the lab.

    make_replays.py RECORDING... [--out FOLDER]

It takes the attack runs that came through, of all parts of each recording, labels them with the
shipped rules and writes a file for each use (gate, sealed, imitation) and their checksums. The same
recording and code give the same bytes: `tests/studies/test_replays_made.py` compares them.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import orjson

from foreseen.runners.parts import parts
from foreseen.runners.rules.files import shipped_documents
from foreseen.studies.replays.chain import Use
from foreseen.studies.replays.making import recorded_runs, with_everything
from foreseen.studies.replays.recorded import Recorded
from foreseen.studies.replays.sides import LEFT_OUT, SIDES
from foreseen.studies.replays.stored import SUMS, name_of, packed, sums_of
from foreseen.studies.truth import Truth, part_starts, read_truth

SHIPPED = Path(__file__).parents[1] / "src" / "foreseen" / "studies" / "replays" / "data"
LINES = 30_000
"""Lines of a batch: every event has a window here, so it is smaller than elsewhere."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Make them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("recordings", type=Path, nargs="+", help="folders of recordings")
    parser.add_argument("--out", type=Path, default=SHIPPED, help="where to; else where they ship")
    asked = parser.parse_args(arguments)
    runs = [run for recording in sorted(asked.recordings) for run in runs_of(recording)]
    for line in write(runs, asked.out):
        sys.stdout.write(f"{line}\n")


def runs_of(recording: Path) -> list[Recorded]:
    """The runs of one recording that came through."""
    told = orjson.loads((recording / "runs.json").read_bytes())
    failed = {run["run"] for run in told if run.get("failed")}
    truth = read_truth(recording / "labels.csv.zst")
    named: Truth = {
        place: replace(attack, run=f"{recording.name}/{attack.run}")
        for place, attack in truth.items()
        if attack.run not in failed and not attack.chain.startswith(LEFT_OUT)
    }
    starts = part_starts(recording / "parts.json")
    hostile = sorted({run["part"] for run in told}, key=lambda part: starts[part])
    files = [str(recording / f"{part}.log.zst") for part in hostile]
    rules = with_everything(shipped_documents())
    return recorded_runs(parts(files, "auditd", lines=LINES), rules, named, SIDES)


def write(runs: Sequence[Recorded], out: Path) -> Iterator[str]:
    """Write a file for each use that has runs, and the checksums; tells what it wrote."""
    out.mkdir(parents=True, exist_ok=True)
    files: dict[str, bytes] = {}
    for use in Use:
        own = [run for run in runs if run.use is use]
        (out / name_of(use)).unlink(missing_ok=True)
        if not own:
            continue
        content = packed(own)
        (out / name_of(use)).write_bytes(content)
        files[name_of(use)] = content
        chains, deeds = len({run.chain for run in own}), sum(len(run.deeds) for run in own)
        yield (
            f"{use.value}: {chains} chains, {len(own)} runs, {deeds:,} events,"
            f" {len(content):,} bytes"
        )
    (out / SUMS).write_text(sums_of(files), encoding="ascii")


if __name__ == "__main__":
    main()
