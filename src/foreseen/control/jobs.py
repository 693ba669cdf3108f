"""Long work that a person waits for, with its progress."""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from foreseen.control.database import reading, writing
from foreseen.control.tables import JobRow
from foreseen.core.errors import NotFoundError
from foreseen.core.ids import TenantId


class JobState(StrEnum):
    """Where a job stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Job:
    """Long work.

    Attributes:
        number: Its number.
        kind: What it does, e.g. `train`.
        state: Where it stands.
        progress: Share that is done, 0..1.
        error: Why it failed.
        created: When it was asked for, ms UTC.
        changed: When it last moved, ms UTC.
    """

    number: int
    kind: str
    state: JobState
    progress: float
    error: str | None
    created: int
    changed: int


def create_job(engine: Engine, tenant: TenantId, kind: str, *, now: int) -> int:
    """Ask for work; returns the job's number."""
    with writing(engine) as session:
        row = JobRow(
            tenant=tenant,
            kind=kind,
            state=JobState.WAITING,
            progress=0.0,
            created=now,
            changed=now,
        )
        session.add(row)
        session.flush()
        return row.id


def report(engine: Engine, tenant: TenantId, number: int, progress: float, *, now: int) -> None:
    """The job runs and has come this far; 1.0 means done.

    Raises:
        NotFoundError: The tenant has no such job.
    """
    with writing(engine) as session:
        row = _row(session, tenant, number)
        row.state = JobState.DONE if progress >= 1 else JobState.RUNNING
        row.progress, row.changed = min(progress, 1.0), now


def fail(engine: Engine, tenant: TenantId, number: int, error: str, *, now: int) -> None:
    """The job ended without its result.

    Raises:
        NotFoundError: The tenant has no such job.
    """
    with writing(engine) as session:
        row = _row(session, tenant, number)
        row.state, row.error, row.changed = JobState.FAILED, error, now


def job(engine: Engine, tenant: TenantId, number: int) -> Job:
    """One job.

    Raises:
        NotFoundError: The tenant has no such job.
    """
    with reading(engine) as session:
        return _job(_row(session, tenant, number))


def jobs(engine: Engine, tenant: TenantId) -> list[Job]:
    """A tenant's jobs, newest first."""
    query = select(JobRow).where(JobRow.tenant == tenant).order_by(JobRow.id.desc())
    with reading(engine) as session:
        return [_job(row) for row in session.scalars(query)]


def _row(session: Session, tenant: TenantId, number: int) -> JobRow:
    row = session.get(JobRow, number)
    if row is None or row.tenant != tenant:
        raise NotFoundError(f"no job {number}")
    return row


def _job(row: JobRow) -> Job:
    return Job(
        row.id, row.kind, JobState(row.state), row.progress, row.error, row.created, row.changed
    )
