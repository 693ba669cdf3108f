"""Workloads: what was counted of them, their machines, and their alerts that wait."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, TypeAdapter

from foreseen.api.cursors import Cursor, Limit, cursor_of, place_of
from foreseen.api.lake.desk import ANSWERS, Desked
from foreseen.api.lake.events import Moment
from foreseen.api.lake.every import Every
from foreseen.api.lake.overview import silent_from
from foreseen.api.scopes import Reading
from foreseen.api.services import Serviced
from foreseen.api.times import iso, moment
from foreseen.control.alert_standing import Waiting, riskiest, waiting_on
from foreseen.core.decisions import Outcome
from foreseen.core.errors import NotFoundError
from foreseen.lake.asking.narrowed import Asker
from foreseen.lake.asking.sums import Bucket, Host, Hosts, Summed, Within, course, sums
from foreseen.lake.rollups import Counted

router = APIRouter(prefix="/api/v1/workloads")

_PLACE: TypeAdapter[tuple[str, str]] = TypeAdapter(tuple[str, str])
_LETTERS = 50  # of a name in a cursor; the rest is in its hash
_MOST_BUCKETS, _MOST_HOSTS = 2_000, 200
_From = Annotated[str | None, Query(alias="from", max_length=50)]


class WorkloadView(BaseModel):
    """A workload.

    Attributes:
        suppressed: Matches that were hidden; `alerted` those that were not.
        hosts: Machines with events in the time, and `silent_hosts` those of them without one in
            the last hour of the time.
        first_hour: Begin of the first hour with events.
        waiting: Its alerts that wait now, and `risk` the highest of one; of the riskiest 5,000.
    """

    name: str
    events: int
    matches: int
    suppressed: int
    alerted: int
    hosts: int
    silent_hosts: int
    first_hour: str | None
    last_hour: str | None
    waiting: int
    risk: float


class WorkloadPage(BaseModel):
    """Some workloads by name, and the cursor of the next page if there is one.

    Attributes:
        since: Begin of the hours that are counted; null: all.
    """

    workloads: list[WorkloadView]
    next: str | None
    since: str | None
    until: str | None


class BucketView(BaseModel):
    """What was counted from a time on."""

    time: str | None
    events: int
    matches: int
    suppressed: int
    alerted: int


class HostView(BaseModel):
    """A machine, and the begin of the last hour in which it told something."""

    host: str
    events: int
    last_hour: str | None


class CourseView(BaseModel):
    """A workload over time.

    Attributes:
        course: By hour or day, the oldest first; buckets without anything are left out.
        left_out: Older buckets that are not shown.
        hosts: Machines, those heard last first, at most 200.
        waiting: Its alerts that wait now, among its newest 5,000; `risk` the highest of one.
        waiting_of_all: False: it has more alerts than were looked at.
    """

    name: str
    since: str | None
    until: str | None
    course: list[BucketView]
    left_out: int
    hosts: list[HostView]
    waiting: int
    risk: float
    waiting_of_all: bool


@router.get("", responses=ANSWERS)
async def list_workloads(  # noqa: PLR0913, PLR0917 (each is a part of the request)
    request: Request,
    services: Serviced,
    desk: Desked,
    grant: Reading,
    since: _From = None,
    until: Moment = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> WorkloadPage:
    """Workloads by name, counted over a time in whole hours."""
    within = Within.around(moment(since), moment(until))
    end = services.clock() if within.until is None else within.until
    after = place_of(_PLACE, cursor)

    def work(asker: Asker) -> WorkloadPage:
        found, hosts = sums(asker, within, silent_from(end))
        names = _names(found, hosts, after)
        waiting, _ = riskiest(services.control, grant.tenant)
        views = _views(names[:limit], found, hosts, waiting)
        more = cursor_of(_key(names[limit - 1])) if len(names) > limit else None
        return WorkloadPage(
            workloads=views, next=more, since=iso(within.since), until=iso(within.until)
        )

    return await desk.ask(request, grant, work)


@router.get("/{workload:path}", responses=ANSWERS)
async def get_workload(  # noqa: PLR0913, PLR0917 (each is a part of the request)
    request: Request,
    services: Serviced,
    desk: Desked,
    grant: Reading,
    workload: str,
    since: _From = None,
    until: Moment = None,
    every: Every = Every.DAY,
) -> CourseView:
    """A workload over time: events, matches, and what was decided of these."""
    within = Within.around(moment(since), moment(until))

    def work(asker: Asker) -> CourseView:
        buckets, hosts = course(asker, workload, within, every.length, most_hosts=_MOST_HOSTS)
        if not buckets and not hosts:
            raise NotFoundError(f"no workload {workload} in this time")
        waiting, cut = waiting_on(services.control, grant.tenant, workload)
        shown = buckets[-_MOST_BUCKETS:]
        return CourseView(
            name=workload,
            since=iso(within.since),
            until=iso(within.until),
            course=[_bucket(each) for each in shown],
            left_out=len(buckets) - len(shown),
            hosts=[_host(each) for each in hosts],
            waiting=waiting.alerts,
            risk=waiting.risk,
            waiting_of_all=not cut,
        )

    return await desk.ask(request, grant, work)


def _key(name: str) -> tuple[str, str]:
    """What workloads are ordered by: short, however long a name is."""
    return name[:_LETTERS], hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()


def _names(found: Summed, hosts: Mapping[str, Hosts], after: tuple[str, str] | None) -> list[str]:
    names = {name for (name,) in found.by(Counted.EVENTS, "workload")} | set(hosts)
    ordered = sorted((_key(name), name) for name in names if name)
    return [name for key, name in ordered if after is None or key > after]


def _views(
    names: Sequence[str],
    found: Summed,
    hosts: Mapping[str, Hosts],
    waiting: Mapping[str, Waiting],
) -> list[WorkloadView]:
    matches = found.by(Counted.MATCHES, "workload")
    decided = found.by(Counted.DECISIONS, "workload", "outcome")
    events, none = found.by(Counted.EVENTS, "workload"), Hosts(0, 0, None)
    views = []
    for name in names:
        rows = list(found.of(Counted.EVENTS, workload=name))
        first = min((r["first_hour"] for r in rows if r["first_hour"] is not None), default=None)
        last = max((r["last_hour"] for r in rows if r["last_hour"] is not None), default=None)
        machines, alerts = hosts.get(name, none), waiting.get(name, Waiting())
        views.append(
            WorkloadView(
                name=name,
                events=events[name,],
                matches=matches[name,],
                suppressed=decided[name, Outcome.SUPPRESSED],
                alerted=decided[name, Outcome.ALERTED],
                hosts=machines.hosts,
                silent_hosts=machines.silent,
                first_hour=iso(first),
                last_hour=iso(last),
                waiting=alerts.alerts,
                risk=alerts.risk,
            )
        )
    return views


def _bucket(each: Bucket) -> BucketView:
    return BucketView(
        time=iso(each.time),
        events=each.events,
        matches=each.matches,
        suppressed=each.suppressed,
        alerted=each.alerted,
    )


def _host(each: Host) -> HostView:
    return HostView(host=each.name, events=each.events, last_hour=iso(each.last_hour))
