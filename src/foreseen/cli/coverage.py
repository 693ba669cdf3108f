"""`foreseen rules coverage`: which ATT&CK techniques have rules, tests and telemetry."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from foreseen.cli.terminal import as_json, inert, print_json, report
from foreseen.core.ids import RuleId
from foreseen.reports.coverage import Coverage
from foreseen.reports.coverage import coverage as coverage_of
from foreseen.reports.coverage_layer import LEGEND, layer
from foreseen.reports.coverage_picture import SIGNS, picture
from foreseen.reports.coverage_tests import rules_with_tests
from foreseen.rules.cases.cases import is_test
from foreseen.runners.rules.files import Document, folder_documents, load_rules, shipped_tests

Folder = Annotated[Path | None, typer.Argument(help="Folder or file of rules; else the shipped.")]
Svg = Annotated[Path | None, typer.Option("--svg", help="Write the picture to this file.")]
Layer = Annotated[
    Path | None, typer.Option("--layer", help="Write a layer for the ATT&CK Navigator.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def coverage(
    folder: Folder = None, svg: Svg = None, navigator: Layer = None, json: Json = False
) -> None:
    """Tell which ATT&CK techniques have rules, tests and telemetry."""
    show(folder, {}, svg=svg, navigator=navigator, json=json)


def show(
    folder: Path | None,
    telemetry: Mapping[RuleId, bool | None],
    *,
    svg: Path | None,
    navigator: Path | None,
    json: bool,
) -> None:
    """Write and print the coverage of a folder's rules, or of the shipped ones.

    Args:
        folder: Rules and, beside them, their tests.
        telemetry: Rule to whether it can match what is collected; absent where not known.
        svg: File for the picture.
        navigator: File for the Navigator's layer.
        json: Whether JSON is printed, not a table.
    """
    rules = load_rules(folder)
    found = coverage_of(rules.rules, rules_with_tests(rules, _tests(folder)), telemetry)
    title = f"ATT&CK coverage of {folder or 'the shipped rules'}"
    if svg:
        svg.write_text(picture(found, title), "utf-8")
    if navigator:
        navigator.write_bytes(as_json(layer(found, title)))
    if json:
        print_json(found)
    else:
        _print(found)


def _tests(folder: Path | None) -> Sequence[Document]:
    """Tests of the rules; foreign rules have none, which is no error here."""
    if folder is None:
        return shipped_tests()
    has_tests = folder.is_dir() and any(is_test(path.name) for path in folder.rglob("*"))
    return folder_documents(folder, tests=True) if has_tests else ()


def _print(found: Coverage) -> None:
    table = Table("tactic", "rules", "techniques", "covered")
    for tactic in found.tactics:
        table.add_row(tactic.name, *map(str, (tactic.rules, tactic.techniques, tactic.covered)))
    report.print(table)
    table = Table("technique", "state", "rules", "with tests", "with telemetry", "without")
    for family in found.techniques:
        for each in (family, *family.parts):
            sets = (each.rules, each.tested, each.telemetry, each.blind)
            state = f"{SIGNS[each.state]} {each.state}"
            table.add_row(inert(each.id), state, *(str(len(ids)) for ids in sets))
    report.print(table)
    for state, meaning in LEGEND.items():
        report.print(f"{SIGNS[state]} {state}: {meaning}")
    left = len(found.without_technique)
    report.print(f"{found.rules} rules, {left} of them without a technique")
