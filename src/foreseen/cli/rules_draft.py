"""`foreseen rules draft`: the first text of a rule, from a search."""

from typing import Annotated
from uuid import uuid4

import typer

from foreseen.cli.terminal import console, inert, print_json
from foreseen.runners.rules.drafting import draft as drafted


def draft(
    search: Annotated[str, typer.Argument(help="Words of the search box, e.g. 'cmd:curl'.")],
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print a rule that matches what a search finds, as far as a rule can.

    What it cannot take over is told apart. Name, title, description and ATT&CK tags are yours.
    """
    made = drafted(search, uuid4())
    if json:
        print_json({"text": made.text, "notes": list(made.notes)})
        return
    typer.echo(made.text, nl=False)
    for note in made.notes:
        console.print(inert(note), soft_wrap=True)
