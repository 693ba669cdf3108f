"""`foreseen replay`: files through the same steps as the server; alerts out."""

import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from foreseen.alerts.finding import finding_of
from foreseen.cli.options import (
    AlertsADay,
    Local,
    SettingsFile,
    Share,
    Workload,
    rules_of,
    settings_of,
)
from foreseen.cli.terminal import (
    Exit,
    console,
    inert,
    milliseconds_of,
    plain,
    print_json,
    progress_bar,
    when,
)
from foreseen.core.alerts import Alert
from foreseen.core.decisions import Basis
from foreseen.runners.replay import Progress, Replayed, ReplayOrder
from foreseen.runners.replay import replay as replay_files

_SHOWN = 20


def replay(
    files: Annotated[list[str], typer.Argument(help="Files in order, read as one; - is stdin.")],
    format_: Annotated[str, typer.Option("--format", help="Wire format, or auto.")] = "auto",
    rules: Annotated[
        Path | None, typer.Option("--rules", help="Folder of Sigma rules; else the shipped.")
    ] = None,
    local: Local = None,
    train_until: Annotated[
        str | None,
        typer.Option(help="Accept all before this time (UTC) as clean history and train on it."),
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="Folder to keep lake and alerts in; else thrown away.")
    ] = None,
    budget: Share = None,
    alerts_a_day: AlertsADay = None,
    workload: Workload = None,
    settings_file: SettingsFile = None,
    seed: Annotated[int, typer.Option(help="Makes training repeatable.")] = 0,
    json: Annotated[
        bool, typer.Option("--json", help="Print alerts as OCSF Detection Findings, one a line.")
    ] = False,
    fail_on: Annotated[
        bool, typer.Option("--fail-on-alerts", help="Exit with 6 when there are alerts.")
    ] = False,
) -> None:
    """Label, foresee and decide what files hold, as the server would."""
    loaded = rules_of(rules, strict=False, local=local)
    with folder(data) as place:
        order = ReplayOrder(
            files=files,
            format=format_,
            rules=loaded,
            data=place,
            now=time.time_ns() // 1_000_000,
            train_until=milliseconds_of(train_until) if train_until else None,
            settings=settings_of(budget, workload, settings_file, loaded, alerts_a_day),
            seed=seed,
        )
        with shown_progress() as progress:
            result = replay_files(order, progress)
        if json:
            known = {rule.id: rule for rule in loaded.rules}
            for alert in result.alerts:
                print_json(finding_of(alert, known.get(alert.rule)))
        else:
            print_alerts(result.alerts)
        print_summary(result)
    _exit(result, fail_on=fail_on)


@contextmanager
def folder(data: Path | None) -> Iterator[Path]:
    """The folder that was asked for, or one that is thrown away."""
    if data is not None:
        data.mkdir(parents=True, exist_ok=True)
        yield data
        return
    with tempfile.TemporaryDirectory(prefix="foreseen-") as name:
        yield Path(name)


@contextmanager
def shown_progress() -> Iterator[Progress]:
    """Progress of a replay on stderr: the stage and how far it is."""
    with progress_bar("replay") as advance:

        def tell(stage: str, done: float, total: float) -> None:
            advance(done, total, stage)

        yield tell


def print_alerts(alerts: Sequence[Alert]) -> None:
    """The most surprising alerts on stdout, with their reasons."""
    ordered = sorted(alerts, key=lambda alert: -(alert.surprise or 0))
    for alert in ordered[:_SHOWN]:
        print_alert(alert)
    if len(alerts) > _SHOWN:
        typer.echo(f"... and {len(alerts) - _SHOWN} more; --json prints all")


def print_alert(alert: Alert) -> None:
    """One alert on stdout: when, how severe, what, and why."""
    count = f" ({alert.count} matches)" if alert.count > 1 else ""
    typer.echo(f"{when(alert.first_time)}  {alert.severity:>8}  {plain(alert.title)}{count}")
    for sentence in alert.sentences:
        typer.echo(f"{'':21}{plain(sentence)}")


def print_summary(result: Replayed) -> None:
    """Counts on stderr: lines, events, matches, decisions, quarantine."""
    tally = result.tally
    quarantined = sum(tally.quarantined.values())
    console.print(
        f"{tally.lines:,} lines, {quarantined:,} in quarantine; {tally.events:,} events,"
        f" {sum(tally.matches.values()):,} matches, {len(result.alerts):,} alerts"
    )
    if tally.matches:
        console.print(_by_rule(result))
    if tally.matches and not _has_models(result):
        console.print("no models: every match alerts; --train-until TIME accepts what is before it")
    for (what, reason), count in sorted(result.verdicts.lost.items()):
        console.print(inert(f"  {what}: {count:,} x {reason}"))
    for reason, count in sorted(tally.quarantined.items()):
        console.print(inert(f"  quarantine: {count:,} x {reason}"))
    if quarantined:
        rows = result.lake.read("quarantine", ["path", "line", "reason", "detail"])
        for row in rows.slice(0, _SHOWN).to_pylist():
            place = f"{row['path']}:{row['line']}"
            console.print(inert(f"    {place}: {row['reason']}: {row['detail']}"), soft_wrap=True)


def _has_models(result: Replayed) -> bool:
    return any(basis != Basis.NO_MODEL.value for _, _, basis in result.verdicts.counts)


def _by_rule(result: Replayed) -> Table:
    table = Table("rule", "matches", "judged", "suppressed", "alerted")
    outcomes: dict[str, dict[str, int]] = {}
    for (rule, outcome, _), count in result.verdicts.counts.items():
        found = outcomes.setdefault(rule, {"suppressed": 0, "alerted": 0})
        found[outcome] += count
    fired = {rule: sum(found.values()) for rule, found in outcomes.items()}
    matches = {**fired, **result.tally.matches}  # those of correlations come from the judge
    for rule, count in sorted(matches.items(), key=lambda item: -item[1]):
        found = outcomes.get(rule, {"suppressed": 0, "alerted": 0})
        decided = (sum(found.values()), found["suppressed"], found["alerted"])
        table.add_row(inert(rule), *(f"{cell:,}" for cell in (count, *decided)))
    return table


def _exit(result: Replayed, *, fail_on: bool) -> None:
    if fail_on and result.alerts:
        raise typer.Exit(Exit.FINDINGS)
    if result.tally.quarantined:
        raise typer.Exit(Exit.QUARANTINED)
