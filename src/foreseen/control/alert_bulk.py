"""Many alerts changed by one word, and that word taken back: chunk by chunk, each all or nothing.

What was changed is written down with how it was, in the transaction that changes it; so a word that
was cut off by a crash is undone as far as it came.
"""

import secrets
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from foreseen.control.alert_history import alert_row
from foreseen.control.alert_life import Act, Wanted, change_in, check, values_of
from foreseen.control.audit_log import Actor, Change, Values, record
from foreseen.control.bulk_reading import Chosen, bulk_row, chunks
from foreseen.control.bulk_tables import BulkItemRow, BulkRow
from foreseen.control.database import writing
from foreseen.core.alerts import AlertStatus
from foreseen.core.errors import ConflictError, NotFoundError
from foreseen.core.ids import TenantId

_CHUNK = 100  # alerts of a transaction: others write in between
_SET_BY_PEOPLE = frozenset({AlertStatus.OPEN, AlertStatus.ACKNOWLEDGED})


class Outcome(StrEnum):
    """What became of an alert."""

    CHANGED = "changed"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Done:
    """What became of an alert.

    Attributes:
        uid: Its uid.
        outcome: Whether it was changed.
        reason: Why not, for one that was skipped.
        version: Its version now, where it was changed.
    """

    uid: str
    outcome: Outcome
    reason: str | None = None
    version: int | None = None


def begin(engine: Engine, tenant: TenantId, by: Actor, asked: Values, *, now: int) -> str:
    """Write down that many alerts are to be changed; the id of that word."""
    id_ = secrets.token_hex(8)
    row = BulkRow(tenant=tenant, id=id_, actor=by.name, asked=dict(asked), created=now)
    with writing(engine) as session:
        session.add(row)
        session.flush()
        record(session, tenant, by, Change("begin", "bulk", id_, after=asked), now=now)
    return id_


def change_many(  # noqa: PLR0913 (a word: whose, which, by whom, what, when)
    engine: Engine,
    tenant: TenantId,
    bulk: str,
    alerts: Sequence[Chosen],
    wanted: Wanted,
    *,
    by: Actor,
    now: int,
) -> Generator[Done]:
    """Change alerts; what became of each is given when its chunk is on disk.

    Raises:
        MalformedInputError: A name or text is empty or too long.
    """
    check(wanted)
    for some in chunks(alerts, _CHUNK):
        with writing(engine) as session:
            acts = [Act(each.uid, by, now, each.version) for each in some]
            done = [_changed(session, tenant, bulk, act, wanted) for act in acts]
        yield from done


def note_word(engine: Engine, tenant: TenantId, bulk: str, alert: str, disposition: int) -> int:
    """Write down that a disposition belongs to a word on many alerts; the alert's version."""
    with writing(engine) as session:
        version = alert_row(session, tenant, alert).version
        session.add(
            BulkItemRow(
                tenant=tenant, bulk=bulk, alert=alert, version=version, disposition=disposition
            )
        )
        return version


def word_undone(engine: Engine, tenant: TenantId, bulk: str, alert: str, *, now: int) -> int:
    """Write down that an alert's disposition was taken back; the alert's version."""
    with writing(engine) as session:
        item = session.get(BulkItemRow, (tenant, bulk, alert))
        if item is not None:
            item.undone = now
        return alert_row(session, tenant, alert).version


def undo_many(
    engine: Engine, tenant: TenantId, bulk: str, *, by: Actor, now: int
) -> Generator[Done]:
    """Put back what a word changed, but for alerts that were changed since; not dispositions.

    Raises:
        NotFoundError: The tenant has no such bulk.
    """
    query = select(BulkItemRow.alert).where(
        BulkItemRow.tenant == tenant,
        BulkItemRow.bulk == bulk,
        BulkItemRow.undone.is_(None),
        BulkItemRow.disposition.is_(None),
    )
    with writing(engine) as session:
        row = bulk_row(session, tenant, bulk)
        row.undone, row.undone_by = now, by.name
        record(session, tenant, by, Change("undo", "bulk", bulk), now=now)
        left = list(session.scalars(query.order_by(BulkItemRow.alert)))
    for some in chunks(left, _CHUNK):
        with writing(engine) as session:
            done = [_undone(session, tenant, bulk, Act(uid, by, now)) for uid in some]
        yield from done


def _changed(session: Session, tenant: TenantId, bulk: str, act: Act, wanted: Wanted) -> Done:
    """Change one alert, with its note; nothing of it where it is not in a state for that."""
    try:
        with session.begin_nested():
            before = values_of(alert_row(session, tenant, act.alert))
            if not change_in(session, tenant, act, wanted):
                return Done(act.alert, Outcome.UNCHANGED)
            version = alert_row(session, tenant, act.alert).version
            session.add(
                BulkItemRow(
                    tenant=tenant, bulk=bulk, alert=act.alert, version=version, before=before
                )
            )
    except (NotFoundError, ConflictError) as error:
        return Done(act.alert, Outcome.SKIPPED, str(error))
    return Done(act.alert, Outcome.CHANGED, version=version)


def _undone(session: Session, tenant: TenantId, bulk: str, act: Act) -> Done:
    item = session.get(BulkItemRow, (tenant, bulk, act.alert))
    if item is None:
        return Done(act.alert, Outcome.UNCHANGED)
    try:
        with session.begin_nested():
            change_in(session, tenant, replace(act, seen=item.version), _restoring(item))
            item.undone = act.now
            version = alert_row(session, tenant, act.alert).version
    except (NotFoundError, ConflictError) as error:
        return Done(act.alert, Outcome.SKIPPED, str(error))
    return Done(act.alert, Outcome.CHANGED, version=version)


def _restoring(item: BulkItemRow) -> Wanted:
    """As the alert was before."""
    before = item.before or {}
    status, assignee = AlertStatus(str(before.get("status"))), before.get("assignee")
    resolved = before.get("resolved")
    return Wanted(
        status=status if status in _SET_BY_PEOPLE else None,
        assigns=True,
        assignee=None if assignee is None else str(assignee),
        resolved=resolved is not None,
        resolved_at=resolved if isinstance(resolved, int) else None,
    )
