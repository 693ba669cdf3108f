"""A contest as pictures: self-contained SVG, readable in light and in dark.

Colours go with dashes, so that no line is told by its colour alone.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

import numpy as np

from foreseen.studies.benchmark.contest import Contest, Entry
from foreseen.studies.benchmark.dataset import Reals
from foreseen.studies.benchmark.outcome import LEAST_MALICIOUS
from foreseen.studies.benchmark.ranking import curve, ranked
from foreseen.studies.benchmark.thresholds import alerting, pooled_threshold, promise

LOWEST = 1e-4
"""Left end of the logarithmic axes: smaller shares lie on it."""

BUDGETS = tuple(float(share) for share in np.geomspace(1e-3, 0.5, 28))
"""Budgets at which the picture of calibration sets thresholds."""

_COLORS = ("#2f7de1", "#d9622b", "#2a9d6f", "#b04fb8", "#c2911c", "#d43d51", "#3a9fb5", "#7d7f8c")
_DASHES = ("", "7 4", "2 3")
_LEFT, _TOP, _SIDE, _LEGEND, _LINE = 74, 72, 440, 250, 20
_MOST_POINTS, _FEWEST_POINTS = 400, 3
_TICKS = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)
_UNFIT = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_STYLE = (
    "svg.contest{--paper:#ffffff;--ink:#1f2430;--quiet:#5b6375;--line:#d4d8e0}"
    "@media(prefers-color-scheme:dark)"
    "{svg.contest{--paper:#14171f;--ink:#e8eaf0;--quiet:#a4abbb;--line:#3a4050}}"
    ".contest text{font-family:system-ui,sans-serif;font-size:11px;fill:var(--ink)}"
    ".contest .title{font-size:16px;font-weight:600}.contest .quiet{fill:var(--quiet)}"
    ".contest .paper{fill:var(--paper)}.contest .grid{stroke:var(--line);fill:none}"
    ".contest polyline{fill:none;stroke-width:1.5}.contest .first polyline{stroke-width:3}"
    ".contest .even{stroke:var(--quiet);stroke-dasharray:4 4}.contest .end{text-anchor:end}"
    ".contest .middle{text-anchor:middle}"
)


@dataclass(frozen=True, slots=True)
class _Line:
    """One method's line and its place at the threshold in use, both in shares."""

    method: str
    across: Reals
    up: Reals
    mark: tuple[float, float] | None


def recall_picture(contest: Contest) -> str:
    """Malicious recall against the share of benign matches that alert, at every threshold.

    Marks are the thresholds in use, set on calibration.
    """
    return _picture(
        f"{contest.dataset}: recall against alerts",
        ("benign matches that alert", "malicious matches that alert"),
        [_recall_line(entry) for entry in contest.entries],
        is_log=(True, False),
    )


def calibration_picture(contest: Contest) -> str:
    """Realised against promised share of benign matches that alert, at many budgets.

    Marks are the threshold in use. A line above the dashed one broke its promises.
    """
    return _picture(
        f"{contest.dataset}: promised and realised alerts",
        ("promised, from calibration", "realised on test"),
        [_calibration_line(entry) for entry in contest.entries],
        is_log=(True, True),
    )


def _recall_line(entry: Entry) -> _Line:
    labels, overall = entry.test.labels, entry.outcome.overall
    across, up = _stairs(*curve(ranked(entry.test.scores, labels.malicious, labels.weights)))
    if overall.malicious < LEAST_MALICIOUS or overall.realised is None:
        return _Line(entry.method, across[:0], up[:0], None)
    return _Line(entry.method, across, up, (overall.realised, overall.malicious_recall or 0.0))


def _calibration_line(entry: Entry) -> _Line:
    overall = entry.outcome.overall
    if overall.realised is None or overall.promised is None:
        return _Line(entry.method, np.zeros(0), np.zeros(0), None)
    points = sorted({_kept(entry, budget) for budget in BUDGETS})
    if len(points) < _FEWEST_POINTS:  # a list decides by itself and knows no budget
        points = []
    across, up = (np.array([point[axis] for point in points]) for axis in (0, 1))
    return _Line(entry.method, across, up, (overall.promised, overall.realised))


def _kept(entry: Entry, budget: float) -> tuple[float, float]:
    """What calibration promises at a budget, and what of test alerts there."""
    known, test = entry.calibration, entry.test
    threshold = pooled_threshold(known.scores, known.labels.weights, budget)
    promised = promise(known.scores, known.labels.weights, threshold)
    weights = np.where(test.labels.benign, test.labels.weights, 0.0)
    realised = weights @ alerting(test.scores, threshold) / weights.sum()
    return promised or 0.0, float(realised)


