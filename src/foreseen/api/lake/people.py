"""People as telemetry knows them: who did something, and what one of them did."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, TypeAdapter

from foreseen.api.cursors import Cursor, Limit, cursor_of, place_of
from foreseen.api.lake.desk import ANSWERS, Desked
from foreseen.api.lake.events import Moment
from foreseen.api.lake.rows import timed, view_of
from foreseen.api.scopes import Reading
from foreseen.api.services import Serviced
from foreseen.api.times import iso, moment
from foreseen.control.match_alerts import alerts_of
from foreseen.core.errors import MalformedInputError, NotFoundError
from foreseen.lake.asking.narrowed import Asker
from foreseen.lake.asking.people import Acts, acts_of, people

router = APIRouter(prefix="/api/v1/people")

_DAY_MS = 86_400_000
_NAME: TypeAdapter[tuple[str]] = TypeAdapter(tuple[str])
From = Annotated[
    str | None, Query(alias="from", max_length=50, description="else a day before `until`")
]


class PersonView(BaseModel):
    """Somebody who did something.

    Attributes:
        name: Name, else account, else id.
        hosts: How many machines told of it.
        logins: Events of the class of logins.
        failed: Those of them that failed.
    """

    name: str
    events: int
    first_time: str | None
    last_time: str | None
    hosts: int
    logins: int
    failed: int


class PeoplePage(BaseModel):
    """Some people by name, and the cursor of the next page if there is one.

    Attributes:
        since: Begin of the time that was looked at.
    """

    people: list[PersonView]
    next: str | None
    since: str | None
    until: str | None


class ActsView(BaseModel):
    """What one of them did in a time; each list is cut at `limit`.

    Attributes:
        logins: The newest logins, with `/events/{stream}/{seq}` to read them whole.
        sessions: Login sessions, those used last first.
        commands: Command lines, the newest first, with the way to the event as for logins.
        programs: What ran in their name, the most processes first.
        files: Files that they touched, those touched last first.
        alerted: Matches of theirs that alerted, the newest first, with their surprise in bits and
            the alert that each is in.
    """

    person: PersonView
    logins: list[dict[str, object]]
    sessions: list[dict[str, object]]
    commands: list[dict[str, object]]
    programs: list[dict[str, object]]
    files: list[dict[str, object]]
    alerted: list[dict[str, object]]
    since: str | None
    until: str | None


@router.get("", responses=ANSWERS)
async def list_people(  # noqa: PLR0913, PLR0917 (each is a part of the request)
    request: Request,
    services: Serviced,
    desk: Desked,
    grant: Reading,
    since: From = None,
    until: Moment = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> PeoplePage:
    """Who did something in a time: without `from` and `until` the last day."""
    span = between(services.clock(), since, until)
    place = place_of(_NAME, cursor)
    after = place[0] if place else ""

    def work(asker: Asker) -> list[dict[str, Any]]:
        return people(asker, span, after=after, limit=limit + 1)

    found = await desk.ask(request, grant, work)
    more = cursor_of((found[limit - 1]["name"],)) if len(found) > limit else None
    return PeoplePage(
        people=[_person(each["name"], each) for each in found[:limit]],
        next=more,
        since=iso(span[0]),
        until=iso(span[1]),
    )


@router.get("/{name:path}", responses=ANSWERS)
async def get_person(  # noqa: PLR0913, PLR0917 (each is a part of the request)
    request: Request,
    services: Serviced,
    desk: Desked,
    grant: Reading,
    name: str,
    since: From = None,
    until: Moment = None,
    limit: Limit = 50,
) -> ActsView:
    """Logins, sessions, commands, files of somebody, and what alerted; by name, account or id."""
    span = between(services.clock(), since, until)

    def work(asker: Asker) -> ActsView:
        found = acts_of(asker, name, span, limit=limit)
        if found is None:
            raise NotFoundError(f"nothing is told of {name} in this time")
        uids = [str(each["match_uid"]) for each in found.alerted]
        return _acts(name, found, alerts_of(services.control, grant.tenant, uids), span)

    return await desk.ask(request, grant, work)


def _acts(name: str, found: Acts, alerts: Mapping[str, str], span: tuple[int, int]) -> ActsView:
    told = [{**each, "alert": alerts.get(str(each["match_uid"]))} for each in found.alerted]
    return ActsView(
        person=_person(name, found.counts),
        logins=[view_of(each) for each in found.logins],
        sessions=[timed(each) for each in found.sessions],
        commands=[view_of(each) for each in found.commands],
        programs=[timed(each) for each in found.programs],
        files=[timed(each) for each in found.files],
        alerted=[view_of(each) for each in told],
        since=iso(span[0]),
        until=iso(span[1]),
    )


def between(now: int, since: str | None, until: str | None) -> tuple[int, int]:
    """The time that is asked for, ms UTC; a day where its begin is not told.

    Raises:
        MalformedInputError: It begins when it ends, or after.
    """
    end = moment(until)
    end = now if end is None else end
    begin = moment(since)
    begin = end - _DAY_MS if begin is None else begin
    if begin >= end:
        raise MalformedInputError("from is not before until")
    return begin, end


def _person(name: str, row: dict[str, Any]) -> PersonView:
    return PersonView(
        name=name,
        events=row["events"],
        first_time=iso(row["first_time"]),
        last_time=iso(row["last_time"]),
        hosts=row["hosts"],
        logins=row["logins"],
        failed=row["failed"],
    )
