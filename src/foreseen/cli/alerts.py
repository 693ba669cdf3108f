"""`foreseen alerts`: list them, and say what they were: dismissed, or escalated."""

import os
import pwd
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from pydantic import TypeAdapter

from foreseen.alerts.interest import Speaker
from foreseen.api.alerts import view
from foreseen.cli import explain
from foreseen.cli.receipts import print_receipt
from foreseen.cli.remote import Token, Url, alert_of, alerts_there, connected, refuse_local
from foreseen.cli.replay import print_alert, shown_progress
from foreseen.cli.stores import database, lake_in_use, lake_of
from foreseen.cli.terminal import console, inert, plain, print_json
from foreseen.client import RefusedError
from foreseen.control import alerts as stored
from foreseen.control.alerts import AlertFilter
from foreseen.control.reasons import REASONS, Verdict
from foreseen.core.alerts import Alert, AlertStatus
from foreseen.core.errors import ConfigurationError, DeniedError
from foreseen.core.ids import DEFAULT_TENANT
from foreseen.runners.life.office import Place, office_of
from foreseen.runners.rules.files import folder_documents
from foreseen.runners.server import wall_clock
from foreseen.studies.desk import DAYS
from foreseen.studies.feedback import Said, Word, say
from foreseen.studies.feedback import take_back as take_back_word
from foreseen.studies.receipt import Receipt

app = typer.Typer(help="List alerts and say what they were.", no_args_is_help=True)
app.command(name="explain")(explain.alert)


def _listed(verdict: Verdict) -> str:
    return ", ".join(reason.value for reason in REASONS[verdict])


