"""Far sides in processes of their own on this machine, so that all of its cores can work."""

import logging
import multiprocessing
import os
import signal
import socket
import struct
from collections.abc import Sequence
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING

from foreseen.core.errors import ForeseenError, TransientError
from foreseen.runners.links.link import HUNG_SECONDS, Begin, Failed
from foreseen.runners.logs import set_up_as_begun

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

log = logging.getLogger("foreseen.elsewhere")

_END_SECONDS = 20.0


class ProcessLinks:
    """A pipe to each process."""

    def __init__(self, begins: Sequence[Begin]) -> None:
        """Start the processes."""
        context = multiprocessing.get_context("spawn")
        self._names = [begin.name for begin in begins]
        self._processes: list[BaseProcess] = []
        self._links: list[Connection] = []
        for begin in begins:
            ours, theirs = context.Pipe()
            process = context.Process(target=_main, args=(theirs, begin), daemon=True)
            process.start()
            theirs.close()
            _give_up_sending(ours)
            self._processes.append(process)
            self._links.append(ours)

    def __len__(self) -> int:
        return len(self._links)

    @property
    def process_ids(self) -> Sequence[int]:
        """Processes, by number."""
        return [process.pid for process in self._processes if process.pid is not None]

    def say(self, number: int, message: object) -> None:
        """A message; raises TransientError if the process has died or does not listen.

        What it failed with before it died is raised instead, if it said so.
        """
        try:
            self._links[number].send(message)
        except BlockingIOError as error:
            raise self._silent(number) from error
        except OSError as error:
            raise self._last_words(number) or self._died(number) from error

    def heard(self, number: int) -> object:
        """The next answer; raises TransientError if the process has died or does not answer."""
        try:
            if not self._links[number].poll(HUNG_SECONDS):
                raise self._silent(number)
            return self._links[number].recv()
        except (EOFError, OSError) as error:
            raise self._died(number) from error

    def speaking(self, numbers: Sequence[int], seconds: float) -> Sequence[int]:
        """Which of these have answered, after a while at most."""
        spoken = set(map(id, wait([self._links[number] for number in numbers], seconds)))
        return [number for number in numbers if id(self._links[number]) in spoken]

    def close(self) -> None:
        """End all processes at once."""
        for process in self._processes:
            process.terminate()
        for process, link in zip(self._processes, self._links, strict=True):
            process.join(_END_SECONDS)
            process.kill()  # one that is stopped does not hear the first word
            process.join(_END_SECONDS)
            link.close()

    def _silent(self, number: int) -> TransientError:
        return TransientError(f"{self._names[number]} has not answered for {HUNG_SECONDS:.0f} s")

    def _last_words(self, number: int) -> ForeseenError | None:
        try:
            said = self._links[number].recv() if self._links[number].poll() else None
        except (EOFError, OSError):
            return None
        return said.error() if isinstance(said, Failed) else None

    def _died(self, number: int) -> TransientError:
        self._processes[number].join(_END_SECONDS)
        code = self._processes[number].exitcode
        return TransientError(f"the process of {self._names[number]} has died (exit code {code})")


def _give_up_sending(link: Connection) -> None:
    """A message to a process that is stopped would wait for it for ever."""
    with socket.socket(fileno=os.dup(link.fileno())) as same:
        limit = struct.pack("ll", int(HUNG_SECONDS), 0)
        same.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)


def _main(link: Connection, begin: Begin) -> None:
    """Answer each message until told to stop, or until the worker is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the worker says when to stop
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    set_up_as_begun()
    try:
        served = begin.opened()
        while True:
            answer = served.answer(link.recv())
            if answer is not None:
                link.send(answer)
    except (EOFError, BrokenPipeError, ConnectionResetError):
        log.info("the worker of %s is gone", begin.name)
    except ForeseenError as error:
        link.send(Failed.of(error))
    except Exception as error:
        link.send(Failed(f"{begin.name} failed: {error!r}", heals=False))
        raise
