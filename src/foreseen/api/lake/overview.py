"""The overview: from events to incidents, what waits, how long it takes, what is not heard of.

All of it comes from rollups and from counters that are kept with each change, so that it costs the
same at a million alerts as at ten.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, cast

from fastapi import APIRouter, Query, Request

from foreseen.api.lake.desk import ANSWERS, Desked
from foreseen.api.lake.events import Moment
from foreseen.api.lake.overview_views import (
    BasisView,
    FunnelView,
    OverviewView,
    QuarantineView,
    RefusedView,
    RiskView,
    TechniqueView,
    TelemetryView,
    TookView,
)
from foreseen.api.scopes import Reading
from foreseen.api.services import Serviced
from foreseen.api.times import iso, moment
from foreseen.control import alert_counts
from foreseen.control.alert_standing import WAITING, Waiting, raised_between, riskiest
from foreseen.control.alert_times import Distribution, Measure, over_all_rules
from foreseen.control.intake_counts import Count, IntakeCounts, Outcome
from foreseen.lake.asking.narrowed import Asker
from foreseen.lake.asking.sums import Hosts, Summed, Within, sums
from foreseen.lake.rollups import HOUR_MS, Counted
from foreseen.runners.rules.techniques import Techniques, techniques_of

router = APIRouter(prefix="/api/v1/overview")

_MOST = 20
_FIRST_MONTH, _LAST_MONTH = "0000-01", "9999-12"
_LAST_MS = 253_402_300_799_999  # the end of the calendar


@router.get("", responses=ANSWERS)
async def get_overview(  # noqa: PLR0913, PLR0917 (each is a part of the request)
    request: Request,
    services: Serviced,
    desk: Desked,
    grant: Reading,
    since: Annotated[str | None, Query(alias="from", max_length=50)] = None,
    until: Moment = None,
) -> OverviewView:
    """The overview of a time, in whole hours; without `from` and `until` of all time."""
    within = Within.around(moment(since), moment(until))
    end = services.clock() if within.until is None else within.until
    refused = cast("IntakeCounts", request.app.state.intake_counts)

    def work(asker: Asker) -> OverviewView:
        engine, tenant = services.control, grant.tenant
        found, hosts = sums(asker, within, silent_from(end))
        kinds = alert_counts.counts(engine, tenant)
        alerts, incidents = raised_between(engine, tenant, within.since, within.until)
        waiting, cut = riskiest(engine, tenant)
        return OverviewView(
            since=iso(within.since),
            until=iso(within.until),
            funnel=_funnel(found, alerts, incidents),
            decisions=_decisions(found),
            open_by_severity=_severities(kinds),
            times=_times(over_all_rules(engine, tenant, _months(within))),
            techniques=_techniques(found, techniques_of(engine, tenant)),
            riskiest=_riskiest(waiting),
            riskiest_of_all=not cut,
            telemetry=_telemetry(found, hosts, refused.of(tenant)),
        )

    return await desk.ask(request, grant, work)


def silent_from(end: int) -> int:
    """A machine whose last hour with an event began before this one is silent."""
    return end // HOUR_MS * HOUR_MS - HOUR_MS


def _funnel(found: Summed, alerts: int, incidents: int) -> FunnelView:
    return FunnelView(
        events=found.total(Counted.EVENTS),
        matches=found.total(Counted.MATCHES),
        **found.outcomes,
        alerts=alerts,
        incidents=incidents,
    )


def _severities(kinds: list[alert_counts.Count]) -> dict[str, int]:
    """How many wait, by severity."""
    found = Counter[str]()
    for each in kinds:
        if each.status in WAITING:
            found[each.severity] += each.alerts
    return dict(sorted(found.items()))


def _decisions(found: Summed) -> list[BasisView]:
    by = found.by(Counted.DECISIONS, "outcome", "basis")
    return [
        BasisView(outcome=outcome, basis=basis, matches=n)
        for (outcome, basis), n in sorted(by.items(), key=lambda each: (-each[1], each[0]))
    ]


def _months(within: Within) -> tuple[str, str]:
    ends = (within.since, within.until)
    first, last = (None if each is None else _month(each) for each in ends)
    return first or _FIRST_MONTH, last or _LAST_MONTH


def _month(time: int) -> str:
    inside = min(max(time, 0), _LAST_MS)
    return datetime.fromtimestamp(inside / 1000, UTC).strftime("%Y-%m")


def _times(found: list[Distribution]) -> list[TookView]:
    return [
        TookView(
            measure=each.measure,
            alerts=each.count,
            mean=each.mean,
            p50=each.quantile(0.5),
            p90=each.quantile(0.9),
            p99=each.quantile(0.99),
        )
        for each in sorted(found, key=lambda each: list(Measure).index(each.measure))
    ]


def _techniques(found: Summed, told: Techniques) -> list[TechniqueView]:
    """Of each technique the rules with matches; a rule counts for each technique that it names."""
    matches = found.by(Counted.MATCHES, "rule_id")
    alerted = found.by(Counted.DECISIONS, "rule_id", outcome="alerted")
    rules: dict[str, list[str]] = {}
    for (rule,) in sorted(matches):
        for technique in told.get(rule, ()):
            rules.setdefault(technique, []).append(rule)
    views = [
        TechniqueView(
            technique=technique,
            rules=named,
            matches=sum(matches[rule,] for rule in named),
            alerted=sum(alerted[rule,] for rule in named),
        )
        for technique, named in rules.items()
    ]
    return sorted(views, key=lambda each: (-each.alerted, -each.matches, each.technique))


def _riskiest(waiting: Mapping[str, Waiting]) -> list[RiskView]:
    ordered = sorted(waiting.items(), key=lambda each: (-each[1].risk, -each[1].alerts, each[0]))
    return [
        RiskView(workload=name, alerts=each.alerts, risk=each.risk)
        for name, each in ordered[:_MOST]
    ]


def _telemetry(found: Summed, hosts: Mapping[str, Hosts], refused: list[Count]) -> TelemetryView:
    reasons = found.by(Counted.QUARANTINED, "reason").most_common(_MOST)
    at_door: dict[str, Counter[str]] = {}
    for each in refused:
        if each.outcome is not Outcome.TAKEN:
            counts = at_door.setdefault(each.outcome.value, Counter())
            counts.update(requests=each.requests, lines=each.lines)
    hours = [each["last_hour"] for each in found.of(Counted.EVENTS) if each["last_hour"]]
    return TelemetryView(
        bytes=found.total(Counted.EVENTS, "bytes"),
        received=found.total(Counted.RECEIVED),
        quarantined=found.total(Counted.QUARANTINED),
        reasons=[QuarantineView(reason=name, lines=n) for (name,), n in reasons],
        refused=[
            RefusedView(outcome=name, requests=n["requests"], lines=n["lines"])
            for name, n in sorted(at_door.items())
        ],
        sources=len(found.by(Counted.RECEIVED, "source")),
        workloads=len(found.by(Counted.EVENTS, "workload")),
        hosts=sum(each.hosts for each in hosts.values()),
        silent_hosts=sum(each.silent for each in hosts.values()),
        last_hour=iso(max(hours, default=None)),
    )
