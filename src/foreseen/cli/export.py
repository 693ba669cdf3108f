"""`foreseen export`: rows of the lake as OCSF files in the layout of Security Lake."""

from pathlib import Path
from typing import Annotated

import typer

from foreseen.cli.stopping import stopped_by_interrupt
from foreseen.cli.stores import lake_of, s3_of_environment
from foreseen.cli.terminal import (
    Exit,
    console,
    inert,
    milliseconds_of,
    print_json,
    progress_bar,
    report,
)
from foreseen.core.ids import DEFAULT_TENANT
from foreseen.lake.asking.cancel import Watch
from foreseen.lake.exporting.export import export as run
from foreseen.lake.exporting.plan import Format, Wanted
from foreseen.lake.places.opening import place_at
from foreseen.runners.lake_place import in_s3


def export(
    target: Annotated[str, typer.Argument(help="A folder, or s3://BUCKET/PREFIX.")],
    since: Annotated[str | None, typer.Option("--from", help="First time, UTC.")] = None,
    until: Annotated[str | None, typer.Option("--to", help="Time after the last, UTC.")] = None,
    tables: Annotated[str, typer.Option(help="Tables, with commas between.")] = "events",
    form: Annotated[Format, typer.Option("--format", help="Form of the files.")] = Format.PARQUET,
    source: Annotated[str, typer.Option(help="Name of the custom source.")] = "foreseen",
    region: Annotated[str, typer.Option(help="Region in the layout.")] = "local",
    account: Annotated[str | None, typer.Option(help="Account in the layout.")] = None,
    data: Annotated[Path, typer.Option("--data", help="Folder of the lake.")] = Path("data"),
    json: Annotated[bool, typer.Option("--json", help="Say what was written as JSON.")] = False,
) -> None:
    """Write events as OCSF files; the same command goes on where it was stopped."""
    wanted = Wanted(
        tables=tuple(name.strip() for name in tables.split(",")),
        since=milliseconds_of(since) if since else None,
        until=milliseconds_of(until) if until else None,
        format=form,
        source=source,
        region=region,
        account=account,
    )
    lake, place = lake_of(data), place_at(target, s3_of_environment() if in_s3(target) else None)
    with stopped_by_interrupt() as cancel, progress_bar("exporting") as advance:
        done = run(lake, DEFAULT_TENANT, wanted, place, Watch(advance, cancel))
    told = {"files": done.files, "rows": done.rows, "bytes": done.bytes, "complete": done.complete}
    if json:
        print_json({**told, "manifest": done.manifest})
    else:
        report.print(f"{done.rows:,} rows in {done.files:,} files, {done.bytes:,} bytes")
    if not done.complete:
        console.print("incomplete: the same command goes on where it was stopped")
        raise typer.Exit(Exit.STOPPED)
    console.print(inert(f"list of files: {done.manifest}"), soft_wrap=True)
