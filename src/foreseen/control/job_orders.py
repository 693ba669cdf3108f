"""What people ask jobs to do: kept until a worker process takes it up, with what came of it."""

from dataclasses import dataclass
from enum import StrEnum

import orjson
from sqlalchemy import ColumnElement, Engine, Row, Select, and_, func, select, true
from sqlalchemy.orm import Session

from foreseen.control.audit_log import Actor, Change, record
from foreseen.control.database import reading, writing
from foreseen.control.job_tables import JobOrderRow
from foreseen.control.jobs import JobState
from foreseen.control.tables import JobRow
from foreseen.core.errors import ConflictError, MalformedInputError, NotFoundError
from foreseen.core.ids import TenantId

MOST_OPEN = 10
"""Jobs of an organisation that wait or run; one more is refused."""

MOST_ASKED = 2 << 20
_OPEN = (JobState.WAITING, JobState.RUNNING)
_ENDED = {JobState.DONE, JobState.FAILED}


class JobKind(StrEnum):
    """What a person may ask for."""

    WHAT_IF = "what-if"
    """Which alerts an unsaved edit adds and removes."""
    TRAIN = "train"
    """A new version of the models."""
    LEDGER = "ledger"
    """What models silence, and their recall with its bound."""
    PROMISES = "promises"
    """What models promised, and what came of it."""
    COMPARE = "compare"
    """What changes from one version of the models to another."""


