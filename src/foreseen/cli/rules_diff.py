"""`foreseen rules diff`: what an unsaved edit would alter, for people and pull requests."""

import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from foreseen.cli.options import Cluster
from foreseen.cli.receipts import print_receipt
from foreseen.cli.replay import shown_progress
from foreseen.cli.stores import lake_of
from foreseen.cli.terminal import Exit, inert, milliseconds_of, print_json, report, when
from foreseen.core.errors import ConfigurationError
from foreseen.core.ids import RuleId
from foreseen.runners.crews.joining import crew_of
from foreseen.runners.history import Edit, History, answer, history
from foreseen.runners.life.office import edit_receipts
from foreseen.runners.replay import Progress, ReplayOrder, replay
from foreseen.runners.rules.files import (
    Document,
    folder_documents,
    load_rules,
    shipped_documents,
)
from foreseen.runners.settings.settings import Settings
from foreseen.studies.what_if_alerts import Example, Volume
from foreseen.studies.what_if_shape import RecallChange, Scope, WhatIf

if TYPE_CHECKING:
    from foreseen.studies.receipt import Receipt

_BAR = 24
"""Cells of the longest bar."""

_KINDS = {"added": "+", "removed": "-", "changed": "~"}


class FailOn(StrEnum):
    """What ends the command with code 6."""

    ADDED = "alerts-added"
    REMOVED = "alerts-removed"
    RECALL = "chains-lost"
    ANY = "any"


Paths = list[Path] | None


