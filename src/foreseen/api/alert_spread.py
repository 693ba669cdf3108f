"""Alerts over time and by value: what stands above the list of alerts."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from foreseen.api.alert_filters import Filtered
from foreseen.api.problems import documented
from foreseen.api.scopes import Reading
from foreseen.api.services import Serviced
from foreseen.api.times import iso
from foreseen.control.alert_spread import By, groups, spread

router = APIRouter(prefix="/api/v1/alerts")

_Most = Annotated[int, Query(ge=1, le=500)]


class BarView(BaseModel):
    """Alerts whose first match was in a span of time; its end is not in it."""

    since: str | None
    until: str | None
    alerts: int
    by_severity: dict[str, int]


class SpreadView(BaseModel):
    """Alerts over time, oldest first.

    Attributes:
        complete: False: only the newest 100,000 were looked at.
    """

    bars: list[BarView]
    complete: bool


class GroupView(BaseModel):
    """Alerts that have a value in common; empty: those that have none.

    Attributes:
        severity: The highest of them.
        last_time: First match of the newest.
    """

    value: str
    alerts: int
    severity: str
    last_time: str | None


class GroupsView(BaseModel):
    """The values that most alerts have, and how many values more there are."""

    groups: list[GroupView]
    left_out: int


@router.get("/histogram", responses=documented())
def alert_histogram(services: Serviced, grant: Reading, wanted: Filtered) -> SpreadView:
    """Alerts over time, by severity; bars are as wide as at most 96 of them need."""
    found = spread(services.control, grant.tenant, wanted)
    return SpreadView(
        bars=[
            BarView(
                since=iso(bar.since),
                until=iso(bar.until),
                alerts=sum(bar.by_severity.values()),
                by_severity=dict(bar.by_severity),
            )
            for bar in found.bars
        ],
        complete=found.complete,
    )


@router.get("/groups", responses=documented())
def alert_groups(
    services: Serviced, grant: Reading, wanted: Filtered, by: By = By.RULE, limit: _Most = 50
) -> GroupsView:
    """Alerts by rule, workload, host, severity, assignee or incident; of the newest 100,000."""
    found, left_out = groups(services.control, grant.tenant, wanted, by, limit)
    return GroupsView(
        groups=[
            GroupView(
                value=each.value,
                alerts=each.alerts,
                severity=each.severity,
                last_time=iso(each.last_time),
            )
            for each in found
        ],
        left_out=left_out,
    )
