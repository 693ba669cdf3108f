"""The server's end of the program that makes processes for questions."""

import os
import socket
import subprocess
import sys
from types import TracebackType
from typing import Self

from foreseen.runners.hunting.wire import Gone

_PROGRAM = (
    "import sys; sys.path[:] = sys.argv[1:]; "
    "from foreseen.runners.hunting.spawner import main; main()"
)
_ENVIRONMENT = {
    "LANG": "C.UTF-8",
    "OPENBLAS_NUM_THREADS": "1",  # a process with one thread only can be copied and sealed
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
    "_RJEM_MALLOC_CONF": "background_thread:false",
}
"""No other variable gets there: those of the server hold keys."""


class Spawner:
    """The program that makes the processes; it begins when this does, and ends with it."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._program: subprocess.Popen[bytes] = subprocess.Popen(
                [sys.executable, "-I", "-c", _PROGRAM, *_paths()],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                env=_ENVIRONMENT,
                process_group=0,  # a Ctrl-C is not for it
            )
        self._orders = ours

    @property
    def lives(self) -> bool:
        """Whether it can make processes."""
        return self._program.poll() is None

    @property
    def process_id(self) -> int:
        """Its number."""
        return self._program.pid

    def connected(self) -> socket.socket:
        """A new process's socket.

        Raises:
            Gone: The program has ended.
        """
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                socket.send_fds(self._orders, [b"+"], [theirs.fileno()])
            except OSError as error:
                ours.close()
                raise Gone from error
        return ours

    def close(self) -> None:
        """End it, and all processes that it made."""
        self._orders.close()
        self._program.kill()
        self._program.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _paths() -> list[str]:
    """Where modules are found here, and so there."""
    return [path or os.getcwd() for path in sys.path]  # noqa: PTH109 (as Python names it)
