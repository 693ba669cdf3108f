"""Options that several commands share, and what they are turned into."""

from pathlib import Path
from typing import Annotated

import typer

from foreseen.alerts.decide import Policy
from foreseen.cli.terminal import console, inert
from foreseen.core.errors import ConfigurationError
from foreseen.pipeline.workloads import Workloads
from foreseen.rules import RuleSet
from foreseen.rules.loading import sound
from foreseen.runners.rules.files import load_folder
from foreseen.runners.settings.file import (
    LEAST_ALERTS_A_DAY,
    LEAST_BUDGET,
    MOST_ALERTS_A_DAY,
    MOST_BUDGET,
    FromFile,
    from_file,
)
from foreseen.runners.settings.settings import BUDGET, LEAST_HISTORY, Settings

Budget = Annotated[
    float, typer.Option(help="Share of expected matches that may alert.", min=0.0001, max=0.5)
]
Share = Annotated[
    float | None,
    typer.Option(
        "--budget",
        help="Share of expected matches that may alert; 0.01 unless said otherwise.",
        min=LEAST_BUDGET,
        max=MOST_BUDGET,
    ),
]
AlertsADay = Annotated[
    float | None,
    typer.Option(
        "--alerts-a-day",
        help="The same as false alerts a day, of all rules together.",
        min=LEAST_ALERTS_A_DAY,
        max=MOST_ALERTS_A_DAY,
    ),
]
Workload = Annotated[
    list[str] | None,
    typer.Option(help="HOST=NAME: the workload of hosts, e.g. 'web-*=shop'; may repeat."),
]


Strict = Annotated[
    bool, typer.Option("--strict", help="Stop when a rule cannot be loaded, do not leave it out.")
]


Local = Annotated[
    Path | None,
    typer.Option("--local", help="Folder of local rules, filters and tuning, beside the others."),
]


Cluster = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        help="HOST:PORT of a Ray cluster (or auto) whose nodes share the work; the result is the"
        " same.",
    ),
]


def rules_of(folder: Path | None, *, strict: bool, local: Path | None = None) -> RuleSet:
    """The shipped rules or those of a folder, and local ones; what does not load is named.

    Raises:
        NotFoundError: The folder is missing or holds no rule.
        MalformedInputError: Rules are wrong and `strict`, or no rule is left.
    """
    loaded = load_folder(folder, local=local)
    if strict or not loaded.rules.rules:
        return sound(loaded)
    for problem in loaded.problems:
        console.print(inert(f"left out: {problem}"), soft_wrap=True)
    return loaded.rules


SettingsFile = Annotated[
    Path | None, typer.Option("--settings", help="File that says which rules look at what.")
]


def settings_of(
    budget: float | None,
    workload: list[str] | None,
    file: Path | None = None,
    rules: RuleSet | None = None,
    alerts_a_day: float | None = None,
) -> Settings:
    """Settings from options, and from a settings file for loaded rules if there is one.

    Raises:
        ConfigurationError: A workload is not written HOST=NAME, or the budget is given twice.
        NotFoundError: The file is missing.
        MalformedInputError: It is wrong.
    """
    patterns: dict[str, str] = {}
    for text in workload or []:
        host, _, name = text.partition("=")
        if not host or not name:
            raise ConfigurationError(f"--workload {text}: write it HOST=NAME, e.g. 'web-*=shop'")
        patterns[host] = name
    told = from_file(file, rules) if file and rules else FromFile()
    given = {
        "--budget": budget,
        "--alerts-a-day": alerts_a_day,
        f"budget in {file}": told.budget,
        f"alerts_a_day in {file}": told.alerts_a_day,
    }
    twice = [name for name, value in given.items() if value is not None]
    if len(twice) > 1:
        raise ConfigurationError(f"{' and '.join(twice)} both say how much may alert; give one")
    share = told.budget if budget is None else budget
    return Settings(
        Policy(BUDGET if share is None else share, LEAST_HISTORY, told.groups),
        Workloads(patterns),
        told.rule_sets,
        told.alerts_a_day if alerts_a_day is None else alerts_a_day,
        told.bars,
        told.rhythm,
        told.retention,
    )
