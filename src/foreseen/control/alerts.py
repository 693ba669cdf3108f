"""Alerts and incidents as stored, for those who read them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, Engine, Select, String, func, or_, select, type_coerce
from sqlalchemy.orm import Session

from foreseen.control.alert_history import alert_row
from foreseen.control.alert_life import Life, as_life
from foreseen.control.alert_tables import AlertMemberRow
from foreseen.control.database import reading
from foreseen.control.tables import AlertRow, IncidentRow
from foreseen.control.texts import escaped
from foreseen.core.alerts import Alert, AlertStatus, Incident
from foreseen.core.decisions import Basis
from foreseen.core.ids import RuleId, TenantId

_AT_ONCE = 500  # of the parameters of a query


class Order(StrEnum):
    """How a list of alerts is ordered."""

    NEWEST = "-time"
    OLDEST = "time"
    RISKIEST = "-risk"


@dataclass(frozen=True, slots=True)
class AlertKey:
    """Place in a list of alerts: what it is ordered by (a time or a risk), then the uid."""

    value: float
    uid: str


@dataclass(frozen=True, slots=True)
class AlertFilter:
    """Which alerts to list; None or empty means any.

    Attributes:
        status: Of these.
        severity: Of these levels.
        rule: Of this rule.
        workload: Of this one.
        host: Of this one.
        assignee: Taken by this person; empty: by nobody.
        incident: In this one.
        since: First matches at or after this time, ms UTC.
        until: First matches before this time, ms UTC.
        text: Letters of the title, in whatever case.
    """

    status: tuple[AlertStatus, ...] = ()
    severity: tuple[str, ...] = ()
    rule: RuleId | None = None
    workload: str | None = None
    host: str | None = None
    assignee: str | None = None
    incident: str | None = None
    since: int | None = None
    until: int | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Surprise:
    """An alert that a model's word raised: when its first match was (ms UTC), its size, status."""

    first_time: int
    matches: int
    status: AlertStatus


@dataclass(frozen=True, slots=True)
class Listed:
    """An alert with where it stands with people, and its risk."""

    alert: Alert
    life: Life
    risk: float


def members_of(
    engine: Engine, tenant: TenantId, uid: str, *, after: int = -1, limit: int = 1_000
) -> list[tuple[int, str]]:
    """Members of an alert by their number in it, from after a number on.

    Raises:
        NotFoundError: The tenant has no such alert.
    """
    query = (
        select(AlertMemberRow.number, AlertMemberRow.match)
        .where(
            AlertMemberRow.tenant == tenant,
            AlertMemberRow.alert == uid,
            AlertMemberRow.number > after,
        )
        .order_by(AlertMemberRow.number)
        .limit(limit)
    )
    with reading(engine) as session:
        alert_row(session, tenant, uid)
        return [(row.number, row.match) for row in session.execute(query)]


def listed_by_uid(engine: Engine, tenant: TenantId, uid: str) -> Listed:
    """One alert with what people did with it; its members are told by their number.

    Raises:
        NotFoundError: The tenant has no such alert.
    """
    with reading(engine) as session:
        row = alert_row(session, tenant, uid)
        return Listed(_alert(row, ()), as_life(row), row.risk)


def members_of_many(engine: Engine, tenant: TenantId, uids: Sequence[str]) -> dict[str, list[str]]:
    """All members of each of these alerts, in order; of those that the tenant lacks, none."""
    with reading(engine) as session:
        return _members(session, tenant, uids)


def alert_by_uid(engine: Engine, tenant: TenantId, uid: str) -> Alert:
    """One alert, with all its members.

    Raises:
        NotFoundError: The tenant has no such alert.
    """
    with reading(engine) as session:
        row = alert_row(session, tenant, uid)
        return _alert(row, _members(session, tenant, [uid])[uid])


@dataclass(frozen=True, slots=True)
class Page:
    """How much of a list.

    Attributes:
        order: How it is ordered.
        after: Place after which it goes on; None: from the first.
        limit: Most alerts.
        members: Whether to list the members of each; without, they are told by their number.
    """

    order: Order = Order.NEWEST
    after: AlertKey | None = None
    limit: int = 100
    members: bool = False


_FIRST_PAGE = Page()


def alerts(
    engine: Engine, tenant: TenantId, wanted: AlertFilter = AlertFilter(), page: Page = _FIRST_PAGE
) -> list[Alert]:
    """A tenant's alerts."""
    return [each.alert for each in listed(engine, tenant, wanted, page)]


