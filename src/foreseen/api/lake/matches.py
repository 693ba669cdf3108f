"""Matches, suppressed ones too: what was hidden, why, and what came before it."""

from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field, TypeAdapter
from sqlalchemy import Engine

from foreseen.api.cursors import Cursor, Limit, cursor_of, place_of
from foreseen.api.lake.desk import ANSWERS, Desked
from foreseen.api.lake.events import Moment, Name
from foreseen.api.lake.match_views import (
    BEFORE,
    LISTED,
    MatchPage,
    MatchView,
    WindowView,
    match_views,
    window_view,
)
from foreseen.api.lake.rows import fitting
from foreseen.api.scopes import Reading
from foreseen.api.services import Serviced
from foreseen.api.times import moment
from foreseen.core.decisions import Basis
from foreseen.core.ids import TenantId
from foreseen.lake.asking.match_list import (
    Judged,
    MatchFilter,
    MatchKey,
    judged_match,
    match_list,
)
from foreseen.lake.asking.narrowed import Asker
from foreseen.lake.asking.saved_window import SavedWindow, saved_window

router = APIRouter(prefix="/api/v1/matches")

_Int64 = Annotated[int, Field(ge=-(2**63), lt=2**63)]
_PLACE: TypeAdapter[tuple[_Int64, str]] = TypeAdapter(tuple[_Int64, str])


def wanted_of(  # noqa: PLR0913 (each is a query parameter of the API)
    *,
    since: Annotated[str | None, Query(alias="from", max_length=50)] = None,
    until: Moment = None,
    rule: Name = None,
    workload: Name = None,
    host: Name = None,
    stream: Name = None,
    user: Annotated[str | None, Query(max_length=1_000, description="name, id or account")] = None,
    decision: Annotated[
        Literal["suppressed", "alerted", "unjudged"] | None,
        Query(description="suppressed: what was hidden"),
    ] = None,
    basis: Annotated[Basis | None, Query(description="why it was decided so")] = None,
    incident: Name = None,
    suppression: Annotated[str | None, Query(max_length=1_000, description="by hand")] = None,
) -> MatchFilter:
    """Which matches; all that is given must hold of a match."""
    return MatchFilter(
        since=moment(since),
        until=moment(until),
        rule=rule,
        workload=workload,
        host=host,
        stream=stream,
        user=user,
        outcome=decision,
        basis=basis,
        incident=incident,
        suppression=suppression,
    )


@router.get("", responses=ANSWERS)
async def list_matches(  # noqa: PLR0913, PLR0917 (each is a part of the request)
    request: Request,
    services: Serviced,
    desk: Desked,
    grant: Reading,
    wanted: Annotated[MatchFilter, Depends(wanted_of)],
    limit: Limit = 50,
    cursor: Cursor = None,
) -> MatchPage:
    """Matches, newest first, each with what was decided of it; suppressed ones like all others."""
    place = place_of(_PLACE, cursor)
    after = MatchKey(*place) if place else None

    def work(asker: Asker) -> MatchPage:
        found = match_list(asker, wanted, columns=LISTED, after=after, limit=limit + 1)
        return _page(services.control, grant.tenant, found, limit)

    return await desk.ask(request, grant, work)


@router.get("/{uid}", responses=ANSWERS)
async def get_match(
    request: Request, services: Serviced, desk: Desked, grant: Reading, uid: str
) -> MatchView:
    """One match: all columns of its event but the raw record, and all that was decided of it."""

    def work(asker: Asker) -> MatchView:
        found = judged_match(asker, uid)
        return match_views(services.control, grant.tenant, [found], whole=True)[0]

    return await desk.ask(request, grant, work)


@router.get("/{uid}/window", responses=ANSWERS)
async def get_window(request: Request, desk: Desked, grant: Reading, uid: str) -> WindowView:
    """What came before a match, as it was saved with it; see `/events` for the raw records."""
    found = await desk.ask(request, grant, partial(_window, uid))
    return window_view(found)


def _window(uid: str, asker: Asker) -> SavedWindow:
    return saved_window(asker, uid, BEFORE)


def _page(engine: Engine, tenant: TenantId, found: list[Judged], limit: int) -> MatchPage:
    views = match_views(engine, tenant, found[:limit])
    fits = fitting([each.columns for each in views])
    more = None
    if len(found) > fits:
        last = found[fits - 1].key
        more = cursor_of((last.time, last.uid))
    return MatchPage(matches=views[:fits], next=more)
