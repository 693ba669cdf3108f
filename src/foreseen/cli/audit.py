"""`foreseen audit`: who changed what, and whether the record of it is whole."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from foreseen.cli.stores import database
from foreseen.cli.terminal import console, inert, milliseconds_of, print_json, report, when
from foreseen.control.audit_log import Checked, Entry, verify
from foreseen.control.audit_reading import Sought, entries_sought
from foreseen.core.errors import ConfigurationError
from foreseen.core.ids import DEFAULT_TENANT

app = typer.Typer(help="Read and check the audit log.", no_args_is_help=True)

Data = Annotated[Path, typer.Option("--data", help="Folder of all stores.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_DATA = Path("data")


@app.command(name="list")
def list_(
    actor: Annotated[str | None, typer.Option(help="Who did it.")] = None,
    kind: Annotated[str | None, typer.Option(help="What was changed, e.g. user.")] = None,
    action: Annotated[str | None, typer.Option(help="What was done, e.g. create.")] = None,
    since: Annotated[str | None, typer.Option("--from", help="Not before, ISO 8601.")] = None,
    until: Annotated[str | None, typer.Option(help="Before, ISO 8601.")] = None,
    before: Annotated[int | None, typer.Option(min=1, help="Before this number.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 50,
    data: Data = _DATA,
    json: Json = False,
) -> None:
    """List changes, the newest first; with --json one a line."""
    first, last = (None if each is None else milliseconds_of(each) for each in (since, until))
    sought = Sought(actor, kind, action, first, last)
    with database(data) as engine:
        found = entries_sought(engine, DEFAULT_TENANT, sought, before=before, limit=limit)
    if json:
        for each in found:
            print_json(_row(each))
        return
    table = Table("number", "time", "who", "by", "did", "to", "name")
    for each in found:
        said = (each.actor.name, each.actor.way, each.change.action, each.change.kind)
        cells = (str(each.number), when(each.time), *said, each.change.name)
        table.add_row(*(inert(cell) for cell in cells))
    report.print(table)


@app.command(name="verify")
def verify_(
    known: Annotated[
        str | None,
        typer.Option(help="ENTRIES:HASH of an earlier answer, which this chain must begin with."),
    ] = None,
    data: Data = _DATA,
    json: Json = False,
) -> None:
    """Follow the chain of hashes; exit code 1 if it was rewritten."""
    with database(data) as engine:
        checked = verify(engine, DEFAULT_TENANT, known=_checked(known) if known else None)
    if json:
        print_json({"entries": checked.entries, "hash": checked.hash})
    else:
        typer.echo(f"{checked.entries}:{checked.hash}")
        console.print("whole")


def _checked(text: str) -> Checked:
    number, _, hash_ = text.partition(":")
    if not (number.isascii() and number.isdigit() and hash_):
        raise ConfigurationError(f"--known {text}: write it as verify prints it, ENTRIES:HASH")
    return Checked(int(number), hash_)


def _row(entry: Entry) -> dict[str, object]:
    return {
        "number": entry.number,
        "time": entry.time,
        "actor": entry.actor.name,
        "way": entry.actor.way,
        "address": entry.actor.address,
        "action": entry.change.action,
        "kind": entry.change.kind,
        "name": entry.change.name,
        "before": entry.change.before,
        "after": entry.change.after,
        "hash": entry.hash,
    }
