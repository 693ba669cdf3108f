"""Alerts for a reader, newest first."""

import base64
import binascii
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from foreseen.api.problems import documented
from foreseen.api.scopes import Reading
from foreseen.api.services import Serviced
from foreseen.control.alerts import AlertFilter, AlertKey, alert_by_uid, alerts
from foreseen.core.alerts import Alert, AlertStatus
from foreseen.core.errors import MalformedInputError
from foreseen.core.ids import RuleId

router = APIRouter(prefix="/api/v1/alerts")

_Int64 = Annotated[int, Field(ge=-(2**63), lt=2**63)]
_CURSOR: TypeAdapter[tuple[int, str]] = TypeAdapter(tuple[_Int64, str])
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class AlertView(BaseModel):
    """An alert as a reader sees it; times are ISO 8601, null where the calendar ends."""

    uid: str
    rule: str
    workload: str
    host: str
    stream: str
    first_time: str | None
    last_time: str | None
    count: int
    severity: str
    status: AlertStatus
    title: str
    sentences: tuple[str, ...]
    surprise: float | None
    members: tuple[str, ...]
    incident: str | None
    decision: dict[str, object]


class AlertPage(BaseModel):
    """Some alerts, and the cursor of the next page if there is one."""

    alerts: list[AlertView]
    next: str | None


@router.get("", responses=documented())
def list_alerts(  # noqa: PLR0913 (each is a query parameter of the API)
    services: Serviced,
    grant: Reading,
    *,
    status: AlertStatus | None = None,
    rule: str | None = None,
    workload: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=1000)] = None,
) -> AlertPage:
    """Alerts of the token's tenant, newest first."""
    wanted = AlertFilter(status, None if rule is None else RuleId(rule), workload)
    after = None if cursor is None else _key(cursor)
    found = alerts(services.control, grant.tenant, wanted=wanted, after=after, limit=limit + 1)
    page = found[:limit]
    more = _cursor(page[-1]) if len(found) > limit else None
    return AlertPage(alerts=[_view(alert) for alert in page], next=more)


@router.get("/{uid}", responses=documented())
def get_alert(services: Serviced, grant: Reading, uid: str) -> AlertView:
    """One alert of the token's tenant."""
    return _view(alert_by_uid(services.control, grant.tenant, uid))


def _view(alert: Alert) -> AlertView:
    return AlertView(
        uid=alert.uid,
        rule=alert.rule,
        workload=alert.workload,
        host=alert.host,
        stream=alert.stream,
        first_time=_iso(alert.first_time),
        last_time=_iso(alert.last_time),
        count=alert.count,
        severity=alert.severity,
        status=alert.status,
        title=alert.title,
        sentences=alert.sentences,
        surprise=alert.surprise,
        members=alert.members,
        incident=alert.incident,
        decision=dict(alert.decision),
    )


def _iso(time: int) -> str | None:
    try:
        return (_EPOCH + timedelta(milliseconds=time)).isoformat(timespec="milliseconds")
    except OverflowError:
        return None


def _cursor(alert: Alert) -> str:
    packed = _CURSOR.dump_json((alert.first_time, alert.uid))
    return base64.urlsafe_b64encode(packed).decode()


def _key(cursor: str) -> AlertKey:
    try:
        return AlertKey(*_CURSOR.validate_json(base64.urlsafe_b64decode(cursor)))
    except (ValidationError, binascii.Error, ValueError) as error:
        raise MalformedInputError("the cursor is none that this API gave") from error
