"""`foreseen models promises`: what the models promised and what came of it, side by side."""

import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from foreseen.cli.stores import database, lake_in_use
from foreseen.cli.terminal import console, inert, print_json, progress_bar, report
from foreseen.core.errors import NotFoundError
from foreseen.core.ids import DEFAULT_TENANT
from foreseen.studies.promises import LEAST_CLUSTERS, Promise, Promises
from foreseen.studies.promises import promises as promises_of

_DAY = 24 * 60 * 60 * 1000

ASSUMED = (
    "Assumed: a match is expected unless its alert was escalated, so an open alert counts as false."
)


def promises(
    data: Annotated[Path, typer.Option("--data", help="Folder of all stores.")] = Path("data"),
    days: Annotated[
        int | None, typer.Option(min=1, max=36_500, help="Only the last days; else all.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show promised and realised shares of false alerts side by side, by rule."""
    since = 0 if days is None else time.time_ns() // 1_000_000 - days * _DAY
    with progress_bar("reading predictions"), database(data) as engine:
        found = promises_of(lake_in_use(data, engine), engine, DEFAULT_TENANT, since=since)
    if json:
        print_json({**asdict(found), "assumed": ASSUMED})
        return
    if found.tenant is None:
        raise NotFoundError(
            f"{data}: no model has judged a match{' in this time' if days else ''}; train models"
            " with 'foreseen models train --until'"
        )
    report.print(_table(found, found.tenant))
    report.print(_a_day(found), soft_wrap=True)
    console.print(ASSUMED, soft_wrap=True)
    if any(not one.enough for one in found.rules):
        console.print(
            f"* fewer than {LEAST_CLUSTERS} sessions or host-days: the interval is too narrow"
        )


def _a_day(found: Promises) -> str:
    asked = "" if found.asked_a_day is None else f"; asked for: {found.asked_a_day:g} a day"
    told = f"{found.alerts:,} false alerts in {found.days:.2f} days"
    return (
        f"{told}: {found.alerts / found.days:.2f} a day{asked}" if found.days >= 1 else told + asked
    )


def _table(found: Promises, whole: Promise) -> Table:
    columns = ("rule", "matches", "promised", "realised", "95 % interval", "", "dismissed")
    table = Table(*columns)
    for one in (whole, *found.rules):
        table.add_row(
            "all rules" if one.rule is None else inert(one.rule),
            f"{one.matches:,}",
            f"{one.promised:.3%}",
            f"{one.realised:.3%}",
            f"{one.low:.3%} to {one.high:.3%}{'' if one.enough else ' *'}",
            _word(one),
            f"{one.dismissed:,} of {one.alerted:,}",
            end_section=one.rule is None,
        )
    return table


def _word(one: Promise) -> str:
    if one.inside:
        return "kept"
    return "more than promised" if one.low > one.promised else "less than promised"
