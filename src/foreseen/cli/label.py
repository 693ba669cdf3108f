"""`foreseen label`: which rules match, nothing decided."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from foreseen.cli.options import Strict, rules_of
from foreseen.cli.terminal import Exit, console, inert, plain, print_json, progress_bar, when
from foreseen.runners.label import LabelOrder, Step, numbered, steps
from foreseen.runners.shards.whole import Tally

_WHAT = (
    "file_path",
    "process_cmd_line",
    "process_path",
    "api_operation",
    "http_url",
    "query_hostname",
    "dst_ip",
    "event_type",
)
_SHOWN = 20


def label(
    files: Annotated[list[str], typer.Argument(help="Files in order, read as one; - is stdin.")],
    rules: Annotated[
        Path | None, typer.Option("--rules", help="Folder of Sigma rules; else the shipped.")
    ] = None,
    format_: Annotated[str, typer.Option("--format", help="Wire format, or auto.")] = "auto",
    json: Annotated[
        bool, typer.Option("--json", help='Print {"event": n, "rules": [ids]} an event, n from 0.')
    ] = False,
    strict: Strict = False,
) -> None:
    """Label the events of files: every match, in order."""
    loaded = rules_of(rules, strict=strict)
    tally = Tally()
    unread: list[str] = []
    with progress_bar("reading") as advance:
        taken = _noted(steps(LabelOrder(files, format_, loaded), tally, advance), unread)
        if json:
            for one in numbered(taken, loaded):
                print_json({"event": one.event, "rules": one.rules})
        else:
            for step in taken:
                _print_matches(step)
    _print_summary(tally, unread)
    if tally.quarantined:
        raise typer.Exit(Exit.QUARANTINED)


def _noted(taken: Iterator[Step], unread: list[str]) -> Iterator[Step]:
    """The steps as they are; the first lines that could not be read are noted by the way."""
    for step in taken:
        rows = step.out.quarantine.slice(0, max(_SHOWN - len(unread), 0)).to_pylist()
        unread += [f"{row['path']}:{row['line']}: {row['reason']}: {row['detail']}" for row in rows]
        yield step


def _print_matches(step: Step) -> None:
    """Time, host, rule and what it was about, a line a match."""
    for row in step.out.matches.select(["time", "host", "rule_id", *_WHAT]).to_pylist():
        what = next((row[name] for name in _WHAT if row[name]), "")
        typer.echo(plain(f"{when(row['time'])}  {row['host']}  {row['rule_id']}  {what}"))


def _print_summary(tally: Tally, unread: list[str]) -> None:
    """Counts on stderr: lines, events, matches by rule, quarantine."""
    quarantined = sum(tally.quarantined.values())
    console.print(
        f"{tally.lines:,} lines, {quarantined:,} in quarantine; {tally.events:,} events,"
        f" {sum(tally.matches.values()):,} matches"
    )
    if tally.matches:
        table = Table("rule", "matches")
        for rule, count in tally.matches.most_common():
            table.add_row(inert(rule), f"{count:,}")
        console.print(table)
    for reason, count in sorted(tally.quarantined.items()):
        console.print(inert(f"  quarantine: {count:,} x {reason}"))
    for line in unread:
        console.print(inert(f"    {line}"), soft_wrap=True)
