"""`foreseen demo`: the whole system on the recorded telemetry, with every figure computed now."""

import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from foreseen.cli.demo_console import show_in_console
from foreseen.cli.options import Budget, settings_of
from foreseen.cli.replay import folder, print_alerts, shown_progress
from foreseen.cli.terminal import inert, print_json, report, when
from foreseen.core.errors import NotFoundError
from foreseen.runners.replay import Replayed, ReplayOrder
from foreseen.runners.replay import replay as replay_files
from foreseen.runners.rules.files import load_rules
from foreseen.runners.settings.settings import BUDGET
from foreseen.studies.evaluate import FORESEEN, Answer, Evaluation, evaluate
from foreseen.studies.score import Score
from foreseen.studies.truth import attacked_alerts, part_starts, read_runs, read_truth

RECORDING = Path("lab/recordings/linux-2026-11")
_LATER = "test"
_TOP = 5


def demo(
    recording: Annotated[Path, typer.Option(help="Folder of a recording of the lab.")] = RECORDING,
    data: Annotated[
        Path | None, typer.Option(help="Folder to keep lake and alerts in; else thrown away.")
    ] = None,
    contaminated: Annotated[
        bool, typer.Option("--contaminated", help="Train with the part that holds attacks, too.")
    ] = False,
    budget: Budget = BUDGET,
    json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Train on the early part of the recording, judge the later part, and count.

    On a terminal it ends with the console on what it left behind.
    """
    files = _files(recording, contaminated=contaminated)
    started = time.monotonic()
    with folder(data) as place:
        order = ReplayOrder(
            files=files,
            format="auditd",
            rules=load_rules(None),
            data=place,
            now=time.time_ns() // 1_000_000,
            train_until=part_starts(recording / "parts.json")[_LATER],
            settings=settings_of(budget, None),
        )
        with shown_progress() as progress:
            replayed = replay_files(order, progress)
        shown = _shown(recording, order, replayed)
        seconds = time.monotonic() - started
        if json:
            print_json(_figures(shown, seconds))
            return
        _print(shown, order, seconds)
        if report.is_terminal and sys.stdin.isatty():
            show_in_console(place)


@dataclass(frozen=True, slots=True)
class _Shown:
    """What the demo tells."""

    replayed: Replayed
    evaluation: Evaluation
    hostile: int


def _files(recording: Path, *, contaminated: bool) -> list[str]:
    parts = ["train", *(["mixed"] if contaminated else []), _LATER]
    files = [recording / f"{part}.log.zst" for part in parts]
    for file in files:
        if not file.exists():
            raise NotFoundError(f"{file}: no such file; run this in a checkout, or --recording DIR")
    return [str(file) for file in files]


def _shown(recording: Path, order: ReplayOrder, replayed: Replayed) -> _Shown:
    truth = read_truth(recording / "labels.csv.zst")
    answer = Answer(truth, read_runs(recording / "runs.json", _LATER))
    marked = [rule.id for rule in order.rules.rules if rule.foresee]
    since = order.train_until or 0
    found = evaluate(
        replayed.lake, answer, marked, since=since, budget=order.settings.policy.budget
    )
    return _Shown(replayed, found, attacked_alerts(replayed.alerts, replayed.lake, truth))


def _print(shown: _Shown, order: ReplayOrder, seconds: float) -> None:
    replayed, found = shown.replayed, shown.evaluation
    _print_way(replayed, order.train_until or 0, seconds)
    _print_rules(found)
    _print_methods(found)
    realised = 1 - found.methods[FORESEEN].benign_suppressed
    promised = order.settings.policy.budget
    report.print(f"promised: {promised:.1%} of expected matches alert; realised: {realised:.1%}")
    report.print("(the realised share counts rules without enough history on a workload, too)\n")
    _print_chains(found)
    hit, count = found.by_models.runs
    report.print(
        f"by the models' own word (not for want of history): {found.by_models.chains_found} of"
        f" {len(found.by_models.chains)} chains, {hit} of {count} runs"
    )
    report.print(f"\n[bold]The {_TOP} most surprising of {len(replayed.alerts)} alerts[/]", end="")
    report.print(f" ({shown.hostile} of them hold an attack's events)\n")
    print_alerts(sorted(replayed.alerts, key=lambda a: -(a.surprise or 0))[:_TOP])


def _print_way(replayed: Replayed, since: int, seconds: float) -> None:
    tally = replayed.tally
    matches = sum(tally.matches.values())
    report.print(
        f"{tally.lines:,} audit records: {tally.events:,} events,"
        f" {sum(tally.quarantined.values()):,} lines in quarantine, {matches:,} rule matches."
    )
    report.print(
        f"Trained on all before {when(since)} UTC; judged all after it, never seen before."
    )
    if replayed.trained:
        models, fusion = len(replayed.trained.foresight.models), replayed.trained.about["fusion"]
        report.print(f"{models} models, fusion '{fusion}' chosen on the training part alone.")
    report.print(f"{len(replayed.alerts):,} alerts. {seconds:.0f} s in all.\n")


def _print_rules(found: Evaluation) -> None:
    table = Table("sensor rule", "benign matches", "suppressed", "attack matches", "alerted")
    for rule, score in found.rules.items():
        table.add_row(
            inert(rule),
            f"{score.benign:,}",
            f"{score.benign_suppressed:.1%}" if score.benign else "-",
            f"{score.attacks:,}",
            f"{score.alerted:,}",
        )
    report.print(table)


def _print_methods(found: Evaluation) -> None:
    table = Table(
        "method", "benign suppressed", "chains found", "runs found", "attack matches alerted"
    )
    for name, score in found.methods.items():
        hit, count = score.runs
        table.add_row(
            f"[bold]{name}[/]" if name == FORESEEN else name,
            f"{score.benign_suppressed:.2%} of {score.benign:,}",
            f"{score.chains_found} of {len(score.chains)}",
            f"{hit} of {count}",
            f"{score.alerted:,} of {score.attacks:,}",
        )
    report.print(table)


def _print_chains(found: Evaluation) -> None:
    ours = found.methods[FORESEEN]
    table = Table("attack chain", "runs found", "")
    for chain, (hit, count) in ours.chains.items():
        table.add_row(chain, f"{hit} of {count}", "found" if hit else "[bold red]MISSED[/]")
    report.print(table)
    for run, chain in found.missed.items():
        report.print(f"missed run: {run} ({chain})")


def _figures(shown: _Shown, seconds: float) -> Mapping[str, object]:
    replayed, found = shown.replayed, shown.evaluation
    tally = replayed.tally
    return {
        "records": tally.lines,
        "events": tally.events,
        "quarantined": dict(tally.quarantined),
        "matches": dict(tally.matches),
        "alerts": len(replayed.alerts),
        "alerts_with_attack_events": shown.hostile,
        "seconds": seconds,
        "methods": {name: _score(score) for name, score in found.methods.items()},
        "by_models": _score(found.by_models),
        "rules": {name: _score(score) for name, score in found.rules.items()},
        "missed_runs": dict(found.missed),
    }


def _score(score: Score) -> Mapping[str, object]:
    return {
        "benign": score.benign,
        "suppressed": score.suppressed,
        "attack_matches": score.attacks,
        "attack_matches_alerted": score.alerted,
        "chains": {chain: list(runs) for chain, runs in score.chains.items()},
    }
