"""What people said of one rule's alerts, and of matches that its model suppressed; newest first."""

from dataclasses import dataclass

from sqlalchemy import Engine, and_, select

from foreseen.control.audit_sample import Answer, Finding
from foreseen.control.database import reading
from foreseen.control.dispositions import Disposition, disposition_of
from foreseen.control.tables import AlertRow, AuditAnswerRow, DispositionRow
from foreseen.core.ids import RuleId, TenantId


@dataclass(frozen=True, slots=True)
class OnAlert:
    """A disposition with its number and the title of its alert."""

    number: int
    title: str
    said: Disposition


@dataclass(frozen=True, slots=True)
class OnMatch:
    """An answer on a suppressed match, with its number."""

    number: int
    said: Answer


def on_alerts(
    engine: Engine, tenant: TenantId, rule: RuleId, *, before: int | None = None, limit: int
) -> list[OnAlert]:
    """Dispositions of a rule's alerts, those that were taken back among them.

    Args:
        engine: The control database.
        tenant: Whose.
        rule: The alerts' rule.
        before: Only those with a smaller number.
        limit: How many at most.
    """
    own = and_(AlertRow.tenant == DispositionRow.tenant, AlertRow.uid == DispositionRow.alert)
    query = (
        select(DispositionRow, AlertRow.title)
        .join(AlertRow, own)
        .where(DispositionRow.tenant == tenant, AlertRow.rule == rule)
        .order_by(DispositionRow.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(DispositionRow.id < before)
    with reading(engine) as session:
        return [
            OnAlert(row.id, title, disposition_of(row)) for row, title in session.execute(query)
        ]


def on_matches(
    engine: Engine, tenant: TenantId, rule: RuleId, *, before: int | None = None, limit: int
) -> list[OnMatch]:
    """Answers on matches of a rule that were drawn for audit; arguments as for `on_alerts`."""
    query = (
        select(AuditAnswerRow)
        .where(AuditAnswerRow.tenant == tenant, AuditAnswerRow.rule == rule)
        .order_by(AuditAnswerRow.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(AuditAnswerRow.id < before)
    with reading(engine) as session:
        return [OnMatch(row.id, _answer(row)) for row in session.scalars(query)]


def _answer(row: AuditAnswerRow) -> Answer:
    return Answer(row.match, RuleId(row.rule), row.actor, Finding(row.finding), row.text, row.time)
