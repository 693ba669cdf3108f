"""Tables of the datasheet about the truth: attack chains, matched pairs, benign job templates."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from foreseen.lab import jobs, pairs
from foreseen.lab.attacks.matched import RULES
from foreseen.lab.templates import TEMPLATES

PARTS = ("train", "mixed", "test")


def row(*cells: object) -> str:
    """One row of a table."""
    return "| " + " | ".join(str(cell) for cell in cells) + " |\n"


@dataclass(slots=True)
class _Chain:
    """What the runs of a chain have in common."""

    runs: Counter[str] = field(default_factory=Counter)
    techniques: set[str] = field(default_factory=set)
    imitation: bool = False


def chains_table(out: Path) -> str:
    """How often each chain came through, and whether it imitates a benign job."""
    found: dict[str, _Chain] = {}
    for run in json.loads((out / "runs.json").read_text()):
        if not run["failed"]:
            chain = found.setdefault(run["chain"], _Chain())
            chain.runs[run["part"]] += 1
            chain.techniques.update(run["techniques"])
            chain.imitation = run["imitation"]
    text = row("chain", "imitation", "runs in mixed", "runs in test", "techniques")
    text += row(*("---",) * 5)
    for name, chain in sorted(found.items()):
        imitates = "yes" if chain.imitation else ""
        techniques = " ".join(sorted(chain.techniques))
        text += row(name, imitates, chain.runs["mixed"], chain.runs["test"], techniques)
    return text


def pairs_table(out: Path) -> str:
    """How many pairs there are of each rule, by what comes before the malicious side."""
    found: list[Mapping[str, object]] = json.loads((out / pairs.NAME).read_text())
    kinds = ("web_shell", "failed_logins", "odd_download")
    text = row("rule", "pairs", *kinds, "same ancestors, too", "quiet") + row(*("---",) * 7)
    for rule in RULES:
        own = [pair for pair in found if pair["rule"] == rule]
        counts = Counter(str(pair["before"]) for pair in own)
        marks = (sum(bool(pair[mark]) for pair in own) for mark in ("same_ancestors", "quiet"))
        text += row(rule, len(own), *(counts[kind] for kind in kinds), *marks)
    return text


def templates_table(out: Path) -> str:
    """Every template with its events in each part."""
    counts = jobs.count_jobs(out)
    text = row("template", "node", "user", "what it does", *_events(PARTS))
    text += row(*("---",) * (4 + len(PARTS)))
    for one in TEMPLATES:
        own = counts.get(one.name, Counter())
        who = (one.node, one.user or "several", one.about)
        text += row(one.name, *who, *(own[part] for part in PARTS))
    return text


def _events(parts: Iterable[str]) -> Iterable[str]:
    return (f"events in {part}" for part in parts)
