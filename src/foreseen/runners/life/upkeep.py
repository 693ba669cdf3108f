"""The lake kept in order beside the work, every few minutes."""

import logging
from collections.abc import Callable
from threading import Event

from foreseen.core.errors import TransientError
from foreseen.lake.keeping.upkeep import Policy, Upkept, upkeep
from foreseen.runners.installation import Stores
from foreseen.runners.life.upkeep_needs import needs_of
from foreseen.runners.life.upkeep_process import BeginUpkeep, Round
from foreseen.runners.links.link import answer_of
from foreseen.runners.links.processes import ProcessLinks
from foreseen.runners.metrics import Metrics
from foreseen.runners.settings.settings import Settings

log = logging.getLogger("foreseen.upkeep")

PAUSE_SECONDS = 300.0
_POLL_SECONDS = 0.5


class Upkeep:
    """Merges small files, lets old ones go, and bounds the tables' logs."""

    def __init__(
        self,
        stores: Stores,
        settings: Settings,
        clock: Callable[[], int],
        metrics: Metrics | None = None,
        begin: BeginUpkeep | None = None,
    ) -> None:
        """Keep the lake of these stores as the settings say.

        Args:
            stores: Of the installation.
            settings: Say how long rows are kept.
            clock: ms UTC.
            metrics: Count how rounds end.
            begin: Has each round done by a process of its own; None: in the caller's thread.
        """
        self._stores, self._settings, self._clock = stores, settings, clock
        self._metrics, self._begin = metrics or Metrics(), begin

    def run(self, stop: Event) -> None:
        """Bring the lake into order now and then until told to stop.

        A damaged file is told each time and nothing is done to its table: what is read from it
        fails by itself.
        """
        while not stop.wait(PAUSE_SECONDS):
            try:
                done = self.once() if self._begin is None else self._elsewhere(self._begin, stop)
                if done is None:
                    return
                _tell(done)
                self._metrics.upkept("later" if done.later else "done")
            except TransientError as error:
                self._metrics.upkept("later")
                log.warning("the lake is kept in order later: %s", error)
            except Exception:
                self._metrics.upkept("failed")
                log.exception("the lake could not be kept in order; its log and files grow")

    def once(self) -> Upkept:
        """Bring the lake into order.

        Raises:
            CorruptError: A file of the lake cannot be read.
            TransientError: The control database is locked.
        """
        needs = needs_of(self._stores.control)
        policy = Policy(retention=self._settings.retention, needs=needs)
        return upkeep(self._stores.lake, policy, self._clock())

    def _elsewhere(self, begin: BeginUpkeep, stop: Event) -> Upkept | None:
        """A round by a process; None: the server stops meanwhile, and what is not done waits.

        Raises:
            CorruptError: A file of the lake cannot be read.
            TransientError: The control database is locked, or the process has died.
        """
        links = ProcessLinks([begin])
        try:
            links.say(0, Round(self._clock()))
            while not links.speaking([0], _POLL_SECONDS):
                if stop.is_set():
                    return None
            done = answer_of(links, 0)
        finally:
            links.close()
        if not isinstance(done, Upkept):
            raise TypeError(f"{done!r} is nothing that upkeep says")
        return done


def _tell(done: Upkept) -> None:
    for table, reason in done.later.items():
        log.warning("%s is kept in order later: %s", table, reason)
