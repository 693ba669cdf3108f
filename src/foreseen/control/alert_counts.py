"""How many alerts there are, by status, severity and rule: kept with each change, not counted."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from foreseen.control.adding import add
from foreseen.control.alert_tables import AlertCountRow
from foreseen.control.database import reading
from foreseen.core.ids import TenantId

Kind = tuple[str, str, str]
"""Status, severity, rule."""


@dataclass(frozen=True, slots=True)
class Count:
    """Alerts of one kind."""

    status: str
    severity: str
    rule: str
    alerts: int


def take_counts(session: Session, tenant: TenantId, changes: Mapping[Kind, int]) -> None:
    """Add to the counts in the caller's transaction; a number below zero takes away."""
    rows = [
        {
            "tenant": tenant,
            "status": status,
            "severity": severity,
            "rule": rule,
            "alerts": number,
        }
        for (status, severity, rule), number in changes.items()
        if number != 0
    ]
    add(session, AlertCountRow, rows)


def moved(before: Kind, after: Kind) -> Counter[Kind]:
    """The change of one alert from a kind to another."""
    change: Counter[Kind] = Counter({after: 1})
    change.subtract({before: 1})
    return change


def counts(engine: Engine, tenant: TenantId) -> list[Count]:
    """A tenant's alerts by kind, those of which there are some."""
    query = (
        select(AlertCountRow)
        .where(AlertCountRow.tenant == tenant, AlertCountRow.alerts > 0)
        .order_by(AlertCountRow.status, AlertCountRow.severity, AlertCountRow.rule)
    )
    with reading(engine) as session:
        return [
            Count(row.status, row.severity, row.rule, row.alerts) for row in session.scalars(query)
        ]
