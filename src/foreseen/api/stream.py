"""What happens, as it happens: one stream of server-sent events that goes on where it was left."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from foreseen.api.problems import documented
from foreseen.api.scopes import Reading
from foreseen.api.services import Serviced
from foreseen.control.alert_feed import Changed, changed_since, last_version
from foreseen.core.errors import MalformedInputError

router = APIRouter(prefix="/api/v1/stream")

_LOOK_SECONDS = 1.0
_AT_ONCE = 500
_LONGEST_SECONDS = 900.0
"""Then the stream ends and the client comes again: its session or token may have ended."""


def _seen(
    last_event_id: Annotated[str | None, Header(max_length=30)] = None,
    after: Annotated[int | None, Query(ge=0, lt=2**63)] = None,
) -> int | None:
    """Where the client was."""
    if last_event_id is None:
        return after
    known = last_event_id.isascii() and last_event_id.isdecimal()
    if not known or int(last_event_id) >= 2**63:
        raise MalformedInputError("Last-Event-ID is none that this API gave")
    return int(last_event_id)


@router.get("", response_class=EventSourceResponse, responses=documented())
async def stream(
    request: Request,
    services: Serviced,
    grant: Reading,
    seen: Annotated[int | None, Depends(_seen)],
) -> AsyncIterator[ServerSentEvent]:
    """Alerts that are raised or changed: `alert.created`, `alert.updated`.

    An event's id is the alert's version; with it as `Last-Event-ID` (or `after`) the stream goes on
    behind it, without either it begins with what comes next. Of an alert that was changed several
    times in between the last state is told once.
    """
    if seen is None:
        seen = await run_in_threadpool(last_version, services.control, grant.tenant)
    loop = asyncio.get_running_loop()
    end = loop.time() + _LONGEST_SECONDS
    while loop.time() < end and not await request.is_disconnected():
        found = await run_in_threadpool(
            changed_since, services.control, grant.tenant, seen, _AT_ONCE
        )
        for each in found:
            seen = each.version
            yield _event(each)
        if len(found) < _AT_ONCE:
            await asyncio.sleep(_LOOK_SECONDS)


def _event(changed: Changed) -> ServerSentEvent:
    data = {
        "uid": changed.uid,
        "version": changed.version,
        "status": changed.status.value,
        "severity": changed.severity,
        "risk": changed.risk,
        "title": changed.title,
    }
    name = "alert.created" if changed.raised else "alert.updated"
    return ServerSentEvent(data=data, event=name, id=str(changed.version))