Data = Annotated[Path, typer.Option("--data", help="Folder of all stores.")]
Uid = Annotated[str, typer.Argument(help="The alert's uid, as the list shows it.")]
WhyDismissed = Annotated[
    str, typer.Option("--reason", help=f"One of: {_listed(Verdict.DISMISSED)}.")
]
WhyEscalated = Annotated[
    str, typer.Option("--reason", help=f"One of: {_listed(Verdict.ESCALATED)}.")
]
Text = Annotated[str, typer.Option(help="In your words; 'other' needs it.")]
As = Annotated[
    str | None, typer.Option("--as", help="Who you are, where you work with a shared account.")
]
Second = Annotated[
    str | None, typer.Option(help="The second person who stands for it, where one is needed.")
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Tell what it would move and record nothing.")
]
Days = Annotated[
    int, typer.Option(min=1, max=3650, help="Judge matches of so many last days for the receipt.")
]
Rules = Annotated[
    Path | None, typer.Option(help="Folder of the rules in use; else those that labelled last.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_DATA = Path("data")


@app.command(name="list")
def list_(
    data: Data = _DATA,
    status: Annotated[AlertStatus | None, typer.Option(help="Only these.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Most alerts.")] = 100,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
    url: Url = None,
    token: Token = None,
) -> None:
    """List alerts, newest first."""
    if url is not None:
        with connected(url, token) as client:
            for alert in alerts_there(client, status, limit):
                _print(alert, json=json)
        return
    with database(data) as engine:
        wanted = AlertFilter(status=(status,) if status else ())
        page = stored.Page(limit=limit, members=json)
        found = stored.alerts(engine, DEFAULT_TENANT, wanted, page)
    for alert in found:
        _print(alert, json=json)


@app.command()
def show(
    uid: Uid, data: Data = _DATA, json: Json = False, url: Url = None, token: Token = None
) -> None:
    """Show one alert, with what people did."""
    if url is not None:
        with connected(url, token) as client:
            shown = client.alert(uid)
    else:
        with database(data) as engine:
            shown = view(stored.listed_by_uid(engine, DEFAULT_TENANT, uid)).model_dump(mode="json")
    if json:
        print_json(shown)
        return
    _print(alert_of(shown, DEFAULT_TENANT), json=False)
    for name in ("assignee", "raised", "known", "resolved", "incident"):
        if shown[name] is not None:
            typer.echo(f"{'':21}{name}: {plain(shown[name])}")


def _print(alert: Alert, *, json: bool) -> None:
    if json:
        print_json(asdict(alert))
    else:
        typer.echo(f"{alert.uid}  {alert.status}")
        print_alert(alert)


@app.command()
def dismiss(
    uid: Uid,
    reason: WhyDismissed,
    data: Data = _DATA,
    text: Text = "",
    as_: As = None,
    second: Second = None,
    dry_run: DryRun = False,
    days: Days = DAYS,
    rules: Rules = None,
    json: Json = False,
    url: Url = None,
    token: Token = None,
) -> None:
    """It was to be expected: its matches may teach the model. Prints what that moves."""
    word = Word(uid, Verdict.DISMISSED, reason, text)
    if url is not None:
        refuse_local(as_=as_, rules=rules, days=None if days == DAYS else days)
        _say_there((url, token), word, second, dry=dry_run, json=json)
        return
    _say(_at(data, rules, days), word, _speaker(as_, second), dry=dry_run, json=json)


@app.command()
def escalate(
    uid: Uid,
    reason: WhyEscalated,
    data: Data = _DATA,
    text: Text = "",
    as_: As = None,
    dry_run: DryRun = False,
    days: Days = DAYS,
    rules: Rules = None,
    json: Json = False,
    url: Url = None,
    token: Token = None,
) -> None:
    """It is an attack, or may be: its matches never teach. Prints what that moves."""
    word = Word(uid, Verdict.ESCALATED, reason, text)
    if url is not None:
        refuse_local(as_=as_, rules=rules, days=None if days == DAYS else days)
        _say_there((url, token), word, None, dry=dry_run, json=json)
        return
    _say(_at(data, rules, days), word, _speaker(as_, None), dry=dry_run, json=json)


@app.command()
def undo(
    number: Annotated[int, typer.Argument(help="Number that dismiss or escalate printed.")],
    data: Data = _DATA,
    as_: As = None,
    second: Second = None,
    alert: Annotated[
        str | None, typer.Option(help="With --url: uid of the alert that it was said of.")
    ] = None,
    url: Url = None,
    token: Token = None,
) -> None:
    """Take back what was said."""
    if url is not None:
        refuse_local(as_=as_)
        if alert is None:
            raise ConfigurationError("with --url name the alert that it was said of: --alert UID")
        with connected(url, token) as client:
            told = client.take_back(alert, number, second=second)["status"]
        console.print(f"taken back; the alert is {inert(told)}")
        return
    with database(data) as engine:
        office = office_of(Place(data, lake_in_use(data, engine)), engine, now=wall_clock())
        status = take_back_word(office, number, _speaker(as_, second))
    console.print(f"taken back; the alert is {status.value}")


def _at(data: Path, rules: Path | None, days: int) -> Place:
    documents = None if rules is None else folder_documents(rules)
    return Place(data, lake_of(data), documents, days)


def _speaker(as_: str | None, second: str | None) -> Speaker:
    uid = os.getuid()
    try:
        account = pwd.getpwuid(uid).pw_name  # not of the environment, where anyone may write it
    except KeyError:
        account = str(uid)
    return Speaker(account if as_ is None else as_, account, second, uid=str(uid))


def _say(place: Place, word: Word, speaker: Speaker, *, dry: bool, json: bool) -> None:
    with shown_progress() as progress, database(place.data) as engine:
        office = office_of(place, engine, now=wall_clock())
        said = say(office, word, speaker, progress, dry=dry)
    _tell(word, said, json=json)


def _say_there(
    server: tuple[str, str | None], word: Word, second: str | None, *, dry: bool, json: bool
) -> None:
    """Say it to a server; the second person's word is their token."""
    uid, text = word.alert, word.text
    with connected(*server) as client:
        try:
            told = client.dispose(
                uid, word.verdict, word.reason, second=second, text=text, dry_run=dry
            )
        except RefusedError as error:
            said = str(error).replace("header X-Foreseen-Second", "--second TOKEN")
            raise DeniedError(said) from error
    receipt = told["receipt"] and TypeAdapter(Receipt).validate_python(told["receipt"])
    _tell(word, Said(told["number"], receipt, told["problem"]), json=json)


def _tell(word: Word, said: Said, *, json: bool) -> None:
    if json:
        print_json(_told(word, said))
        return
    if said.receipt is not None:
        print_receipt(said.receipt)
    if said.problem is not None:
        console.print(
            inert(f"recorded, but what it moves cannot be told: {said.problem}"), soft_wrap=True
        )
    if said.number is None:
        console.print("nothing was recorded (--dry-run)")
    else:
        told = f"{word.verdict.value}; 'foreseen alerts undo {said.number}' takes it back"
        console.print(told)


def _told(word: Word, said: Said) -> dict[str, object]:
    return {
        "alert": word.alert,
        "verdict": word.verdict.value,
        "reason": word.reason,
        "number": said.number,
        "receipt": said.receipt.dump() if said.receipt else None,
        "problem": said.problem,
    }
