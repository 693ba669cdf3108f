"""`foreseen api`: what the API can do, for programs."""

import tempfile
from pathlib import Path

import typer

from foreseen.api.app import create_app
from foreseen.api.services import Services
from foreseen.cli.terminal import print_json
from foreseen.control.database import opened
from foreseen.runners.server import wall_clock

app = typer.Typer(help="Describe the API.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """One command is no group without this."""


@app.command()
def schema() -> None:
    """Print the description of the API, OpenAPI 3.1; a server has it at /api/v1/openapi.json."""
    with (
        tempfile.TemporaryDirectory() as folder,
        opened(Path(folder) / "control.db") as engine,
    ):
        made = create_app(Services(None, engine, wall_clock, frozenset(), frozenset()))
        print_json(made.openapi())
