"""How many events came, by the hour."""

from fastapi import APIRouter, Request
from pydantic import BaseModel

from foreseen.api.lake.desk import ANSWERS, Desked
from foreseen.api.lake.events import Moment
from foreseen.api.lake.people import From, between
from foreseen.api.scopes import Reading
from foreseen.api.services import Serviced
from foreseen.api.times import iso
from foreseen.core.errors import MalformedInputError
from foreseen.lake.asking.narrowed import Asker
from foreseen.lake.asking.sums import Within, events_by_hour
from foreseen.lake.rollups import HOUR_MS

router = APIRouter(prefix="/api/v1/figures/events")

_MOST_HOURS = 90 * 24


class HourView(BaseModel):
    """An hour, and the events with a time in it; `bytes` are those of the sources' own records."""

    time: str | None
    events: int
    bytes: int


class EventFiguresView(BaseModel):
    """Hours with events, the oldest first; one that is missing had none."""

    hours: list[HourView]
    since: str | None
    until: str | None


@router.get("", responses=ANSWERS)
async def event_figures(  # noqa: PLR0913, PLR0917 (each is a part of the request)
    request: Request,
    services: Serviced,
    desk: Desked,
    grant: Reading,
    since: From = None,
    until: Moment = None,
) -> EventFiguresView:
    """Events by the hour of their own time, of at most 90 days; without ends of the last day."""
    begin, end = between(services.clock(), since, until)
    if end - begin > _MOST_HOURS * HOUR_MS:
        raise MalformedInputError("from and until are more than 90 days apart")
    within = Within.around(begin, end)

    def work(asker: Asker) -> list[HourView]:
        return [
            HourView(time=iso(row["time"]), events=row["count"], bytes=row["bytes"] or 0)
            for row in events_by_hour(asker, within)
        ]

    hours = await desk.ask(request, grant, work)
    return EventFiguresView(hours=hours, since=iso(within.since), until=iso(within.until))
