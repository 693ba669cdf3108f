"""`foreseen models versions|compare|rollback|promote|demote`: which models decide, and how far."""

import getpass
import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from sqlalchemy import Engine

from foreseen.cli.options import rules_of
from foreseen.cli.stores import database, lake_in_use
from foreseen.cli.terminal import inert, print_json, report, when
from foreseen.control import model_versions
from foreseen.control.audit_log import Actor
from foreseen.control.model_stages import Placed
from foreseen.control.model_versions import InUse, Version
from foreseen.core.decisions import Stage
from foreseen.core.errors import ConfigurationError, NotFoundError
from foreseen.core.ids import DEFAULT_TENANT, RuleId
from foreseen.runners.history import settings_kept
from foreseen.runners.settings.settings import Settings
from foreseen.studies import ordering
from foreseen.studies.compare import Comparison, compared
from foreseen.studies.ordering import Person
from foreseen.studies.stored import stored_version

Data = Annotated[Path, typer.Option("--data", help="Folder of lake and control database.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Rules = Annotated[Path | None, typer.Option(help="Folder of rules; else the shipped.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; kept with it.")]
By = Annotated[str | None, typer.Option("--by", help="Who orders it; else who is logged in.")]
Second = Annotated[str | None, typer.Option("--second", help="A second person who stands for it.")]
_DATA = Path("data")


def versions(data: Data = _DATA, json: Json = False) -> None:
    """List every version of the models, the newest first, and which one is in use."""
    with database(data) as engine:
        found = model_versions.versions(engine, DEFAULT_TENANT)
        used = model_versions.in_use(engine, DEFAULT_TENANT)
    if json:
        print_json([_version_row(each, used) for each in found])
        return
    table = Table("version", "trained", "by", "why", "models", "")
    for row in (_version_row(each, used) for each in found):
        state = "in use" if row["in_use"] else ""
        state = f"refused: {row['refused']}" if row["refused"] else state
        cells = (row["by"], row["reason"], str(row["foresight"])[:12], state)
        table.add_row(
            str(row["version"]), when(int(str(row["time"]))), *(inert(str(c)) for c in cells)
        )
    report.print(table)


def _version_row(version: Version, used: InUse | None) -> dict[str, object]:
    return {
        "version": version.number,
        "time": version.time,
        "by": version.author,
        "reason": version.reason,
        "foresight": version.foresight,
        "in_use": used is not None and used.version.number == version.number,
        "refused": version.refused,
        "recall": version.report.get("recall"),
        "lost": version.report.get("lost", []),
    }


def compare(
    first: Annotated[int, typer.Argument(help="Number of a version.")],
    second: Annotated[int, typer.Argument(help="Number of the version to compare with it.")],
    data: Data = _DATA,
    rules: Rules = None,
    json: Json = False,
) -> None:
    """Say what changes from one version to another: matches and attack replays."""
    loaded = rules_of(rules, strict=False)
    with database(data) as engine:
        pair = [stored_version(engine, DEFAULT_TENANT, number) for number in (first, second)]
        settings = (settings_kept(engine, DEFAULT_TENANT) or [Settings()])[0]
        policy = settings.policy_with(pair[1].about)
        found = compared(
            lake_in_use(data, engine),
            DEFAULT_TENANT,
            loaded,
            (pair[0].foresight, pair[1].foresight),
            policy,
        )
    if json:
        print_json({"first": first, "second": second, **asdict(found)})
    else:
        _print_comparison(found, first, second)


def _print_comparison(found: Comparison, first: int, second: int) -> None:
    table = Table(
        "rule", "matches", f"silent in {first}", f"silent in {second}", "silenced", "told", "e.g."
    )
    for rule in found.rules:
        shown = rule.examples[0].act if rule.examples else ""
        numbers = (rule.matches, rule.before, rule.after, rule.silenced, rule.told)
        table.add_row(inert(rule.rule), *(f"{n:,}" for n in numbers), inert(shown))
    report.print(table)
    report.print(
        f"{found.matches:,} retained matches. Attack replays caught: {found.before.caught} of"
        f" {found.before.chains} with version {first}, {found.after.caught} with version {second}."
    )
    for word, chains in (("lost", found.lost), ("won", found.won)):
        if chains:
            report.print(f"{word}: {inert(', '.join(chains))}", soft_wrap=True)


def rollback(
    version: Annotated[int, typer.Argument(help="Number of the version to use again.")],
    reason: Reason,
    data: Data = _DATA,
    by: By = None,
    second: Second = None,
    json: Json = False,
) -> None:
    """Use an older version again; the same command with the newer number undoes it."""
    with database(data) as engine:
        ordering.roll_back(engine, DEFAULT_TENANT, version, _person(by, reason, second))
        _tell_in_use(engine, json=json)


def promote(
    rule: Annotated[str | None, typer.Argument(help="Rule whose model to trust further.")] = None,
    reason: Reason = "",
    version: Annotated[
        int | None, typer.Option("--version", help="Take a version that the gates refused.")
    ] = None,
    to: Annotated[Stage | None, typer.Option("--to", help="Stage; else the next one.")] = None,
    data: Data = _DATA,
    by: By = None,
    second: Second = None,
    json: Json = False,
) -> None:
    """Trust one rule's model further, or take a refused version; some of it needs two persons."""
    if (rule is None) == (version is None):
        raise ConfigurationError("name a rule, or a version with --version")
    if not reason.strip():
        raise ConfigurationError("say why, with --reason")
    person = _person(by, reason, second)
    with database(data) as engine:
        if version is not None:
            ordering.take_refused(engine, DEFAULT_TENANT, version, person)
            _tell_in_use(engine, json=json)
            return
        placed = ordering.promote(engine, DEFAULT_TENANT, RuleId(str(rule)), person, to)
    _tell_placed(placed, json=json)


def demote(
    rule: Annotated[str, typer.Argument(help="Rule whose model shall only observe.")],
    reason: Reason,
    data: Data = _DATA,
    by: By = None,
    json: Json = False,
) -> None:
    """Let one rule's model only observe, and later ones of it, until a person promotes it."""
    with database(data) as engine:
        placed = ordering.demote(engine, DEFAULT_TENANT, RuleId(rule), _person(by, reason, None))
    _tell_placed(placed, json=json)


def stage_row(placed: Placed) -> dict[str, object]:
    """One entry of the history of stages, JSON-ready."""
    return {
        "time": when(placed.time),
        "stage": placed.stage.value,
        "cause": placed.cause.value,
        "by": placed.author,
        "reason": placed.reason,
        "version": placed.version,
        "model": placed.model,
        "evidence": list(placed.evidence),
    }


def _person(by: str | None, reason: str, second: str | None) -> Person:
    actor = Actor(getpass.getuser(), "command")
    return Person(by or actor.name, reason, time.time_ns() // 1_000_000, second, actor)


def _tell_in_use(engine: Engine, *, json: bool) -> None:
    used = model_versions.in_use(engine, DEFAULT_TENANT)
    if used is None:
        raise NotFoundError("no models yet; train with 'foreseen models train --until'")
    if json:
        print_json(_version_row(used.version, used))
    else:
        report.print(f"version {used.version.number} is in use, by {inert(used.choice.author)}")


def _tell_placed(placed: Placed, *, json: bool) -> None:
    if json:
        print_json({"rule": placed.rule, **stage_row(placed)})
        return
    report.print(f"{inert(placed.rule)}: {placed.stage.value}. {inert(placed.reason)}")
