"""Many alerts by one word: taken, resolved, dismissed; tried before, and taken back after."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import Field, TypeAdapter

from foreseen.api.bulk_views import (
    BulkBody,
    BulkPage,
    BulkResult,
    BulkView,
    ReceiptView,
    asked_of,
    receipt_of,
    result_of,
    view_of,
)
from foreseen.api.bulk_words import Words, taken_back
from foreseen.api.cursors import Cursor, Limit, cursor_of, place_of
from foreseen.api.dispositions import Second, speaker_of
from foreseen.api.idempotency import KEYED
from foreseen.api.problems import documented
from foreseen.api.scopes import Reading, Triaging
from foreseen.api.services import Serviced, Services
from foreseen.api.workplaces import office_for
from foreseen.control import alert_bulk, bulk_reading
from foreseen.control.alert_life import Wanted, check
from foreseen.control.bulk_reading import Chosen
from foreseen.control.grants import Grant
from foreseen.control.reasons import reason_of
from foreseen.core.alerts import AlertStatus

router = APIRouter(prefix="/api/v1/alerts/bulk")

_Int64 = Annotated[int, Field(ge=-(2**63), lt=2**63)]
_Place: TypeAdapter[tuple[_Int64, str]] = TypeAdapter(tuple[_Int64, str])


@router.post("", dependencies=[KEYED], responses=documented(409, 413))
def change_alerts(
    request: Request,
    services: Serviced,
    grant: Triaging,
    body: BulkBody,
    x_foreseen_second: Second = None,
) -> BulkResult:
    """Change many alerts, or say what they were; each has its receipt, and one call undoes all.

    An alert that is not in a state for it, or that somebody changes meanwhile, is skipped with the
    reason. Dismissals and escalations are weighed one by one, for at most 50 seconds; alerts that
    are left then are skipped, to be asked for again. With `dry_run` nothing is changed.
    """
    if body.verdict is not None:
        reason_of(body.verdict, body.reason or "", body.text)
    matched, alerts = _chosen(services, grant, body)
    if body.dry_run or not alerts:
        return result_of(None, matched, len(alerts), [])
    by, now = grant.actor(request), services.clock()
    if body.verdict is not None:
        words = Words(services, grant, by, body, x_foreseen_second)
        id_ = alert_bulk.begin(services.control, grant.tenant, by, asked_of(body), now=now)
        return result_of(id_, matched, len(alerts), list(words.said(id_, alerts)))
    wanted = _wanted(body)
    check(wanted)
    id_ = alert_bulk.begin(services.control, grant.tenant, by, asked_of(body), now=now)
    done = alert_bulk.change_many(
        services.control, grant.tenant, id_, alerts, wanted, by=by, now=now
    )
    return result_of(id_, matched, len(alerts), [receipt_of(each) for each in done])


@router.get("", responses=documented())
def list_bulks(
    services: Serviced, grant: Reading, limit: Limit = 50, cursor: Cursor = None
) -> BulkPage:
    """Words on many alerts, the newest first."""
    after = place_of(_Place, cursor)
    found = bulk_reading.bulks(services.control, grant.tenant, after=after, limit=limit + 1)
    shown, more = found[:limit], None
    if len(found) > limit:
        more = cursor_of((shown[-1].created, shown[-1].id))
    return BulkPage(bulks=[view_of(each) for each in shown], next=more)


@router.get("/{id}", responses=documented())
def get_bulk(services: Serviced, grant: Reading, id: str) -> BulkView:  # noqa: A002 (the path's word)
    """One word on many alerts."""
    return view_of(bulk_reading.bulk(services.control, grant.tenant, id))


@router.post("/{id}/undo", dependencies=[KEYED], responses=documented(409, 413))
def undo_bulk(
    request: Request,
    services: Serviced,
    grant: Triaging,
    id: str,  # noqa: A002 (the path's word)
    x_foreseen_second: Second = None,
) -> BulkResult:
    """Put all of it back, but for alerts that somebody changed since: those are skipped."""
    by, engine = grant.actor(request), services.control
    words = bulk_reading.words_of(engine, grant.tenant, id)
    receipts: list[ReceiptView] = []
    if words:
        office = replace(office_for(services, grant), by=by)
        speaker = speaker_of(services, grant, x_foreseen_second)
        receipts = [taken_back(office, speaker, id, *word) for word in words]
    done = alert_bulk.undo_many(engine, grant.tenant, id, by=by, now=services.clock())
    receipts += [receipt_of(each) for each in done]
    return result_of(id, len(receipts), len(receipts), receipts)


def _chosen(services: Services, grant: Grant, body: BulkBody) -> tuple[int, list[Chosen]]:
    if body.filter is not None:
        wanted = body.filter.filter()
        return bulk_reading.chosen(services.control, grant.tenant, wanted, body.limit)
    uids = list(dict.fromkeys(body.uids or ()))
    found = bulk_reading.existing(services.control, grant.tenant, uids)
    return found, [Chosen(uid) for uid in uids]


def _wanted(body: BulkBody) -> Wanted:
    return Wanted(
        status=AlertStatus(body.status) if body.status else None,
        assigns="assignee" in body.model_fields_set,
        assignee=body.assignee,
        resolved=body.resolved,
        text=body.text,
    )
