"""The judge's commits: all or nothing, once, whatever is delivered again."""

import dataclasses

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from foreseen.control.alert_commit import Decided, commit_decisions
from foreseen.control.alerts import AlertFilter, AlertKey, Page, alert_by_uid, alerts, incidents
from foreseen.control.cursors import Checkpoint, checkpoint, save, version_of
from foreseen.control.dispositions import Disposition, dispose, dispositions, undo
from foreseen.control.outbox import mark_failed, mark_sent, waiting
from foreseen.control.reasons import Verdict
from foreseen.core.alerts import Alert, AlertStatus, Incident, OutboxRow
from foreseen.core.errors import CorruptError, NotFoundError
from foreseen.core.ids import RuleId, TenantId

TENANT, OTHER = TenantId("default"), TenantId("other")


def alert(uid: str, time: int = 0, **changes: object) -> Alert:
    made = Alert(
        uid=uid,
        tenant=TENANT,
        rule=RuleId("rule-1"),
        workload="web",
        host="h1",
        stream="h1/boot",
        first_time=time,
        last_time=time,
        severity="high",
        title="curl, never seen here <script>\x00\x1b[31m",
        sentences=("It was not seen before.",),
        surprise=12.5,
        members=(uid,),
        incident=None,
        decision={"outcome": "alerted", "artefacts": {"model": "ab"}},
    )
    return dataclasses.replace(made, **changes)  # type: ignore[arg-type] # a test's own fields


def test_an_alert_comes_back_as_it_was_decided(engine: Engine) -> None:
    told = alert("m1", 5, incident="i1", members=("m1", "m2"))
    incident = Incident("i1", TENANT, 5, ("session:4",))
    commit_decisions(engine, TENANT, Decided([told], [incident]), Checkpoint("judge", 1))
    assert alert_by_uid(engine, TENANT, "m1") == told
    assert told.count == 2
    assert incidents(engine, TENANT) == [incident]


def test_a_batch_delivered_three_times_is_stored_once(engine: Engine) -> None:
    decided = Decided([alert("m1"), alert("m2")], [], [OutboxRow("m1", "slack")])
    reached = Checkpoint("judge", 7, b"state")
    done = [commit_decisions(engine, TENANT, decided, reached) for _ in range(3)]
    assert done == [True, False, False]
    assert len(alerts(engine, TENANT)) == 2
    assert waiting(engine, TENANT) == [OutboxRow("m1", "slack")]
    assert checkpoint(engine, TENANT, "judge") == reached


def test_a_crash_inside_a_batch_leaves_nothing_of_it(engine: Engine) -> None:
    commit_decisions(engine, TENANT, Decided([alert("m0")]), Checkpoint("judge", 1, b"one"))
    broken = Decided([alert("m1")], [], [OutboxRow("no such alert", "slack")])
    with pytest.raises(IntegrityError):
        commit_decisions(engine, TENANT, broken, Checkpoint("judge", 2, b"two"))
    assert [each.uid for each in alerts(engine, TENANT)] == ["m0"]
    assert checkpoint(engine, TENANT, "judge") == Checkpoint("judge", 1, b"one")
    whole = Decided([alert("m1")], [], [OutboxRow("m1", "slack")])
    for _ in range(3):
        commit_decisions(engine, TENANT, whole, Checkpoint("judge", 2, b"two"))
    assert [each.uid for each in alerts(engine, TENANT)] == ["m0", "m1"]


def test_a_dismissed_alert_that_grows_is_open_again_and_is_told_once(engine: Engine) -> None:
    row = [OutboxRow("m1", "slack")]
    commit_decisions(engine, TENANT, Decided([alert("m1")], [], row), Checkpoint("judge", 1))
    mark_sent(engine, TENANT, row[0])
    dispose(engine, TENANT, Disposition("m1", "ana", Verdict.DISMISSED, "expected", "", 3))
    grown = alert("m1", members=("m2", "m3"), earlier=1, last_time=9)
    commit_decisions(engine, TENANT, Decided([grown], [], row), Checkpoint("judge", 2))
    found = alert_by_uid(engine, TENANT, "m1")
    assert (found.count, found.last_time, found.status) == (3, 9, AlertStatus.OPEN)
    assert found.members == ("m1", "m2", "m3")
    assert [(each.members, each.earlier) for each in alerts(engine, TENANT)] == [((), 3)]
    assert waiting(engine, TENANT) == []


