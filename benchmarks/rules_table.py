"""The run as a table for people."""

from collections.abc import Mapping, Sequence

from rules_bars import Series, Spread, Verdict
from rules_loading import Loading
from rules_scale import Size

_GROWTH = "  rules    atoms compile s   cold ev/s   warm ev/s  peak MB"


def table(
    head: Sequence[str],
    series: Mapping[str, Series],
    sizes: Sequence[Size],
    loading: Loading,
    verdicts: Sequence[Verdict],
) -> str:
    """Lines under `head`: rates, growth with the rules, loading, bars."""
    rates = [
        f"{each.title:44}{each.rate:12,.0f}{min(each.seconds):10.3f}{max(each.seconds):10.3f}"
        for each in series.values()
    ]
    growth = [
        f"{size.rules:7,}{size.atoms:9,}{size.compiled:10.2f}{size.cold.rate:12,.0f}"
        f"{size.warm.rate:12,.0f}{size.memory / 1e6:9,.0f}"
        for size in sizes
    ]
    return "\n".join(
        [
            *head,
            "",
            f"{'':44}{'events/s':>12}{'least s':>10}{'most s':>10}",
            *rates,
            "",
            _GROWTH,
            *growth,
            "",
            *_loading(loading),
            "",
            *map(_verdict, verdicts),
        ]
    )


def told(name: str, found: Spread) -> str:
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
    return f"{told(verdict.name, verdict.found):56} {bar:16} {'ok' if verdict.kept else 'MISSED'}"
