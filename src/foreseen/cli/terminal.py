"""What goes to the terminal: data on stdout, everything else on stderr, exit codes by error."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import IntEnum
from unicodedata import category

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from foreseen.core.errors import (
    ConfigurationError,
    DeniedError,
    ForeseenError,
    NotFoundError,
)
from foreseen.lake.asking.rendering import as_json as as_json  # noqa: PLC0414 (as above)

_OBEYED = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode categories that a terminal obeys, that turn text round or that nobody sees."""

_INERT = "\N{MIDDLE DOT}"

_WIDTH = 110
_KIB = 1024
"""Columns of a table that goes into a file or a pipe."""

console = Console(stderr=True, highlight=False, width=None if sys.stderr.isatty() else _WIDTH)
report = Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH)


class Exit(IntEnum):
    """Exit codes."""

    DONE = 0
    ERROR = 1
    USAGE = 2
    NOT_FOUND = 3
    QUARANTINED = 4
    FINDINGS = 6
    STOPPED = 130


def exit_code(error: ForeseenError) -> Exit:
    """The exit code that an error ends the program with."""
    if isinstance(error, ConfigurationError):
        return Exit.USAGE
    if isinstance(error, NotFoundError | DeniedError):
        return Exit.NOT_FOUND
    return Exit.ERROR


def print_json(value: object) -> None:
    """One value as one line of JSON on stdout."""
    sys.stdout.buffer.write(as_json(value) + b"\n")


def plain(text: str) -> str:
    """Text from telemetry without what a terminal obeys or a reader cannot see."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_INERT if category(letter) in _OBEYED else letter for letter in text)


def inert(text: str) -> str:
    """Plain text in which rich finds no markup."""
    return escape(plain(text))


def when(milliseconds: int) -> str:
    """A time for people, UTC."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")


def milliseconds_of(text: str) -> int:
    """Milliseconds UTC of an ISO-8601 time; without a zone it is UTC.

    Raises:
        ConfigurationError: It is no such time.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ConfigurationError(
            f"'{text}' is no time; write it like 2026-11-21T19:30:00 (UTC)"
        ) from error
    zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return int(zoned.timestamp() * 1000)


def size_text(size: float) -> str:
    """Bytes in the unit that suits them."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < _KIB:
            return f"{size:,.0f} {unit}"
        size /= _KIB
    return f"{size:,.1f} TiB"


@contextmanager
def progress_bar(title: str) -> Iterator[Callable[..., None]]:
    """A bar on stderr while work lasts; call the result with (done, total[, stage]).

    Without a terminal nothing is drawn.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    with Progress(
        *columns,
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not sys.stderr.isatty(),  # rich takes FORCE_COLOR for a terminal
    ) as progress:
        task = progress.add_task(title, total=None)

        def advance(done: float, total: float, stage: str = title) -> None:
            progress.update(task, completed=done, total=total, description=stage)

        yield advance
