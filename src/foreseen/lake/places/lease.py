"""A lease on a table in a store without conditional writes: it notices a second writer.

It cannot stop one for certain, as nothing can there: a writer that was paused between its look at
the lease and its commit may still write when the lease is another's. It does notice what happens:
a second server started on the same lake, or an old one that was forgotten.
"""

import json
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from foreseen.core.errors import ConfigurationError, TransientError
from foreseen.lake.places.place import Place, read_bytes

_NAME = "_foreseen_writer.json"
_SECONDS = 60.0
_RENEWED_SECONDS = 20.0
_SETTLE_SECONDS = 0.5  # long enough for another that began at the same time to have written


@dataclass(slots=True)
class Leases:
    """One writer's leases by table; threads may share it.

    Attributes:
        owner: Names the writer.
        now: The clock, seconds.
        wait: Waits so many seconds.
    """

    owner: str = field(default_factory=lambda: uuid.uuid4().hex)
    now: Callable[[], float] = time.time
    wait: Callable[[float], None] = time.sleep
    _until: dict[str, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def hold(self, table: Place) -> None:
        """Take or renew the lease on a table.

        Raises:
            ConfigurationError: Another writer holds it.
            TransientError: The store does not answer.
        """
        with self._lock:
            until, now = self._until.get(table.root, 0.0), self.now()
            if until - now > _SECONDS - _RENEWED_SECONDS:
                return
            try:
                self._check(table, now)
                self._write(table, now + _SECONDS)
                if until <= now:
                    self.wait(_SETTLE_SECONDS)
                    self._check(table, self.now())
            except OSError as error:
                raise TransientError(f"{table.uri}: no lease, try again: {error}") from error
            self._until[table.root] = now + _SECONDS

    def _check(self, table: Place, now: float) -> None:
        """Raise where the lease is another's."""
        try:
            found = json.loads(read_bytes(table, f"{table.uri}/{_NAME}"))
        except FileNotFoundError:
            return
        left = float(found["until"]) - now
        if found["owner"] != self.owner and left > 0:
            self._until.pop(table.root, None)
            raise ConfigurationError(
                f"{table.uri}: another process writes here (lease for {left:.0f} s more); with "
                f"single_writer one process alone may: stop the other, or wait if it has ended"
            )

    def _write(self, table: Place, until: float) -> None:
        text = json.dumps({"owner": self.owner, "until": until})
        with table.files.open_output_stream(f"{table.root}/{_NAME}") as file:
            file.write(text.encode())
