"""Counts a recording and writes its datasheet, figures and checksums."""

import hashlib
import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from foreseen.lab import datasheet_truth, kinds
from foreseen.lab.datasheet_truth import PARTS, row
from foreseen.lab.labels import NAME, read_labels
from foreseen.lab.layout import ASSETS, NODES
from foreseen.lab.raw import Record, events
from foreseen.lab.recording import read_lines

Figures = dict[str, dict[str, object]]


def write_datasheet(out: Path) -> None:
    """Write figures.json, DATASHEET.md and SHA256SUMS for what lies in a folder."""
    figures = count(out)
    (out / "figures.json").write_text(json.dumps(figures, indent=1) + "\n")
    text = (ASSETS / "DATASHEET.md").read_text(encoding="utf-8")
    for name, table in (
        ("events", _events_table(figures)),
        ("kinds", _kinds_table(figures)),
        ("chains", datasheet_truth.chains_table(out)),
        ("times", _times_table(out)),
        ("notes", _notes(out)),
        ("pairs", datasheet_truth.pairs_table(out)),
        ("templates", datasheet_truth.templates_table(out)),
    ):
        text = text.replace(f"<!-- {name} -->", table)
    (out / "DATASHEET.md").write_text(text, encoding="utf-8")
    files = sorted(p for p in out.iterdir() if p.name != "SHA256SUMS" and p.is_file())
    sums = [f"{hashlib.sha256(p.read_bytes()).hexdigest()}  {p.name}\n" for p in files]
    (out / "SHA256SUMS").write_text("".join(sums))


def count(out: Path) -> Figures:
    """Events, attack events and benign matches of broad rules, for each part."""
    figures: Figures = {}
    labels = read_labels(out / NAME)
    for part in PARTS:
        path = out / f"{part}.log.zst"
        if path.exists():
            bad = {(one.time, one.serial) for one in labels if one.part == part}
            figures[part] = _count_part(path, bad)
    return figures


def _count_part(path: Path, bad: set[tuple[str, int]]) -> dict[str, object]:
    nodes: Counter[str] = Counter()
    attacks = 0

    def benign() -> Iterator[Sequence[Record]]:
        nonlocal attacks
        for event in events(read_lines(path)):
            nodes[event[0].node] += 1
            if (event[0].time, event[0].serial) in bad:
                attacks += 1
            else:
                yield event

    matches = kinds.count(benign())
    totals: Counter[str] = Counter()
    for (_, kind), number in matches.items():
        totals[kind] += number
    return {
        "events": sum(nodes.values()),
        "nodes": {node: nodes[node] for node in NODES},
        "attack_events": attacks,
        "benign_matches": dict(totals.most_common()),
        "bytes": path.stat().st_size,
    }


def _events_table(figures: Figures) -> str:
    text = row("part", "events", *NODES, "attack events", "bytes, compressed")
    text += row(*("---",) * (len(NODES) + 4))
    for part, values in figures.items():
        nodes = values["nodes"]
        each = [nodes[node] for node in NODES] if isinstance(nodes, Mapping) else []
        text += row(part, values["events"], *each, values["attack_events"], values["bytes"])
    return text


def _kinds_table(figures: Figures) -> str:
    tables = {part: values["benign_matches"] for part, values in figures.items()}
    names: dict[str, None] = {}
    for table in tables.values():
        names |= dict.fromkeys(table if isinstance(table, Mapping) else ())
    text = row("kind of match", *tables) + row("---", *("---" for _ in tables))
    for name in names:
        cells = [t.get(name, 0) if isinstance(t, Mapping) else 0 for t in tables.values()]
        text += row(name, *cells)
    return text


def _times_table(out: Path) -> str:
    text = row("part", "from", "to", "audit records lost", "rules put back") + row(*("---",) * 5)
    for report in json.loads((out / "parts.json").read_text()):
        start, end = (_utc(report[key]) for key in ("start", "end"))
        text += row(report["part"], start, end, report["lost"], report["disturbed"])
    return text


def _notes(out: Path) -> str:
    """What only this recording's maker knows: more limits, in `notes.md` of the folder."""
    notes = out / "notes.md"
    return notes.read_text(encoding="utf-8").rstrip("\n") if notes.exists() else ""


def _utc(moment: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(moment))
