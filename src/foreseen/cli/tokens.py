"""`foreseen tokens`: make, list and revoke the tokens that the API takes."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from foreseen.cli.stores import database
from foreseen.cli.terminal import console, inert, milliseconds_of, print_json, report, when
from foreseen.cli.users import operator
from foreseen.control.scopes import Scope, scopes_text
from foreseen.control.tenants import ensure_tenant
from foreseen.control.tokens import Terms, Token, create_token, revoke_token, tokens_of
from foreseen.core.ids import DEFAULT_TENANT
from foreseen.runners.server import wall_clock

app = typer.Typer(help="Make, list and revoke tokens of the API.", no_args_is_help=True)

Data = Annotated[Path, typer.Option("--data", help="Folder of all stores.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_DATA = Path("data")


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="Who or what will use it.")],
    scope: Annotated[list[Scope], typer.Option(help="What it may do; may be given again.")],
    owner: Annotated[
        str | None, typer.Option(help="The person whose it is; it may do what they may.")
    ] = None,
    expires: Annotated[str | None, typer.Option(help="When it ends, ISO 8601.")] = None,
    description: Annotated[str, typer.Option(help="What it is for.")] = "",
    data: Data = _DATA,
    json: Json = False,
) -> None:
    """Make a token and print it; only its hash is kept, so it is shown only now."""
    end = None if expires is None else milliseconds_of(expires)
    with database(data) as engine:
        ensure_tenant(engine, DEFAULT_TENANT, now=wall_clock())
        token = create_token(
            engine,
            DEFAULT_TENANT,
            name=name,
            scopes=scope,
            now=wall_clock(),
            terms=Terms(owner, end, description),
            by=operator(),
        )
    if json:
        print_json({"name": name, "scopes": [each.value for each in scope], "token": token})
    else:
        typer.echo(token)


@app.command(name="list")
def list_(data: Data = _DATA, json: Json = False) -> None:
    """List tokens, the newest first; the tokens themselves are kept nowhere."""
    with database(data) as engine:
        found = tokens_of(engine, DEFAULT_TENANT)
    if json:
        print_json([_row(each) for each in found])
        return
    table = Table("id", "name", "owner", "scopes", "last used", "")
    for each in found:
        used = when(each.used) if each.used else "never"
        cells = (each.id, each.name, each.terms.owner or "", scopes_text(each.scopes), used)
        table.add_row(*(inert(cell) for cell in cells), _state(each))
    report.print(table)


@app.command()
def revoke(
    token: Annotated[str, typer.Argument(help="The token itself, or its id.")],
    data: Data = _DATA,
) -> None:
    """End a token at once."""
    with database(data) as engine:
        revoke_token(engine, token, now=wall_clock(), tenant=DEFAULT_TENANT, by=operator())
    console.print("revoked")


def _state(token: Token) -> str:
    if token.revoked is not None:
        return "revoked"
    end = token.terms.expires
    if end is None:
        return ""
    return "over" if end <= wall_clock() else f"until {when(end)}"


def _row(token: Token) -> dict[str, object]:
    return {
        "id": token.id,
        "name": token.name,
        "description": token.terms.description,
        "owner": token.terms.owner,
        "scopes": scopes_text(token.scopes).split(),
        "created": token.created,
        "expires": token.terms.expires,
        "used": token.used,
        "revoked": token.revoked,
    }
