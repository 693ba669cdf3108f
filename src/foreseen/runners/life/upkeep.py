"""The lake kept in order beside the work: every few minutes, in a thread of its own."""

import logging
from collections.abc import Callable
from threading import Event

from foreseen.core.errors import TransientError
from foreseen.lake.keeping.upkeep import Policy, Upkept, upkeep
from foreseen.runners.installation import Stores
from foreseen.runners.life.upkeep_needs import needs_of
from foreseen.runners.metrics import Metrics
from foreseen.runners.settings.settings import Settings

log = logging.getLogger("foreseen.upkeep")

PAUSE_SECONDS = 300.0


class Upkeep:
    """Merges small files, lets old ones go, and bounds the tables' logs."""

    def __init__(
        self,
        stores: Stores,
        settings: Settings,
        clock: Callable[[], int],
        metrics: Metrics | None = None,
    ) -> None:
        """Keep the lake of these stores as the settings say; metrics: how rounds end."""
        self._stores, self._settings, self._clock = stores, settings, clock
        self._metrics = metrics or Metrics()

    def run(self, stop: Event) -> None:
        """Bring the lake into order now and then until told to stop.

        A damaged file is told each time and nothing is done to its table: what is read from it
        fails by itself.
        """
        while not stop.wait(PAUSE_SECONDS):
            try:
                done = self.once()
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


def _tell(done: Upkept) -> None:
    for table, reason in done.later.items():
        log.warning("%s is kept in order later: %s", table, reason)
