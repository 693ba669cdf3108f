"""Incidents: stories that tie alerts together."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field, TypeAdapter

from foreseen.api.cursors import Cursor, Limit, cursor_of, place_of
from foreseen.api.problems import documented
from foreseen.api.scopes import Reading
from foreseen.api.services import Serviced
from foreseen.api.times import iso
from foreseen.control.incidents import Story, stories, story

router = APIRouter(prefix="/api/v1/incidents")

_Int64 = Annotated[int, Field(ge=-(2**63), lt=2**63)]
_PLACE: TypeAdapter[tuple[_Int64, str]] = TypeAdapter(tuple[_Int64, str])


class IncidentView(BaseModel):
    """An incident; `/alerts?incident=UID` lists its alerts.

    Attributes:
        opened: Time of its first member.
        keys: What ties its members: processes, login sessions, people.
        alerts: How many it has, and how many of them wait for a word.
        matches: Matches in its alerts.
        risk: The highest of its alerts.
        hosts: Machines in it, at most a few of all `host_count`; so are rules.
    """

    uid: str
    opened: str | None
    last_time: str | None
    keys: tuple[str, ...]
    alerts: int
    open: int
    matches: int
    risk: float
    hosts: tuple[str, ...]
    rules: tuple[str, ...]
    host_count: int
    rule_count: int


class IncidentPage(BaseModel):
    """Some incidents, and the cursor of the next page if there is one."""

    incidents: list[IncidentView]
    next: str | None


@router.get("", responses=documented())
def list_incidents(
    services: Serviced, grant: Reading, limit: Limit = 50, cursor: Cursor = None
) -> IncidentPage:
    """Incidents of the caller's organisation, those opened last first."""
    after = place_of(_PLACE, cursor)
    found = stories(services.control, grant.tenant, after=after, limit=limit + 1)
    shown, more = found[:limit], None
    if len(found) > limit:
        more = cursor_of((shown[-1].opened, shown[-1].uid))
    return IncidentPage(incidents=[incident_view(each) for each in shown], next=more)


@router.get("/{uid}", responses=documented())
def get_incident(services: Serviced, grant: Reading, uid: str) -> IncidentView:
    """One incident."""
    return incident_view(story(services.control, grant.tenant, uid))


def incident_view(found: Story) -> IncidentView:
    """As a reader sees it."""
    return IncidentView(
        uid=found.uid,
        opened=iso(found.opened),
        last_time=iso(found.last_time),
        keys=found.keys,
        alerts=found.alerts,
        open=found.open,
        matches=found.matches,
        risk=found.risk,
        hosts=found.hosts,
        rules=found.rules,
        host_count=found.host_count,
        rule_count=found.rule_count,
    )
