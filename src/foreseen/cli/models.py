"""`foreseen models`: train, list, show and evaluate models."""

import time
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from foreseen.cli import models_evaluate
from foreseen.cli.options import Budget, rules_of
from foreseen.cli.stores import database
from foreseen.cli.terminal import (
    inert,
    milliseconds_of,
    print_json,
    progress_bar,
    report,
    when,
)
from foreseen.core.errors import NotFoundError
from foreseen.core.ids import DEFAULT_TENANT
from foreseen.lake.lake import Lake
from foreseen.runners.settings import BUDGET, LEAST_HISTORY
from foreseen.studies.train import Order, Stored, stored_foresight, train_models

app = typer.Typer(help="Train, list, show and evaluate models: one a rule.", no_args_is_help=True)
app.command()(models_evaluate.evaluate)

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
    budget: Budget = BUDGET,
    seed: Annotated[int, typer.Option(help="Makes training repeatable.")] = 0,
    json: Json = False,
) -> None:
    """Train every marked rule's model on clean history."""
    loaded = rules_of(rules, strict=False)
    order = Order(
        tenant=DEFAULT_TENANT,
        accepted_until=milliseconds_of(until),
        budget=budget,
        least_history=LEAST_HISTORY,
        seed=seed,
        now=time.time_ns() // 1_000_000,
    )
    marked = sum(rule.foresee for rule in loaded.rules)
    done: list[str] = []
    with progress_bar("training") as advance, database(data) as engine:

        def one_more(rule: str) -> None:
            done.append(rule)
            advance(len(done), marked)

        stored = train_models(Lake.open(data / "lake"), engine, loaded, order, one_more)
    _print_list(stored, json=json)


@app.command(name="list")
def list_(data: Data = _DATA, json: Json = False) -> None:
    """List the models in use."""
    _print_list(_stored(data), json=json)


@app.command()
def show(
    rule: Annotated[str, typer.Argument(help="Rule whose model to show.")],
    data: Data = _DATA,
    json: Json = False,
) -> None:
    """Show one rule's model: its history by workload, and what it was chosen for."""
    stored = _stored(data)
    model = {str(name): found for name, found in stored.foresight.models.items()}.get(rule)
    if model is None:
        known = ", ".join(sorted(stored.foresight.models))
        raise NotFoundError(f"no model of rule '{rule}'; there are models of {known}")
    about = {
        "rule": rule,
        "hash": stored.foresight.hashes[model.rule],  # type: ignore[index]  # known by the line above
        "history": dict(model.history),
        "tokens": len(model.features.names),
        "context_model": model.context is not None,
        "fusion": stored.about["fusion"],
        "accepted_until": stored.about["accepted_until"],
    }
    if json:
        print_json(about)
        return
    for name, value in about.items():
        report.print(f"{name:>15}  {inert(str(value))}")


def _print_list(stored: Stored, *, json: bool) -> None:
    models = [
        {"rule": rule, "hash": stored.foresight.hashes[rule], "history": dict(model.history)}
        for rule, model in sorted(stored.foresight.models.items())
    ]
    if json:
        about = {name: value for name, value in stored.about.items() if name != "calibration"}
        print_json({"foresight": stored.hash, "about": about, "models": models})
        return
    table = Table("rule", "expected matches", "workloads", "model")
    for model in models:
        history: dict[str, int] = model["history"]  # type: ignore[assignment]  # known by the line above
        workloads = ", ".join(f"{name} {count:,}" for name, count in sorted(history.items()))
        table.add_row(
            inert(str(model["rule"])),
            f"{sum(history.values()):,}",
            inert(workloads),
            str(model["hash"])[:12],
        )
    report.print(table)
    until = when(int(str(stored.about["accepted_until"])))
    report.print(f"trained on history accepted until {until} UTC; fusion: {stored.about['fusion']}")


def _stored(data: Path) -> Stored:
    with database(data) as engine:
        stored = stored_foresight(engine, DEFAULT_TENANT)
    if stored is None:
        raise NotFoundError(f"{data}: no models yet; train with 'foreseen models train --until'")
    return stored
