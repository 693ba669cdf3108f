"""`foreseen rules`: list, lint, test and weigh Sigma rules."""

from pathlib import Path
from typing import Annotated

import typer

from foreseen.cli import rules_diff, rules_draft, rules_list, rules_reach, rules_stats
from foreseen.cli.terminal import Exit, inert, print_json, report
from foreseen.rules import Problem, check, lint, load
from foreseen.runners.rules.files import (
    folder_documents,
    load_rules,
    shipped_documents,
    shipped_tests,
    unannounced_changes,
)
from foreseen.runners.rules.telling import reach_row

app = typer.Typer(help="List, lint, test and weigh Sigma rules.", no_args_is_help=True)

Folder = Annotated[Path | None, typer.Argument(help="Folder or file of rules; else the shipped.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


app.command(name="list")(rules_list.list_)
app.command(name="diff")(rules_diff.diff)
app.command(name="draft")(rules_draft.draft)
app.command(name="stats")(rules_stats.stats)
app.command(name="coverage")(rules_reach.coverage)


@app.command(name="lint")
def lint_(
    folder: Folder = None,
    data: rules_reach.Data = None,
    files: rules_reach.Files = None,
    json: Json = False,
) -> None:
    """Name everything that is wrong with rules, by file and line.

    Of the shipped ones also what has changed since their release without saying so.
    With --data or --files also which rules can ever match events like those; as JSON it is then
    an object of `problems` and `reach`.
    """
    documents = shipped_documents() if folder is None else folder_documents(folder)
    problems, well = lint(documents), f"{len(documents)} files: nothing wrong"
    if folder is None:
        problems += unannounced_changes()
    if not data and not files:
        _tell(problems, well, json=json)
        return
    found = rules_reach.reached(load(documents).rules, data, files)
    if json:
        print_json({"problems": _rows(problems), "reach": reach_row(found)})
    else:
        rules_reach.print_reach(found)
    _tell(problems, well, json=False, quiet=json)


@app.command(name="test")
def test(folder: Folder = None, json: Json = False) -> None:
    """Run the tests beside the rules: events that must match, and that must not."""
    rules = load_rules(folder)
    tests = shipped_tests() if folder is None else folder_documents(folder, tests=True)
    _tell(check(rules, tests), f"{len(rules.rules)} rules keep their promises", json=json)


def _tell(problems: list[Problem], well: str, *, json: bool, quiet: bool = False) -> None:
    """Print problems unless that has been done, and end with an error where there are some."""
    if json:
        print_json(_rows(problems))
    elif not quiet:
        for problem in problems:
            report.print(inert(f"{problem.path}:{problem.line}: {problem.message}"), soft_wrap=True)
        if not problems:
            report.print(well)
    if problems:
        raise typer.Exit(Exit.ERROR)


def _rows(problems: list[Problem]) -> list[dict[str, object]]:
    return [{"path": p.path, "line": p.line, "message": p.message} for p in problems]
