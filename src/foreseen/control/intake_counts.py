"""What came to the intake's door: lines taken and refused, by source, kept over restarts.

Counts are gathered in memory and written together, for a commit a request would cost more than the
request. A restart loses none; a kill at most those of the last second, and no line with them.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Engine, select

from foreseen.control.database import reading, writing
from foreseen.control.intake_tables import IntakeCountRow
from foreseen.core.errors import TransientError
from foreseen.core.ids import TenantId

log = logging.getLogger("foreseen.intake")

_SECONDS = 1.0
_MOST_SOURCES = 10_000
#: Stands for all further sources when a sender makes up more names than we keep.
OTHERS = "(others)"


class Outcome(StrEnum):
    """What became of a request at the door."""

    TAKEN = "taken"
    BACKLOG = "backlog"
    """Too much waits to be read."""
    UNAVAILABLE = "unavailable"
    """The disk or the broker could not store."""
    DAMAGED = "damaged"
    """The body cannot be decompressed, or ended before its end."""
    TOO_LARGE = "too large"
    TOO_SLOW = "too slow"
    UNKNOWN_FORMAT = "unknown format"
    """Its wire format or its compression."""
    NO_WORKER = "no worker"
    """No worker reads this organisation."""
    UNFIT = "unfit"
    """A name or a line cannot be stored."""
    FAILED = "failed"
    """An error of ours."""


@dataclass(frozen=True, slots=True)
class Count:
    """What was counted of one source and outcome.

    Attributes:
        source: Its name.
        outcome: What became of it.
        requests: How many.
        lines: Lines in them, as far as known: a body that is not read to its end has none.
        last: When the last came, ms UTC.
    """

    source: str
    outcome: Outcome
    requests: int
    lines: int
    last: int


class IntakeCounts:
    """Counts of a server; threads share it."""

    def __init__(self, engine: Engine, clock: Callable[[], int]) -> None:
        """Clock: now, ms UTC."""
        self._engine, self._clock = engine, clock
        self._turn = threading.Lock()
        self._writing = threading.Lock()
        self._fresh: dict[tuple[TenantId, str, Outcome], tuple[int, int, int]] = {}
        self._timer: threading.Timer | None = None

    def add(self, tenant: TenantId, source: str, outcome: Outcome, lines: int) -> None:
        """Count a request."""
        with self._turn:
            key = (tenant, source, outcome)
            requests, before, _ = self._fresh.get(key, (0, 0, 0))
            self._fresh[key] = (requests + 1, before + lines, self._clock())
            self._arm()

    def of(self, tenant: TenantId) -> list[Count]:
        """All counts of an organisation, by source.

        Raises:
            TransientError: The database is locked.
        """
        self.flush()
        query = (
            select(IntakeCountRow)
            .where(IntakeCountRow.tenant == tenant)
            .order_by(IntakeCountRow.source, IntakeCountRow.outcome)
        )
        with reading(self._engine) as session:
            return [
                Count(row.source, Outcome(row.outcome), row.requests, row.lines, row.last)
                for row in session.scalars(query)
            ]

    def flush(self) -> None:
        """Write what was counted.

        Raises:
            TransientError: The database is locked or the disk full; nothing is forgotten.
        """
        with self._writing:
            with self._turn:
                fresh, self._fresh = self._fresh, {}
            try:
                if fresh:
                    self._write(fresh)
            except BaseException:
                with self._turn:
                    for key, (requests, lines, last) in fresh.items():
                        more = self._fresh.get(key, (0, 0, last))
                        self._fresh[key] = (requests + more[0], lines + more[1], more[2])
                    self._arm()
                raise

    def close(self) -> None:
        """Write what was counted, and count no more by itself."""
        with self._turn:
            timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()
        self.flush()

    def _arm(self) -> None:
        if self._timer is None:
            self._timer = threading.Timer(_SECONDS, self._due)
            self._timer.daemon = True
            self._timer.start()

    def _due(self) -> None:
        with self._turn:
            self._timer = None
        try:
            self.flush()
        except TransientError as error:
            log.warning("counts of the intake wait: %s", error)

    def _write(self, fresh: dict[tuple[TenantId, str, Outcome], tuple[int, int, int]]) -> None:
        with writing(self._engine) as session:
            known: dict[TenantId, set[str]] = {}
            for tenant in {tenant for tenant, _, _ in fresh}:
                query = select(IntakeCountRow.source).where(IntakeCountRow.tenant == tenant)
                known[tenant] = set(session.scalars(query.distinct()))
            for (tenant, source, outcome), (requests, lines, last) in fresh.items():
                if source not in known[tenant] and len(known[tenant]) >= _MOST_SOURCES:
                    source = OTHERS  # noqa: PLW2901 (the name to count it under)
                known[tenant].add(source)
                row = session.get(IntakeCountRow, (tenant, source, outcome))
                if row is None:
                    row = IntakeCountRow(
                        tenant=tenant, source=source, outcome=outcome, requests=0, lines=0, last=0
                    )
                    session.add(row)
                row.requests, row.lines = row.requests + requests, row.lines + lines
                row.last = max(row.last, last)
                session.flush()
