"""Jobs: long work that was asked for, how far it is, what came of it, and its end."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi import Path as InPath
from pydantic import BaseModel

from foreseen.api.problems import ProblemError, documented
from foreseen.api.scopes import Engineering, Reading
from foreseen.api.services import Serviced, Services
from foreseen.api.times import iso
from foreseen.control import job_orders
from foreseen.control.grants import Grant
from foreseen.control.job_orders import JobKind, Ordered, Standing, TooManyJobsError
from foreseen.core.errors import MalformedInputError

router = APIRouter(prefix="/api/v1/jobs")

Number = Annotated[int, InPath(ge=1, lt=2**63)]
_RETRY = {"Retry-After": "60"}


class JobView(BaseModel):
    """A job.

    Attributes:
        kind: What it does; `retrain` and `review` are the server's own.
        progress: Share that is done, 0..1; of some kinds nothing is told between begin and end.
        error: Why it failed.
        author: Who asked for it; null: the server itself.
        begun: How often it was begun; more than once where a server stopped meanwhile.
        result: Address of what came of it; null while there is nothing.
    """

    id: int
    kind: str
    state: Standing
    progress: float
    error: str | None
    author: str | None
    begun: int
    created: str | None
    changed: str | None
    result: str | None


class JobPage(BaseModel):
    """Some jobs, and the cursor of the next page if there is one."""

    jobs: list[JobView]
    next: str | None


@router.get("", responses=documented())
def list_jobs(  # noqa: PLR0913, PLR0917 (each is a part of the request)
    services: Serviced,
    grant: Reading,
    kind: Annotated[str | None, Query(max_length=50)] = None,
    state: Standing | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=30)] = None,
) -> JobPage:
    """The organisation's jobs, the server's own among them, newest first."""
    found = job_orders.listed(
        services.control,
        grant.tenant,
        kind=kind,
        standing=state,
        before=_before(cursor),
        limit=limit + 1,
    )
    more = str(found[limit - 1].number) if len(found) > limit else None
    return JobPage(jobs=[job_view(each) for each in found[:limit]], next=more)


@router.get("/{number}", responses=documented())
def get_job(services: Serviced, grant: Reading, number: Number) -> JobView:
    """One job."""
    return job_view(job_orders.ordered(services.control, grant.tenant, number))


@router.get("/{number}/result", responses=documented())
def get_job_result(services: Serviced, grant: Reading, number: Number) -> Response:
    """What came of a job, as JSON; 404 while there is nothing."""
    content = job_orders.result(services.control, grant.tenant, number)
    return Response(content, media_type="application/json")


@router.delete("/{number}", responses=documented(409))
def cancel_job(request: Request, services: Serviced, grant: Engineering, number: Number) -> JobView:
    """End a job that waits or runs; what it has written already stays."""
    actor, now = grant.actor(request), services.clock()
    return job_view(job_orders.cancel(services.control, grant.tenant, actor, number, now=now))


def accepted(
    request: Request,
    response: Response,
    parts: tuple[Services, Grant],
    kind: JobKind,
    asked: dict[str, object],
) -> JobView:
    """Ask for a job for a caller: 202, and where to look for it.

    Raises:
        ProblemError: 429, enough jobs of the organisation wait or run.
    """
    services, grant = parts
    try:
        made = job_orders.order(
            services.control, grant.tenant, grant.actor(request), kind, asked, now=services.clock()
        )
    except TooManyJobsError as error:
        raise ProblemError(HTTPStatus.TOO_MANY_REQUESTS, str(error), _RETRY) from error
    response.headers["Location"] = f"{router.prefix}/{made.number}"
    response.status_code = HTTPStatus.ACCEPTED
    return job_view(made)


def job_view(found: Ordered) -> JobView:
    """A job as answers have it."""
    return JobView(
        id=found.number,
        kind=found.kind,
        state=found.standing,
        progress=found.progress,
        error=found.error,
        author=found.author,
        begun=found.begun,
        created=iso(found.created),
        changed=iso(found.changed),
        result=f"{router.prefix}/{found.number}/result" if found.has_result else None,
    )


def _before(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    if not cursor.isascii() or not cursor.isdecimal() or int(cursor) >= 2**63:
        raise MalformedInputError("the cursor is none that this API gave")
    return int(cursor)
