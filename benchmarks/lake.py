"""The durable intake and the lake in one run: how fast, beside DuckDB and the bare disk.

`lake.py [--json] [--rounds N] [--only ingest,windows,intake,questions]` and sizes (`--help`): a
table for people, or JSON; progress goes to stderr. Fails where a figure misses its bar in
budgets.toml, or where two ways find different events.
"""

import argparse
import sys
import tomllib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import lake_ingest
import lake_intake
import lake_made
import lake_questions
import lake_windows
from lake_table import Figures, as_json, as_table
from measure import machine
from recorded import ROOT
from rules_bars import Spread, judged, spread

PARTS = ("ingest", "windows", "intake", "questions")
CLIENTS = (1, 8, 32)
Runs = dict[str, list[dict[str, float]]]


def main(arguments: list[str]) -> int:
    """Measure; gives the exit code."""
    chosen = _options().parse_args(arguments)
    with TemporaryDirectory(prefix="foreseen-lake-") as folder:
        figures = _figures(chosen, chosen.keep or Path(folder))
    sys.stdout.write((as_json if chosen.json else as_table)(figures) + "\n")
    return 0 if all(verdict.kept for verdict in figures.verdicts) else 1


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench-lake", description=__doc__)
    parser.add_argument("--json", action="store_true", help="JSON on stdout instead of a table")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of what is compared")
    parser.add_argument("--only", type=_parts, default=PARTS, help="parts, with commas between")
    parser.add_argument("--events", type=int, default=10_000_000, help="events in the lake")
    parser.add_argument("--matches", type=int, default=5_000, help="matches with windows")
    parser.add_argument("--threads", type=int, default=1, help="threads of each way to windows")
    parser.add_argument("--lines", type=int, default=60_000, help="JSON lines to store")
    parser.add_argument("--seconds", type=float, default=6, help="of each number of clients")
    parser.add_argument("--rolled", type=int, default=40_000_000, help="events in the rollups")
    parser.add_argument("--alerts", type=int, default=1_000_000, help="alerts in the rollups")
    parser.add_argument(
        "--keep", type=Path, help="a folder whose lake is used again, if it has one"
    )
    return parser


def _parts(text: str) -> Sequence[str]:
    found = text.split(",")
    odd = set(found) - set(PARTS)
    if odd:
        raise argparse.ArgumentTypeError(f"{', '.join(sorted(odd))}: take of {', '.join(PARTS)}")
    return found


def _figures(chosen: argparse.Namespace, folder: Path) -> Figures:
    """One run, start to end."""
    figures = Figures(machine(), f"{datetime.now(UTC):%Y-%m-%d}")
    held: dict[str, Spread] = {}
    if "ingest" in chosen.only:
        figures.lines_bytes = lake_ingest.make(folder, chosen.lines)
        figures.ingest = lake_ingest.measure(folder, chosen.rounds)
        held["ingest"] = _over(figures.ingest, "duckdb", "ours")
    if "windows" in chosen.only or "questions" in chosen.only:
        figures.events = lake_made.make(folder, chosen.events, chosen.matches)
        figures.matches, figures.threads = chosen.matches, chosen.threads
    if "windows" in chosen.only:
        figures.windows = lake_windows.measure(folder, chosen.rounds, chosen.threads)
        figures.one_window = lake_windows.one_by_one(folder)
        held["windows"] = _over(figures.windows, "row_number", "ours")
        held["windows_megabytes"] = spread([run["megabytes"] for run in figures.windows["ours"]])
        figures.ratios = _ratios(figures.windows)
    if "intake" in chosen.only:
        figures.disk = lake_intake.disk(folder, chosen.seconds)
        figures.intake = lake_intake.measure(folder, CLIENTS, chosen.seconds)
    if "questions" in chosen.only:
        _ask(figures, chosen, folder)
    bars = tomllib.loads((ROOT / "benchmarks" / "budgets.toml").read_text("utf-8"))["lake"]
    figures.verdicts = judged(held, {name: bars[name] for name in bars if name in held})
    return figures


def _ask(figures: Figures, chosen: argparse.Namespace, folder: Path) -> None:
    figures.search["as committed"] = lake_questions.stream_hour(folder)
    figures.search["compacted"] = lake_questions.stream_hour(lake_questions.compacted(folder))
    figures.rolled, figures.alerts = chosen.rolled, chosen.alerts
    figures.rollup_rows = lake_questions.make_rollups(
        folder / "rolled", chosen.rolled, chosen.alerts
    )
    figures.dashboards = lake_questions.dashboards(folder / "rolled")


def _over(runs: Runs, slow: str, fast: str) -> Spread:
    """How many times the CPU of one way another one takes, round by round."""
    pairs = zip(runs[slow], runs[fast], strict=True)
    return spread([theirs["cpu"] / ours["cpu"] for theirs, ours in pairs])


def _ratios(windows: Runs) -> dict[str, float]:
    """CPU of DuckDB's ways over ours, medians of the rounds; and of both for the models."""
    pairs = {
        "row_number": ("row_number", "ours"),
        "row_number, events later": ("row_number, events later", "ours"),
        "stored numbers": ("stored numbers", "ours"),
        "models' windows": ("models' windows, row_number", "models' windows, ours"),
    }
    found = {name: _over(windows, *pair).middle for name, pair in pairs.items()}
    walls = [
        theirs["wall"] / ours["wall"]
        for theirs, ours in zip(windows["row_number"], windows["ours"], strict=True)
    ]
    return {**found, "row_number, wall": median(walls)}


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
