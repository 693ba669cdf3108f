"""The rules engine against DuckDB, polars and the bare reading of JSON, all in one run.

`rules.py [--json] [--rounds N]`: a table for people, or JSON; progress goes to stderr. Fails where
a figure misses its bar in budgets.toml, or where an engine that is compared labels otherwise.
"""

import os

os.environ["POLARS_MAX_THREADS"] = "1"  # read when polars is imported

import argparse
import gc
import json
import sys
import time
import tomllib
from dataclasses import asdict
from datetime import UTC, datetime

import orjson
import pyarrow as pa

import rules_input
import rules_loading
import rules_polars
import rules_rivals
import rules_scale
from foreseen.core.records import Line
from foreseen.rules.engine import Engine
from foreseen.rules.ruleset import Compiled
from measure import machine
from recorded import ROOT
from rules_bars import Series, Spread, Verdict, judged, spread, times_as_fast
from rules_columns import wide
from rules_rounds import Task, measured, progress
from rules_table import table, told

EVENTS = 20_000
ROUNDS = 5
SLOW_ROUNDS = 3
#: All rules for Windows that are compared; more are clones.
COMPARED = 2_839
SCALES = (100, 500, 1_000, COMPARED, 5_678, 10_000)


def main(arguments: list[str]) -> int:
    """Measure; gives the exit code."""
    parser = argparse.ArgumentParser(prog="bench-rules", description=__doc__)
    parser.add_argument("--json", action="store_true", help="JSON on stdout instead of a table")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="rounds of each measurement")
    chosen = parser.parse_args(arguments)
    started = time.monotonic()
    bars = tomllib.loads((ROOT / "benchmarks" / "budgets.toml").read_text("utf-8"))["rules"]
    pa.set_cpu_count(1)
    rules_input.data()
    sizes = rules_scale.sizes(SCALES, EVENTS, min(chosen.rounds, SLOW_ROUNDS))
    progress("loading rules")
    loading, loaded = rules_loading.measure(rules_input.documents())
    compared = rules_input.comparable(loaded)
    if len(compared) != COMPARED:
        raise ValueError(f"{len(compared)} rules can be compared, not {COMPARED}")
    series = _rounds(compared, chosen.rounds)
    found = _held(series, sizes, loading)
    verdicts = judged(found, bars)
    shown = {
        "warm over cold": times_as_fast(series["warm"], series["cold"]),
        "cold over polars": times_as_fast(series["cold"], series["polars"]),
        "warm over polars": times_as_fast(series["warm"], series["polars"]),
    }
    wall = round(time.monotonic() - started)
    if chosen.json:
        text = _json(series, sizes, loading, verdicts) | {
            "shown": {name: asdict(each) for name, each in shown.items()},
            "wall_seconds": wall,
        }
        sys.stdout.write(json.dumps(text, indent=1) + "\n")
    else:
        head = [
            f"machine: {machine()}; {datetime.now(UTC):%Y-%m-%d}; the run took {wall} s",
            f"input: {EVENTS:,} events, {len(compared):,} rules; CPU time, one thread",
            "labels: equal to those of DuckDB, of polars and of the engine without Hyperscan",
            "",
            *(told(name, each) for name, each in shown.items()),
        ]
        sys.stdout.write(table(head, series, sizes, loading, verdicts) + "\n")
    return 0 if all(verdict.kept for verdict in verdicts) else 1


def _json(
    series: dict[str, Series],
    sizes: list[rules_scale.Size],
    loading: rules_loading.Loading,
    verdicts: tuple[Verdict, ...],
) -> dict[str, object]:
    return {
        "machine": machine(),
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "rates": {name: round(each.rate) for name, each in series.items()},
        "rounds": {name: asdict(each) for name, each in series.items()},
        "scaling": [asdict(each) for each in sizes],
        "loading": asdict(loading),
        "bars": [asdict(each) for each in verdicts],
    }


def _rounds(compared: list[Compiled], rounds: int) -> dict[str, Series]:
    """Everything that is measured in turns in this process."""
    progress("engines and tables")
    lines, creations = rules_input.events(EVENTS), rules_input.unique_creations(EVENTS)
    engine = Engine(rules_input.wanted(compared))
    plain = Engine(rules_input.wanted(compared), fallback=True)
    gc.freeze()  # as a server may after loading: else each collection walks all rules
    events, unique = rules_input.batch(lines), rules_input.batch(creations)
    columns = wide(events, [each.tree for each in compared])
    ask_duckdb = rules_rivals.duckdb_labels(columns, compared)
    ask_polars = rules_polars.polars_labels(columns, compared)
    progress("labels of all engines")
    ours = _pairs(engine, events)
    rules_rivals.agree(ours, ask_duckdb(), compared, who="DuckDB")
    rules_rivals.agree(ours, ask_polars(), compared, who="polars")
    rules_rivals.agree(ours, _pairs(plain, events), compared, who="the engine without Hyperscan")
    rules_rivals.agree(
        _pairs(engine, unique), _pairs(plain, unique), compared, who="the engine without Hyperscan"
    )
    forget, half = engine._forget, EVENTS // 2  # noqa: SLF001 (what it remembers is measured)

    def seen_half() -> None:
        forget()
        engine.matches(events.slice(0, half))

    def ready() -> None:
        engine.matches(events)

    tasks = [
        Task("duckdb", "DuckDB, one SELECT a rule", EVENTS, ask_duckdb),
        Task("polars", "polars, 50 rules a select", EVENTS, ask_polars, rounds=SLOW_ROUNDS),
        Task("cold", "ours, first sight of values", EVENTS, lambda: engine.matches(events), forget),
        Task("warm", "ours, values seen before", EVENTS, lambda: engine.matches(events)),
        Task(
            "half",
            "ours, new events after as many others",
            EVENTS - half,
            lambda: engine.matches(events.slice(half)),
            seen_half,
        ),
        Task("orjson", "orjson parses only", EVENTS, lambda: _parsed(lines)),
        Task("to_arrow", "JSON lines to columns", EVENTS, lambda: rules_input.batch(lines)),
        Task(
            "labelled_cold",
            "JSON lines to labels, first sight",
            EVENTS,
            lambda: engine.matches(rules_input.batch(lines)),
            forget,
        ),
        Task(
            "labelled",
            "JSON lines to labels, values seen before",
            EVENTS,
            lambda: engine.matches(rules_input.batch(lines)),
        ),
        Task("worst", "ours, new command lines", EVENTS, lambda: engine.matches(unique), forget),
        Task("worst_warm", "ours, the same again", EVENTS, lambda: engine.matches(unique)),
        Task(
            "plain",
            "ours without Hyperscan, first sight",
            EVENTS,
            lambda: plain.matches(events),
            plain._forget,  # noqa: SLF001
            rounds=SLOW_ROUNDS,
        ),
    ]
    return measured(tasks, rounds)


def _pairs(engine: Engine, events: pa.RecordBatch) -> rules_rivals.Pairs:
    rows, rules = engine.matches(events)
    return set(zip(rules.tolist(), rows.tolist(), strict=True))


def _parsed(lines: list[Line]) -> None:
    for line in lines:
        orjson.loads(line.data)


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
