"""Jobs as their runner sees them: the next one is taken up, goes on and ends."""

from dataclasses import dataclass

import orjson
from sqlalchemy import Engine, select

from foreseen.control.database import reading, writing
from foreseen.control.job_orders import JobKind, rows_of
from foreseen.control.job_tables import JobOrderRow
from foreseen.control.jobs import JobState
from foreseen.control.tables import JobRow
from foreseen.core.errors import MalformedInputError
from foreseen.core.ids import TenantId

MOST_RESULT = 16 << 20
_MOST_BEGUN = 2
_LONGEST_ERROR = 2_000


@dataclass(frozen=True, slots=True)
class Begun:
    """A job that its runner has taken up."""

    number: int
    tenant: TenantId
    kind: JobKind
    author: str
    asked: dict[str, object]


def take_up(engine: Engine, tenant: TenantId, *, now: int) -> Begun | None:
    """The job that waits longest, which runs from now on; None while none waits."""
    query = (
        select(JobOrderRow, JobRow)
        .join(JobRow, JobRow.id == JobOrderRow.job)
        .where(JobOrderRow.tenant == tenant, JobRow.state == JobState.WAITING)
        .order_by(JobRow.id)
        .limit(1)
    )
    with reading(engine) as session:
        if session.execute(query).first() is None:
            return None  # looked for often: without the lock of writers
    with writing(engine) as session:
        found = session.execute(query).first()
        if found is None:
            return None
        own, row = found
        row.state, row.changed, own.begun = JobState.RUNNING, now, own.begun + 1
        return Begun(row.id, tenant, JobKind(row.kind), own.author, orjson.loads(own.asked))


def take_back(engine: Engine, tenant: TenantId, *, now: int) -> list[int]:
    """Jobs that ran when a server stopped wait again; one that it happened to twice has failed.

    For who has just begun, and is the only one that runs jobs here. Returns their numbers.
    """
    query = (
        select(JobOrderRow, JobRow)
        .join(JobRow, JobRow.id == JobOrderRow.job)
        .where(JobOrderRow.tenant == tenant, JobRow.state == JobState.RUNNING)
    )
    with writing(engine) as session:
        found = session.execute(query).all()
        for own, row in found:
            row.changed, row.progress = now, 0.0
            if own.begun < _MOST_BEGUN:
                row.state = JobState.WAITING
            else:
                row.state = JobState.FAILED
                row.error = f"the server stopped {own.begun} times while it ran"
        return [row.id for _, row in found]


def advance(engine: Engine, tenant: TenantId, number: int, progress: float, *, now: int) -> None:
    """A job that runs has come this far; of one that was cancelled nothing is told."""
    with writing(engine) as session:
        row, _ = rows_of(session, tenant, number)
        if row.state == JobState.RUNNING:
            row.progress, row.changed = min(max(progress, row.progress), 0.99), now


def finish(engine: Engine, tenant: TenantId, number: int, content: bytes, *, now: int) -> None:
    """A job is done, unless it was cancelled.

    Raises:
        MalformedInputError: Its result is too large to be kept.
    """
    if len(content) > MOST_RESULT:
        raise MalformedInputError(
            f"the result has {len(content):,} bytes; {MOST_RESULT:,} are the most: ask for less"
        )
    with writing(engine) as session:
        row, own = rows_of(session, tenant, number)
        if own is not None and row.state == JobState.RUNNING:
            row.state, row.progress, row.changed = JobState.DONE, 1.0, now
            own.result = content


def give_up(engine: Engine, tenant: TenantId, number: int, error: str, *, now: int) -> None:
    """A job ended without its result; one that was cancelled stays so."""
    with writing(engine) as session:
        row, _ = rows_of(session, tenant, number)
        if row.state == JobState.RUNNING:
            row.state, row.error, row.changed = JobState.FAILED, error[-_LONGEST_ERROR:], now
