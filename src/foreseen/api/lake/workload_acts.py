"""A workload up close: its risk over time, changed files, opened ports, and what is new on it."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel

from foreseen.api.cursors import Limit
from foreseen.api.lake.desk import ANSWERS, Desked
from foreseen.api.lake.events import Moment
from foreseen.api.lake.people import From, between
from foreseen.api.lake.rows import timed
from foreseen.api.lake.workloads import Every
from foreseen.api.scopes import Reading
from foreseen.api.services import Serviced
from foreseen.api.times import iso, moment
from foreseen.control.workload_risk import course_of, shares_at, waits_on
from foreseen.core.errors import MalformedInputError
from foreseen.lake.asking.narrowed import Asker
from foreseen.lake.asking.workload_acts import (
    Changed,
    Compared,
    against_past,
    changed_files,
    opened_ports,
)

router = APIRouter(prefix="/api/v1/workloads/{workload:path}")

_MOST_POINTS, _PAST_MS = 2_000, 30 * 86_400_000


class RiskPointView(BaseModel):
    """Alerts that waited at the end of a bucket, the highest risk of one, and that one's rule."""

    time: str | None
    waiting: int
    risk: float
    rule: str | None


class RiskShareView(BaseModel):
    """What a rule adds at the end: alerts that wait, the highest risk of one, since when."""

    rule: str
    waiting: int
    risk: float
    since: str | None


class RiskCourseView(BaseModel):
    """The risk of a workload over time.

    Attributes:
        course: By hour or day, the oldest first.
        shares: What each rule adds at the end, the riskiest first.
        of_all: False: it has more alerts than its newest 5,000, which were looked at.
    """

    course: list[RiskPointView]
    shares: list[RiskShareView]
    of_all: bool
    since: str | None
    until: str | None


class ChangedFilesView(BaseModel):
    """Files that somebody made, wrote, moved, removed or gave other rights.

    Attributes:
        folders: By their first two names: changes and different files, most changes first.
        files: Those that changed last first; what was done, by whom and by which program last.
    """

    folders: list[dict[str, object]]
    files: list[dict[str, object]]
    since: str | None
    until: str | None


class OpenedPortsView(BaseModel):
    """Ports on which programs began to listen, those opened last first."""

    ports: list[dict[str, object]]
    since: str | None
    until: str | None


class ComparedView(BaseModel):
    """A kind of thing of late and before.

    Attributes:
        kind: program, user, destination, folder or port.
        lately: How many different ones there were of late; `before` as many before.
        fresh: How many came of late alone; `gone` as many before alone.
        new: Those that came of late alone, the most frequent first; `missed` those before alone.
    """

    kind: str
    lately: int
    before: int
    fresh: int
    gone: int
    new: list[dict[str, object]]
    missed: list[dict[str, object]]


class BaselineView(BaseModel):
    """What a workload did of late, beside its past.

    Attributes:
        kinds: One of each kind.
        since: Begin of the past, and `split` its end; `until` ends what is of late.
        first_time: Of the first event since the begin of the past; null: none.
    """

    kinds: list[ComparedView]
    since: str | None
    split: str | None
    until: str | None
    first_time: str | None


@router.get("/risk", responses=ANSWERS)
def get_workload_risk(  # noqa: PLR0913, PLR0917 (each is a part of the request)
    services: Serviced,
    grant: Reading,
    workload: str,
    since: From = None,
    until: Moment = None,
    every: Every = Every.DAY,
) -> RiskCourseView:
    """The highest risk of an alert that waited for a person, over time; which rules it is from."""
    begin, end = between(services.clock(), since, until)
    first = begin // every.length * every.length + every.length
    times = [*range(first, end, every.length), end]
    if len(times) > _MOST_POINTS:
        raise MalformedInputError(f"more than {_MOST_POINTS} buckets: ask for days, or less time")
    waits, cut = waits_on(services.control, grant.tenant, workload)
    return RiskCourseView(
        course=[
            RiskPointView(time=iso(at.time), waiting=at.waiting, risk=at.risk, rule=at.rule)
            for at in course_of(waits, times)
        ],
        shares=[
            RiskShareView(rule=of.rule, waiting=of.waiting, risk=of.risk, since=iso(of.since))
            for of in shares_at(waits, end)
        ],
        of_all=not cut,
        since=iso(begin),
        until=iso(end),
    )


@router.get("/files", responses=ANSWERS)
async def get_workload_files(  # noqa: PLR0913, PLR0917 (each is a part of the request)
    request: Request,
    services: Serviced,
    desk: Desked,
    grant: Reading,
    workload: str,
    since: From = None,
    until: Moment = None,
    under: Annotated[str, Query(max_length=500)] = "",
    limit: Limit = 50,
) -> ChangedFilesView:
    """File integrity: which files changed, how, and by whom; all, or those `under` a path."""
    span = between(services.clock(), since, until)

    def work(asker: Asker) -> Changed:
        return changed_files(asker, workload, span, under=under, limit=limit)

    found = await desk.ask(request, grant, work)
    return ChangedFilesView(
        folders=[timed(each) for each in found.folders],
        files=[timed(each) for each in found.files],
        since=iso(span[0]),
        until=iso(span[1]),
    )


@router.get("/ports", responses=ANSWERS)
async def get_workload_ports(  # noqa: PLR0913, PLR0917 (each is a part of the request)
    request: Request,
    services: Serviced,
    desk: Desked,
    grant: Reading,
    workload: str,
    since: From = None,
    until: Moment = None,
    limit: Limit = 50,
) -> OpenedPortsView:
    """Ports on which programs of the workload began to listen, and which programs."""
    span = between(services.clock(), since, until)

    def work(asker: Asker) -> list[dict[str, Any]]:
        return opened_ports(asker, workload, span, limit=limit)

    found = await desk.ask(request, grant, work)
    ports = [timed(each) for each in found]
    return OpenedPortsView(ports=ports, since=iso(span[0]), until=iso(span[1]))


@router.get("/baseline", responses=ANSWERS)
async def get_workload_baseline(  # noqa: PLR0913, PLR0917 (each is a part of the request)
    request: Request,
    services: Serviced,
    desk: Desked,
    grant: Reading,
    workload: str,
    since: From = None,
    until: Moment = None,
    past: Annotated[
        str | None, Query(max_length=50, description="its begin; else 30 days before `from`")
    ] = None,
    limit: Limit = 20,
) -> BaselineView:
    """Programs, users, destinations, folders and ports that are new of late, and those missed.

    What came between `from` and `until` is held against what came between `past` and `from`.
    """
    split, end = between(services.clock(), since, until)
    begin = moment(past)
    begin = split - _PAST_MS if begin is None else begin
    if begin >= split:
        raise MalformedInputError("past is not before from")

    def work(asker: Asker) -> tuple[list[Compared], int | None]:
        return against_past(asker, workload, (begin, end), split, limit=limit)

    kinds, first = await desk.ask(request, grant, work)
    return BaselineView(
        kinds=[_compared(each) for each in kinds],
        since=iso(begin),
        split=iso(split),
        until=iso(end),
        first_time=iso(first),
    )


def _compared(each: Compared) -> ComparedView:
    return ComparedView(
        kind=each.kind,
        lately=each.lately,
        before=each.before,
        fresh=each.fresh,
        gone=each.gone,
        new=[_thing(row) for row in each.new],
        missed=[_thing(row) for row in each.missed],
    )


def _thing(row: dict[str, Any]) -> dict[str, object]:
    kept = ("value", "lately", "before", "hosts", "first_time", "last_time")
    return timed({name: row[name] for name in kept})
