"""`foreseen rules stats`: what each rule did with history, and what it costs."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from foreseen.cli.stores import lake_of
from foreseen.cli.terminal import inert, print_json, report, when
from foreseen.core.ids import DEFAULT_TENANT
from foreseen.rules import Rule, RuleSet
from foreseen.runners.label import LabelOrder, steps
from foreseen.runners.lake_place import control_of
from foreseen.runners.rules.files import load_rules
from foreseen.runners.rules.telling import done_row, every
from foreseen.runners.shards.whole import Tally
from foreseen.studies.rule_stats import Cost, Done, measured, rule_stats


class SortBy(StrEnum):
    """Column that orders rules, the largest first."""

    ALERTS = "alerts"
    MATCHES = "matches"
    SUPPRESSED = "suppressed"
    COST = "cost"


def stats(
    data: Annotated[Path, typer.Option("--data", help="Folder of all stores.")] = Path("data"),
    rules: Annotated[Path | None, typer.Option(help="Folder of rules; else the shipped.")] = None,
    measure: Annotated[
        list[Path] | None,
        typer.Option("--measure", help="Measure the cost on these files; may repeat."),
    ] = None,
    sort: Annotated[SortBy, typer.Option(help="Largest first.")] = SortBy.ALERTS,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Tell what each rule matched, alerted, had suppressed, and costs."""
    with control_of(data) as engine:
        loaded = load_rules(rules)
        done = rule_stats(lake_of(data), engine, DEFAULT_TENANT)
    cost = _measured(loaded, measure) if measure else None
    known = every(loaded)
    rows = [_row(name, known.get(name), done.get(name, Done()), cost) for name in {*known, *done}]
    key = "trials" if sort is SortBy.COST else sort.value
    rows.sort(key=lambda row: (-int(str(row.get(key) or 0)), str(row["id"])))
    if json:
        print_json({"rules": rows, "cost": None if cost is None else _cost(cost)})
        return
    _print(rows, cost)


def _measured(rules: RuleSet, files: list[Path]) -> Cost:
    order = LabelOrder([str(file) for file in files], "auto", rules)
    return measured(rules, (step.out.events for step in steps(order, Tally())))


def _row(name: str, rule: Rule | None, done: Done, cost: Cost | None) -> dict[str, object]:
    count = cost.counts.get(name) if cost else None
    return {
        **done_row(name, rule, done),
        "hits": count.hits if count else None,
        "trials": count.trials if count else None,
    }


def _cost(cost: Cost) -> dict[str, object]:
    return {"events": cost.events, "cpu_seconds": cost.seconds, "classes": cost.classes}


def _print(rows: list[dict[str, object]], cost: Cost | None) -> None:
    table = Table("rule", "matches", "alerts", "alerted", "suppressed", "share", "last match")
    if cost:
        table.add_column("trials")
    ever = [row for row in rows if row["matches"] or row["trials"]]
    for row in ever:
        share, last = row["share_suppressed"], row["last"]
        table.add_row(
            inert(str(row["id"])) + ("" if row["loaded"] else " [dim](not loaded)[/]"),
            *(f"{row[key]:,}" for key in ("matches", "alerts", "alerted", "suppressed")),
            f"{share:.0%}" if isinstance(share, float) else "-",
            when(last) if isinstance(last, int) else "-",
            *([f"{row['trials'] or 0:,}"] if cost else []),
        )
    report.print(table)
    never = sorted(str(row["id"]) for row in rows if not row["matches"])
    if never:
        report.print(f"{len(never)} rules never matched: {inert(', '.join(never))}")
    if cost:
        _print_cost(cost)


def _print_cost(cost: Cost) -> None:
    table = Table("log source", "CPU s alone", "of all")
    for name, seconds in sorted(cost.classes.items(), key=lambda each: (-each[1], each[0])):
        share = seconds / cost.seconds if cost.seconds else 0
        table.add_row(inert(name), f"{seconds:.3f}", f"{share:.0%}")
    report.print(table)
    report.print(f"{cost.events:,} events labelled in {cost.seconds:.3f} s of CPU, from cold")
