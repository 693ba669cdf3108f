"""What people do with alerts: recorded, counted, timed, undone; none of it is lost or doubled."""

import subprocess
import sys
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from foreseen.alerts.risk import risk_of
from foreseen.control import alert_history, alert_life, audit_log
from foreseen.control.alert_commit import Decided, commit_decisions
from foreseen.control.alert_counts import counts
from foreseen.control.alert_life import Act, Life, Wanted, as_life
from foreseen.control.alert_times import (
    STEP,
    Distribution,
    Measure,
    bucket_of,
    distributions,
    together,
)
from foreseen.control.alerts import alerts
from foreseen.control.audit_log import Actor
from foreseen.control.cursors import Checkpoint
from foreseen.control.database import reading
from foreseen.control.dispositions import Disposition, dispose, undo
from foreseen.control.reasons import Verdict
from foreseen.core.alerts import Alert, AlertStatus
from foreseen.core.errors import ConflictError, MalformedInputError, NotFoundError, StaleError
from foreseen.core.ids import RuleId, TenantId

TENANT, OTHER = TenantId("default"), TenantId("other")
RAISED = 1_795_287_000_000  # 2026-11-21
MINUTE = 60_000
ANA = Actor("ana", "login", "192.0.2.7")


def alert(uid: str, *, rule: str = "curl", severity: str = "high", late: int = 2 * MINUTE) -> Alert:
    time = RAISED - late
    return Alert(
        uid, TENANT, RuleId(rule), "web", "web-1", "web-1/boot", time, time, severity, "t",
        ("s.",), 3.0, (uid,), None, {},
    )  # fmt: skip


def raised(engine: Engine, *made: Alert, version: int = 1) -> None:
    commit_decisions(engine, TENANT, Decided(made), Checkpoint("judge", version), now=RAISED)


def act(uid: str = "a", minutes: float = 1, seen: int | None = None) -> Act:
    return Act(uid, ANA, RAISED + int(minutes * MINUTE), seen)


def life_of(engine: Engine, tenant: TenantId, uid: str) -> Life:
    with reading(engine) as session:
        return as_life(alert_history.alert_row(session, tenant, uid))


def change(engine: Engine, by: Act, **wanted: Any) -> Life:  # noqa: ANN401 (fields of Wanted)
    return alert_life.change(engine, TENANT, by, Wanted(**wanted))


def said(
    engine: Engine, verdict: Verdict = Verdict.DISMISSED, uid: str = "a", minutes: float = 5
) -> int:
    word = Disposition(uid, "ana", verdict, "policy", "why", RAISED + int(minutes * MINUTE))
    return dispose(engine, TENANT, word, by=ANA)


def counted(engine: Engine) -> dict[str, int]:
    found: Counter[str] = Counter()
    for each in counts(engine, TENANT):
        found[each.status] += each.alerts
    return dict(found)


def times(engine: Engine, measure: Measure) -> list[tuple[str, int]]:
    return [
        (each.rule, each.count) for each in distributions(engine, TENANT) if each.measure is measure
    ]


def test_each_step_is_in_the_history_and_in_the_audit_log_with_who_did_it(engine: Engine) -> None:
    raised(engine, alert("a"))
    change(engine, act(), status=AlertStatus.ACKNOWLEDGED)
    change(engine, act(), assigns=True, assignee="bob")
    alert_life.comment(engine, TENANT, act(), "looks like the backup <b>\x1b[31m")
    number = said(engine, Verdict.ESCALATED)
    change(engine, act(minutes=9), resolved=True, text="key turned off")
    change(engine, act(minutes=10), resolved=False)
    undo(engine, TENANT, number, now=RAISED + 11 * MINUTE, actor="ana", by=ANA)
    told = alert_history.history(engine, TENANT, "a")
    assert [each.action for each in told] == [
        "raise", "acknowledge", "assign", "comment", "escalate", "resolve", "reopen", "undo",
    ]  # fmt: skip
    assert [each.number for each in told] == list(range(1, 9))
    assert [each.actor for each in told] == ["server", *["ana"] * 7]
    assert told[3].text == "looks like the backup <b>\x1b[31m"
    audited = audit_log.entries(engine, TENANT)
    assert [each.change.action for each in reversed(audited)] == [e.action for e in told[1:]]
    assert {each.actor for each in audited} == {ANA}
    assert audited[3].change.before == {"status": "acknowledged"}
    assert (audited[3].change.after or {})["status"] == "escalated"
    assert audit_log.verify(engine, TENANT).entries == 7
    assert life_of(engine, TENANT, "a").version == 8


