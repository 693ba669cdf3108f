"""`foreseen label`: which rules match, nothing decided."""

import time
from pathlib import Path
from typing import Annotated

import typer

from foreseen.cli.replay import folder, print_summary, shown_progress
from foreseen.cli.terminal import Exit, plain, print_json, when
from foreseen.runners.replay import ReplayOrder
from foreseen.runners.replay import label as label_files
from foreseen.runners.rule_files import load_rules

_COLUMNS = ["time", "host", "rule_id", "event_uid", "process_path", "process_cmd_line", "file_path"]


def label(
    files: Annotated[list[str], typer.Argument(help="Files in order, read as one; - is stdin.")],
    rules: Annotated[
        Path | None, typer.Option("--rules", help="Folder of Sigma rules; else the shipped.")
    ] = None,
    format_: Annotated[str, typer.Option("--format", help="Wire format, or auto.")] = "auto",
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object a match.")] = False,
) -> None:
    """Label the events of files: every match, in order."""
    with folder(None) as place:
        order = ReplayOrder(
            files=files,
            format=format_,
            rules=load_rules(rules),
            data=place,
            now=time.time_ns() // 1_000_000,
        )
        with shown_progress() as progress:
            result = label_files(order, progress)
        for row in result.lake.read("matches", _COLUMNS).to_pylist():
            if json:
                print_json(row)
            else:
                what = row["file_path"] or row["process_cmd_line"] or row["process_path"] or ""
                place_ = f"{when(row['time'])}  {row['host']}  {row['rule_id']}"
                typer.echo(plain(f"{place_}  {what}"))
        print_summary(result, judged=False)
    if result.tally.quarantined:
        raise typer.Exit(Exit.QUARANTINED)
