"""How alerts that a filter finds are spread: over time, and over the values of a column."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, Engine, Subquery, case, func, select
from sqlalchemy.orm import Session

from foreseen.control.alerts import AlertFilter, conditions
from foreseen.control.database import reading
from foreseen.control.tables import AlertRow
from foreseen.core.ids import TenantId

MOST = 100_000
"""Alerts that are looked at, the newest: what a person waits for has to end."""

_MINUTE = 60_000
_STEPS = tuple(
    minutes * _MINUTE for minutes in (1, 5, 15, 30, 60, 180, 360, 720, 1_440, 10_080, 43_200)
)
_BARS = 96
_LEVELS = ("critical", "high", "medium", "low")
_LEAST = "informational"


class By(StrEnum):
    """What alerts can be grouped by."""

    RULE = "rule"
    WORKLOAD = "workload"
    HOST = "host"
    SEVERITY = "severity"
    ASSIGNEE = "assignee"
    INCIDENT = "incident"


@dataclass(frozen=True, slots=True)
class Bar:
    """Alerts by severity whose first match was in a span of time (ms UTC, its end is not in it)."""

    since: int
    until: int
    by_severity: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Spread:
    """Alerts over time, oldest first, without gaps; not complete: of the newest `MOST` alone."""

    bars: Sequence[Bar]
    complete: bool


@dataclass(frozen=True, slots=True)
class Group:
    """Alerts that have a value in common; empty: those that have none.

    Attributes:
        severity: The highest of them.
        last_time: First match of the newest, ms UTC.
    """

    value: str
    alerts: int
    severity: str
    last_time: int


def spread(engine: Engine, tenant: TenantId, wanted: AlertFilter) -> Spread:
    """Alerts that a filter finds, over time."""
    newest = _newest(tenant, wanted)
    with reading(engine) as session:
        first, last, count = session.execute(
            select(func.min(newest.c.first_time), func.max(newest.c.first_time), func.count())
        ).one()
        if not count:
            return Spread((), complete=True)
        step = step_of(first, last)
        base = first // step * step
        found = _counted(session, newest, base, step)
    bars = [
        Bar(base + number * step, base + (number + 1) * step, found.get(number, {}))
        for number in range((last - base) // step + 1)
    ]
    return Spread(bars, complete=count < MOST)


def step_of(first: int, last: int) -> int:
    """How wide the bars are between two times, all ms."""
    for step in _STEPS:
        if last // step - first // step < _BARS:
            return step
    return -((first - last) // (_BARS - 2))  # clocks of strangers go wrong by centuries


def _counted(session: Session, newest: Subquery, base: int, step: int) -> dict[int, dict[str, int]]:
    number = (newest.c.first_time - base) // step
    found: dict[int, dict[str, int]] = {}
    query = select(number, newest.c.severity, func.count()).group_by(number, newest.c.severity)
    for bar, severity, alerts in session.execute(query):
        found.setdefault(int(bar), {})[severity] = alerts
    return found


def groups(
    engine: Engine, tenant: TenantId, wanted: AlertFilter, by: By, limit: int
) -> tuple[list[Group], int]:
    """The values that most alerts have, and how many values more there are."""
    column = getattr(AlertRow, by.value)
    newest = _newest(tenant, wanted, func.coalesce(column, "").label("value"))
    alerts = func.count()
    rank = func.min(
        case(
            {level: number for number, level in enumerate(_LEVELS)},
            value=newest.c.severity,
            else_=len(_LEVELS),
        )
    )
    query = (
        select(newest.c.value, alerts, rank, func.max(newest.c.first_time))
        .group_by(newest.c.value)
        .order_by(alerts.desc(), newest.c.value)
        .limit(limit)
    )
    with reading(engine) as session:
        found = [
            Group(value, count, (*_LEVELS, _LEAST)[worst], last)
            for value, count, worst, last in session.execute(query)
        ]
        if len(found) < limit:
            return found, 0
        values = session.scalar(select(func.count(newest.c.value.distinct()))) or 0
        return found, values - len(found)


def _newest(tenant: TenantId, wanted: AlertFilter, *columns: ColumnElement[str]) -> Subquery:
    return (
        select(AlertRow.first_time, AlertRow.severity, *columns)
        .where(AlertRow.tenant == tenant, *conditions(wanted))
        .order_by(AlertRow.first_time.desc(), AlertRow.uid)
        .limit(MOST)
        .subquery()
    )
