"""`foreseen lake status|moved|compact|expire|verify|backup|restore`: what lies there, upkeep."""

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from foreseen.cli import backup
from foreseen.cli.options import SettingsFile, rules_of
from foreseen.cli.stores import database, lake_of, s3_of_environment
from foreseen.cli.terminal import Exit, console, inert, print_json, progress_bar, report, size_text
from foreseen.core.ids import DEFAULT_TENANT
from foreseen.lake.keeping.compaction import Compacted
from foreseen.lake.keeping.holdings import holdings
from foreseen.lake.keeping.retention import Expiry, Needs, Retention, expiries
from foreseen.lake.keeping.retention import expire as expire_files
from foreseen.lake.keeping.status import Problem, TableStatus, problems
from foreseen.lake.keeping.status import status as status_of
from foreseen.runners.history import settings_kept
from foreseen.runners.lake_place import move_lake
from foreseen.runners.life.upkeep_needs import needs_of
from foreseen.runners.ownership import alone
from foreseen.runners.server import wall_clock
from foreseen.runners.settings.file import from_file
from foreseen.runners.settings.settings import Settings

app = typer.Typer(help="Look at the lake, and keep it in order.", no_args_is_help=True)

Data = Annotated[Path, typer.Option("--data", help="Folder of all stores.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_DATA = Path("data")


@app.command()
def status(data: Data = _DATA, json: Json = False) -> None:
    """Show what each table holds: rows, files, days, versions, producers."""
    lake = lake_of(data)
    found = status_of(lake)
    console.print(inert(f"the lake in {lake.place.uri}"), soft_wrap=True)
    if json:
        print_json({name: asdict(each) for name, each in found.items()})
        return
    table = Table("table", "rows", "files", "small", "cold", "size", "oldest", "newest")
    for name, each in found.items():
        counts = (each.rows, each.files, each.small, each.cold)
        days = (_day(each.oldest), _day(each.newest))
        table.add_row(name, *(f"{n:,}" for n in counts), size_text(each.bytes), *days)
    report.print(table)
    log = Table("table", "version", "kept from", "log", "checkpoint", "replaced", "orphans")
    for name, each in found.items():
        point = "-" if each.checkpoint is None else f"{each.checkpoint:,}"
        numbers = (f"{n:,}" for n in (each.version, each.first, each.entries))
        log.add_row(name, *numbers, point, f"{each.replaced:,}", f"{each.orphans:,}")
    report.print(log)
    _print_cursors(found)


def _print_cursors(found: dict[str, TableStatus]) -> None:
    table = Table("producer", *found)
    producers = sorted({name for each in found.values() for name in each.cursors})
    for name in producers:
        reached = (each.cursors.get(name) for each in found.values())
        table.add_row(inert(name), *("" if r is None else f"{r:,}" for r in reached))
    if producers:
        report.print(table)


@app.command()
def moved(
    to: Annotated[str, typer.Argument(help="Where it lies now: a folder or s3://BUCKET/PREFIX.")],
    data: Data = _DATA,
    lost: Annotated[
        bool, typer.Option("--lost", help="The former place is gone: do not compare with it.")
    ] = False,
) -> None:
    """Say that the lake was copied elsewhere, as a whole and while no server ran."""
    with database(data) as engine, alone(data):
        lake = move_lake(data, engine, to, s3_of_environment, now=wall_clock(), lost=lost)
    console.print(inert(f"the lake of {data} is the one in {lake.place.uri}"), soft_wrap=True)


@app.command()
def compact(data: Data = _DATA, json: Json = False) -> None:
    """Merge small files; a running server goes on meanwhile."""
    done = lake_of(data).compact()
    if json:
        print_json({name: asdict(each) for name, each in done.items()})
        return
    for name, each in done.items():
        report.print(_told(name, each))


def _told(name: str, done: Compacted) -> str:
    text = f"{name}: {done.merged:,} files merged into {done.written:,}"
    return f"{text}; {done.passed:,} were left to another process" if done.passed else text


@app.command()
def expire(
    data: Data = _DATA,
    settings: SettingsFile = None,
    yes: Annotated[bool, typer.Option("--yes", help="Let it go.")] = False,
    json: Json = False,
) -> None:
    """Show which rows are past their period; with --yes, let them go."""
    lake, now = lake_of(data), wall_clock()
    retention, needs = _kept(data, settings)
    found = [
        each
        for store in lake.stores.values()
        for each in expiries(store, holdings(store), retention, needs, now=now)
    ]
    gone = [yes and expire_files(lake.stores[e.table], e, needs, now=now) for e in found]
    if json:
        print_json([{**_row(e), "gone": g} for e, g in zip(found, gone, strict=True)])
        return
    table = Table("table", "tenant", "rows", "files", "size", "from", "to", "rows that stay", "")
    for each, is_gone in zip(found, gone, strict=True):
        first, last = map(_day, each.days)
        counts = (f"{each.rows:,}", f"{len(each.files):,}", size_text(each.size), first, last)
        state = "gone" if is_gone else "written to meanwhile: try again" if yes else "would go"
        table.add_row(each.table, inert(each.tenant), *counts, f"{each.held:,}", state)
    if found:
        report.print(table)
    if not found:
        console.print("nothing is past its period")
    elif not yes:
        console.print("nothing was removed; --yes lets it go")


@app.command()
def verify(data: Data = _DATA, json: Json = False) -> None:
    """Read every file whole and compare it with the log; exit code 1 when one is not as it says."""
    lake = lake_of(data)
    with progress_bar("reading") as progress:
        found = list(problems(lake, progress))
    orphans = sum(each.orphans for each in status_of(lake).values()) if not found else 0
    if json:
        print_json([asdict(each) for each in found])
    for each in found:
        _tell(each, json=json)
    if orphans and not json:
        console.print(f"{orphans:,} files that no version names; upkeep removes them when old")
    if found:
        raise typer.Exit(Exit.ERROR)
    console.print("every file is as the log says")


def _tell(problem: Problem, *, json: bool) -> None:
    if not json:
        report.print(inert(f"{problem.table}: {problem.file}: {problem.message}"), soft_wrap=True)


app.command()(backup.backup)
app.command()(backup.restore)


def _kept(data: Path, file: Path | None) -> tuple[Retention, Needs]:
    """How long rows are kept, as a settings file says or those used last; and what must stay."""
    with database(data) as engine:
        needs = needs_of(engine)
        used = (settings_kept(engine, DEFAULT_TENANT) or [Settings()])[0].retention
    return (from_file(file, rules_of(None, strict=False)).retention if file else used), needs


def _row(expiry: Expiry) -> dict[str, object]:
    first, last = expiry.days
    return {
        "table": expiry.table,
        "tenant": expiry.tenant,
        "rows": expiry.rows,
        "files": len(expiry.files),
        "bytes": expiry.size,
        "from": first,
        "to": last,
        "held": expiry.held,
        "overdue": expiry.overdue,
    }


def _day(time: int | None) -> str:
    try:
        return "" if time is None else f"{datetime.fromtimestamp(time / 1000, UTC):%Y-%m-%d}"
    except (OverflowError, ValueError):  # a sender's clock
        return str(time)