def _picture(
    title: str, axes: tuple[str, str], lines: Sequence[_Line], is_log: tuple[bool, bool]
) -> str:
    width = _LEFT + _SIDE + _LEGEND
    height = max(_TOP + _SIDE + 60, _TOP + (len(lines) + 1) * _LINE)
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    even = [_even()] if all(is_log) else []
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="contest" role="img" {size}>',
            f"<title>{_text(title)}</title>",
            f"<style>{_STYLE}</style>",
            f'<rect width="{width}" height="{height}" class="paper"/>',
            _words(16, 30, title, "title"),
            _words(16, 50, f"up: {axes[1]}; across: {axes[0]}; o: threshold in use", "quiet"),
            *_grid(is_log),
            _words(_LEFT + _SIDE / 2, _TOP + _SIDE + 40, axes[0], "middle"),
            *even,
            *(_drawn(place, line, is_log) for place, line in enumerate(lines)),
            "</svg>\n",
        ]
    )


def _grid(is_log: tuple[bool, bool]) -> list[str]:
    drawn = [f'<rect class="grid" x="{_LEFT}" y="{_TOP}" width="{_SIDE}" height="{_SIDE}"/>']
    end = _TOP + _SIDE
    for tick in _TICKS if is_log[0] else _even_ticks():
        x = _x(tick, is_log=is_log[0])
        drawn.append(f'<path class="grid" d="M{x:.1f} {_TOP}V{end}"/>')
        drawn.append(_words(x, end + 18, _percent(tick, is_log=is_log[0]), "middle"))
    for tick in _TICKS if is_log[1] else _even_ticks():
        y = _y(tick, is_log=is_log[1])
        drawn.append(f'<path class="grid" d="M{_LEFT} {y:.1f}H{_LEFT + _SIDE}"/>')
        drawn.append(_words(_LEFT - 8, y + 4, _percent(tick, is_log=is_log[1]), "end"))
    return drawn


def _even_ticks() -> list[float]:
    return [tick / 5 for tick in range(6)]


def _even() -> str:
    return f'<path class="even" d="M{_LEFT} {_TOP + _SIDE}L{_LEFT + _SIDE} {_TOP}"/>'


def _drawn(place: int, line: _Line, is_log: tuple[bool, bool]) -> str:
    color = _COLORS[place % len(_COLORS)]
    dash = _DASHES[place // len(_COLORS) % len(_DASHES)]
    stroke = f'stroke="{color}"' + (f' stroke-dasharray="{dash}"' if dash else "")
    across, up = _thinned(line.across, line.up)
    points = " ".join(
        f"{_x(x, is_log=is_log[0]):.1f},{_y(y, is_log=is_log[1]):.1f}"
        for x, y in zip(across, up, strict=True)
    )
    legend, top = _LEFT + _SIDE + 20, _TOP + place * _LINE
    sample = f'<polyline points="{legend},{top} {legend + 26},{top}" {stroke}/>'
    name = line.method if line.mark else f"{line.method} (too few matches)"
    mark = _mark(line, color, is_log) if line.mark else ""
    curve_ = f'<polyline points="{points}" {stroke}/>' if points else ""
    kind = "first" if place == 0 else "other"
    words = _words(legend + 34, top + 4, name, "legend")
    return f'<g class="{kind}"><title>{_text(name)}</title>{curve_}{mark}{sample}{words}</g>'


def _mark(line: _Line, color: str, is_log: tuple[bool, bool]) -> str:
    x, y = line.mark or (0.0, 0.0)
    place = f'cx="{_x(x, is_log=is_log[0]):.1f}" cy="{_y(y, is_log=is_log[1]):.1f}"'
    return f'<circle {place} r="5" fill="none" stroke="{color}" stroke-width="2"/>'


def _thinned(across: Reals, up: Reals) -> tuple[Reals, Reals]:
    """At most so many points, spread evenly over the way that the line goes; both ends stay."""
    if len(across) <= _MOST_POINTS:
        return across, up
    way = np.cumsum(np.abs(np.diff(np.log10(np.maximum(across, LOWEST)))) + np.abs(np.diff(up)))
    steps = np.searchsorted(way, np.linspace(0, way[-1], _MOST_POINTS - 2), side="left") + 1
    kept = np.unique(np.concatenate([[0], steps, [len(across) - 1]]))
    return across[kept], up[kept]


def _stairs(across: Reals, up: Reals) -> tuple[Reals, Reals]:
    """Straight lines between thresholds would show what none reaches: across first, then up."""
    return np.repeat(across, 2)[1:], np.repeat(up, 2)[:-1]


def _x(share: float, *, is_log: bool) -> float:
    return _LEFT + _SIDE * _along(share, is_log=is_log)


def _y(share: float, *, is_log: bool) -> float:
    return _TOP + _SIDE * (1 - _along(share, is_log=is_log))


def _along(share: float, *, is_log: bool) -> float:
    if not is_log:
        return share
    return float(1 - np.log10(max(share, LOWEST)) / np.log10(LOWEST))


def _percent(share: float, *, is_log: bool) -> str:
    least = "≤ " if is_log and share <= LOWEST else ""
    return f"{least}{100 * share:g} %"


def _words(x: float, y: float, text: str, kind: str) -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}">{_text(text)}</text>'


def _text(text: str) -> str:
    """Text for XML; a letter that XML cannot hold is shown as a replacement character."""
    return escape(_UNFIT.sub("\N{REPLACEMENT CHARACTER}", text))
