"""`foreseen search`: events of a workload, host, user, address, checksum or text, newest first."""

from pathlib import Path
from typing import Annotated

import typer

from foreseen.cli.rows import Form, print_rows
from foreseen.cli.stopping import stopped_by_interrupt
from foreseen.cli.stores import lake_of
from foreseen.cli.terminal import Exit, console, inert, milliseconds_of, progress_bar
from foreseen.core.errors import ConfigurationError
from foreseen.core.ids import DEFAULT_TENANT
from foreseen.lake.asking.cancel import Watch
from foreseen.lake.asking.question import TEXT_COLUMNS, Question
from foreseen.lake.asking.search import MOST_ROWS, Found, Page
from foreseen.lake.asking.search import search as run
from foreseen.lake.asking.search_files import Place

_SHOWN = ("time", "workload", "host", "user_name", "event_type", "process_cmd_line", "event_uid")
_Exactly = Annotated[str | None, typer.Option(help="Exactly this one.")]


def search(
    workload: _Exactly = None,
    host: _Exactly = None,
    stream: _Exactly = None,
    user: Annotated[str | None, typer.Option(help="Name or id of a user or account.")] = None,
    ip: Annotated[str | None, typer.Option(help="Source or destination address.")] = None,
    process: Annotated[str | None, typer.Option(help="Name or path of a program.")] = None,
    rule: Annotated[str | None, typer.Option(help="A rule that labelled the event.")] = None,
    checksum: Annotated[
        str | None, typer.Option("--hash", help="Hexadecimal, where the source's record has it.")
    ] = None,
    text: Annotated[
        list[str] | None, typer.Option(help="Literal text in any case; repeat: all of them.")
    ] = None,
    words: Annotated[bool, typer.Option("--words", help="Texts are whole words.")] = False,
    regex: Annotated[str | None, typer.Option(help="Regular expression of RE2.")] = None,
    within: Annotated[
        list[str] | None, typer.Option("--in", help="Column to look for texts in; may repeat.")
    ] = None,
    since: Annotated[str | None, typer.Option("--from", help="First time, UTC.")] = None,
    until: Annotated[str | None, typer.Option("--to", help="Time after the last, UTC.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=MOST_ROWS, help="Most rows.")] = 100,
    after: Annotated[str | None, typer.Option(help="Where the page before ended.")] = None,
    count: Annotated[bool, typer.Option("--count", help="Count all that fits.")] = False,
    column: Annotated[list[str] | None, typer.Option(help="Column to show; may repeat.")] = None,
    seconds: Annotated[float | None, typer.Option(min=0.1, help="How long it may run.")] = None,
    data: Annotated[Path, typer.Option("--data", help="Folder of the lake.")] = Path("data"),
    form: Annotated[Form, typer.Option("--as", help="How to print rows.")] = Form.TABLE,
    json: Annotated[bool, typer.Option("--json", help="Same as --as json.")] = False,
) -> None:
    """Find events, newest first."""
    question = Question(
        since=milliseconds_of(since) if since else None,
        until=milliseconds_of(until) if until else None,
        workload=workload,
        host=host,
        stream=stream,
        user=user,
        address=ip,
        process=process,
        rule=rule,
        hash=checksum,
        texts=tuple(text or ()),
        words=words,
        pattern=regex,
        within=tuple(within or TEXT_COLUMNS),
    )
    printed = Form.JSON if json else form
    shown = tuple(column) if column else _SHOWN if printed is Form.TABLE else None
    page = Page(limit, _place(after) if after else None, shown, count)
    lake = lake_of(data)
    with stopped_by_interrupt() as cancel, progress_bar("searching") as advance:
        found = run(lake, DEFAULT_TENANT, question, page, Watch(advance, cancel, seconds))
    print_rows(found.rows, printed)
    _tell(found)
    if not found.complete:
        raise typer.Exit(Exit.STOPPED)


def _tell(found: Found) -> None:
    """On stderr: how many there are, where to go on, and whether anything may be missing."""
    if found.count is not None:
        console.print(f"{found.count:,} events in all")
    if found.after:
        place = inert(f"{found.after.time}/{found.after.event_uid}")
        console.print(f"more: --after {place}", soft_wrap=True)
    if not found.complete:
        console.print(
            f"incomplete: stopped after {found.looked:,} of {found.files:,} files; "
            f"newer events may be missing between these"
        )


def _place(text: str) -> Place:
    time, cut, uid = text.partition("/")
    if not cut or not time.lstrip("-").isdecimal():
        raise ConfigurationError(f"--after {text}: copy it from the page before")
    return Place(int(time), uid)
