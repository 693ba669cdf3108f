"""The audit log for a reader: its entries by who, what and when, newest first."""

from dataclasses import dataclass

from sqlalchemy import Engine, or_, select

from foreseen.control.audit_log import Actor, Change, Entry
from foreseen.control.audit_tables import AuditRow
from foreseen.control.database import reading
from foreseen.core.ids import TenantId


@dataclass(frozen=True, slots=True)
class Sought:
    """Which entries; None: any.

    Attributes:
        actor: Name of who did it.
        kind: What was changed.
        action: What was done.
        since: Not before, ms UTC.
        until: Before, ms UTC.
        text: Part of a name: of who did it, what was done, or what was changed; in either case.
    """

    actor: str | None = None
    kind: str | None = None
    action: str | None = None
    since: int | None = None
    until: int | None = None
    text: str | None = None


def entries_sought(
    engine: Engine, tenant: TenantId, sought: Sought, *, before: int | None = None, limit: int
) -> list[Entry]:
    """Entries that fit, newest first, at most `limit`, from before a number on."""
    where = [AuditRow.tenant == tenant]
    for column, wanted in (
        (AuditRow.actor, sought.actor),
        (AuditRow.kind, sought.kind),
        (AuditRow.action, sought.action),
    ):
        if wanted is not None:
            where.append(column == wanted)
    if sought.since is not None:
        where.append(AuditRow.time >= sought.since)
    if sought.until is not None:
        where.append(AuditRow.time < sought.until)
    if sought.text:
        columns = (AuditRow.actor, AuditRow.action, AuditRow.kind, AuditRow.name)
        where.append(or_(*(each.icontains(sought.text, autoescape=True) for each in columns)))
    if before is not None:
        where.append(AuditRow.number < before)
    query = select(AuditRow).where(*where).order_by(AuditRow.number.desc()).limit(limit)
    with reading(engine) as session:
        return [
            Entry(
                row.number,
                row.time,
                Actor(row.actor, row.way, row.address),
                Change(row.action, row.kind, row.name, row.before, row.after),
                row.hash,
            )
            for row in session.scalars(query)
        ]