def diff(
    data: Annotated[Path, typer.Option("--data", help="Folder of all stores.")] = Path("data"),
    files: Annotated[
        Paths, typer.Option("--files", help="Ask these recorded files, not a folder; may repeat.")
    ] = None,
    train_until: Annotated[
        str | None, typer.Option(help="With --files: accept all before (UTC), and train on it.")
    ] = None,
    before: Annotated[
        Path | None, typer.Option(help="Rules in use; else those that labelled last.")
    ] = None,
    rules: Annotated[Path | None, typer.Option(help="All rules as they would be.")] = None,
    edit: Annotated[
        Paths, typer.Option(help="Rule file to lay over those in use; may repeat.")
    ] = None,
    without: Annotated[
        list[str] | None, typer.Option(help="Rule to take away; may repeat.")
    ] = None,
    suppressions: Annotated[
        Paths, typer.Option(help="File of suppressions by hand to add; may repeat.")
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="budget=0.02, least_history=50 or model.RULE=off; may repeat."),
    ] = None,
    since: Annotated[str | None, typer.Option(help="Tell alerts from this time on (UTC).")] = None,
    until: Annotated[str | None, typer.Option(help="Leave out what came later (UTC).")] = None,
    judged_from: Annotated[
        str | None,
        typer.Option(help="Judge matches from this time on (UTC); else from where models end."),
    ] = None,
    examples: Annotated[int, typer.Option(min=0, max=1000, help="Alerts to show of a kind.")] = 5,
    cluster: Cluster = None,
    anew: Annotated[bool, typer.Option("--anew", help="Trust no label of the lake.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    fail_on: Annotated[FailOn | None, typer.Option(help="End with code 6 on this.")] = None,
) -> None:
    """Tell which alerts an unsaved edit of rules, suppressions or settings adds and removes."""
    begun = time.monotonic()
    wanted = _edit(rules, edit, without, suppressions, set_)
    scope = Scope(
        judged_from=milliseconds_of(judged_from) if judged_from else None,
        since=milliseconds_of(since) if since else None,
        until=milliseconds_of(until) if until else None,
        examples=examples,
        distrust=anew,
    )
    in_use = None if before is None else folder_documents(before)
    receipts: tuple[Receipt, ...] = ()
    with crew_of(cluster) as crew, shown_progress() as progress:
        if files:
            start = milliseconds_of(train_until) if train_until else None
            with _recorded(files, in_use, before, start, progress) as found:
                result = answer(found, wanted, scope, progress, crew=crew)
        else:
            known = history(data, lake_of(data), rules=in_use)
            result = answer(known, wanted, scope, progress, crew=crew)
            receipts = edit_receipts(data, known, wanted, progress)
    seconds = round(time.monotonic() - begun, 3)
    if json:
        told = {each.name: getattr(result, each.name) for each in fields(result)}
        moved = [each.dump() for each in receipts]
        print_json({**told, "receipts": moved, "seconds": seconds})
    else:
        _print(result, seconds)
        for each in receipts:
            print_receipt(each)
    if fail_on and _fails(result, fail_on):
        raise typer.Exit(Exit.FINDINGS)


def _edit(
    rules: Path | None,
    edit: Paths,
    without: list[str] | None,
    suppressions: Paths,
    settings: list[str] | None,
) -> Edit:
    return _with_settings(
        Edit(
            rules=None if rules is None else folder_documents(rules),
            changed=_documents(edit),
            removed=[RuleId(name) for name in without or []],
            suppressions=_documents(suppressions, "suppressions"),
        ),
        settings or [],
    )


def _documents(paths: Paths, what: str = "rules") -> list[Document]:
    return [document for path in paths or [] for document in folder_documents(path, what=what)]


def _with_settings(edit: Edit, settings: Sequence[str]) -> Edit:
    """The edit with `--set NAME=VALUE`."""
    for text in settings:
        name, _, value = text.partition("=")
        try:
            if name == "budget" and 0 < float(value) < 1:
                edit = replace(edit, budget=float(value))
                continue
            if name == "least_history" and int(value) > 0:
                edit = replace(edit, least_history=int(value))
                continue
        except ValueError as error:
            raise ConfigurationError(f"--set {text}: '{value}' is no number") from error
        rule = name.removeprefix("model.")
        if rule == name or value not in {"on", "off"}:
            raise ConfigurationError(
                f"--set {text}: write budget=0.02 (above 0, below 1), least_history=50 (1 or more)"
                " or model.RULE=on|off"
            )
        edit = replace(edit, models={**edit.models, RuleId(rule): value == "on"})
    return edit


@contextmanager
def _recorded(
    files: Sequence[Path],
    in_use: Sequence[Document] | None,
    before: Path | None,
    train_until: int | None,
    progress: Progress,
) -> Iterator[History]:
    """Recorded files as the history of a folder that is thrown away."""
    with tempfile.TemporaryDirectory(prefix="foreseen-") as name:
        place = Path(name)
        order = ReplayOrder(
            files=[str(file) for file in files],
            format="auto",
            rules=load_rules(before),
            data=place,
            now=time.time_ns() // 1_000_000,
            train_until=train_until,
            settings=Settings(),
        )
        replay(order, progress)
        yield history(place, rules=shipped_documents() if in_use is None else in_use)


def _fails(result: WhatIf, fail_on: FailOn) -> bool:
    lost = len(result.recall.lost)
    counts = {
        FailOn.ADDED: result.added,
        FailOn.REMOVED: result.removed,
        FailOn.RECALL: lost,
        FailOn.ANY: result.added + result.removed + result.changed + lost,
    }
    return counts[fail_on] > 0


def _print(result: WhatIf, seconds: float) -> None:
    period, alerts = result.period, result.alerts
    if period.first is not None and period.last is not None:
        spans = f"{when(period.first)} to {when(period.last)} UTC"
        report.print(f"[bold]{period.events:,} events[/], {spans}")
    report.print(
        f"[bold]alerts {alerts.before:,} → {alerts.after:,}[/]:"
        f" [green]{result.added:,} added[/], [red]{result.removed:,} removed[/],"
        f" [yellow]{result.changed:,} changed[/]"
    )
    _print_recall(result.recall)
    for kind, sign in _KINDS.items():
        _print_examples(kind, sign, result.examples[kind], getattr(result, kind))
    if result.rules:
        report.print(_rule_table(result))
    if result.added or result.removed:
        report.print(_volume_table("day (UTC)", result.days))
        report.print(_volume_table("workload", result.workloads))
    for note in result.notes:
        report.print(f"[dim]note: {inert(note)}[/]", soft_wrap=True)
    report.print(f"[dim]{seconds:.1f} s, {result.method}[/]")


def _print_recall(recall: RecallChange) -> None:
    """What becomes of recorded attacks, put among this tenant's own matches."""
    old, new = recall.before, recall.after
    if new.chains == 0:
        report.print("[dim]attack replays: none can happen here[/]")
        return
    caught = f"{old.caught}" if old.caught == new.caught else f"{old.caught} → {new.caught}"
    changes = [f"[red]lost: {inert(', '.join(recall.lost))}[/]"] if recall.lost else []
    changes += [f"[green]won: {inert(', '.join(recall.won))}[/]"] if recall.won else []
    report.print(
        "; ".join([f"[bold]attack chains told of {caught} of {new.chains}[/]", *changes]),
        soft_wrap=True,
    )


def _print_examples(kind: str, sign: str, shown: Sequence[Example], count: int) -> None:
    if not shown:
        return
    more = f" ({len(shown)} of {count:,})" if count > len(shown) else ""
    report.print(f"\n[bold]{kind}[/]{more}")
    for each in shown:
        members = f" ({each.count} matches)" if each.count > 1 else ""
        told = inert(f"{each.title}{members}")
        report.print(f" {sign} {when(each.first_time)} {each.severity:>8}  {told}", soft_wrap=True)
        place = inert(f"{each.rule} on {each.host} ({each.workload}): {each.why}")
        report.print(f"{'':32}[dim]{place}[/]", soft_wrap=True)
        for name, (old, new) in each.changes.items():
            report.print(f"{'':32}{name}: {inert(str(old))} → {inert(str(new))}", soft_wrap=True)
        if each.event:
            report.print(f"{'':32}[dim]{inert(each.event.partition(chr(10))[0])}[/]", no_wrap=True)


def _rule_table(result: WhatIf) -> Table:
    table = Table("rule", "edit", "matches", "suppressed", "alerts")
    for each in result.rules:
        volumes = (each.matches, each.suppressed, each.alerts)
        table.add_row(inert(each.rule), each.edit or "-", *map(_arrow, volumes))
    return table


def _volume_table(title: str, volumes: Mapping[str, Volume]) -> Table:
    """Alerts by name, with bars of what was (light) and what would be (full)."""
    most = max((max(v.before, v.after) for v in volumes.values()), default=0) or 1
    table = Table(title, "alerts", "before", "after")
    for name, volume in volumes.items():
        bars = (_bar(volume.before, most, "░"), _bar(volume.after, most, "█"))
        table.add_row(inert(name), _arrow(volume), *bars)
    return table


def _bar(count: int, most: int, cell: str) -> str:
    return cell * -(-count * _BAR // most)


def _arrow(volume: Volume) -> str:
    same = volume.before == volume.after
    return f"{volume.before:,}" if same else f"{volume.before:,} → {volume.after:,}"
