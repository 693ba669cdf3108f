"""`foreseen quarantine list|show|replay`: what was not understood, and a second reading of it."""

import getpass
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from sqlalchemy import Engine

from foreseen.cli.stores import database, lake_of
from foreseen.cli.terminal import inert, milliseconds_of, print_json, report, when
from foreseen.control.quarantine import order, waiting
from foreseen.core.errors import ConfigurationError, NotFoundError
from foreseen.core.ids import DEFAULT_TENANT
from foreseen.core.records import Reason
from foreseen.parsers.registry import parser_named
from foreseen.runners.server import wall_clock
from foreseen.studies.quarantine import Held, Understood, Wanted, held, orders, understood

app = typer.Typer(help="What was not understood, and a second reading.", no_args_is_help=True)

Data = Annotated[Path, typer.Option("--data", help="Folder of all stores.")]
Source = Annotated[str | None, typer.Option("--source", help="Only lines of this source.")]
Why = Annotated[str | None, typer.Option("--reason", help="Only lines with this reason.")]
Since = Annotated[
    str | None, typer.Option("--since", help="Only lines that came at this time (UTC) or later.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_DATA = Path("data")
_SHOWN_BYTES = 400


@app.command(name="list")
def list_(
    data: Data = _DATA,
    source: Source = None,
    reason: Why = None,
    since: Since = None,
    json: Json = False,
) -> None:
    """Count lines in quarantine by source and reason."""
    with database(data) as engine:
        found = _found(data, engine, _wanted(source, reason, since))
        on_their_way = len(waiting(engine, DEFAULT_TENANT))
    counts = Counter((each.source, each.reason) for each in found)
    last = {(each.source, each.reason): each.time for each in found}
    rows = [
        {"source": key[0], "reason": key[1], "lines": count, "last": last[key]}
        for key, count in counts.most_common()
    ]
    if json:
        print_json({"quarantine": rows, "lines": len(found), "orders_waiting": on_their_way})
        return
    table = Table("source", "reason", "lines", "last came")
    for row in rows:
        came = row["last"]
        shown = when(came) if isinstance(came, int) else "-"
        table.add_row(inert(str(row["source"])), str(row["reason"]), f"{row['lines']:,}", shown)
    report.print(table)
    if on_their_way:
        report.print(f"{on_their_way:,} orders wait for the server to take them")


@app.command()
def show(
    data: Data = _DATA,
    source: Source = None,
    reason: Why = None,
    since: Since = None,
    limit: Annotated[int, typer.Option(min=1, help="Most lines.")] = 20,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
) -> None:
    """Show lines in quarantine as they came, with the place and the reason."""
    with database(data) as engine:
        found = _found(data, engine, _wanted(source, reason, since))
    if not found:
        raise NotFoundError("nothing in quarantine that fits")
    for each in found[:limit]:
        text = each.line.data.decode(errors="backslashreplace")
        if json:
            print_json(_row(each) | {"raw": text})
            continue
        more = f" ({inert(each.detail)})" if each.detail else ""
        place = f"{inert(each.source)} {inert(each.line.path)}:{each.line.number}"
        report.print(f"[bold]{place}[/] {each.reason}{more}", soft_wrap=True)
        report.print(f"  {inert(text[:_SHOWN_BYTES])}", soft_wrap=True)
    if len(found) > limit and not json:
        report.print(f"the first {limit:,} of {len(found):,} lines; --limit shows more")


@app.command()
def replay(
    data: Data = _DATA,
    source: Source = None,
    reason: Why = None,
    since: Since = None,
    form: Annotated[
        str | None, typer.Option("--format", help="Read them as this; else as they were sent.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Tell what would be understood; change nothing.")
    ] = False,
    by: Annotated[
        str | None, typer.Option("--by", help="Who orders it; else who is logged in.")
    ] = None,
    json: Json = False,
) -> None:
    """Read lines once more with today's parsers: those that are understood become events.

    The server does it, in the shard that has the source's streams: now, or when it runs next.
    """
    if form is not None:
        parser_named(form)
    with database(data) as engine:
        found = _found(data, engine, _wanted(source, reason, since))
        results = list(understood(found, form))
        taken = 0 if dry_run else _ordered(engine, results, by or getpass.getuser())
    if json:
        print_json({"understood": [_result(each) for each in results], "ordered": taken})
        return
    table = Table("source", "read as", "lines", "understood", "events")
    for each in results:
        numbers = (each.asked, len(each.lines), each.events)
        table.add_row(inert(each.source), each.format or "not known", *(f"{n:,}" for n in numbers))
    report.print(table)
    if not dry_run:
        report.print(f"{taken:,} lines are ordered; the server reads them, or does when it starts")


def _ordered(engine: Engine, results: Sequence[Understood], actor: str) -> int:
    new = orders(results, actor, wall_clock())
    return sum(order(engine, DEFAULT_TENANT, each) for each in new)


def _found(data: Path, engine: Engine, wanted: Wanted) -> list[Held]:
    return held(lake_of(data), engine, DEFAULT_TENANT, wanted)


def _wanted(source: str | None, reason: str | None, since: str | None) -> Wanted:
    known = [each.value for each in Reason]
    if reason is not None and reason not in known:
        raise ConfigurationError(f"--reason {reason}: is none; there are: {'; '.join(known)}")
    return Wanted(source, reason, None if since is None else milliseconds_of(since))


def _row(each: Held) -> dict[str, object]:
    return {
        "source": each.source,
        "offset": each.line.offset,
        "path": each.line.path,
        "line": each.line.number,
        "reason": each.reason,
        "detail": each.detail,
        "time": each.time,
    }


def _result(each: Understood) -> dict[str, object]:
    return {
        "source": each.source,
        "format": each.format or None,
        "lines": each.asked,
        "understood": len(each.lines),
        "events": each.events,
    }
