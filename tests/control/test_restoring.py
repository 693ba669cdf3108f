"""Alerts that a person made of suppressed matches: raised once, taken back, told by the judge."""

import dataclasses

import pytest
from sqlalchemy import Engine
from tests.control.test_control_decisions import OTHER, TENANT, alert

from foreseen.control import taint
from foreseen.control.alert_commit import Decided, commit_decisions
from foreseen.control.alert_counts import counts
from foreseen.control.alert_history import history
from foreseen.control.alert_life import Act, comment
from foreseen.control.alert_times import distributions
from foreseen.control.alerts import alert_by_uid, alerts
from foreseen.control.audit_log import Actor
from foreseen.control.audit_reading import Sought, entries_sought
from foreseen.control.cursors import Checkpoint
from foreseen.control.dispositions import Disposition, dispose
from foreseen.control.reasons import Verdict
from foreseen.control.restoring import restore, take_back
from foreseen.core.alerts import AlertStatus
from foreseen.core.errors import ConflictError, DeniedError, NotFoundError

ANA, BOB = Actor("ana", "login"), Actor("bob", "login")
SILENT = alert("m1", 5, decision={"outcome": "suppressed", "basis": "expected"})


def restored(engine: Engine) -> bool:
    return restore(engine, TENANT, SILENT, by=ANA, text="odd", now=9)


def recorded(engine: Engine) -> list[str]:
    found = entries_sought(engine, TENANT, Sought(), limit=9)
    return [each.change.action for each in found]


def test_it_is_an_open_alert_that_says_who_wanted_it(engine: Engine) -> None:
    assert restored(engine)
    found = alert_by_uid(engine, TENANT, "m1")
    assert (found.status, found.members, found.count) == (AlertStatus.OPEN, ("m1",), 1)
    [begin] = history(engine, TENANT, "m1")
    assert (begin.actor, begin.action, begin.text, begin.time) == ("ana", "restore", "odd", 9)
    assert [each.alerts for each in counts(engine, TENANT)] == [1]
    assert [each.count for each in distributions(engine, TENANT)] == [1]


def test_a_second_time_changes_nothing(engine: Engine) -> None:
    assert [restored(engine), restored(engine)] == [True, False]
    assert len(alerts(engine, TENANT)) == 1
    assert len(history(engine, TENANT, "m1")) == 1
    assert recorded(engine) == ["restore"]


def test_no_model_learns_from_it_while_it_is_not_dismissed(engine: Engine) -> None:
    restored(engine)
    assert taint.tainted(engine, TENANT) == {"m1"}
    dispose(engine, TENANT, Disposition("m1", "ana", Verdict.DISMISSED, "expected change", "", 10))
    assert taint.tainted(engine, TENANT) == frozenset()
    assert taint.dismissed(engine, TENANT) == {"m1"}


def test_taken_back_nothing_is_left_but_the_audit_log(engine: Engine) -> None:
    restored(engine)
    take_back(engine, TENANT, "m1", by=ANA, now=11)
    assert alerts(engine, TENANT) == []
    assert counts(engine, TENANT) == []
    assert sum(each.count for each in distributions(engine, TENANT)) == 0
    assert recorded(engine) == ["undo restore", "restore"]
    with pytest.raises(NotFoundError):
        take_back(engine, TENANT, "m1", by=ANA, now=12)
    assert restored(engine)


def test_nobody_takes_back_what_somebody_else_restored(engine: Engine) -> None:
    restored(engine)
    with pytest.raises(DeniedError, match="ana restored"):
        take_back(engine, TENANT, "m1", by=BOB, now=11)
    with pytest.raises(NotFoundError):
        take_back(engine, OTHER, "m1", by=ANA, now=11)


def test_it_is_not_taken_back_once_somebody_spoke_of_it(engine: Engine) -> None:
    restored(engine)
    comment(engine, TENANT, Act("m1", BOB, 10), "I look into it")
    with pytest.raises(ConflictError, match="dismiss"):
        take_back(engine, TENANT, "m1", by=ANA, now=11)
    assert len(alerts(engine, TENANT)) == 1


def test_an_alert_of_the_judge_is_nobodys_to_take_back(engine: Engine) -> None:
    commit_decisions(engine, TENANT, Decided([alert("m1")]), Checkpoint("judge", 1))
    with pytest.raises(NotFoundError):
        take_back(engine, TENANT, "m1", by=ANA, now=11)
    assert not restored(engine)


def test_late_evidence_may_raise_it_after_all(engine: Engine) -> None:
    """The judge knows nothing of the restoring: it tells the alert anew, with whom else it has."""
    restored(engine)
    late = alert("m1", 5, members=("m0", "m1", "m2"))
    commit_decisions(engine, TENANT, Decided([late]), Checkpoint("judge", 1), now=20)
    found = alert_by_uid(engine, TENANT, "m1")
    assert (found.members, found.count) == (("m0", "m1", "m2"), 3)
    assert found.decision == late.decision
    assert [each.action for each in history(engine, TENANT, "m1")] == ["restore"]
    more = dataclasses.replace(late, members=("m3",), earlier=3)
    commit_decisions(engine, TENANT, Decided([more]), Checkpoint("judge", 2), now=21)
    assert alert_by_uid(engine, TENANT, "m1").members == ("m0", "m1", "m2", "m3")
    with pytest.raises(ConflictError):
        take_back(engine, TENANT, "m1", by=ANA, now=22)
