"""`foreseen users`: the people of this installation; who may write its files is trusted fully."""

import getpass
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from sqlalchemy import Engine

from foreseen.api.identity.users import link_text
from foreseen.cli.stores import database
from foreseen.cli.terminal import console, inert, print_json, report, when
from foreseen.control.audit_log import Actor
from foreseen.control.database import writing
from foreseen.control.identity import people, second_factor
from foreseen.control.identity.links import LINK_MS, Purpose, make_link
from foreseen.control.identity.lockout import locked_until, unlock
from foreseen.control.identity.people import NewPerson, Person, State, Wanted
from foreseen.control.scopes import Role
from foreseen.control.tenants import ensure_tenant
from foreseen.core.ids import DEFAULT_TENANT
from foreseen.runners.server import wall_clock

app = typer.Typer(help="Make and change people, and how they log in.", no_args_is_help=True)

Data = Annotated[Path, typer.Option("--data", help="Folder of all stores.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Name = Annotated[str, typer.Argument(help="What they log in by.")]
Url = Annotated[str, typer.Option("--url", help="Where browsers reach the server.")]
_DATA = Path("data")
_URL = "http://127.0.0.1:8440"


def operator() -> Actor:
    """Who types commands, for the audit log."""
    return Actor(getpass.getuser(), "command")


@app.command()
def create(
    name: Name,
    role: Annotated[Role, typer.Option(help="What they may do.")],
    display_name: Annotated[str, typer.Option(help="What they are called.")] = "",
    email: Annotated[str | None, typer.Option(help="Where they are reached.")] = None,
    url: Url = _URL,
    data: Data = _DATA,
    json: Json = False,
) -> None:
    """Make a person and print the link by which they choose their password."""
    new = NewPerson(name, role, display_name, email)
    with database(data) as engine:
        ensure_tenant(engine, DEFAULT_TENANT, now=wall_clock())
        made = people.create_person(engine, DEFAULT_TENANT, new, by=operator(), now=wall_clock())
        given = _link(engine, name, Purpose.PASSWORD, url)
    if json:
        print_json({**_row(made), **given})
    else:
        typer.echo(given["link"])


@app.command(name="list")
def list_(data: Data = _DATA, json: Json = False) -> None:
    """List everybody."""
    with database(data) as engine:
        found = people.people(engine, DEFAULT_TENANT)
    if json:
        print_json([_row(each) for each in found])
        return
    table = Table("name", "called", "role", "state", "last login")
    for each in found:
        last = when(each.last_login) if each.last_login else "never"
        table.add_row(inert(each.name), inert(each.display_name), each.role, each.state, last)
    report.print(table)


@app.command()
def show(name: Name, data: Data = _DATA, json: Json = False) -> None:
    """Show one person."""
    with database(data) as engine:
        found = people.person(engine, DEFAULT_TENANT, name)
        until = locked_until(engine, DEFAULT_TENANT, name, now=wall_clock())
    row = {**_row(found), "locked_until": until}
    if json:
        print_json(row)
        return
    for key, value in row.items():
        report.print(f"{key:>18}  {inert(str(value))}", soft_wrap=True)


@app.command()
def role(
    name: Name,
    role: Annotated[Role, typer.Argument(help="What they may do from now on.")],
    data: Data = _DATA,
    json: Json = False,
) -> None:
    """Give a person another role; their logins end."""
    _changed(data, name, Wanted(role=role), json=json)


@app.command()
def disable(name: Name, data: Data = _DATA, json: Json = False) -> None:
    """Keep a person out; their logins end and their tokens stop."""
    _changed(data, name, Wanted(state=State.DISABLED), json=json)


@app.command()
def enable(name: Name, data: Data = _DATA, json: Json = False) -> None:
    """Let a person in again, also one whom failed logins keep waiting."""
    _changed(data, name, Wanted(state=State.ACTIVE), json=json)
    with database(data) as engine:
        unlock(engine, DEFAULT_TENANT, name, by=operator(), now=wall_clock())


@app.command(name="unlock")
def unlock_(name: Name, data: Data = _DATA) -> None:
    """Let a person whom failed logins keep waiting try again at once."""
    with database(data) as engine:
        unlock(engine, DEFAULT_TENANT, name, by=operator(), now=wall_clock())
    console.print("may log in again")


@app.command()
def link(
    name: Name,
    login: Annotated[
        bool, typer.Option("--login", help="Log in once; the password stays.")
    ] = False,
    drop_second_factor: Annotated[
        bool, typer.Option("--drop-second-factor", help="For who has lost their authenticator.")
    ] = False,
    url: Url = _URL,
    data: Data = _DATA,
    json: Json = False,
) -> None:
    """Print a link that sets a password anew, once, within 15 minutes."""
    with database(data) as engine:
        if drop_second_factor:
            with writing(engine) as session:
                row = people.row_of(session, DEFAULT_TENANT, name)
                second_factor.disable(session, row, by=operator(), now=wall_clock())
        given = _link(engine, name, Purpose.LOGIN if login else Purpose.PASSWORD, url)
    if json:
        print_json(given)
    else:
        typer.echo(given["link"])


@app.command()
def delete(name: Name, data: Data = _DATA) -> None:
    """Delete a person; their logins and tokens end. What they did stays in the records."""
    with database(data) as engine:
        people.delete_person(engine, DEFAULT_TENANT, name, by=operator(), now=wall_clock())
    console.print("deleted")


def _link(engine: Engine, name: str, purpose: Purpose, url: str) -> dict[str, object]:
    now = wall_clock()
    secret = make_link(engine, DEFAULT_TENANT, purpose, by=operator(), now=now, user=name)
    return {"link": link_text(url.rstrip("/"), purpose, secret), "link_expires": now + LINK_MS}


def _changed(data: Path, name: str, wanted: Wanted, *, json: bool) -> None:
    with database(data) as engine:
        found = people.change_person(
            engine, DEFAULT_TENANT, name, wanted, by=operator(), now=wall_clock()
        )
    if json:
        print_json(_row(found))
    else:
        console.print(f"{inert(found.name)}: {found.role}, {found.state}")


def _row(person: Person) -> dict[str, object]:
    return asdict(person)
