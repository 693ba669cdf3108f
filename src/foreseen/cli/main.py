"""`foreseen`: the commands, and the one place where errors become words and exit codes."""

import sys
from typing import Annotated, NoReturn

import typer

from foreseen import __version__
from foreseen.cli import (
    alerts,
    api,
    audit,
    backup,
    cluster,
    config,
    control,
    demo,
    export,
    hunt,
    incidents,
    lab,
    label,
    lake,
    models,
    quarantine,
    replay,
    rules,
    search,
    suppressions,
    tokens,
    up,
    users,
)
from foreseen.cli.remote import refuse_url
from foreseen.cli.terminal import Exit, console, exit_code, inert
from foreseen.core.errors import ForeseenError

app = typer.Typer(
    name="foreseen",
    help="Alerts that were not to be expected, with the proof of what was silenced.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command()(up.up)
app.command()(replay.replay)
app.command()(label.label)
app.command()(hunt.hunt)
app.command()(search.search)
app.command()(export.export)
app.command()(demo.demo)
app.command()(backup.backup)
app.command()(backup.restore)
app.add_typer(models.app, name="models")
app.add_typer(rules.app, name="rules")
app.add_typer(suppressions.app, name="suppressions")
app.add_typer(alerts.app, name="alerts")
app.add_typer(tokens.app, name="tokens")
app.add_typer(users.app, name="users")
app.add_typer(audit.app, name="audit")
app.add_typer(quarantine.app, name="quarantine")
app.add_typer(lab.app, name="lab")
app.add_typer(lake.app, name="lake")
app.add_typer(control.app, name="control")
app.add_typer(cluster.app, name="cluster")
app.add_typer(config.app, name="config")
app.add_typer(incidents.app, name="incidents")
app.add_typer(api.app, name="api")


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"foreseen {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    del version


def main() -> None:
    """Run a command; our errors, and the system's, end it with their message and exit code."""
    try:
        refuse_url(sys.argv[1:])
        app()
    except ForeseenError as error:
        _end(str(error), exit_code(error))
    except (FileExistsError, NotADirectoryError) as error:
        _end(f"{error.filename or error}: a file where a folder is needed", Exit.ERROR)
    except OSError as error:
        _end(f"{error.filename or 'the system'}: {error.strerror or error}", Exit.ERROR)


def _end(message: str, code: Exit) -> NoReturn:
    console.print(f"[bold red]error:[/] {inert(message)}", soft_wrap=True)
    sys.exit(code)
