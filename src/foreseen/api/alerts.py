"""Alerts: listed, shown with what people did, taken, commented, resolved; one by one or many."""

from typing import Annotated, Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from foreseen.api.alert_filters import Filtered
from foreseen.api.cursors import Cursor, Limit, cursor_of, place_of
from foreseen.api.etags import IfMatch, etag, version_of
from foreseen.api.idempotency import KEYED
from foreseen.api.problems import documented
from foreseen.api.scopes import Reading, Triaging
from foreseen.api.services import Serviced, Services
from foreseen.api.times import iso
from foreseen.control import alert_history, alert_life
from foreseen.control.alert_history import Event
from foreseen.control.alert_life import LONGEST_TEXT, Act, Life
from foreseen.control.alerts import (
    AlertKey,
    Listed,
    Order,
    Page,
    key_of,
    listed,
    listed_by_uid,
    members_of,
)
from foreseen.control.grants import Grant
from foreseen.core.alerts import AlertStatus

router = APIRouter(prefix="/api/v1/alerts")

Text = Annotated[str, Field(max_length=LONGEST_TEXT)]
_Finite = Annotated[float, Field(allow_inf_nan=False, ge=-(2**63), lt=2**63)]
_PLACE: TypeAdapter[tuple[_Finite, str]] = TypeAdapter(tuple[_Finite, str])
_NUMBER: TypeAdapter[tuple[int]] = TypeAdapter(tuple[Annotated[int, Field(ge=0, lt=2**63)]])


class AlertView(BaseModel):
    """An alert as a reader sees it; times are RFC 3339, null where there is none.

    Attributes:
        version: Grows with each change of any alert of the organisation.
        count: Matches in it; `/alerts/{uid}/members` lists them.
        severity: What its rule says.
        surprise: Bits, of the most surprising match; null without a model's word.
        risk: 0 to 100: severity, and surprise within it.
    """

    uid: str
    version: int
    rule: str
    workload: str
    host: str
    stream: str
    first_time: str | None
    last_time: str | None
    count: int
    severity: str
    surprise: float | None
    risk: float
    status: AlertStatus
    assignee: str | None
    raised: str | None
    known: str | None
    resolved: str | None
    title: str
    sentences: tuple[str, ...]
    incident: str | None
    decision: dict[str, object]


class AlertPage(BaseModel):
    """Some alerts, and the cursor of the next page if there is one."""

    alerts: list[AlertView]
    next: str | None


class MemberPage(BaseModel):
    """Uids of some matches of an alert, and the cursor of the next page if there is one."""

    members: list[str]
    next: str | None


class EventView(BaseModel):
    """Something that happened to an alert."""

    number: int
    time: str | None
    actor: str
    action: str
    text: str
    detail: dict[str, object] | None


class HistoryPage(BaseModel):
    """Some of an alert's history, and the cursor of the next page if there is one."""

    history: list[EventView]
    next: str | None


class AlertChange(BaseModel):
    """What shall become of an alert; what is not named stays.

    Attributes:
        status: `acknowledged` while somebody looks into it, or `open` again. What it was is said
            by a disposition.
        assignee: Who takes it; null for nobody.
        resolved: Whether the response to an escalated alert is done.
        text: Why, for its history.
    """

    model_config = ConfigDict(extra="forbid")

    status: Literal["open", "acknowledged"] | None = None
    assignee: Annotated[str | None, Field(max_length=200)] = None
    resolved: bool | None = None
    text: Text = ""


class NewComment(BaseModel):
    """What somebody says on an alert."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT)]


@router.get("", responses=documented())
def list_alerts(  # noqa: PLR0913 (each is a parameter of the API)
    services: Serviced,
    grant: Reading,
    wanted: Filtered,
    *,
    sort: Order = Order.NEWEST,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> AlertPage:
    """Alerts of the caller's organisation; `from` and `until` are of their first matches."""
    place = place_of(_PLACE, cursor)
    page = Page(sort, AlertKey(*place) if place else None, limit + 1)
    found = listed(services.control, grant.tenant, wanted, page)
    shown, more = found[:limit], None
    if len(found) > limit:
        key = key_of(shown[-1], sort)
        more = cursor_of((key.value, key.uid))
    return AlertPage(alerts=[view(each) for each in shown], next=more)