def listed(
    engine: Engine, tenant: TenantId, wanted: AlertFilter = AlertFilter(), page: Page = _FIRST_PAGE
) -> list[Listed]:
    """A tenant's alerts with what people did with them."""
    query = select(AlertRow).where(AlertRow.tenant == tenant, *conditions(wanted))
    query = _ordered(query, page).limit(page.limit)
    with reading(engine) as session:
        rows = session.scalars(query).all()
        uids = [row.uid for row in rows] if page.members else []
        members = _members(session, tenant, uids)
        return [
            Listed(_alert(row, members.get(row.uid, ())), as_life(row), row.risk) for row in rows
        ]


def key_of(found: Listed, order: Order) -> AlertKey:
    """The place of an alert in a list."""
    value = found.risk if order is Order.RISKIEST else found.alert.first_time
    return AlertKey(value, found.alert.uid)


def _ordered(query: Select[AlertRow], page: Page) -> Select[AlertRow]:
    """In its order from the place on; a row comparison would not use the index on SQLite."""
    column = AlertRow.risk if page.order is Order.RISKIEST else AlertRow.first_time
    rises = page.order is Order.OLDEST
    if page.after is not None:
        value, uid = page.after.value, page.after.uid
        beyond = column > value if rises else column < value
        at_least = column >= value if rises else column <= value
        query = query.where(at_least, or_(beyond, AlertRow.uid > uid))
    return query.order_by(column if rises else column.desc(), AlertRow.uid)


def conditions(wanted: AlertFilter) -> Iterator[ColumnElement[bool]]:
    """A filter as conditions of a query."""
    if wanted.status:
        yield AlertRow.status.in_([each.value for each in wanted.status])
    if wanted.severity:
        yield AlertRow.severity.in_(wanted.severity)
    for column, value in (
        (AlertRow.rule, wanted.rule),
        (AlertRow.workload, wanted.workload),
        (AlertRow.host, wanted.host),
        (AlertRow.incident, wanted.incident),
    ):
        if value is not None:
            yield column == value
    if wanted.assignee is not None:
        yield (
            AlertRow.assignee == wanted.assignee if wanted.assignee else AlertRow.assignee.is_(None)
        )
    if wanted.since is not None:
        yield AlertRow.first_time >= wanted.since
    if wanted.until is not None:
        yield AlertRow.first_time < wanted.until
    if wanted.text:
        title = type_coerce(func.lower(AlertRow.title), String)  # as it is kept, escapes and all
        yield title.contains(escaped(wanted.text.lower()), autoescape=True)


def surprises(engine: Engine, tenant: TenantId) -> list[Surprise]:
    """Alerts that were raised because a model did not expect the match, oldest first."""
    basis = AlertRow.decision["basis"].as_string()
    query = (
        select(AlertRow.first_time, AlertRow.count, AlertRow.status)
        .where(AlertRow.tenant == tenant, basis == Basis.UNEXPECTED.value)
        .order_by(AlertRow.first_time, AlertRow.uid)
    )
    with reading(engine) as session:
        return [
            Surprise(time, count, AlertStatus(status))
            for time, count, status in session.execute(query)
        ]


def incidents(engine: Engine, tenant: TenantId) -> list[Incident]:
    """A tenant's incidents, oldest first."""
    query = (
        select(IncidentRow)
        .where(IncidentRow.tenant == tenant)
        .order_by(IncidentRow.opened, IncidentRow.uid)
    )
    with reading(engine) as session:
        return [
            Incident(row.uid, TenantId(row.tenant), row.opened, tuple(row.keys))
            for row in session.scalars(query)
        ]


def _members(session: Session, tenant: TenantId, uids: Sequence[str]) -> dict[str, list[str]]:
    """Members of each of these alerts, in order."""
    found: dict[str, list[str]] = {uid: [] for uid in uids}
    for start in range(0, len(uids), _AT_ONCE):
        query = (
            select(AlertMemberRow.alert, AlertMemberRow.match)
            .where(
                AlertMemberRow.tenant == tenant,
                AlertMemberRow.alert.in_(uids[start : start + _AT_ONCE]),
            )
            .order_by(AlertMemberRow.alert, AlertMemberRow.number)
        )
        for uid, match in session.execute(query):
            found[uid].append(match)
    return found


def _alert(row: AlertRow, members: Sequence[str]) -> Alert:
    return Alert(
        uid=row.uid,
        tenant=TenantId(row.tenant),
        rule=RuleId(row.rule),
        workload=row.workload,
        host=row.host,
        stream=row.stream,
        first_time=row.first_time,
        last_time=row.last_time,
        severity=row.severity,
        title=row.title,
        sentences=tuple(row.sentences),
        surprise=row.surprise,
        members=tuple(members),
        incident=row.incident,
        decision=row.decision,
        status=AlertStatus(row.status),
        earlier=row.count - len(members),
    )
