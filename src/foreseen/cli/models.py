"""`foreseen models`: train, list, show and evaluate models."""

import getpass
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from sqlalchemy import Engine

from foreseen.cli import (
    explain,
    models_evaluate,
    models_ledger,
    models_promises,
    models_versions,
)
from foreseen.cli.models_versions import stage_row
from foreseen.cli.options import AlertsADay, Cluster, Share, rules_of
from foreseen.cli.stores import database, lake_in_use
from foreseen.cli.terminal import (
    inert,
    milliseconds_of,
    print_json,
    progress_bar,
    report,
    when,
)
from foreseen.control import model_stages, model_versions
from foreseen.core.decisions import Stage
from foreseen.core.errors import ConfigurationError, NotFoundError
from foreseen.core.ids import DEFAULT_TENANT, RuleId
from foreseen.runners.crews.joining import crew_of
from foreseen.runners.history import settings_kept
from foreseen.runners.jobs.kinds import asked_share
from foreseen.runners.settings.settings import LEAST_HISTORY, Settings
from foreseen.studies.train import Order, Stored, stored_foresight, train_models

app = typer.Typer(help="Train, list, show and evaluate models: one a rule.", no_args_is_help=True)
app.command()(models_evaluate.evaluate)
app.command(name="explain")(explain.match)
app.command()(models_promises.promises)
app.command()(models_ledger.ledger)
app.add_typer(models_ledger.audit, name="audit")
app.command()(models_versions.versions)
app.command()(models_versions.compare)
app.command()(models_versions.rollback)
app.command()(models_versions.promote)
app.command()(models_versions.demote)

Data = Annotated[Path, typer.Option("--data", help="Folder of lake and control database.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_DATA = Path("data")


@app.command()
def train(
    until: Annotated[
        str, typer.Option("--until", help="Accept all history before this time (UTC) as clean.")
    ],
    data: Data = _DATA,
    rules: Annotated[Path | None, typer.Option(help="Folder of rules; else the shipped.")] = None,
    budget: Share = None,
    alerts_a_day: AlertsADay = None,
    seed: Annotated[int, typer.Option(help="Makes training repeatable.")] = 0,
    suppress: Annotated[
        bool, typer.Option("--suppress", help="What passes every gate suppresses at once.")
    ] = False,
    cluster: Cluster = None,
    json: Json = False,
) -> None:
    """Train every marked rule's model on clean history; without --suppress it assists first."""
    loaded = rules_of(rules, strict=False)
    kept = _last_settings(data)
    share, daily = asked_share(kept, budget, alerts_a_day)
    order = Order(
        tenant=DEFAULT_TENANT,
        accepted_until=milliseconds_of(until),
        budget=share,
        least_history=LEAST_HISTORY,
        seed=seed,
        now=time.time_ns() // 1_000_000,
        alerts_a_day=daily,
        author=getpass.getuser(),
        reason=f"accepted the history until {until}",
        accepted=suppress,
        bars=kept.bars,
        groups=kept.policy.groups,
    )
    marked = sum(rule.foresee for rule in loaded.rules)
    done: list[str] = []
    with crew_of(cluster) as crew, progress_bar("training") as advance, database(data) as engine:

        def one_more(rule: str) -> None:
            done.append(rule)
            advance(len(done), marked)

        stored = train_models(lake_in_use(data, engine), engine, loaded, order, one_more, crew=crew)
        _print_list(engine, stored, json=json)
    if stored.refused:
        raise ConfigurationError(
            f"version {stored.version} is refused: {stored.refused}; the version before stays in"
            f" use. Two persons may take it: 'foreseen models promote --version {stored.version}"
            " --second NAME'"
        )


def _last_settings(data: Path) -> Settings:
    with database(data) as engine:
        return (settings_kept(engine, DEFAULT_TENANT) or [Settings()])[0]


@app.command(name="list")
def list_(data: Data = _DATA, json: Json = False) -> None:
    """List the models in use, how far each is trusted, and why."""
    with database(data) as engine:
        _print_list(engine, _stored(engine, data), json=json)


@app.command()
def show(
    rule: Annotated[str, typer.Argument(help="Rule whose model to show.")],
    data: Data = _DATA,
    json: Json = False,
) -> None:
    """Show one rule's model: its history by workload, its stages, what each gate says of it."""
    with database(data) as engine:
        stored = _stored(engine, data)
        known = {str(name): found for name, found in stored.foresight.models.items()}
        if rule not in known:
            names = ", ".join(sorted(known))
            raise NotFoundError(f"no model of rule '{rule}'; there are models of {names}")
        placed = model_stages.history(engine, DEFAULT_TENANT, RuleId(rule))
        told = model_versions.version(engine, DEFAULT_TENANT, stored.version).report.get("gates")
    about = {
        "rule": rule,
        "hash": stored.foresight.hashes[RuleId(rule)],
        "version": stored.version,
        "stage": stored.stages[RuleId(rule)].value,
        "stages": [stage_row(each) for each in placed],
        "gates": told.get(rule, []) if isinstance(told, dict) else [],
        "history": dict(known[rule].history),
        "tokens": len(known[rule].features.names),
        "context_model": known[rule].context is not None,
        "fusion": stored.about["fusion"],
        "accepted_until": stored.about["accepted_until"],
    }
    if json:
        print_json(about)
        return
    for name, value in about.items():
        for line in _lines(value):
            report.print(f"{name:>15}  {inert(line)}", soft_wrap=True)
            name = ""  # noqa: PLW2901 (the other lines of it stand below the first)


def _lines(value: object) -> list[str]:
    if not isinstance(value, list):
        return [str(value)]
    return ["  ".join(str(part) for part in each.values() if part != []) for each in value] or ["-"]


def _print_list(engine: Engine, stored: Stored, *, json: bool) -> None:
    placed = model_stages.placements(engine, DEFAULT_TENANT)
    models = [
        {
            "rule": rule,
            "stage": stored.stages.get(rule, Stage.OBSERVE).value,
            "why": placed[rule].reason if rule in placed else "",
            "hash": stored.foresight.hashes[rule],
            "history": dict(model.history),
        }
        for rule, model in sorted(stored.foresight.models.items())
    ]
    if json:
        about = {name: value for name, value in stored.about.items() if name != "calibration"}
        told = {"foresight": stored.hash, "version": stored.version, "about": about}
        print_json({**told, "models": models})
        return
    table = Table("rule", "stage", "expected matches", "workloads", "model", "why")
    for model in models:
        history: dict[str, int] = model["history"]  # type: ignore[assignment]  # known by the line above
        workloads = ", ".join(f"{name} {count:,}" for name, count in sorted(history.items()))
        table.add_row(
            inert(str(model["rule"])),
            str(model["stage"]),
            f"{sum(history.values()):,}",
            inert(workloads),
            str(model["hash"])[:12],
            inert(str(model["why"])),
        )
    report.print(table)
    until = when(int(str(stored.about["accepted_until"])))
    report.print(
        f"version {stored.version}, trained on history accepted until {until} UTC;"
        f" fusion: {stored.about['fusion']}"
    )


def _stored(engine: Engine, data: Path) -> Stored:
    stored = stored_foresight(engine, DEFAULT_TENANT)
    if stored is None:
        raise NotFoundError(f"{data}: no models yet; train with 'foreseen models train --until'")
    return stored
