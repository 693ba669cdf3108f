"""Whether rules can match what is collected, for `foreseen rules lint` and `rules coverage`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from foreseen.cli import coverage as picture
from foreseen.cli.stores import lake_of
from foreseen.cli.terminal import inert, report
from foreseen.core.ids import DEFAULT_TENANT, RuleId
from foreseen.rules import RuleSet
from foreseen.rules.reach import Inventory, Reach, reach
from foreseen.runners.label import LabelOrder, steps
from foreseen.runners.rules.files import load_rules
from foreseen.runners.shards.whole import Tally
from foreseen.studies.what_if_history import Work, batches

Data = Annotated[
    Path | None, typer.Option("--data", help="Say what can match the events of this folder.")
]
Files = Annotated[
    list[Path] | None,
    typer.Option("--files", help="Say what can match the events of these files; may repeat."),
]


def coverage(
    folder: picture.Folder = None,
    data: Data = None,
    files: Files = None,
    svg: picture.Svg = None,
    navigator: picture.Layer = None,
    json: picture.Json = False,
) -> None:
    """Tell which ATT&CK techniques have rules, tests and telemetry."""
    telemetry: dict[RuleId, bool | None] = {}
    if data or files:
        found = reached(load_rules(folder), data, files)
        telemetry = {name: one.reachable for name, one in found.items()}
    picture.show(folder, telemetry, svg=svg, navigator=navigator, json=json)


def reached(rules: RuleSet, data: Path | None, files: Sequence[Path] | None) -> dict[RuleId, Reach]:
    """For each rule whether it can match events like those of a data folder, or of files.

    Raises:
        NotFoundError: There is no such folder or file.
    """
    inventory = Inventory()
    if data:
        for events in batches(lake_of(data), Work(DEFAULT_TENANT, trusting=True)):
            inventory.add(events)
    if files:
        order = LabelOrder([str(file) for file in files], "auto", rules)
        for step in steps(order, Tally()):
            inventory.add(step.out.events)
    return reach(rules, inventory)


def print_reach(found: dict[RuleId, Reach]) -> None:
    """Rules that cannot match what is collected, and why."""
    blind = {name: one.reason for name, one in sorted(found.items()) if not one.reachable}
    for name, reason in blind.items():
        report.print(inert(f"{name}: cannot match what is collected: {reason}"), soft_wrap=True)
    report.print(f"{len(found) - len(blind)} of {len(found)} rules can match what is collected")
