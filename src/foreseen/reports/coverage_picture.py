"""ATT&CK coverage as a picture: one self-contained SVG, readable in light and in dark.

Columns are tactics, cells are techniques. A cell says by colour and by a sign how well its
technique is covered, and counts its rules, those with tests and those with telemetry.
"""

import re
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

from foreseen.reports.coverage import Coverage, State, Tactic, Technique
from foreseen.reports.coverage_layer import COLORS, LEGEND

SIGNS: Mapping[State, str] = {
    State.COVERED: "●",
    State.UNTESTED: "◐",
    State.UNKNOWN: "?",
    State.BLIND: "○",
}
UNPLACED = "no tactic"

_UNFIT = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_WIDTH, _GAP, _MARGIN = 138, 6, 16
_HEAD, _CELL, _TOP = 40, 34, 64
_LEGEND_LINE = 20
_STYLE = (
    "svg.coverage{--paper:#ffffff;--ink:#1f2430;--quiet:#5b6375;--line:#d4d8e0}"
    "@media(prefers-color-scheme:dark)"
    "{svg.coverage{--paper:#14171f;--ink:#e8eaf0;--quiet:#a4abbb;--line:#3a4050}}"
    ".coverage text{font-family:system-ui,sans-serif;font-size:11px;fill:var(--ink)}"
    ".coverage .title{font-size:16px;font-weight:600}.coverage .tactic{font-weight:600}"
    ".coverage .quiet{fill:var(--quiet)}.coverage .paper{fill:var(--paper)}"
    ".coverage .cell text{fill:#1f2430}.coverage .cell .id{font-weight:600}"
    ".coverage .cell rect{stroke:var(--line)}"
    + "".join(f".coverage rect.{state}{{fill:{COLORS[state]}}}" for state in State)
)


def picture(coverage: Coverage, title: str) -> str:
    """The picture, an SVG document as text; every cell has its figures as a tooltip.

    Args:
        coverage: What is covered.
        title: Heading; any text.
    """
    columns = _columns(coverage)
    deepest = max(len(techniques) for _, techniques in columns)
    width = 2 * _MARGIN + len(columns) * (_WIDTH + _GAP) - _GAP
    legend_top = _TOP + _HEAD + deepest * (_CELL + _GAP) + _GAP
    height = legend_top + (len(State) + 1) * _LEGEND_LINE + _MARGIN
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="coverage" role="img" {size}>',
            f"<title>{_text(title)}</title>",
            f"<style>{_STYLE}</style>",
            f'<rect width="{width}" height="{height}" class="paper"/>',
            _line(_MARGIN, 30, title, "title"),
            _line(_MARGIN, 50, _summary(coverage), "quiet"),
            *(_column(place, *column) for place, column in enumerate(columns)),
            *_legend(legend_top),
            "</svg>\n",
        ]
    )


def _columns(coverage: Coverage) -> list[tuple[Tactic, list[Technique]]]:
    """Tactics with their techniques; those of no tactic last, when there are any."""
    columns = [
        (tactic, [each for each in coverage.techniques if tactic.name in each.tactics])
        for tactic in coverage.tactics
    ]
    unplaced = [technique for technique in coverage.techniques if not technique.tactics]
    if unplaced:
        rules = len({rule for technique in unplaced for rule in technique.rules})
        covered = sum(technique.state is State.COVERED for technique in unplaced)
        columns.append((Tactic(UNPLACED, rules, len(unplaced), covered), unplaced))
    return columns


def _summary(coverage: Coverage) -> str:
    parts = sum(len(technique.parts) for technique in coverage.techniques)
    covered = sum(technique.state is State.COVERED for technique in coverage.techniques)
    return (
        f"{coverage.rules} rules, {len(coverage.techniques)} techniques ({covered} covered),"
        f" {parts} sub-techniques, {len(coverage.without_technique)} rules without a technique"
    )


def _column(place: int, tactic: Tactic, techniques: Sequence[Technique]) -> str:
    left = _MARGIN + place * (_WIDTH + _GAP)
    name = tactic.name.replace("-", " ").capitalize()
    counts = f"{tactic.covered} of {tactic.techniques} · {tactic.rules} rules"
    cells = [
        _cell(left, _TOP + _HEAD + row * (_CELL + _GAP), technique)
        for row, technique in enumerate(techniques)
    ]
    return "\n".join(
        [
            '<g class="column">',
            _line(left, _TOP + 14, name, "tactic"),
            _line(left, _TOP + 30, counts, "quiet"),
            *cells,
            "</g>",
        ]
    )


def _cell(left: int, top: int, technique: Technique) -> str:
    counts = f"{len(technique.rules)} · {len(technique.tested)} · {len(technique.telemetry)}"
    more = f" +{len(technique.parts)}" if technique.parts else ""
    return "\n".join(
        [
            '<g class="cell">',
            f"<title>{_text(_told(technique))}</title>",
            _box(left, top, _WIDTH, _CELL, technique.state),
            _line(left + 8, top + 14, f"{SIGNS[technique.state]} {technique.id}{more}", "id"),
            _line(left + 8, top + 28, counts, "counts"),
            "</g>",
        ]
    )


def _told(technique: Technique) -> str:
    """The tooltip: a line for the technique and one for each of its sub-techniques."""
    return "\n".join(
        f"{each.id}: {LEGEND[each.state]}; {len(each.rules)} rules, {len(each.tested)} with tests,"
        f" {len(each.telemetry)} with telemetry, {len(each.blind)} without"
        for each in (technique, *technique.parts)
    )


def _legend(top: int) -> list[str]:
    drawn = []
    for number, state in enumerate(State):
        line = top + number * _LEGEND_LINE
        drawn.append(_box(_MARGIN, line, 14, 14, state))
        drawn.append(_line(_MARGIN + 22, line + 11, f"{SIGNS[state]} {LEGEND[state]}", "legend"))
    note = "in a cell: technique +sub-techniques; rules · with tests · with telemetry"
    return [*drawn, _line(_MARGIN, top + len(State) * _LEGEND_LINE + 11, note, "quiet")]


def _line(left: int, base: int, text: str, kind: str) -> str:
    return f'<text class="{kind}" x="{left}" y="{base}">{_text(text)}</text>'


def _box(left: int, top: int, width: int, height: int, state: State) -> str:
    place = f'x="{left}" y="{top}" width="{width}" height="{height}"'
    return f'<rect class="{state}" {place} rx="4"/>'


def _text(text: str) -> str:
    """Text for XML; a letter that XML cannot hold is shown as a replacement character."""
    return escape(_UNFIT.sub("\N{REPLACEMENT CHARACTER}", text))