def test_pages_by_key_give_every_alert_once_even_with_equal_times(engine: Engine) -> None:
    made = [alert(f"m{n:02}", time=n // 3) for n in range(20)]
    commit_decisions(engine, TENANT, Decided(made), Checkpoint("judge", 1))
    seen: list[Alert] = []
    after = None
    while page := alerts(engine, TENANT, page=Page(after=after, limit=3)):
        seen += page
        after = AlertKey(page[-1].first_time, page[-1].uid)
    assert sorted(each.uid for each in seen) == [each.uid for each in made]
    assert [each.first_time for each in seen] == sorted((n // 3 for n in range(20)), reverse=True)


def test_filters_narrow_the_list(engine: Engine) -> None:
    made = [
        alert("m1"),
        alert("m2", rule=RuleId("rule-2")),
        alert("m3", workload="db", status=AlertStatus.ESCALATED),
    ]
    commit_decisions(engine, TENANT, Decided(made), Checkpoint("judge", 1))
    found = {
        "rule": alerts(engine, TENANT, wanted=AlertFilter(rule=RuleId("rule-2"))),
        "workload": alerts(engine, TENANT, wanted=AlertFilter(workload="db")),
        "status": alerts(engine, TENANT, wanted=AlertFilter(status=(AlertStatus.OPEN,))),
    }
    assert {name: [each.uid for each in rows] for name, rows in found.items()} == {
        "rule": ["m2"],
        "workload": ["m3"],
        "status": ["m1", "m2"],
    }


def test_tenants_do_not_see_each_other(engine: Engine) -> None:
    commit_decisions(engine, TENANT, Decided([alert("m1")]), Checkpoint("judge", 5))
    assert alerts(engine, OTHER) == []
    assert checkpoint(engine, OTHER, "judge") is None
    with pytest.raises(NotFoundError):
        alert_by_uid(engine, OTHER, "m1")
    with pytest.raises(NotFoundError):
        dispose(engine, OTHER, Disposition("m1", "eve", Verdict.DISMISSED, "", "", 1))
    number = dispose(engine, TENANT, Disposition("m1", "ana", Verdict.ESCALATED, "", "", 1))
    with pytest.raises(NotFoundError):
        undo(engine, OTHER, number, now=2)
    assert dispositions(engine, OTHER, "m1") == []


def test_undoing_goes_back_to_the_last_word_that_stands(engine: Engine) -> None:
    commit_decisions(engine, TENANT, Decided([alert("m1")]), Checkpoint("judge", 1))
    first = Disposition("m1", "ana", Verdict.ESCALATED, "real", "see incident", 1)
    second = Disposition("m1", "bo", Verdict.DISMISSED, "expected", "", 2)
    numbers = [dispose(engine, TENANT, said) for said in (first, second)]
    undo(engine, TENANT, numbers[1], now=3)
    assert alert_by_uid(engine, TENANT, "m1").status is AlertStatus.ESCALATED
    undo(engine, TENANT, numbers[0], now=4)
    assert alert_by_uid(engine, TENANT, "m1").status is AlertStatus.OPEN
    kept = dispositions(engine, TENANT, "m1")
    assert [said.undone for said in kept] == [4, 3]
    assert [(said.actor, said.text) for said in kept] == [("ana", "see incident"), ("bo", "")]


def test_an_output_that_never_answers_ends_as_failed(engine: Engine) -> None:
    row = OutboxRow("m1", "slack")
    commit_decisions(engine, TENANT, Decided([alert("m1")], [], [row]), Checkpoint("judge", 1))
    for _ in range(19):
        mark_failed(engine, TENANT, row, "timeout")
    assert waiting(engine, TENANT) == [row]
    mark_failed(engine, TENANT, row, "timeout")
    assert waiting(engine, TENANT) == []
    with pytest.raises(NotFoundError):
        mark_sent(engine, OTHER, row)


def test_cursors_only_go_forward(engine: Engine) -> None:
    assert save(engine, TENANT, Checkpoint("train", 5))
    assert not save(engine, TENANT, Checkpoint("train", 4, b"old"))
    assert checkpoint(engine, TENANT, "train") == Checkpoint("train", 5)


def test_a_damaged_state_is_told(engine: Engine) -> None:
    save(engine, TENANT, Checkpoint("judge", 5, b"state"))
    with engine.begin() as connection:
        connection.execute(text("UPDATE cursor SET state = :zero"), {"zero": b"\0"})
    with pytest.raises(CorruptError, match="state of judge at 5"):
        checkpoint(engine, TENANT, "judge")
    assert version_of(engine, TENANT, "judge") == 5  # asked without reading the state
    assert version_of(engine, TENANT, "nobody") is None
