"""Which matches people have spoken on: dismissed ones teach, open and escalated ones never do."""

from collections import defaultdict
from collections.abc import Iterator

from sqlalchemy import ColumnElement, Engine, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from foreseen.control.alert_tables import AlertMemberRow
from foreseen.control.database import reading
from foreseen.control.reasons import TEACHES_NOTHING
from foreseen.control.tables import AlertRow, DispositionRow
from foreseen.core.alerts import AlertStatus
from foreseen.core.decisions import Basis
from foreseen.core.ids import TenantId


def dismissed(engine: Engine, tenant: TenantId) -> frozenset[str]:
    """Matches of dismissed alerts, by uid, but for those whose reason makes nothing expected."""
    with reading(engine) as session:
        return frozenset(uid for uid, teaches in _dismissals(session, tenant) if teaches)


def escalated(engine: Engine, tenant: TenantId) -> frozenset[str]:
    """Matches of escalated alerts, by uid."""
    return _members(engine, tenant, {AlertStatus.ESCALATED})


def tainted(engine: Engine, tenant: TenantId) -> frozenset[str]:
    """Matches of alerts that are escalated, acknowledged, or open because of what they are.

    So are those that were dismissed for a reason that makes nothing expected, e.g. a test attack.
    An open alert for want of a model, of history or of trust in the model says nothing of the act:
    were it to taint, the first model could never be trained on the history that a person accepts.
    """
    basis = AlertRow.decision["basis"].as_string()
    says_nothing = func.coalesce(basis, "").in_(_SAYS_NOTHING)
    says_something = or_(AlertRow.status != AlertStatus.OPEN, ~says_nothing)
    standing = _matches(tenant, AlertRow.status != AlertStatus.DISMISSED, says_something)
    with reading(engine) as session:
        return frozenset(session.scalars(standing)) | frozenset(
            uid for uid, teaches in _dismissals(session, tenant) if not teaches
        )


def grave(engine: Engine, tenant: TenantId) -> frozenset[str]:
    """Matches that nothing may hide: of escalated alerts and their incidents, and of stories.

    Each alert begins an incident, so one alone says little; alerts of several rules in one, none of
    which a person has dismissed, are a story.
    """
    query = select(AlertRow.uid, AlertRow.status, AlertRow.rule, AlertRow.incident).where(
        AlertRow.tenant == tenant
    )
    alerts: dict[str, set[str]] = defaultdict(set)
    rules: dict[str, set[str]] = defaultdict(set)
    escalated: set[str] = set()
    dismissed_: set[str] = set()
    with reading(engine) as session:
        for uid, status, rule, incident in session.execute(query):
            name = incident or f"alone {uid}"
            alerts[name].add(uid)
            rules[name].add(rule)
            if status == AlertStatus.ESCALATED:
                escalated.add(name)
            if status == AlertStatus.DISMISSED:
                dismissed_.add(name)
        stories = {name for name, found in rules.items() if len(found) > 1} - dismissed_
        wanted = {uid for name in escalated | stories for uid in alerts[name]}
        members = select(AlertMemberRow.alert, AlertMemberRow.match)
        found = session.execute(members.where(AlertMemberRow.tenant == tenant))
        return frozenset(match for alert, match in found if alert in wanted)


_SAYS_NOTHING = {
    Basis.NO_MODEL.value,
    Basis.COLD_START.value,
    Basis.OBSERVED.value,
    Basis.ASSISTED.value,
}


def _dismissals(session: Session, tenant: TenantId) -> Iterator[tuple[str, bool]]:
    """Each match of a dismissed alert, and whether its reason makes it expected."""
    last = (
        select(func.max(DispositionRow.id))
        .where(DispositionRow.tenant == tenant, DispositionRow.undone.is_(None))
        .group_by(DispositionRow.alert)
    )
    reasons = select(DispositionRow.alert, DispositionRow.reason).where(DispositionRow.id.in_(last))
    known = {row.alert: row.reason for row in session.execute(reasons)}
    dismissed_ = _matches(tenant, AlertRow.status == AlertStatus.DISMISSED)
    for match, alert in session.execute(dismissed_.add_columns(AlertMemberRow.alert)):
        yield match, known.get(alert) not in TEACHES_NOTHING


def _members(engine: Engine, tenant: TenantId, statuses: set[AlertStatus]) -> frozenset[str]:
    with reading(engine) as session:
        return frozenset(session.scalars(_matches(tenant, AlertRow.status.in_(statuses))))


def _matches(tenant: TenantId, *which: ColumnElement[bool]) -> Select[str]:
    """Matches of a tenant's alerts that are as said."""
    own = (AlertMemberRow.tenant == AlertRow.tenant, AlertMemberRow.alert == AlertRow.uid)
    return (
        select(AlertMemberRow.match)
        .join(AlertRow, and_(*own))
        .where(AlertRow.tenant == tenant, *which)
    )


def alert_of(engine: Engine, tenant: TenantId) -> dict[str, str]:
    """Alert that each match belongs to, both by uid."""
    query = select(AlertMemberRow.match, AlertMemberRow.alert).where(
        AlertMemberRow.tenant == tenant
    )
    with reading(engine) as session:
        return {row.match: row.alert for row in session.execute(query)}
