"""The run as a table for people."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from rules_bars import Series, Spread, Verdict
from rules_loading import Loading
from rules_scale import Size

_GROWTH = "  rules    atoms compile s   cold ev/s   warm ev/s  peak MB"


@dataclass(frozen=True, slots=True)
class Figures:
    """All that a run found.

    Attributes:
        machine: Its name.
        date: Day of the run, UTC.
        wall: Seconds that the run took.
        series: What was measured in turns, by name.
        ratios: Rates over rates that are shown and held to no bar.
        sizes: Growth with the number of rules.
        loading: Start-up and reload.
        verdicts: The bars.
    """

    machine: str
    date: str
    wall: int
    series: Mapping[str, Series]
    ratios: Mapping[str, Spread]
    sizes: Sequence[Size]
    loading: Loading
    verdicts: Sequence[Verdict]


def as_json(figures: Figures) -> str:
    """The figures, and the rate of each series."""
    rates = {name: round(each.rate) for name, each in figures.series.items()}
    return json.dumps(asdict(figures) | {"rates": rates}, indent=1)


def as_table(figures: Figures) -> str:
    """Lines: rates, ratios, growth with the rules, loading, bars."""
    rates = [
        f"{each.title:44}{each.rate:12,.0f}{min(each.seconds):10.3f}{max(each.seconds):10.3f}"
        for each in figures.series.values()
    ]
    growth = [
        f"{size.rules:7,}{size.atoms:9,}{size.compiled:10.2f}{size.cold.rate:12,.0f}"
        f"{size.warm.rate:12,.0f}{size.memory / 1e6:9,.0f}"
        for size in figures.sizes
    ]
    parts = [
        [f"{figures.machine}; {figures.date}; the run took {figures.wall} s"],
        ["Labels equal those of DuckDB, of polars and of the engine without Hyperscan."],
        [f"{'':44}{'events/s':>12}{'least s':>10}{'most s':>10}", *rates],
        [_told(name, each) for name, each in figures.ratios.items()],
        [_GROWTH, *growth],
        _loading(figures.loading),
        [_verdict(each) for each in figures.verdicts],
    ]
    return "\n\n".join("\n".join(part) for part in parts)


def _told(name: str, found: Spread) -> str:
    """A figure with its spread over the rounds."""
    return f"{name:24}{found.middle:10.3g}  ({found.low:.3g} to {found.high:.3g})"


def _loading(loading: Loading) -> list[str]:
    return [
        f"{loading.rules:,} rules from text, {loading.refused} refused, CPU seconds:",
        f"  nothing kept {loading.first:.1f}, of that the engine {loading.compiled:.1f}",
        f"  databases kept {loading.kept:.1f}, of that the engine {loading.compiled_kept:.1f}",
        f"  reload after a change of one rule {loading.reload:.2f}",
    ]


def _verdict(verdict: Verdict) -> str:
    words = {"at_least": "at least", "at_most": "at most"}
    bar = " ".join(f"{words[key]} {value:g}" for key, value in verdict.bar.items())
    return f"{_told(verdict.name, verdict.found):56} {bar:16} {'ok' if verdict.kept else 'MISSED'}"
