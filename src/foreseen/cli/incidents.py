"""`foreseen incidents`: stories that tie alerts together."""

from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer

from foreseen.api.incidents import incident_view
from foreseen.cli.remote import Token, Url, connected
from foreseen.cli.stores import database
from foreseen.cli.terminal import plain, print_json
from foreseen.control.incidents import stories, story
from foreseen.core.ids import DEFAULT_TENANT

app = typer.Typer(help="List incidents: alerts of one story.", no_args_is_help=True)

Data = Annotated[Path, typer.Option("--data", help="Folder of all stores.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")]
_DATA = Path("data")


@app.command(name="list")
def list_(
    data: Data = _DATA,
    limit: Annotated[int, typer.Option(min=1, help="Most incidents.")] = 100,
    json: Json = False,
    url: Url = None,
    token: Token = None,
) -> None:
    """List incidents, those opened last first."""
    if url is not None:
        with connected(url, token) as client:
            _print(islice(client.incidents(), limit), json=json)
        return
    with database(data) as engine:
        found = stories(engine, DEFAULT_TENANT, limit=limit)
    _print((incident_view(each).model_dump() for each in found), json=json)


@app.command()
def show(
    uid: Annotated[str, typer.Argument(help="The incident's uid, as the list shows it.")],
    data: Data = _DATA,
    json: Json = False,
    url: Url = None,
    token: Token = None,
) -> None:
    """Show one incident."""
    if url is not None:
        with connected(url, token) as client:
            _print([client.incident(uid)], json=json)
        return
    with database(data) as engine:
        found = story(engine, DEFAULT_TENANT, uid)
    _print([incident_view(found).model_dump()], json=json)


def _print(found: Iterable[Mapping[str, Any]], *, json: bool) -> None:
    for each in found:
        if json:
            print_json(each)
            continue
        typer.echo(f"{each['uid']}  {each['open']} open of {each['alerts']} alerts")
        hosts, rules = (plain(", ".join(each[name])) for name in ("hosts", "rules"))
        typer.echo(f"{'':21}{each['opened']} to {each['last_time']}, risk {each['risk']:.0f}")
        typer.echo(f"{'':21}{rules} on {hosts}")
