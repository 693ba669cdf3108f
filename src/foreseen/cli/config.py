"""`foreseen config`: check the server's configuration, show what is in force, print an example."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from foreseen.cli.terminal import console, inert, plain, print_json
from foreseen.runners.config.reading import Read, read_configuration
from foreseen.runners.config.showing import example as example_text
from foreseen.runners.config.showing import in_force, written

app = typer.Typer(help="The server's configuration.", no_args_is_help=True)

ConfigFile = Annotated[
    Path | None,
    typer.Option(
        "--config",
        help="Configuration; else ./foreseen.toml, DATA/foreseen.toml or "
        "/etc/foreseen/foreseen.toml, the first that is there.",
    ),
]
Data = Annotated[Path | None, typer.Option("--data", help="Folder of all stores.")]


@app.command()
def check(config: ConfigFile = None, data: Data = None) -> None:
    """Check the whole configuration; every fault is told with its place."""
    read = read_configuration(config, os.environ, {"stores.data": data})
    console.print(f"{inert(taken(read))}: no fault", soft_wrap=True)


@app.command()
def show(
    config: ConfigFile = None,
    data: Data = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show what is in force and where each value came from; secrets as stars."""
    read = read_configuration(config, os.environ, {"stores.data": data})
    console.print(inert(taken(read)), soft_wrap=True)
    for path, value, source in in_force(read):
        if json:
            told = str(value) if isinstance(value, Path) else value
            print_json({"key": path, "value": told, "source": source})
        else:
            shown = "none" if value is None else written(value)
            sys.stdout.write(plain(f"{path} = {shown}  # {source}") + "\n")


@app.command()
def example() -> None:
    """Print a commented file with every key, made from what the server knows."""
    sys.stdout.write(example_text())


def taken(read: Read) -> str:
    """Words on the file that was taken."""
    return f"configuration {read.file}" if read.file else "no configuration file; the defaults hold"
