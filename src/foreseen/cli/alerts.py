"""`foreseen alerts`: list them, and say what they were: dismissed, or escalated."""

import getpass
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from foreseen.cli.replay import print_alert
from foreseen.cli.stores import database
from foreseen.cli.terminal import console, print_json
from foreseen.control import alerts as stored
from foreseen.control.alerts import AlertFilter
from foreseen.control.dispositions import Disposition, Verdict, dispose
from foreseen.control.dispositions import undo as take_back
from foreseen.core.alerts import AlertStatus
from foreseen.core.ids import DEFAULT_TENANT
from foreseen.runners.server import wall_clock

app = typer.Typer(help="List alerts and say what they were.", no_args_is_help=True)

Data = Annotated[Path, typer.Option("--data", help="Folder of all stores.")]
Reason = Annotated[str, typer.Option(help="Why, in a word or two.")]
Uid = Annotated[str, typer.Argument(help="The alert's uid, as the list shows it.")]
_DATA = Path("data")


@app.command(name="list")
def list_(
    data: Data = _DATA,
    status: Annotated[AlertStatus | None, typer.Option(help="Only these.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Most alerts.")] = 100,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
) -> None:
    """List alerts, newest first."""
    with database(data) as engine:
        found = stored.alerts(
            engine, DEFAULT_TENANT, wanted=AlertFilter(status=status), limit=limit
        )
    for alert in found:
        if json:
            print_json(asdict(alert))
        else:
            typer.echo(f"{alert.uid}  {alert.status}")
            print_alert(alert)


@app.command()
def dismiss(uid: Uid, reason: Reason, data: Data = _DATA, text: str = "") -> None:
    """It was to be expected: its matches may teach the model."""
    _say(uid, Verdict.DISMISSED, reason, text, data)


@app.command()
def escalate(uid: Uid, reason: Reason, data: Data = _DATA, text: str = "") -> None:
    """It is an attack, or may be: its matches never teach."""
    _say(uid, Verdict.ESCALATED, reason, text, data)


@app.command()
def undo(
    number: Annotated[int, typer.Argument(help="Number that dismiss or escalate printed.")],
    data: Data = _DATA,
) -> None:
    """Take back what was said."""
    with database(data) as engine:
        take_back(engine, DEFAULT_TENANT, number, now=wall_clock())
    console.print("taken back")


def _say(uid: str, verdict: Verdict, reason: str, text: str, data: Path) -> None:
    said = Disposition(uid, getpass.getuser(), verdict, reason, text, wall_clock())
    with database(data) as engine:
        number = dispose(engine, DEFAULT_TENANT, said)
    console.print(f"{verdict.value}; 'foreseen alerts undo {number}' takes it back")
