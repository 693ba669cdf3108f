"""A person over time: what they did, the risk of the alerts they are in, what is new of late."""

from fastapi import APIRouter, Request
from pydantic import BaseModel

from foreseen.api.cursors import Limit
from foreseen.api.lake.desk import ANSWERS, Desked
from foreseen.api.lake.events import Moment
from foreseen.api.lake.every import Every
from foreseen.api.lake.past_views import BaselineView, PastBegin, baseline_view, past_begin
from foreseen.api.lake.people import From, between
from foreseen.api.lake.risk_views import RiskCourseView, risk_view
from foreseen.api.scopes import Reading
from foreseen.api.services import Serviced
from foreseen.api.times import iso
from foreseen.control.match_alerts import alerts_of
from foreseen.control.risk_course import waits_of
from foreseen.lake.asking.narrowed import Asker
from foreseen.lake.asking.person_course import (
    PersonBucket,
    alerted_of_person,
    course_of_person,
    person_against_past,
)

router = APIRouter(prefix="/api/v1/people/{name:path}")

_EARLIER_MS, _MOST_MATCHES = 30 * 86_400_000, 5_000


class PersonBucketView(BaseModel):
    """What somebody did from a time on: events, logins, and what was decided of their matches."""

    time: str | None
    events: int
    logins: int
    failed: int
    matches: int
    suppressed: int
    alerted: int


class PersonCourseView(BaseModel):
    """By hour or day, the oldest first; buckets without anything are left out."""

    course: list[PersonBucketView]
    since: str | None
    until: str | None


@router.get("/course", responses=ANSWERS)
async def get_person_course(  # noqa: PLR0913, PLR0917 (each is a part of the request)
    request: Request,
    services: Serviced,
    desk: Desked,
    grant: Reading,
    name: str,
    since: From = None,
    until: Moment = None,
    every: Every = Every.DAY,
) -> PersonCourseView:
    """What somebody did over time; by name, account or id."""
    span = between(services.clock(), since, until)
    every.ends(span)  # refuses too many

    def work(asker: Asker) -> list[PersonBucket]:
        return course_of_person(asker, name, span, every.length)

    found = await desk.ask(request, grant, work)
    return PersonCourseView(
        course=[
            PersonBucketView(
                time=iso(at.time),
                events=at.events,
                logins=at.logins,
                failed=at.failed,
                matches=at.matches,
                suppressed=at.suppressed,
                alerted=at.alerted,
            )
            for at in found
        ],
        since=iso(span[0]),
        until=iso(span[1]),
    )


@router.get("/risk", responses=ANSWERS)
async def get_person_risk(  # noqa: PLR0913, PLR0917 (each is a part of the request)
    request: Request,
    services: Serviced,
    desk: Desked,
    grant: Reading,
    name: str,
    since: From = None,
    until: Moment = None,
    every: Every = Every.DAY,
) -> RiskCourseView:
    """The highest risk of an alert that waited then and has a match of theirs.

    Matches count from 30 days before `from` on: an alert may have waited since then.
    """
    span = between(services.clock(), since, until)
    every.ends(span)  # refuses too many

    def work(asker: Asker) -> RiskCourseView:
        earlier = (span[0] - _EARLIER_MS, span[1])
        matches = alerted_of_person(asker, name, earlier, most=_MOST_MATCHES)
        alerts = sorted(set(alerts_of(services.control, grant.tenant, matches).values()))
        waits = waits_of(services.control, grant.tenant, alerts)
        return risk_view(waits, span, every, of_all=len(matches) < _MOST_MATCHES)

    return await desk.ask(request, grant, work)


@router.get("/baseline", responses=ANSWERS)
async def get_person_baseline(  # noqa: PLR0913, PLR0917 (each is a part of the request)
    request: Request,
    services: Serviced,
    desk: Desked,
    grant: Reading,
    name: str,
    since: From = None,
    until: Moment = None,
    past: PastBegin = None,
    limit: Limit = 20,
) -> BaselineView:
    """Programs, machines, sources of logins, destinations, folders: new of late, and missed.

    What came between `from` and `until` is held against what came between `past` and `from`.
    """
    split, end = between(services.clock(), since, until)
    begin = past_begin(split, past)

    def work(asker: Asker) -> BaselineView:
        found = person_against_past(asker, name, (begin, end), split, limit=limit)
        return baseline_view(found, (begin, end), split)

    return await desk.ask(request, grant, work)
