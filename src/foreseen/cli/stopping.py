"""Ctrl-C as a request: the work stops at its next step and what was found is told."""

import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from foreseen.lake.asking.cancel import Cancel


@contextmanager
def stopped_by_interrupt() -> Iterator[Cancel]:
    """A request to stop that the first Ctrl-C makes; the second one ends the program at once.

    Python runs a signal's handler when the main thread comes back to it, which a database at work
    keeps for seconds; so a thread of its own is woken, which asks.
    """
    cancel = Cancel()
    if threading.current_thread() is not threading.main_thread():
        yield cancel  # only the main thread is told of signals
        return
    told = 0

    def handle(number: int, frame: FrameType | None) -> None:
        nonlocal told
        told += 1
        cancel()
        if told > 1:
            signal.default_int_handler(number, frame)

    ours, theirs = socket.socketpair()
    theirs.setblocking(False)  # Python demands it of what it writes signals to
    waiter = threading.Thread(target=_wait, args=(ours, cancel), daemon=True)
    waiter.start()
    handler = signal.signal(signal.SIGINT, handle)
    wakened = signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
    try:
        yield cancel
    finally:
        signal.set_wakeup_fd(wakened)
        signal.signal(signal.SIGINT, handler)
        theirs.close()
        waiter.join()
        ours.close()


def _wait(signals: socket.socket, cancel: Cancel) -> None:
    """Ask to stop when an interrupt comes; ends with the other side."""
    while number := signals.recv(1):
        if number[0] == signal.SIGINT:
            cancel()
