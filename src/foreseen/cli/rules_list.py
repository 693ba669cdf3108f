"""`foreseen rules list`: what rules say of themselves."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from foreseen.cli.terminal import inert, print_json, report
from foreseen.rules import Rule
from foreseen.runners.rules.files import load_rules
from foreseen.runners.rules.telling import Chosen, correlations_of, every, rule_row

_MS = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1_000}


def list_(
    folder: Annotated[
        Path | None, typer.Argument(help="Folder or file of rules; else the shipped.")
    ] = None,
    pack: Annotated[
        str | None, typer.Option(help="Only this pack, e.g. linux or 'cloud*'.")
    ] = None,
    technique: Annotated[
        str | None, typer.Option(help="Only this ATT&CK technique, with its parts, e.g. T1059.")
    ] = None,
    compliance: Annotated[
        str | None, typer.Option(help="Only this requirement, e.g. 'pci-dss:10.*'.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List rules; those marked 'model' may have matches suppressed by a model."""
    loaded = load_rules(folder)
    managed = folder is None
    correlations, wanted = correlations_of(loaded), Chosen(pack, technique, compliance)
    chosen = [
        (rule, rule_row(rule, is_correlation=name in correlations, managed=managed))
        for name, rule in sorted(every(loaded).items())
        if wanted.has(rule)
    ]
    if json:
        print_json([row for _, row in chosen])
        return
    table = Table("rule", "level", "sev", "decided by", "ATT&CK", "log source", "pack", "alerts")
    for rule, row in chosen:
        table.add_row(
            inert(str(rule.id)),
            rule.level,
            str(rule.severity),
            str(row["decided_by"]),
            inert(", ".join(rule.techniques)),
            inert(str(rule.logsource) or "-"),
            inert(f"{row['pack']} ({row['kept']})"),
            _when_alerts(rule),
        )
    report.print(table)
    of_all = "" if len(chosen) == len(every(loaded)) else f" of {len(every(loaded))}"
    report.print(f"{len(chosen)}{of_all} rules, set {loaded.hash[:12]}")


def _when_alerts(rule: Rule) -> str:
    """From how many matches on a rule alerts."""
    alerting = rule.alerting
    if alerting.threshold == 1:
        return "each"
    unit = next(name for name, size in _MS.items() if alerting.window % size == 0)
    return f"{alerting.threshold} in {alerting.window // _MS[unit]}{unit}"
