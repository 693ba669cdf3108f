"""A run of `lake.py` as a table for people, or as JSON."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median

from lake_intake import Acknowledged
from rules_bars import Verdict

Runs = Mapping[str, Sequence[Mapping[str, float]]]


@dataclass(slots=True)
class Figures:
    """All that a run found; what was not measured is empty.

    Attributes:
        machine: Its name.
        date: Day of the run, UTC.
        lines_bytes: Bytes of JSON lines that were stored.
        ingest: Runs of each way to store them.
        events: Events in the lake.
        matches: Matches with windows.
        threads: Threads of each way to windows.
        windows: Runs of each way to windows.
        ratios: CPU of DuckDB's ways over ours.
        one_window: Milliseconds of the window of one match.
        disk: What the disk does by itself.
        intake: What clients saw.
        search: Milliseconds of a search, by the state of the lake.
        rolled: Events in the rollups.
        alerts: Alerts in the rollups.
        rollup_rows: Rows of these.
        dashboards: Milliseconds of each chart.
        verdicts: The bars.
    """

    machine: str
    date: str
    lines_bytes: int = 0
    ingest: Runs = field(default_factory=dict)
    events: int = 0
    matches: int = 0
    threads: int = 1
    windows: Runs = field(default_factory=dict)
    ratios: Mapping[str, float] = field(default_factory=dict)
    one_window: Mapping[str, float] = field(default_factory=dict)
    disk: Mapping[str, float] = field(default_factory=dict)
    intake: Sequence[Acknowledged] = ()
    search: dict[str, Mapping[str, float]] = field(default_factory=dict)
    rolled: int = 0
    alerts: int = 0
    rollup_rows: int = 0
    dashboards: Mapping[str, float] = field(default_factory=dict)
    verdicts: Sequence[Verdict] = ()


def as_json(figures: Figures) -> str:
    """The figures."""
    return json.dumps(asdict(figures), indent=1)


def as_table(figures: Figures) -> str:
    """Lines: each part that was measured, then the bars."""
    parts = [
        [f"{figures.machine}; {figures.date}"],
        _ingest(figures) if figures.ingest else [],
        _windows(figures) if figures.windows else [],
        _intake(figures) if figures.intake else [],
        _questions(figures) if figures.dashboards else [],
        [_verdict(each) for each in figures.verdicts],
    ]
    return "\n\n".join("\n".join(part) for part in parts if part)


def _middle(runs: Sequence[Mapping[str, float]], name: str) -> float:
    return median(run[name] for run in runs)


def _ingest(figures: Figures) -> list[str]:
    lines = [f"JSON lines to Delta, {figures.lines_bytes / 1e6:,.0f} MB"]
    for name, runs in figures.ingest.items():
        rows, cpu = _middle(runs, "rows"), _middle(runs, "cpu")
        lines.append(
            f"{name:28}{rows / cpu:10,.0f} lines/s of CPU{_middle(runs, 'wall'):8.2f} s wall"
            f"{_middle(runs, 'commits'):6,.0f} commits{_middle(runs, 'megabytes'):8,.0f} MB"
            f"{_middle(runs, 'stored_bytes') / rows:7,.0f} bytes an event"
        )
    return lines


def _windows(figures: Figures) -> list[str]:
    of = f"{figures.matches:,} matches in {figures.events:,} events"
    lines = [f"Windows of 100 events before {of}, {figures.threads} threads"]
    for name, runs in figures.windows.items():
        lines.append(
            f"{name:28}{_middle(runs, 'cpu'):8.2f} s CPU{_middle(runs, 'wall'):8.2f} s wall"
            f"{_middle(runs, 'megabytes'):8,.0f} MB more"
        )
    lines += [f"{name:28}{ratio:8.1f} times ours" for name, ratio in figures.ratios.items()]
    one = figures.one_window
    return [*lines, f"{'window of one match':28}{one['median']:8.0f} ms, at most {one['most']:.0f}"]


def _intake(figures: Figures) -> list[str]:
    lines = ["Acknowledged batches of 1,000 events"]
    lines.append(
        f"{'disk alone':18}{figures.disk['events_a_second']:10,} events/s"
        f"{figures.disk['megabytes_a_second']:6,} MB/s{'':12}"
        f" p50 {figures.disk['p50']:8,} ms, p99 {figures.disk['p99']:8,} ms"
    )
    return [
        *lines,
        *(
            f"{each.pipeline:6}{each.clients:4} clients{each.events_a_second:10,} events/s"
            f"{each.megabytes_a_second:6,} MB/s{each.refused:4} refused"
            f" p50 {each.p50:8,} ms, p99 {each.p99:8,} ms"
            for each in figures.intake
        ),
    ]


def _questions(figures: Figures) -> list[str]:
    rolled = f"{figures.rolled:,} events and {figures.alerts:,} alerts"
    return [
        *(
            f"{f'one stream, one hour, {state}':40}{found['median']:8.0f} ms, at most "
            f"{found['most']:.0f}"
            for state, found in figures.search.items()
        ),
        f"{rolled} in {figures.rollup_rows:,} rows of rollups",
        *(f"{name:40}{taken:8.0f} ms" for name, taken in figures.dashboards.items()),
    ]


def _verdict(verdict: Verdict) -> str:
    words = {"at_least": "at least", "at_most": "at most"}
    bar = " ".join(f"{words[key]} {value:g}" for key, value in verdict.bar.items())
    found = verdict.found
    figure = f"{found.middle:10.3g}  ({found.low:.3g} to {found.high:.3g})"
    return f"{verdict.name:24}{figure:32} {bar:16} {'ok' if verdict.kept else 'MISSED'}"
