"""Figures of alerts for dashboards: how many there are, and how long they take."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from foreseen.api.problems import documented
from foreseen.api.scopes import Reading
from foreseen.api.services import Serviced
from foreseen.control.alert_counts import counts
from foreseen.control.alert_times import Distribution, Measure, distributions, together
from foreseen.core.alerts import AlertStatus

router = APIRouter(prefix="/api/v1/figures")

Month = Annotated[str | None, Query(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")]
_FIRST, _LAST = "0000-01", "9999-12"


class CountView(BaseModel):
    """Alerts of one status, severity and rule."""

    status: AlertStatus
    severity: str
    rule: str
    alerts: int


class CountsView(BaseModel):
    """All alerts, by kind."""

    counts: list[CountView]


class TimesView(BaseModel):
    """How long alerts took; all in seconds.

    Attributes:
        measure: `detect`: from the event until its alert was raised; `know`: from there until a
            person said what it was; `respond`: from there until an escalated one was resolved.
        month: In which they were raised; null: all that were asked for.
        rule: Null: all rules.
        alerts: How many.
        mean: Of all of them.
        p50: Half took no longer: right to within a quarter, as all quantiles.
        buckets: Alerts by upper end of a bucket.
    """

    measure: Measure
    month: str | None
    rule: str | None
    alerts: int
    mean: float
    p50: float
    p90: float
    p99: float
    buckets: list[tuple[float, int]]


class AllTimesView(BaseModel):
    """Times by measure, month and rule; first those of all together."""

    times: list[TimesView]


@router.get("/alerts", responses=documented())
def count_alerts(services: Serviced, grant: Reading) -> CountsView:
    """How many alerts there are, by status, severity and rule."""
    found = counts(services.control, grant.tenant)
    return CountsView(
        counts=[
            CountView(
                status=AlertStatus(each.status),
                severity=each.severity,
                rule=each.rule,
                alerts=each.alerts,
            )
            for each in found
        ]
    )


@router.get("/times", responses=documented())
def alert_times(
    services: Serviced,
    grant: Reading,
    since: Annotated[Month, Query(alias="from")] = None,
    until: Month = None,
    rule: Annotated[str | None, Query(max_length=1_000)] = None,
) -> AllTimesView:
    """Times to detect, to know and to respond (MTTD, MTTK, MTTR), by rule and month."""
    months = (since or _FIRST, until or _LAST)
    found = distributions(services.control, grant.tenant, months=months, rule=rule)
    whole = []
    for measure in Measure:
        parts = [each for each in found if each.measure is measure]
        if parts:
            whole.append(_view(together(parts, "", ""), None, rule))
    return AllTimesView(times=[*whole, *(_view(each, each.month, each.rule) for each in found)])


def _view(found: Distribution, month: str | None, rule: str | None) -> TimesView:
    return TimesView(
        measure=found.measure,
        month=month,
        rule=rule,
        alerts=found.count,
        mean=found.mean,
        p50=found.quantile(0.5),
        p90=found.quantile(0.9),
        p99=found.quantile(0.99),
        buckets=sorted(found.buckets.items()),
    )
