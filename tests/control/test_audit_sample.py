"""Answers on suppressed matches: the last word stands, nothing is lost, tenants are apart."""

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.exc import IntegrityError

from foreseen.control.audit_sample import Answer, Finding, answer, answers, audit_hits
from foreseen.control.database import reading, writing
from foreseen.control.tables import AuditAnswerRow
from foreseen.core.ids import RuleId, TenantId

OURS, THEIRS = TenantId("default"), TenantId("other")


def said(match: str, finding: Finding, actor: str = "ann") -> Answer:
    return Answer(match, RuleId("shell"), actor, finding, "'; drop table audit_answer; --", 7)


def test_what_was_said_is_read_again(engine: Engine) -> None:
    one = said("\N{BELL}m", Finding.WANTED)
    answer(engine, OURS, one)
    assert answers(engine, OURS) == {one.match: one}


def test_the_last_word_stands_and_the_first_is_kept(engine: Engine) -> None:
    first = answer(engine, OURS, said("m", Finding.WANTED))
    second = answer(engine, OURS, said("m", Finding.UNNEEDED, "bob"))
    assert first < second
    assert answers(engine, OURS)["m"].actor == "bob"
    assert audit_hits(engine, OURS) == frozenset()
    with reading(engine) as session:
        kept = session.scalars(select(AuditAnswerRow.finding).order_by(AuditAnswerRow.id)).all()
    assert kept == ["wanted", "unneeded"]


def test_only_what_should_have_been_told_is_a_hit(engine: Engine) -> None:
    answer(engine, OURS, said("a", Finding.WANTED))
    answer(engine, OURS, said("b", Finding.UNNEEDED))
    assert audit_hits(engine, OURS) == {"a"}


def test_tenants_are_apart(engine: Engine) -> None:
    answer(engine, THEIRS, said("m", Finding.WANTED))
    assert answers(engine, OURS) == {}
    assert audit_hits(engine, OURS) == frozenset()
    with pytest.raises(IntegrityError):
        answer(engine, TenantId("nobody"), said("m", Finding.WANTED))


def test_the_database_takes_no_other_finding(engine: Engine) -> None:
    with pytest.raises(IntegrityError), writing(engine) as session:
        session.add(
            AuditAnswerRow(
                tenant=OURS, match="m", rule="r", actor="a", finding="maybe", text="", time=1
            )
        )