@router.get("/{uid}", responses=documented())
def get_alert(services: Serviced, grant: Reading, uid: str, response: Response) -> AlertView:
    """One alert; its ETag goes into `If-Match` of a change."""
    return _tagged(services, grant, uid, response)


@router.get("/{uid}/members", responses=documented())
def list_members(
    services: Serviced, grant: Reading, uid: str, limit: Limit = 200, cursor: Cursor = None
) -> MemberPage:
    """Matches of an alert, in the order in which they were told."""
    place = place_of(_NUMBER, cursor)
    after = place[0] if place else -1
    found = members_of(services.control, grant.tenant, uid, after=after, limit=limit + 1)
    more = cursor_of((found[limit - 1][0],)) if len(found) > limit else None
    return MemberPage(members=[match for _, match in found[:limit]], next=more)


@router.get("/{uid}/history", responses=documented())
def list_history(
    services: Serviced, grant: Reading, uid: str, limit: Limit = 200, cursor: Cursor = None
) -> HistoryPage:
    """What happened to an alert, first thing first."""
    place = place_of(_NUMBER, cursor)
    after = place[0] if place else 0
    found = alert_history.history(services.control, grant.tenant, uid, after=after, limit=limit + 1)
    more = cursor_of((found[limit - 1].number,)) if len(found) > limit else None
    return HistoryPage(history=[_event(each) for each in found[:limit]], next=more)


@router.patch("/{uid}", dependencies=[KEYED], responses=documented(409, 412, 413))
def change_alert(  # noqa: PLR0913, PLR0917 (each is a part of the request)
    request: Request,
    response: Response,
    services: Serviced,
    grant: Triaging,
    uid: str,
    change: AlertChange,
    if_match: IfMatch = None,
) -> AlertView:
    """Take an alert, give it to somebody, or resolve it; with `If-Match`, as it was seen."""
    act = Act(uid, grant.actor(request), services.clock(), version_of(if_match))
    changed(services, grant, act, change)
    return _tagged(services, grant, uid, response)


@router.post(
    "/{uid}/comments", status_code=201, dependencies=[KEYED], responses=documented(409, 413)
)
def create_comment(
    request: Request, services: Serviced, grant: Triaging, uid: str, new: NewComment
) -> AlertView:
    """Say something on an alert; it is in its history."""
    act = Act(uid, grant.actor(request), services.clock())
    alert_life.comment(services.control, grant.tenant, act, new.text)
    return view(listed_by_uid(services.control, grant.tenant, uid))


def changed(services: Services, grant: Grant, act: Act, change: AlertChange) -> Life:
    """Do all that a change names, in one transaction."""
    named = change.model_fields_set
    wanted = alert_life.Wanted(
        status=AlertStatus(change.status) if change.status else None,
        assignee=change.assignee,
        assigns="assignee" in named,
        resolved=change.resolved,
        text=change.text,
    )
    return alert_life.change(services.control, grant.tenant, act, wanted)


def view(found: Listed) -> AlertView:
    """As a reader sees it."""
    alert, life = found.alert, found.life
    return AlertView(
        uid=alert.uid,
        version=life.version,
        rule=alert.rule,
        workload=alert.workload,
        host=alert.host,
        stream=alert.stream,
        first_time=iso(alert.first_time),
        last_time=iso(alert.last_time),
        count=alert.count,
        severity=alert.severity,
        surprise=alert.surprise,
        risk=found.risk,
        status=life.status,
        assignee=life.assignee,
        raised=iso(life.raised),
        known=iso(life.known),
        resolved=iso(life.resolved),
        title=alert.title,
        sentences=alert.sentences,
        incident=alert.incident,
        decision=dict(alert.decision),
    )


def _tagged(services: Services, grant: Grant, uid: str, response: Response) -> AlertView:
    found = listed_by_uid(services.control, grant.tenant, uid)
    response.headers["ETag"] = etag(found.life.version)
    return view(found)


def _event(event: Event) -> EventView:
    return EventView(
        number=event.number,
        time=iso(event.time),
        actor=event.actor,
        action=event.action,
        text=event.text,
        detail=dict(event.detail) if event.detail else None,
    )
