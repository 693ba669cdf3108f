"""`foreseen tokens`: make and revoke the tokens that the API takes."""

from pathlib import Path
from typing import Annotated

import typer

from foreseen.cli.stores import database
from foreseen.cli.terminal import console, print_json
from foreseen.control.tenants import ensure_tenant
from foreseen.control.tokens import Scope, create_token, revoke_token
from foreseen.core.ids import DEFAULT_TENANT
from foreseen.runners.server import wall_clock

app = typer.Typer(help="Make and revoke tokens of the API.", no_args_is_help=True)

Data = Annotated[Path, typer.Option("--data", help="Folder of all stores.")]
_DATA = Path("data")


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="Who or what will use it.")],
    scope: Annotated[Scope, typer.Option(help="What it may do.")],
    data: Data = _DATA,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Make a token and print it; only its hash is kept, so it is shown only now."""
    with database(data) as engine:
        ensure_tenant(engine, DEFAULT_TENANT, now=wall_clock())
        token = create_token(engine, DEFAULT_TENANT, name=name, scope=scope, now=wall_clock())
    if json:
        print_json({"name": name, "scope": scope.value, "token": token})
    else:
        typer.echo(token)


@app.command()
def revoke(
    token: Annotated[str, typer.Argument(help="The token itself.")], data: Data = _DATA
) -> None:
    """End a token at once."""
    with database(data) as engine:
        revoke_token(engine, token, now=wall_clock())
    console.print("revoked")