def test_what_changes_nothing_leaves_no_trace(engine: Engine) -> None:
    raised(engine, alert("a"))
    change(engine, act(), assigns=True)
    change(engine, act(), status=AlertStatus.OPEN)
    change(engine, act(), resolved=False)
    number = said(engine)
    undo(engine, TENANT, number, now=RAISED + MINUTE)
    before = alert_history.history(engine, TENANT, "a")
    assert undo(engine, TENANT, number, now=RAISED + MINUTE) is AlertStatus.OPEN
    assert alert_history.history(engine, TENANT, "a") == before
    assert len(before) == 3


def test_who_looked_at_an_older_version_changes_nothing(engine: Engine) -> None:
    raised(engine, alert("a"))
    seen = life_of(engine, TENANT, "a").version
    assert change(engine, act(seen=seen), assigns=True, assignee="bob").version == seen + 1
    with pytest.raises(StaleError, match="at version 2, not 1: somebody changed it"):
        change(engine, act(seen=seen), assigns=True, assignee="eve")
    assert life_of(engine, TENANT, "a").assignee == "bob"


def test_several_changes_are_made_together_or_not_at_all(engine: Engine) -> None:
    raised(engine, alert("a"))
    with pytest.raises(ConflictError, match="only an escalated one"):
        change(engine, act(), assigns=True, assignee="bob", resolved=True)
    assert life_of(engine, TENANT, "a").assignee is None
    change(engine, act(), assigns=True, assignee="bob", status=AlertStatus.ACKNOWLEDGED)
    told = alert_history.history(engine, TENANT, "a")
    assert [each.action for each in told] == ["raise", "acknowledge", "assign"]


def test_what_was_said_of_an_alert_is_taken_back_and_not_written_over(engine: Engine) -> None:
    raised(engine, alert("a"))
    said(engine)
    for status in (AlertStatus.OPEN, AlertStatus.ACKNOWLEDGED):
        with pytest.raises(ConflictError, match="take back what was said"):
            change(engine, act(), status=status)


def test_only_an_escalated_alert_is_resolved(engine: Engine) -> None:
    raised(engine, alert("a"))
    with pytest.raises(ConflictError, match="only an escalated one"):
        change(engine, act(), resolved=True)


@pytest.mark.parametrize("text", ["", "  \n", "x" * (alert_life.LONGEST_TEXT + 1)])
def test_comments_without_words_or_with_too_many_are_refused(engine: Engine, text: str) -> None:
    raised(engine, alert("a"))
    with pytest.raises(MalformedInputError, match="comment"):
        alert_life.comment(engine, TENANT, act(), text)


def test_another_tenants_alert_is_not_there(engine: Engine) -> None:
    raised(engine, alert("a"))
    with pytest.raises(NotFoundError):
        alert_life.change(engine, OTHER, act(), Wanted(AlertStatus.ACKNOWLEDGED))
    with pytest.raises(NotFoundError):
        alert_history.history(engine, OTHER, "a")
    assert (counts(engine, OTHER), distributions(engine, OTHER)) == ([], [])


def test_counts_follow_every_change_of_status(engine: Engine) -> None:
    raised(engine, alert("a"), alert("b"), alert("c", rule="nc", severity="low"))
    assert counted(engine) == {"open": 3}
    number = said(engine)
    change(engine, act("b"), status=AlertStatus.ACKNOWLEDGED)
    assert counted(engine) == {"dismissed": 1, "acknowledged": 1, "open": 1}
    undo(engine, TENANT, number, now=RAISED)
    assert counted(engine) == {"acknowledged": 1, "open": 2}
    said(engine)
    grown = replace(alert("a"), members=("later",), earlier=1)
    raised(engine, grown, version=2)
    assert counted(engine) == {"acknowledged": 1, "open": 2}
    assert [each.action for each in alert_history.history(engine, TENANT, "a")][-1] == "reopen"


