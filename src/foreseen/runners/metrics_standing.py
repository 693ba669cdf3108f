"""How a running pipeline stands at the moment it is asked: what waits, and since when."""

import time
from collections import Counter
from collections.abc import Sequence
from threading import Lock

from sqlalchemy import Engine, func, select

from foreseen.control.database import reading
from foreseen.control.tables import AlertRow
from foreseen.core.errors import NotFoundError
from foreseen.core.ids import TenantId
from foreseen.intake.protocol import SEQUENCE_SHIFT
from foreseen.runners.installation import Installation
from foreseen.runners.metrics import Families, Family, families
from foreseen.runners.shards.partition import BATCH_BYTES, Stretches
from foreseen.runners.shards.standing import Extent, extents

_MILLI = 1_000.0


class Instruments:
    """The figures of one organisation's pipeline; threads may share it."""

    def __init__(self, installation: Installation) -> None:
        """Figures of what this installation does."""
        self._installation = installation
        self._readers: dict[tuple[int, int], Stretches] = {}
        self._lock = Lock()  # a partition's reader is for one thread at a time

    def __call__(self, tenant: TenantId) -> Families | None:
        """All figures as they are now; None: this is another organisation's pipeline.

        Raises:
            CorruptError: A store cannot be read.
            TransientError: A store cannot be read now.
        """
        held = self._installation
        if tenant != held.tenant:
            return None
        with self._lock:
            standing = [*self._partitions(), *self._judge()]
        counted = families(held.metrics.counted())
        return [*counted, *standing, _alerts(held.stores.control, tenant)]

    def _partitions(self) -> Sequence[Family]:
        """What waits in each partition of the intake."""
        held, unit = self._installation, "bytes"
        places = extents(held.stores, held.tenant)
        waits = [max(each.end - each.consumed, 0) for each in places]
        if held.stores.input.in_records:
            unit, waits = "records", [each >> SEQUENCE_SHIFT for each in waits]
        ages = [
            self._age(number, len(places), each) if waits[number] else 0.0
            for number, each in enumerate(places)
        ]
        found = [
            _gauge(f"lag_{unit}", "What the lake does not have yet, by partition", waits),
            _gauge("lag_seconds", "Age of the oldest entry the lake does not have yet", ages),
        ]
        if unit == "bytes":
            stretches = -(-max(waits, default=0) // BATCH_BYTES)
            found.append(
                Family(
                    "stretches_waiting",
                    "gauge",
                    "Stretches that the slowest shard has before it, at least",
                    [({}, stretches)],
                )
            )
        return found

    def _age(self, number: int, partitions: int, place: Extent) -> float:
        """Seconds since the receipt of what comes next in a partition."""
        stores = self._installation.stores
        key = (number, partitions)
        if stores.input.end is not None:
            key = (0, 1)  # a log of our own, in which partitions pass over each other's entries
        if key not in self._readers:
            self._readers[key] = stores.input.stretches(*key)
        try:
            entries = self._readers[key].read(place.consumed, 1).entries
        except NotFoundError:
            return 0.0  # worked off and trimmed since the question began
        if not entries:
            return 0.0
        return max(time.time() - entries[0].entry.received / _MILLI, 0.0)

    def _judge(self) -> Sequence[Family]:
        seen = self._installation.metrics.judge_seen
        if seen is None:
            return []
        newest = self._installation.stores.lake.version("matches")
        about = "Versions of the matches that the judge has not seen"
        return [Family("judge_lag_commits", "gauge", about, [({}, max(newest - seen, 0))])]


def _gauge(name: str, about: str, values: Sequence[float]) -> Family:
    samples = [({"partition": str(number)}, value) for number, value in enumerate(values)]
    return Family(name, "gauge", about, samples)


def _alerts(engine: Engine, tenant: TenantId) -> Family:
    """Alerts that there are, by what people said of them."""
    wanted = (
        select(AlertRow.status, func.count())
        .where(AlertRow.tenant == tenant)
        .group_by(AlertRow.status)
    )
    with reading(engine) as session:
        counts = Counter({str(status): int(count) for status, count in session.execute(wanted)})
    samples = [({"status": status}, float(count)) for status, count in sorted(counts.items())]
    return Family("alerts", "gauge", "Alerts by status", samples)
