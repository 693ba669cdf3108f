"""`foreseen backup|restore`: copy all stores while the server runs, and put them into place."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from foreseen.cli.stores import database
from foreseen.cli.terminal import console, inert, print_json, progress_bar, report, size_text, when
from foreseen.runners.lake_place import own_lake
from foreseen.runners.life.backup import back_up
from foreseen.runners.life.backup import restore as restore_files
from foreseen.runners.life.backup_manifest import Manifest
from foreseen.runners.server import wall_clock

Data = Annotated[Path, typer.Option("--data", help="Folder of all stores.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_DATA = Path("data")


def backup(
    target: Annotated[Path, typer.Argument(help="Folder to make; it must not be there yet.")],
    data: Data = _DATA,
    link: Annotated[
        bool, typer.Option("--link", help="Link the lake's files: quick, on the same disk only.")
    ] = False,
    since: Annotated[
        Path | None,
        typer.Option(help="An earlier backup on the target's disk: only what is new is copied."),
    ] = None,
    json: Json = False,
) -> None:
    """Copy all stores of a data folder; its server may run meanwhile."""
    with database(data) as engine:
        own_lake(data, engine)  # a copy of all else could not be put into place again without it
    with progress_bar("copying") as progress:
        made = back_up(data, target, now=wall_clock(), link=link, since=since, told=progress)
    _print_manifest(made, target, json=json)


def restore(
    source: Annotated[Path, typer.Argument(help="Folder that backup made.")],
    data: Data = _DATA,
    control: Annotated[
        str | None,
        typer.Option(help="postgresql://USER@HOST/DATABASE, an empty one; else a file."),
    ] = None,
    json: Json = False,
) -> None:
    """Put a backup into place, into a folder that is not there yet or empty."""
    with progress_bar("checking and copying") as progress:
        found = restore_files(source, data, control=control, told=progress)
    _print_manifest(found, data, json=json)
    console.print(
        "it is the same installation as the original: while that one runs, give this one a broker's"
        " stream and a lake of its own",
        soft_wrap=True,
    )


def _print_manifest(manifest: Manifest, folder: Path, *, json: bool) -> None:
    if json:
        told = asdict(manifest)
        print_json({**told, "files": len(manifest.files), "bytes": manifest.size})
        return
    report.print(
        f"{inert(str(folder))}: {len(manifest.files):,} files, {size_text(manifest.size)}, "
        f"as of {when(manifest.made)} UTC",
        soft_wrap=True,
    )
