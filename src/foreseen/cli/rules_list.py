"""`foreseen rules list`: what rules say of themselves."""

from dataclasses import asdict
from fnmatch import fnmatchcase
from pathlib import Path, PurePath
from typing import Annotated

import typer
from rich.table import Table

from foreseen.cli.rules_stats import every
from foreseen.cli.terminal import inert, print_json, report
from foreseen.rules import Rule
from foreseen.runners.rules.files import load_rules

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
    correlations = {str(each.correlation.id) for each in loaded.correlations.rules}
    chosen = [
        rule
        for _, rule in sorted(every(loaded).items())
        if _fits(rule, pack, technique, compliance)
    ]
    if json:
        print_json([_row(rule, str(rule.id) in correlations, managed) for rule in chosen])
        return
    table = Table("rule", "level", "sev", "decided by", "ATT&CK", "log source", "pack", "alerts")
    for rule in chosen:
        row = _row(rule, str(rule.id) in correlations, managed)
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


def pack_of(rule: Rule) -> str:
    """Folder that the rule's file lies in."""
    return PurePath(rule.path).parent.name


def _fits(rule: Rule, pack: str | None, technique: str | None, compliance: str | None) -> bool:
    wanted = (technique or "").upper()
    return (
        (pack is None or fnmatchcase(pack_of(rule).lower(), pack.lower()))
        and (not wanted or any(_is_part(own, wanted) for own in rule.techniques))
        and (
            compliance is None
            or any(fnmatchcase(own.lower(), compliance.lower()) for own in rule.compliance)
        )
    )


def _is_part(own: str, wanted: str) -> bool:
    return own == wanted or own.startswith(f"{wanted}.")


def _row(rule: Rule, is_correlation: bool, managed: bool) -> dict[str, object]:
    judge = "correlation" if is_correlation else "model" if rule.foresee else "rule alone"
    return {
        "id": rule.id,
        "uuid": rule.uuid,
        "title": rule.title,
        "description": rule.description,
        "level": rule.level,
        "severity": rule.severity,
        "model": rule.foresee,
        "decided_by": judge,
        "techniques": list(rule.techniques),
        "tactics": list(rule.tactics),
        "logsource": str(rule.logsource),
        "pack": pack_of(rule),
        "kept": "managed" if managed else "local",
        "alerting": asdict(rule.alerting),
        "compliance": list(rule.compliance),
        "fields": list(rule.fields),
        "columns": list(rule.columns),
        "falsepositives": list(rule.falsepositives),
        "path": rule.path,
        "line": rule.line,
    }


def _when_alerts(rule: Rule) -> str:
    """From how many matches on a rule alerts."""
    alerting = rule.alerting
    if alerting.threshold == 1:
        return "each"
    unit = next(name for name, size in _MS.items() if alerting.window % size == 0)
    return f"{alerting.threshold} in {alerting.window // _MS[unit]}{unit}"
