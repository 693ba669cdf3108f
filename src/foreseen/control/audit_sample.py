"""What people said of suppressed matches that were sampled for audit: appended, never deleted."""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Engine, select

from foreseen.control.audit_log import Actor, Change, record
from foreseen.control.database import reading, writing
from foreseen.control.tables import AuditAnswerRow
from foreseen.core.ids import RuleId, TenantId


class Finding(StrEnum):
    """What a person finds of a match that was not told."""

    WANTED = "wanted"
    """It should have been told."""
    UNNEEDED = "unneeded"
    """It was right not to tell it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One word of one person on one suppressed match.

    Attributes:
        match: Its uid.
        rule: Rule that matched.
        actor: Who said it.
        finding: Whether it should have been told.
        text: In the person's words.
        time: When, ms UTC.
    """

    match: str
    rule: RuleId
    actor: str
    finding: Finding
    text: str
    time: int


def answer(engine: Engine, tenant: TenantId, said: Answer, by: Actor | None = None) -> int:
    """Keep an answer; it takes the place of an earlier one on the same match.

    Args:
        engine: The control database.
        tenant: Whose match.
        said: The answer.
        by: Who is recorded in the audit log; None: nobody.

    Returns:
        Its number.
    """
    with writing(engine) as session:
        row = AuditAnswerRow(
            tenant=tenant,
            match=said.match,
            rule=said.rule,
            actor=said.actor,
            finding=said.finding,
            text=said.text,
            time=said.time,
        )
        session.add(row)
        session.flush()
        if by is not None:
            after = {"finding": said.finding.value, "text": said.text}
            change = Change("answer", "audit_sample", said.match, after=after)
            record(session, tenant, by, change, now=said.time)
        return row.id


def answers(engine: Engine, tenant: TenantId) -> dict[str, Answer]:
    """The last answer on each match, by its uid."""
    query = (
        select(AuditAnswerRow).where(AuditAnswerRow.tenant == tenant).order_by(AuditAnswerRow.id)
    )
    with reading(engine) as session:
        return {
            row.match: Answer(
                row.match, RuleId(row.rule), row.actor, Finding(row.finding), row.text, row.time
            )
            for row in session.scalars(query)
        }


def audit_hits(engine: Engine, tenant: TenantId) -> frozenset[str]:
    """Matches that should have been told, by uid: nothing around them may teach a model (law 5)."""
    found = answers(engine, tenant)
    return frozenset(uid for uid, said in found.items() if said.finding is Finding.WANTED)
