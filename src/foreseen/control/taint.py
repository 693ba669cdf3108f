"""Which matches people have spoken on: dismissed ones teach, open and escalated ones never do."""

from collections import defaultdict
from collections.abc import Iterator

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from foreseen.control.database import reading
from foreseen.control.dispositions import TEACHES_NOTHING
from foreseen.control.tables import AlertRow, DispositionRow
from foreseen.core.alerts import AlertStatus
from foreseen.core.decisions import Basis
from foreseen.core.ids import TenantId


def dismissed(engine: Engine, tenant: TenantId) -> frozenset[str]:
    """Matches of dismissed alerts, by uid, but for those whose reason makes nothing expected."""
    with reading(engine) as session:
        return frozenset(
            uid for members, teaches in _dismissals(session, tenant) if teaches for uid in members
        )


def escalated(engine: Engine, tenant: TenantId) -> frozenset[str]:
    """Matches of escalated alerts, by uid."""
    return _members(engine, tenant, {AlertStatus.ESCALATED})


def tainted(engine: Engine, tenant: TenantId) -> frozenset[str]:
    """Matches of alerts that are escalated, acknowledged, or open because of what they are.

    So are those that were dismissed for a reason that makes nothing expected, e.g. a test attack.
    An open alert for want of a model, of history or of trust in the model says nothing of the act:
    were it to taint, the first model could never be trained on the history that a person accepts.
    """
    query = select(AlertRow.members, AlertRow.status, AlertRow.decision).where(
        AlertRow.tenant == tenant, AlertRow.status != AlertStatus.DISMISSED
    )
    with reading(engine) as session:
        standing = frozenset(
            uid
            for members, status, decision in session.execute(query)
            if status != AlertStatus.OPEN or decision.get("basis") not in _SAYS_NOTHING
            for uid in members
        )
        return standing | frozenset(
            uid
            for members, teaches in _dismissals(session, tenant)
            if not teaches
            for uid in members
        )


def grave(engine: Engine, tenant: TenantId) -> frozenset[str]:
    """Matches that nothing may hide: of escalated alerts and their incidents, and of stories.

    Each alert begins an incident, so one alone says little; alerts of several rules in one, none of
    which a person has dismissed, are a story.
    """
    query = select(AlertRow.members, AlertRow.status, AlertRow.rule, AlertRow.incident).where(
        AlertRow.tenant == tenant
    )
    members: dict[str, list[str]] = defaultdict(list)
    rules: dict[str, set[str]] = defaultdict(set)
    escalated: set[str] = set()
    dismissed_: set[str] = set()
    with reading(engine) as session:
        for place, (uids, status, rule, incident) in enumerate(session.execute(query)):
            name = incident or f"alone {place}"
            members[name] += uids
            rules[name].add(rule)
            if status == AlertStatus.ESCALATED:
                escalated.add(name)
            if status == AlertStatus.DISMISSED:
                dismissed_.add(name)
    stories = {name for name, found in rules.items() if len(found) > 1} - dismissed_
    return frozenset(uid for name in escalated | stories for uid in members[name])


_SAYS_NOTHING = {
    Basis.NO_MODEL.value,
    Basis.COLD_START.value,
    Basis.OBSERVED.value,
    Basis.ASSISTED.value,
}


def _dismissals(session: Session, tenant: TenantId) -> Iterator[tuple[list[str], bool]]:
    """Members of each dismissed alert, and whether its reason makes them expected."""
    last = (
        select(func.max(DispositionRow.id))
        .where(DispositionRow.tenant == tenant, DispositionRow.undone.is_(None))
        .group_by(DispositionRow.alert)
    )
    reasons = select(DispositionRow.alert, DispositionRow.reason).where(DispositionRow.id.in_(last))
    known = {row.alert: row.reason for row in session.execute(reasons)}
    query = select(AlertRow.uid, AlertRow.members).where(
        AlertRow.tenant == tenant, AlertRow.status == AlertStatus.DISMISSED
    )
    for uid, members in session.execute(query):
        yield members, known.get(uid) not in TEACHES_NOTHING


def _members(engine: Engine, tenant: TenantId, statuses: set[AlertStatus]) -> frozenset[str]:
    query = select(AlertRow.members).where(AlertRow.tenant == tenant, AlertRow.status.in_(statuses))
    with reading(engine) as session:
        return frozenset(uid for members in session.scalars(query) for uid in members)


def alert_of(engine: Engine, tenant: TenantId) -> dict[str, str]:
    """Alert that each match belongs to, both by uid."""
    query = select(AlertRow.uid, AlertRow.members).where(AlertRow.tenant == tenant)
    with reading(engine) as session:
        return {member: uid for uid, members in session.execute(query) for member in members}