def test_times_are_of_recorded_moments_and_a_word_taken_back_takes_its_time_out(
    engine: Engine,
) -> None:
    raised(engine, alert("a"), alert("b", late=30 * MINUTE))
    (detected,) = distributions(engine, TENANT)
    assert (detected.measure, detected.month, detected.rule) == (Measure.DETECT, "2026-11", "curl")
    assert (detected.count, detected.mean) == (2, 16 * 60)
    number = said(engine, Verdict.ESCALATED)
    assert times(engine, Measure.KNOW) == [("curl", 1)]
    change(engine, act(minutes=60), resolved=True)
    assert times(engine, Measure.RESPOND) == [("curl", 1)]
    undo(engine, TENANT, number, now=RAISED)
    assert times(engine, Measure.KNOW) == times(engine, Measure.RESPOND) == []
    for uid in ("a", "b"):
        said(engine, uid=uid, minutes=8)
    (known,) = (each for each in distributions(engine, TENANT) if each.measure is Measure.KNOW)
    assert (known.count, known.mean) == (2, 8 * 60)
    assert 480 <= known.quantile(0.5) <= 480 * STEP


def test_a_clock_that_was_set_back_counts_as_no_time(engine: Engine) -> None:
    raised(engine, alert("a", late=-5 * MINUTE))
    (detected,) = distributions(engine, TENANT)
    assert (detected.mean, dict(detected.buckets)) == (0.0, {1.0: 1})


@given(st.lists(st.floats(0, 1e7), min_size=1, max_size=30))
def test_quantiles_are_right_to_within_a_bucket(seconds: list[float]) -> None:
    held = Counter(STEP ** bucket_of(each) for each in seconds)
    parts = [
        Distribution(Measure.KNOW, "2026-11", "a", dict(held), sum(seconds)),
        Distribution(Measure.KNOW, "2026-11", "b", {}, 0.0),
    ]
    whole = together(parts, "2026-11", "all")
    assert (whole.count, whole.mean) == (len(seconds), sum(seconds) / len(seconds))
    for place, true in enumerate(sorted(seconds)):
        found = whole.quantile((place + 1) / len(seconds))
        assert max(true, 1.0) * 0.999 <= found <= max(true * STEP, 1.0) * 1.001


def test_severity_outweighs_surprise_and_surprise_orders_within_it() -> None:
    levels = ("informational", "low", "medium", "high", "critical")
    for lower, higher in pairwise(levels):
        assert risk_of(lower, 1000.0) <= risk_of(higher, None)
        assert risk_of(lower, 3.0) > risk_of(lower, None) >= 5
    assert risk_of("critical", 99.0) == 100


_KILLED = """
import sys
from foreseen.control import alert_life
from foreseen.control.alert_life import Act
from foreseen.control.audit_log import Actor
from foreseen.control.database import open_database

engine = open_database(sys.argv[1])
for n in range(100_000):
    act = Act("a", Actor("ana", "token"), n)
    alert_life.comment(engine, "default", act, f"{sys.argv[2]} {n}")
    print(n, flush=True)
"""


@pytest.mark.long
def test_kills_during_writes_lose_and_double_no_entry(tmp_path: Path, engine: Engine) -> None:
    raised(engine, alert("a"))
    promised: set[str] = set()
    for life, lines in enumerate((3, 11, 24)):
        person = subprocess.Popen(
            [sys.executable, "-c", _KILLED, str(tmp_path / "control.db"), str(life)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert person.stdout is not None
        promised |= {f"{life} {int(person.stdout.readline())}" for _ in range(lines)}
        person.kill()
        person.communicate()
    comments = [e.text for e in alert_history.history(engine, TENANT, "a") if e.action == "comment"]
    assert promised <= set(comments)
    assert len(comments) == len(set(comments))
    assert audit_log.verify(engine, TENANT).entries == len(comments)
    assert life_of(engine, TENANT, "a").version == len(comments) + 1
    assert len(alerts(engine, TENANT)) == 1
