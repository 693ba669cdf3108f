"""`foreseen lab`: record the benchmark's telemetry on a real Linux host."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from foreseen.cli.terminal import console, inert, print_json
from foreseen.core.errors import ConfigurationError
from foreseen.lab import host
from foreseen.lab.record import record as record_parts
from foreseen.lab.themes import THEMES

app = typer.Typer(help="Record real workloads and harmless attacks.", no_args_is_help=True)


@app.callback()
def _lab() -> None:
    """Keep `record` a command of its own: `foreseen lab record`."""


@app.command()
def record(
    out: Annotated[Path, typer.Argument(help="Folder for the recording.")],
    part: Annotated[
        list[str],
        typer.Option(help=f"NAME=MINUTES, may repeat; names: {', '.join(THEMES)}."),
    ],
    seed: Annotated[int, typer.Option(help="Seed of the scripted people and attackers.")] = 1,
    install: Annotated[
        bool, typer.Option("--install", help="Install missing Debian packages.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Record parts in real time. Needs root and the kernel's audit subsystem to itself."""
    minutes = dict(map(_part, part))
    host.require(install=install)
    reports = record_parts(
        out,
        list(minutes),
        minutes=minutes,
        seed=seed,
        progress=lambda line: console.print(inert(line)),
    )
    if json:
        print_json([asdict(report) for report in reports])


def _part(text: str) -> tuple[str, float]:
    name, _, minutes = text.partition("=")
    if name not in THEMES:
        raise ConfigurationError(f"--part {text}: no part '{name}'; there are {', '.join(THEMES)}")
    try:
        length = float(minutes)
    except ValueError as error:
        raise ConfigurationError(f"--part {text}: write it NAME=MINUTES, e.g. train=60") from error
    if length <= 0:
        raise ConfigurationError(f"--part {text}: minutes must be more than 0")
    return name, length
