"""`foreseen suppressions`: hide matches by hand, with owner, reason and end; nothing is lost."""

import getpass
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from sqlalchemy import Engine

from foreseen.cli.stores import database, lake_in_use
from foreseen.cli.terminal import Exit, console, inert, print_json, report, when
from foreseen.control import documents as stored
from foreseen.control.database import opened
from foreseen.control.documents import DocumentKind, Edit, Version
from foreseen.control.places import FILE, has_database
from foreseen.control.tenants import ensure_tenant
from foreseen.core.ids import DEFAULT_TENANT
from foreseen.rules import Problem, RuleSet
from foreseen.rules.suppression.lint import SHARE, lint
from foreseen.rules.suppression.suppressions import load_suppressions
from foreseen.runners.lake_place import has_lake
from foreseen.runners.rules.files import Document, folder_documents, load_rules
from foreseen.runners.rules.suppression_desk import Past, one_a_file, regrets, standing_of
from foreseen.runners.rules.suppressions import place_of
from foreseen.runners.server import wall_clock

app = typer.Typer(help="Hide matches by hand, with owner, reason and end.", no_args_is_help=True)

Data = Annotated[Path, typer.Option("--data", help="Folder of all stores.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Name = Annotated[str, typer.Argument(help="The suppression's id.")]
Number = Annotated[int, typer.Argument(min=1, help="A version, as history shows it.")]
Reason = Annotated[str, typer.Option(help="Why, for the history.")]
Rules = Annotated[Path | None, typer.Option("--rules", help="Folder of rules; else the shipped.")]
Share = Annotated[
    float, typer.Option(min=0, max=1, help="Part of a rule's past matches that is too much.")
]
_DATA = Path("data")


@app.command(name="list")
def list_(
    data: Data = _DATA,
    all_: Annotated[bool, typer.Option("--all", help="The removed ones, too.")] = False,
    rules: Rules = None,
    json: Json = False,
) -> None:
    """List suppressions with their owners and ends, and say which are not in force."""
    with database(data) as engine:
        found = stored.documents(engine, DEFAULT_TENANT, DocumentKind.SUPPRESSION, retired=all_)
    loaded = load_rules(rules)
    rows = [_row(version, loaded) for version in found]
    if json:
        print_json(rows)
        return
    table = Table("suppression", "version", "state", "owner", "expires", "title")
    for row in rows:
        table.add_row(*(inert(str(row[key])) for key in _SHOWN))
    report.print(table)


@app.command()
def add(
    file: Annotated[Path, typer.Argument(help="File with a suppression, or several.")],
    data: Data = _DATA,
    reason: Reason = "",
    anyway: Annotated[bool, typer.Option(help="Though the linter warns.")] = False,
    rules: Rules = None,
    share: Share = SHARE,
) -> None:
    """Put suppressions into force; a known id gets a new version."""
    documents, loaded = folder_documents(file, what="suppressions"), load_rules(rules)
    found = load_suppressions(documents, loaded)
    if found.problems:
        _tell([Problem(each.path, each.line, each.message) for each in found.problems])
        raise typer.Exit(Exit.ERROR)
    one_a_file(found.suppressions.suppressions)
    data.mkdir(parents=True, exist_ok=True)
    with opened(data / FILE) as engine:
        ensure_tenant(engine, DEFAULT_TENANT, now=wall_clock())
        problems = _lint(documents, loaded, data, engine, share)
        _tell(problems)
        if problems and not anyway:
            console.print("nothing was added; mend it, or say --anyway")
            raise typer.Exit(Exit.FINDINGS)
        for each in found.suppressions.suppressions:
            number = stored.put(engine, DEFAULT_TENANT, _edit(each.id, reason), each.text)
            console.print(f"{inert(each.id)}: version {number}")


@app.command(name="lint")
def lint_(
    file: Annotated[Path | None, typer.Argument(help="File or folder; else those stored.")] = None,
    data: Data = _DATA,
    rules: Rules = None,
    share: Share = SHARE,
    json: Json = False,
) -> None:
    """Name what is wrong: what cannot match again, hides too much, or says the opposite."""
    loaded = load_rules(rules)
    if file is not None and not has_database(data):
        problems = lint(folder_documents(file, what="suppressions"), loaded, now=wall_clock())
    else:
        with database(data) as engine:
            documents = folder_documents(file, what="suppressions") if file else _documents(engine)
            problems = _lint(documents, loaded, data, engine, share)
    if json:
        print_json([asdict(problem) for problem in problems])
    else:
        _tell(problems)
    if problems:
        raise typer.Exit(Exit.FINDINGS)


@app.command()
def show(name: Name, data: Data = _DATA, version: int | None = None, json: Json = False) -> None:
    """Print a suppression, the newest version unless another is asked for."""
    found = _version(data, name, version)
    if json:
        print_json(asdict(found))
    else:
        typer.echo(found.text, nl=not found.text.endswith("\n"))


@app.command()
def history(name: Name, data: Data = _DATA, json: Json = False) -> None:
    """List all versions, newest first: who made them, when and why."""
    with database(data) as engine:
        found = stored.history(engine, DEFAULT_TENANT, DocumentKind.SUPPRESSION, name)
    if json:
        print_json([asdict(version) for version in found])
        return
    table = Table("version", "state", "when (UTC)", "who", "why")
    for each in found:
        cells = (str(each.number), each.state, when(each.time), each.author, each.reason)
        table.add_row(*map(inert, cells))
    report.print(table)


@app.command()
def diff(name: Name, old: Number, new: Number, data: Data = _DATA) -> None:
    """Print what changed from one version to another."""
    changed = stored.diff(_version(data, name, old), _version(data, name, new))
    if changed:
        typer.echo(changed)


@app.command()
def restore(name: Name, number: Number, data: Data = _DATA, reason: Reason = "") -> None:
    """Put an old version into force again, as a new one."""
    with database(data) as engine:
        now = stored.restore(engine, DEFAULT_TENANT, _edit(name, reason), number)
    console.print(f"{inert(name)}: version {now}, with the text of version {number}")


@app.command()
def remove(name: Name, data: Data = _DATA, reason: Reason = "") -> None:
    """Put a suppression out of force; its versions stay."""
    with database(data) as engine:
        number = stored.retire(engine, DEFAULT_TENANT, _edit(name, reason))
    console.print(f"{inert(name)}: version {number} says that it is out of force")


_SHOWN = ("id", "version", "state", "owner", "expires", "title")


def _row(version: Version, rules: RuleSet) -> dict[str, object]:
    """A stored suppression as a row; one that is not sound says why."""
    told = standing_of(version, rules, now=wall_clock())
    found = told.found
    return {
        "id": version.name,
        "version": version.number,
        "state": told.state,
        "owner": found.owner if found else "",
        "expires": when(found.expires) if found else "",
        "title": told.problem or (found.title if found else ""),
    }


def _lint(
    documents: list[Document], rules: RuleSet, data: Path, engine: Engine, share: float
) -> list[Problem]:
    lake = lake_in_use(data, engine) if has_lake(data, engine) else None
    past = Past(lake, engine, DEFAULT_TENANT, share)
    return regrets(documents, rules, past, now=wall_clock())


def _documents(engine: Engine) -> list[Document]:
    found = stored.documents(engine, DEFAULT_TENANT, DocumentKind.SUPPRESSION)
    return [(place_of(each.name), each.text) for each in found]


def _version(data: Path, name: str, number: int | None) -> Version:
    with database(data) as engine:
        return stored.document(engine, DEFAULT_TENANT, DocumentKind.SUPPRESSION, name, number)


def _edit(name: str, reason: str) -> Edit:
    return Edit(DocumentKind.SUPPRESSION, name, getpass.getuser(), reason, wall_clock())


def _tell(problems: list[Problem]) -> None:
    for problem in problems:
        report.print(inert(f"{problem.path}:{problem.line}: {problem.message}"), soft_wrap=True)
