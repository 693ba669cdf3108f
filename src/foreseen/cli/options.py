"""Options that several commands share, and what they are turned into."""

from typing import Annotated

import typer

from foreseen.alerts.decide import Policy
from foreseen.core.errors import ConfigurationError
from foreseen.pipeline.workloads import Workloads
from foreseen.runners.settings import LEAST_HISTORY, Settings

Budget = Annotated[
    float, typer.Option(help="Share of expected matches that may alert.", min=0.0001, max=0.5)
]
Workload = Annotated[
    list[str] | None,
    typer.Option(help="HOST=NAME: the workload of hosts, e.g. 'web-*=shop'; may repeat."),
]


def settings_of(budget: float, workload: list[str] | None) -> Settings:
    """Settings from options.

    Raises:
        ConfigurationError: A workload is not written HOST=NAME.
    """
    patterns: dict[str, str] = {}
    for text in workload or []:
        host, _, name = text.partition("=")
        if not host or not name:
            raise ConfigurationError(f"--workload {text}: write it HOST=NAME, e.g. 'web-*=shop'")
        patterns[host] = name
    return Settings(Policy(budget, LEAST_HISTORY), Workloads(patterns))
