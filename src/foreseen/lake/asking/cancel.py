"""Progress and cancellation of a long question, and the clock that stops a database at work."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import duckdb

from foreseen.core.errors import ForeseenError

_LOOK_SECONDS = 0.05


class CancelledError(ForeseenError):
    """Whoever asked changed their mind; nothing is wrong."""


class Cancel:
    """A request to stop; any thread, and a signal's handler, may make it."""

    def __init__(self) -> None:
        self._asked = threading.Event()

    def __call__(self) -> None:
        """Ask the work to stop; it does so at its next step."""
        self._asked.set()

    @property
    def asked(self) -> bool:
        """Whether it was asked for."""
        return self._asked.is_set()


def _untold(_done: float, _total: float) -> None:
    """Progress that nobody wants to hear of."""


@dataclass(frozen=True, slots=True)
class Watch:
    """Who waits for long work.

    Attributes:
        progress: Told how much is done, of how much.
        cancel: Asked whether to stop.
        seconds: How long it may take; None: any time.
    """

    progress: Callable[[float, float], None] = _untold
    cancel: Cancel = field(default_factory=Cancel)
    seconds: float | None = None


@contextmanager
def interruptible(
    database: duckdb.DuckDBPyConnection, watch: Watch, beat: Callable[[], None] | None = None
) -> Iterator[Callable[[], bool]]:
    """Interrupt the queries inside when their time is over or they are cancelled.

    Args:
        database: Whose queries run inside.
        watch: How long they may take together, and their caller's word to stop.
        beat: Called now and then while they run, from another thread.

    Yields:
        Whether they are to stop: to be asked between two queries, for an interrupt only meets one
        that runs.
    """
    ended = threading.Event()
    end = None if watch.seconds is None else time.monotonic() + watch.seconds

    def over() -> bool:
        return watch.cancel.asked or (end is not None and time.monotonic() >= end)

    def look() -> None:
        while not ended.wait(_LOOK_SECONDS):
            if over():
                database.interrupt()  # again and again: a query that only begins forgets it
            elif beat is not None:
                beat()

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield over
    finally:
        ended.set()
        watcher.join()
