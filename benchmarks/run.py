"""Measures what budgets.toml names, prints it with the machine, and fails over a budget.

`run.py [FILE]`: FILE is a recording; without it the newest one of lab/recordings is taken.
"""

import sys
import tomllib
from pathlib import Path

import ingest
import labelling
from measure import Measurement, machine
from recorded import ROOT, first_lines, tested_recording

LINES = 120_000


def main(arguments: list[str]) -> int:
    """Measure; gives the exit code."""
    budgets = tomllib.loads((ROOT / "benchmarks" / "budgets.toml").read_text(encoding="utf-8"))
    path = Path(arguments[0]) if arguments else tested_recording()
    lines = first_lines(path, LINES)
    _say(f"machine: {machine()}")
    _say(f"input: {len(lines)} lines of {path}")
    measured = [*ingest.measure(lines), *labelling.measure(lines)]
    over = [each for each in measured if each.ratio > budgets[each.name]["at_most"]]
    for each in measured:
        _say(_row(each, budgets[each.name]["at_most"], failed=each in over))
    return 1 if over else 0


def _row(each: Measurement, at_most: float, *, failed: bool) -> str:
    verdict = "OVER BUDGET" if failed else "ok"
    return (
        f"{each.name:14} {each.ours:8.3f} s against {each.reference:8.3f} s: "
        f"ratio {each.ratio:7.3f} of at most {at_most:g}  {verdict}\n{'':14} {each.note}"
    )


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
