"""The risk over time of some alerts: the highest of those that waited for a person then."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Engine, Row, Select, select
from sqlalchemy.orm import Session

from foreseen.control.alert_standing import MOST, WAITING
from foreseen.control.alert_tables import AlertHistoryRow
from foreseen.control.database import reading
from foreseen.control.tables import AlertRow
from foreseen.core.ids import RuleId, TenantId

_ENDS, _BEGINS = ("dismiss", "escalate"), ("undo", "reopen")
_AT_ONCE = 500  # uids in a statement; SQLite takes a bounded number of values
_Asked = Row[str, str, float, int, str]  # uid, rule, risk, first time, status


@dataclass(frozen=True, slots=True)
class Wait:
    """An alert, and the times in which it waited, ms UTC; the last may have no end."""

    rule: RuleId
    risk: float
    spells: tuple[tuple[int, int | None], ...]


@dataclass(frozen=True, slots=True)
class RiskPoint:
    """A moment: alerts that waited then, the highest risk of one, and the rule of that one."""

    time: int
    waiting: int
    risk: float
    rule: RuleId | None


@dataclass(frozen=True, slots=True)
class Share:
    """What a rule adds to the risk at the last moment."""

    rule: RuleId
    waiting: int
    risk: float
    since: int


def waits_on(engine: Engine, tenant: TenantId, workload: str) -> tuple[list[Wait], bool]:
    """When each of a workload's newest alerts waited; whether older ones were not looked at."""
    newest = (
        _asked(tenant)
        .where(AlertRow.workload == workload)
        .order_by(AlertRow.first_time.desc(), AlertRow.uid.desc())
        .limit(MOST)
    )
    with reading(engine) as session:
        rows = session.execute(newest).all()
        return _waits(session, tenant, rows), len(rows) == MOST


def waits_of(engine: Engine, tenant: TenantId, alerts: Sequence[str]) -> list[Wait]:
    """When each of these alerts waited, by their uids; those that are not there are left out."""
    rows: list[_Asked] = []
    with reading(engine) as session:
        for some in _parts(alerts):
            rows += session.execute(_asked(tenant).where(AlertRow.uid.in_(some))).all()
        return _waits(session, tenant, rows)


def course_of(waits: Sequence[Wait], times: Sequence[int]) -> list[RiskPoint]:
    """The risk at each of some moments.

    Args:
        waits: The alerts.
        times: Moments in order, ms UTC.
    """
    ordered = sorted(waits, key=lambda each: (each.risk, each.rule))
    moments = np.asarray(times, np.int64)
    waiting = np.zeros(len(moments), np.int64)
    leading = np.full(len(moments), -1, np.int64)
    for place, wait in enumerate(ordered):  # the riskiest last, so that it stays in `leading`
        for begin, end in wait.spells:
            first = np.searchsorted(moments, begin)
            last = len(moments) if end is None else np.searchsorted(moments, end)
            waiting[first:last] += 1
            leading[first:last] = place
    return [
        RiskPoint(time, count, ordered[place].risk, ordered[place].rule)
        if place >= 0
        else RiskPoint(time, 0, 0.0, None)
        for time, count, place in zip(times, waiting.tolist(), leading.tolist(), strict=True)
    ]


def shares_at(waits: Sequence[Wait], time: int) -> list[Share]:
    """What each rule adds at a moment, the riskiest first."""
    by_rule: dict[RuleId, list[tuple[int, float]]] = defaultdict(list)
    for wait in waits:
        for begin, end in wait.spells:
            if begin <= time and (end is None or time < end):
                by_rule[wait.rule].append((begin, wait.risk))
    found = [
        Share(rule, len(those), max(risk for _, risk in those), min(begin for begin, _ in those))
        for rule, those in by_rule.items()
    ]
    return sorted(found, key=lambda each: (-each.risk, -each.waiting, each.rule))


def _asked(tenant: TenantId) -> Select[str, str, float, int, str]:
    told = (AlertRow.uid, AlertRow.rule, AlertRow.risk, AlertRow.first_time, AlertRow.status)
    return select(*told).where(AlertRow.tenant == tenant)


def _parts(uids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(uids), _AT_ONCE):
        yield uids[start : start + _AT_ONCE]


def _waits(session: Session, tenant: TenantId, rows: Sequence[_Asked]) -> list[Wait]:
    acts: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for some in _parts([row.uid for row in rows]):
        said = (
            select(AlertHistoryRow.alert, AlertHistoryRow.time, AlertHistoryRow.action)
            .where(
                AlertHistoryRow.tenant == tenant,
                AlertHistoryRow.alert.in_(some),
                AlertHistoryRow.action.in_([*_ENDS, *_BEGINS]),
            )
            .order_by(AlertHistoryRow.alert, AlertHistoryRow.number)
        )
        for alert, time, action in session.execute(said):
            acts[alert].append((time, action))
    return [_wait(row, acts[row.uid]) for row in rows]


def _wait(row: _Asked, acts: Sequence[tuple[int, str]]) -> Wait:
    """Its spells: words that end one count up to what the alert's status says now."""
    spells = list(_spells(row.first_time, acts))
    if row.status in WAITING and (not spells or spells[-1][1] is not None):
        # One of several words was taken back, and the others do not hold either.
        spells.append((acts[-1][0] if acts else row.first_time, None))
    return Wait(RuleId(row.rule), row.risk, tuple(spells))


def _spells(begin: int, acts: Sequence[tuple[int, str]]) -> Iterator[tuple[int, int | None]]:
    open_since: int | None = begin
    for time, action in acts:
        if action in _ENDS and open_since is not None:
            yield open_since, max(time, open_since)
            open_since = None
        elif action in _BEGINS and open_since is None:
            open_since = time
    if open_since is not None:
        yield open_since, None
