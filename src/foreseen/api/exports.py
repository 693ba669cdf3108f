"""Alerts and incidents in bulk: NDJSON, CSV or an Arrow stream, page by page as they are read."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from foreseen.api.alert_filters import Filtered
from foreseen.api.export_forms import (
    EXPORT_FORMS,
    EXPORTING,
    Accepted,
    Part,
    export_form_of,
    streamed,
)
from foreseen.api.export_rows import ALERTS, INCIDENTS
from foreseen.api.scopes import Reading
from foreseen.api.services import Serviced, Services
from foreseen.control.alerts import (
    AlertFilter,
    Listed,
    Order,
    Page,
    key_of,
    listed,
    members_of,
    members_of_many,
)
from foreseen.control.incidents import Story, stories
from foreseen.core.ids import TenantId

router = APIRouter(prefix="/api/v1")

_PAGE = 500
_FEW_MEMBERS = 100
"""Alerts with so many are read together, others on their own."""

_AT_ONCE = 10_000
_Sort = Annotated[
    Literal["time", "-time"], Query(description="by the time of the first match; risks may change")
]


@router.get("/alerts/export", response_class=StreamingResponse, responses=EXPORTING)
def export_alerts(
    services: Serviced,
    grant: Reading,
    wanted: Filtered,
    *,
    sort: _Sort = "time",
    accept: Accepted = "*/*",
) -> StreamingResponse:
    """All alerts that the filter finds, as NDJSON, CSV or an Arrow stream, by `Accept`.

    Only NDJSON has the matches of each (`members`). Pages are read one after the other: an alert
    that is changed meanwhile is there as it was before or as it is after. In CSV an apostrophe
    stands before a text that a spreadsheet would run. An answer that breaks off is not all.
    """
    form = export_form_of(accept)
    pages = _alert_pages(services, grant.tenant, wanted, Order(sort))
    parts = _with_members(services, grant.tenant, pages)
    return streamed(form, ALERTS, parts if form == EXPORT_FORMS[0] else pages)


@router.get("/incidents/export", response_class=StreamingResponse, responses=EXPORTING)
def export_incidents(
    services: Serviced, grant: Reading, accept: Accepted = "*/*"
) -> StreamingResponse:
    """All incidents, those opened last first; in the forms of alerts."""
    pages = _story_pages(services, grant.tenant)
    return streamed(export_form_of(accept), INCIDENTS, pages)


def _alert_pages(
    services: Services, tenant: TenantId, wanted: AlertFilter, order: Order
) -> Iterator[Sequence[Part[Listed]]]:
    after = None
    while True:
        found = listed(services.control, tenant, wanted, Page(order, after, _PAGE))
        yield [Part(each) for each in found]
        if len(found) < _PAGE:
            return
        after = key_of(found[-1], order)


def _story_pages(services: Services, tenant: TenantId) -> Iterator[Sequence[Part[Story]]]:
    after = None
    while True:
        found = stories(services.control, tenant, after=after, limit=_PAGE)
        yield [Part(each) for each in found]
        if len(found) < _PAGE:
            return
        after = (found[-1].opened, found[-1].uid)


def _with_members(
    services: Services, tenant: TenantId, pages: Iterator[Sequence[Part[Listed]]]
) -> Iterator[Sequence[Part[Listed]]]:
    """Pages whose alerts have their matches, those of large alerts read as they are sent."""
    for page in pages:
        alerts = [part.thing for part in page]
        few = [each.alert.uid for each in alerts if each.alert.count <= _FEW_MEMBERS]
        known = members_of_many(services.control, tenant, few)
        yield [
            Part(
                each,
                iter([known[each.alert.uid]])
                if each.alert.uid in known
                else _members(services, tenant, each.alert.uid),
            )
            for each in alerts
        ]


def _members(services: Services, tenant: TenantId, uid: str) -> Iterator[Sequence[str]]:
    after = -1
    while True:
        found = members_of(services.control, tenant, uid, after=after, limit=_AT_ONCE)
        yield [match for _, match in found]
        if len(found) < _AT_ONCE:
            return
        after = found[-1][0]
