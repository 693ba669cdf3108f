"""Shards in processes of their own, one a core: parsing and labelling leave the worker's."""

import logging
import multiprocessing
import signal
from collections.abc import Sequence
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING

from foreseen.core.errors import ForeseenError, TransientError
from foreseen.runners.shards.messages import Failed
from foreseen.runners.shards.serving import Begin, ServedShard, failed

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

log = logging.getLogger("foreseen.shard")

_END_SECONDS = 20.0


class ProcessLinks:
    """A pipe to each process."""

    def __init__(self, begins: Sequence[Begin]) -> None:
        """Start the processes."""
        context = multiprocessing.get_context("spawn")
        self._names = [begin.place.name for begin in begins]
        self._processes: list[BaseProcess] = []
        self._links: list[Connection] = []
        for begin in begins:
            ours, theirs = context.Pipe()
            process = context.Process(target=_main, args=(theirs, begin), daemon=True)
            process.start()
            theirs.close()
            self._processes.append(process)
            self._links.append(ours)

    def __len__(self) -> int:
        return len(self._links)

    @property
    def process_ids(self) -> Sequence[int]:
        """Processes, by shard."""
        return [process.pid for process in self._processes if process.pid is not None]

    def say(self, number: int, message: object) -> None:
        """A message to a shard; raises TransientError if it has died."""
        try:
            self._links[number].send(message)
        except OSError as error:
            raise self._died(number) from error

    def heard(self, number: int) -> object:
        """The next answer of a shard; raises TransientError if it has died."""
        try:
            return self._links[number].recv()
        except (EOFError, OSError) as error:
            raise self._died(number) from error

    def speaking(self, numbers: Sequence[int], seconds: float) -> Sequence[int]:
        """Which of these shards have answered, after a while at most."""
        spoken = set(map(id, wait([self._links[number] for number in numbers], seconds)))
        return [number for number in numbers if id(self._links[number]) in spoken]

    def close(self) -> None:
        """End all processes at once."""
        for process, link in zip(self._processes, self._links, strict=True):
            process.terminate()
            process.join(_END_SECONDS)
            link.close()

    def _died(self, number: int) -> TransientError:
        self._processes[number].join(_END_SECONDS)
        code = self._processes[number].exitcode
        return TransientError(f"the process of {self._names[number]} has died (exit code {code})")


def _main(link: Connection, begin: Begin) -> None:
    """Answer each message until told to stop, or until the worker is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the worker says when to stop
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        shard = ServedShard(begin)
        while True:
            answer = shard.answer(link.recv())
            if answer is not None:
                link.send(answer)
    except (EOFError, BrokenPipeError, ConnectionResetError):
        log.info("the worker of %s is gone", begin.place.name)
    except ForeseenError as error:
        link.send(failed(error))
    except Exception as error:
        link.send(Failed(f"{begin.place.name} failed: {error!r}", heals=False))
        raise
