"""The rules engine against DuckDB, polars and the bare reading of JSON, all in one run.

`rules.py [--json] [--rounds N]`: a table for people, or JSON; progress goes to stderr. Fails where
a figure misses its bar in budgets.toml, or where an engine that is compared labels otherwise.
"""

import os

os.environ["POLARS_MAX_THREADS"] = "1"  # read when polars is imported

import argparse
import gc
import sys
import time
import tomllib
from datetime import UTC, datetime

import pyarrow as pa

import rules_input
import rules_loading
import rules_scale
from measure import machine
from recorded import ROOT
from rules_bars import Series, Spread, judged, spread, times_as_fast
from rules_rounds import measured, progress
from rules_table import Figures, as_json, as_table
from rules_tasks import tasks

EVENTS = 20_000
ROUNDS = 5
SCALE_ROUNDS = 3
#: All rules for Windows that are compared; more are clones.
COMPARED = 2_839
SCALES = (100, 500, 1_000, COMPARED, 5_678, 10_000)


def main(arguments: list[str]) -> int:
    """Measure; gives the exit code."""
    parser = argparse.ArgumentParser(prog="bench-rules", description=__doc__)
    parser.add_argument("--json", action="store_true", help="JSON on stdout instead of a table")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="rounds of each measurement")
    chosen = parser.parse_args(arguments)
    figures = _figures(chosen.rounds)
    sys.stdout.write((as_json if chosen.json else as_table)(figures) + "\n")
    return 0 if all(verdict.kept for verdict in figures.verdicts) else 1


def _figures(rounds: int) -> Figures:
    """One run, start to end.

    Raises:
        ValueError: Engines differ in labels, or the input is not the usual one.
    """
    started = time.monotonic()
    bars = tomllib.loads((ROOT / "benchmarks" / "budgets.toml").read_text("utf-8"))["rules"]
    pa.set_cpu_count(1)
    rules_input.data()
    sizes = rules_scale.sizes(SCALES, EVENTS, min(rounds, SCALE_ROUNDS))
    progress("loading rules")
    loading, loaded = rules_loading.measure(rules_input.documents())
    compared = rules_input.comparable(loaded)
    if len(compared) != COMPARED:
        raise ValueError(f"{len(compared)} rules can be compared, not {COMPARED}")
    series = measured(tasks(compared, EVENTS), rounds)
    gc.unfreeze()
    gc.collect()  # DuckDB reports what still stands when Python ends
    return Figures(
        machine=machine(),
        date=f"{datetime.now(UTC):%Y-%m-%d}",
        wall=round(time.monotonic() - started),
        series=series,
        ratios={
            "warm over cold": times_as_fast(series["warm"], series["cold"]),
            "cold over polars": times_as_fast(series["cold"], series["polars"]),
            "warm over polars": times_as_fast(series["warm"], series["polars"]),
        },
        sizes=sizes,
        loading=loading,
        verdicts=judged(_held(series, sizes, loading), bars),
    )


def _held(
    series: dict[str, Series], sizes: list[rules_scale.Size], loading: rules_loading.Loading
) -> dict[str, Spread]:
    """What is held to the bars of budgets.toml, by their names."""
    by_rules = {size.rules: size for size in sizes}
    return {
        "cold": times_as_fast(series["cold"], series["duckdb"]),
        "warm": times_as_fast(series["warm"], series["duckdb"]),
        "worst": times_as_fast(series["worst"], series["cold"]),
        "to_arrow": times_as_fast(series["to_arrow"], series["orjson"]),
        "scaling": times_as_fast(by_rules[10_000].warm, by_rules[1_000].warm),
        "memory": spread([by_rules[COMPARED].memory / 1e9]),
        "reload": spread([loading.reload]),
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
