"""The program that makes processes for questions: it has all in memory that they need, and waits.

Each is a copy of it (fork), made in milliseconds, where an interpreter of its own would take a
second. It has one thread and never opens a database, so that copying it is safe.
"""

import gc
import os
import signal
import socket
from typing import NoReturn

from foreseen.runners.hunting import worker


def main() -> NoReturn:
    """Make a process for each socket that comes over the standard input; end with its sender."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who asked decides when to stop
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # no one waits for them
    own = os.getpid()
    gc.freeze()  # copies leave these pages alone
    with socket.socket(fileno=0) as orders:
        while True:
            message, sockets, _, _ = socket.recv_fds(orders, 1, 1)
            if not message:
                os._exit(0)
            if os.fork() == 0:
                worker.main(sockets[0], own)
            os.close(sockets[0])


if __name__ == "__main__":
    main()