class Standing(StrEnum):
    """Where a job stands, as people see it: one that somebody cancelled has not failed."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class TooManyJobsError(ConflictError):
    """Enough jobs of the organisation wait or run."""


@dataclass(frozen=True, slots=True)
class Ordered:
    """A job as people see it.

    Attributes:
        number: Its number.
        kind: What it does; besides `JobKind` what the server does by itself.
        state: Where it stands.
        progress: Share that is done, 0..1.
        error: Why it failed.
        created: When it was asked for, ms UTC.
        changed: When it last moved, ms UTC.
        author: Who asked for it; None: the server itself.
        cancelled: Who cancelled it, if anybody did.
        begun: How often it was begun; more than once where a server stopped meanwhile.
        has_result: Whether there is a result to be had.
    """

    number: int
    kind: str
    state: JobState
    progress: float
    error: str | None
    created: int
    changed: int
    author: str | None
    cancelled: str | None
    begun: int
    has_result: bool

    @property
    def standing(self) -> Standing:
        """Where it stands, as people see it."""
        return Standing(self.state) if self.cancelled is None else Standing.CANCELLED


def order(  # noqa: PLR0913 (who asks whom for what, and when)
    engine: Engine,
    tenant: TenantId,
    actor: Actor,
    kind: JobKind,
    asked: dict[str, object],
    *,
    now: int,
) -> Ordered:
    """Ask for a job; a worker process takes it up.

    Raises:
        TooManyJobsError: Enough of the organisation's jobs wait or run.
        MalformedInputError: What is asked is too large.
    """
    text = orjson.dumps(asked, option=orjson.OPT_SORT_KEYS).decode()
    if len(text) > MOST_ASKED:
        raise MalformedInputError(f"more than {MOST_ASKED:,} bytes are asked")
    with writing(engine) as session:
        _refuse_many(session, tenant)
        row = JobRow(
            tenant=tenant, kind=kind, state=JobState.WAITING, progress=0.0, created=now, changed=now
        )
        session.add(row)
        session.flush()
        session.add(JobOrderRow(job=row.id, tenant=tenant, author=actor.name, asked=text, begun=0))
        change = Change("order", "job", str(row.id), after={"kind": kind.value})
        record(session, tenant, actor, change, now=now)
        return _found(session, tenant, row.id)


def ordered(engine: Engine, tenant: TenantId, number: int) -> Ordered:
    """One job.

    Raises:
        NotFoundError: The tenant has no such job.
    """
    with reading(engine) as session:
        return _found(session, tenant, number)


def listed(  # noqa: PLR0913 (each narrows it by another thing)
    engine: Engine,
    tenant: TenantId,
    *,
    kind: str | None = None,
    standing: Standing | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[Ordered]:
    """A tenant's jobs, newest first, the server's own among them."""
    query = _seen(tenant).where(
        true() if kind is None else JobRow.kind == kind,
        true() if standing is None else _stands(standing),
        true() if before is None else JobRow.id < before,
    )
    with reading(engine) as session:
        found = session.execute(query.order_by(JobRow.id.desc()).limit(limit))
        return [_ordered(row) for row in found]


def result(engine: Engine, tenant: TenantId, number: int) -> bytes:
    """What came of a job, as JSON.

    Raises:
        NotFoundError: The tenant has no such job, or it has no result.
    """
    with reading(engine) as session:
        row = session.get(JobOrderRow, number)
        if row is None or row.tenant != tenant or row.result is None:
            raise NotFoundError(f"no result of job {number}")
        return row.result


def last_done(engine: Engine, tenant: TenantId, kind: JobKind) -> tuple[int, bytes]:
    """Number and result of the newest job of a kind that is done.

    Raises:
        NotFoundError: There is none.
    """
    query = (
        select(JobOrderRow)
        .join(JobRow, JobRow.id == JobOrderRow.job)
        .where(JobOrderRow.tenant == tenant, JobRow.tenant == tenant, JobRow.kind == kind)
        .where(JobRow.state == JobState.DONE, JobOrderRow.result.is_not(None))
        .order_by(JobRow.id.desc())
        .limit(1)
    )
    with reading(engine) as session:
        row = session.scalars(query).first()
        if row is None or row.result is None:
            raise NotFoundError(f"nothing of kind {kind} was worked out yet; ask for it with POST")
        return row.job, row.result


def cancel(engine: Engine, tenant: TenantId, actor: Actor, number: int, *, now: int) -> Ordered:
    """End a job; of one that runs its process is ended a moment later.

    Raises:
        NotFoundError: The tenant has no such job.
        ConflictError: It is the server's own, or it has ended already.
    """
    with writing(engine) as session:
        row, own = rows_of(session, tenant, number)
        if own is None:
            raise ConflictError(f"job {number} is the server's own")
        if row.state in _ENDED:
            raise ConflictError(f"job {number} has ended already")
        before = {"state": row.state}
        own.cancelled = actor.name
        row.state, row.changed = JobState.FAILED, now
        row.error = f"cancelled by {actor.name}"
        record(session, tenant, actor, Change("cancel", "job", str(number), before=before), now=now)
        session.flush()
        return _found(session, tenant, number)


def _refuse_many(session: Session, tenant: TenantId) -> None:
    query = (
        select(func.count())
        .select_from(JobOrderRow)
        .join(JobRow, JobRow.id == JobOrderRow.job)
        .where(JobOrderRow.tenant == tenant, JobRow.state.in_(_OPEN))
    )
    if (session.scalar(query) or 0) >= MOST_OPEN:
        raise TooManyJobsError(f"{MOST_OPEN} jobs wait or run; come again, or cancel one")


def rows_of(session: Session, tenant: TenantId, number: int) -> tuple[JobRow, JobOrderRow | None]:
    """A job and its order, in the caller's transaction; the server's own have none.

    Raises:
        NotFoundError: The tenant has no such job.
    """
    row = session.get(JobRow, number)
    if row is None or row.tenant != tenant:
        raise NotFoundError(f"no job {number}")
    return row, session.get(JobOrderRow, number)


def _seen(tenant: TenantId) -> Select[JobRow, str, str | None, int, bool]:
    """Jobs without what was asked and what came of it, which may be large."""
    return (
        select(
            JobRow,
            JobOrderRow.author,
            JobOrderRow.cancelled,
            JobOrderRow.begun,
            JobOrderRow.result.is_not(None),
        )
        .outerjoin(JobOrderRow, JobOrderRow.job == JobRow.id)
        .where(JobRow.tenant == tenant)
    )


def _stands(standing: Standing) -> ColumnElement[bool]:
    """Condition on `_seen`; what a person cancelled is kept as failed."""
    if standing is Standing.CANCELLED:
        return JobOrderRow.cancelled.is_not(None)
    return and_(JobRow.state == standing.value, JobOrderRow.cancelled.is_(None))


def _found(session: Session, tenant: TenantId, number: int) -> Ordered:
    row = session.execute(_seen(tenant).where(JobRow.id == number)).first()
    if row is None:
        raise NotFoundError(f"no job {number}")
    return _ordered(row)


def _ordered(found: Row[JobRow, str, str | None, int, bool]) -> Ordered:
    row, author, cancelled, begun, has_result = found
    return Ordered(
        number=row.id,
        kind=row.kind,
        state=JobState(row.state),
        progress=row.progress,
        error=row.error,
        created=row.created,
        changed=row.changed,
        author=author,
        cancelled=cancelled,
        begun=begun or 0,
        has_result=bool(has_result),
    )
