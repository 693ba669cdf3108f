"""Stories: alerts that several weak signs raised together, with the suppressed matches in them."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field, TypeAdapter

from foreseen.api.alerts import AlertView, view
from foreseen.api.cursors import Cursor, cursor_of, place_of
from foreseen.api.lake.desk import ANSWERS, Desked
from foreseen.api.lake.match_views import LISTED, MatchView, match_views
from foreseen.api.scopes import Reading
from foreseen.api.services import Serviced, Services
from foreseen.api.times import iso
from foreseen.control.alerts import (
    AlertFilter,
    AlertKey,
    Listed,
    Order,
    Page,
    listed,
    listed_by_uid,
    members_of,
)
from foreseen.core.errors import NotFoundError
from foreseen.core.ids import TenantId
from foreseen.lake.asking.match_list import matches_of
from foreseen.lake.asking.narrowed import Asker
from foreseen.pipeline.stories import STORY

router = APIRouter(prefix="/api/v1/stories")

_FEW, _MOST = 20, 200
_Int64 = Annotated[int, Field(ge=-(2**63), lt=2**63)]
_PLACE: TypeAdapter[tuple[_Int64, str]] = TypeAdapter(tuple[_Int64, str])
_Few = Annotated[int, Query(ge=1, le=50)]


class SignView(BaseModel):
    """A sign that the story began with: a suppressed match, and how odd it was by itself."""

    match: str
    rule: str
    stream: str
    time: str | None
    probability: float | None


class StoryView(BaseModel):
    """A story.

    Attributes:
        alert: The alert that tells it.
        probability: How often so much comes together where nothing is wrong.
        signs: What it began with.
        members: Its matches, oldest first; 20 at most in a list, 200 of one story.
        left_out: Matches of it that are not shown, or no longer in the lake.
    """

    alert: AlertView
    probability: float | None
    signs: list[SignView]
    members: list[MatchView]
    left_out: int


class StoryPage(BaseModel):
    """Some stories, newest first, and the cursor of the next page if there is one."""

    stories: list[StoryView]
    next: str | None


@router.get("", responses=ANSWERS)
async def list_stories(  # noqa: PLR0913, PLR0917 (each is a part of the request)
    request: Request,
    services: Serviced,
    desk: Desked,
    grant: Reading,
    limit: _Few = 20,
    cursor: Cursor = None,
) -> StoryPage:
    """Alerts that are stories, with their first matches."""
    place = place_of(_PLACE, cursor)
    page = Page(Order.NEWEST, AlertKey(*place) if place else None, limit + 1)

    def work(asker: Asker) -> StoryPage:
        found = listed(services.control, grant.tenant, AlertFilter(rule=STORY), page)
        shown, more = found[:limit], None
        if len(found) > limit:
            more = cursor_of((shown[-1].alert.first_time, shown[-1].alert.uid))
        views = _views(services, asker, shown, _FEW)
        return StoryPage(stories=views, next=more)

    return await desk.ask(request, grant, work)


@router.get("/{uid}", responses=ANSWERS)
async def get_story(
    request: Request, services: Serviced, desk: Desked, grant: Reading, uid: str
) -> StoryView:
    """One story, with its matches."""

    def work(asker: Asker) -> StoryView:
        found = listed_by_uid(services.control, grant.tenant, uid)
        if found.alert.rule != STORY:
            raise NotFoundError(f"alert {uid} is no story")
        return _views(services, asker, [found], _MOST)[0]

    return await desk.ask(request, grant, work)


def _views(services: Services, asker: Asker, found: Sequence[Listed], most: int) -> list[StoryView]:
    """Stories with their matches, all of which are read at once."""
    if not found:
        return []
    tenant = asker.tenant
    members = {each.alert.uid: _members(services, tenant, each.alert.uid, most) for each in found}
    uids = sorted({uid for listed_ in members.values() for uid in listed_})
    between = (
        min(each.alert.first_time for each in found),
        max(each.alert.last_time for each in found),
    )
    matches = matches_of(asker, uids, between, columns=LISTED)
    views = {each.uid: each for each in match_views(services.control, tenant, matches)}
    return [_view(each, members[each.alert.uid], views) for each in found]


def _members(services: Services, tenant: TenantId, uid: str, most: int) -> list[str]:
    return [match for _, match in members_of(services.control, tenant, uid, limit=most)]


def _view(found: Listed, members: Sequence[str], views: Mapping[str, MatchView]) -> StoryView:
    decision: Mapping[str, Any] = found.alert.decision
    shown = sorted(
        (views[uid] for uid in members if uid in views),
        key=lambda each: (each.time or "", each.uid),
    )
    return StoryView(
        alert=view(found),
        probability=decision.get("probability"),
        signs=[
            SignView(**{**each, "time": iso(each["time"])}) for each in decision.get("signs", ())
        ],
        members=shown,
        left_out=found.alert.count - len(shown),
    )
