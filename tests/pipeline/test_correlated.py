"""Correlations in the judge: a firing alerts as a match, what it counts does not alert alone."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

import pytest
from tests.pipeline.matches import DOWNLOADED, LOGIN_FAILED, take_alerts, whole_window
from tests.pipeline.matches import table as table_of

from foreseen.alerts.decide import Policy
from foreseen.core.alerts import Alert
from foreseen.core.decisions import Basis, Decision, Outcome
from foreseen.core.ids import DEFAULT_TENANT, EventUid, RuleId, match_uid
from foreseen.pipeline.correlated import label_whole
from foreseen.pipeline.judge import JudgeArtefacts, pass_time, step
from foreseen.pipeline.open_streams import JudgeState
from foreseen.pipeline.predictions import predictions_table
from foreseen.pipeline.snapshots import dump_judge, load_judge
from foreseen.rules import parse_rules
from foreseen.rules.correlation.entries import Labelled
from foreseen.rules.correlation.fields import values_by

MINUTE = 60_000
START = 1_795_287_000_000
GUESSING = f"""{LOGIN_FAILED}---{DOWNLOADED}---
title: Somebody guesses passwords
name: guessing
level: high
correlation:
    type: event_count
    rules: [failed]
    group-by: [User]
    timespan: 10m
    condition: {{gte: 3}}
"""
UNSEEN = """
---
title: A download without a failure
name: lonely
correlation:
    type: temporal
    group-by: [session]
    timespan: 10m
    condition: download and not failed
"""


def artefacts(text: str = GUESSING) -> JudgeArtefacts:
    rules = parse_rules([("rules.yml", text)])
    by_id = {rule.id: rule for rule in rules.rules}
    policy = Policy(budget=0.05, least_history=5)
    return JudgeArtefacts(
        DEFAULT_TENANT, by_id, None, policy, {"rules": rules.hash}, rules.correlations
    )


def match(uid: str, minutes: float, rule: str = "failed", **columns: object) -> dict[str, object]:
    return {
        "tenant": DEFAULT_TENANT,
        "stream": "web-1/0",
        "host": "web-1",
        "workload": "web",
        "seq": 1,
        "time": START + int(minutes * MINUTE),
        "ingested_time": START + int(minutes * MINUTE),
        "event_uid": uid,
        "match_uid": match_uid(EventUid(uid), RuleId(rule)),
        "rule_id": rule,
        "product": "auditd",
        "class_uid": 3002,
        "activity_id": 1,
        "status_id": 2,
        "event_type": "USER_AUTH",
        "process_user_name": "Eve",
        "process_user_uid": "1000",
        "process_uid": f"web-1/0:{uid}:1",
        **whole_window(),
        "unmapped": {"session": "7"},
        **columns,
    }


def judged(
    rows: Sequence[dict[str, object]],
    given: JudgeArtefacts,
    cuts: Iterable[int] = (),
    *,
    ends: bool = False,
) -> tuple[list[Decision], dict[str, Alert], JudgeState]:
    table = table_of(*rows)
    state = JudgeState()
    decisions: list[Decision] = []
    alerts: dict[str, Alert] = {}
    for begin, end in pairwise([0, *cuts, len(rows)]):
        state, out = step(state, table.slice(begin, end - begin), given)
        state = load_judge(dump_judge(state))
        decisions += out.decisions
        take_alerts(alerts, out.alerts)
        assert predictions_table(out.matches, out.decisions).num_rows == len(out.decisions)
    if ends:
        state, out = pass_time(state, None, given)
        decisions += out.decisions
        take_alerts(alerts, out.alerts)
    return decisions, alerts, state


GUESSES = [match("a", 0), match("b", 1), match("c", 2)]


def test_a_firing_is_a_match_of_its_event_and_alerts_in_words() -> None:
    decisions, alerts, _ = judged(GUESSES, artefacts())
    assert [(d.rule, d.event_uid, d.outcome) for d in decisions] == [
        ("failed", "a", Outcome.SUPPRESSED),
        ("failed", "b", Outcome.SUPPRESSED),
        ("failed", "c", Outcome.SUPPRESSED),
        ("guessing", "c", Outcome.ALERTED),
    ]
    (alert,) = alerts.values()
    assert alert.uid == match_uid(EventUid("c"), RuleId("guessing"))
    assert alert.title.startswith("Somebody guesses passwords")
    assert alert.severity == "high"
    assert alert.sentences[0] == "3 events of failed within 10 minutes, the same User Eve."


def test_what_is_only_counted_says_so_and_generate_lets_it_speak() -> None:
    decisions, _, _ = judged(GUESSES, artefacts())
    assert {d.basis for d in decisions if d.rule == "failed"} == {Basis.COUNTED}
    speaking, _, _ = judged(GUESSES, artefacts(f"{GUESSING}    generate: true\n"))
    assert {d.outcome for d in speaking} == {Outcome.ALERTED}
    assert {d.basis for d in speaking} == {Basis.NOT_FORESEEN}


def test_a_rule_of_a_correlation_that_is_refused_alerts_as_before() -> None:
    given = artefacts(GUESSING.partition("---\ntitle: Somebody")[0])
    decisions, _, _ = judged(GUESSES, given)
    assert {d.basis for d in decisions} == {Basis.NOT_FORESEEN}


def test_what_is_only_counted_joins_an_open_incident() -> None:
    loud = match("x", 0, "download", class_uid=1007, process_uid="web-1/0:x:1")
    decisions, _, _ = judged([loud, match("a", 1, lineage=["web-1/0:x:1"])], artefacts())
    assert [d.basis for d in decisions] == [Basis.NOT_FORESEEN, Basis.OPEN_INCIDENT]


@pytest.mark.parametrize("cuts", [[1], [2], [1, 2], [3], [1, 2, 3, 4, 5]])
def test_cuts_and_snapshots_change_no_decision(cuts: list[int]) -> None:
    rows = [*GUESSES, match("d", 3), match("e", 30), match("f", 31)]
    whole = judged(rows, artefacts(GUESSING + UNSEEN), ends=True)
    parts = judged(rows, artefacts(GUESSING + UNSEEN), cuts, ends=True)
    assert parts[:2] == whole[:2]


def test_firings_of_different_groups_are_different_alerts() -> None:
    other = [match(f"o{n}", n, process_user_name="bob") for n in range(3)]
    _, alerts, _ = judged([*GUESSES, *other], artefacts())
    assert len(alerts) == 2


def test_a_clock_that_is_ahead_is_held_to_the_time_of_arrival() -> None:
    ahead = match("a", 0, time=START + 90 * 24 * 60 * MINUTE)
    decisions, _, state = judged([ahead, *GUESSES[1:]], artefacts())
    assert state.correlations.clock == START + 2 * MINUTE
    assert decisions[-1].rule == "guessing"


def test_absence_is_decided_when_the_time_has_passed_and_keeps_its_event() -> None:
    given = artefacts(GUESSING + UNSEEN)
    row = match("x", 0, "download", class_uid=1007, process_path="/usr/bin/curl")
    state, out = step(JudgeState(), table_of(row), given)
    assert [d.rule for d in out.decisions] == ["download"]
    state = load_judge(dump_judge(state))
    state, out = pass_time(state, START + 24 * MINUTE, given)
    assert not out.decisions
    state, out = pass_time(state, START + 25 * MINUTE, given)
    assert [(d.rule, d.event_uid) for d in out.decisions] == [("lonely", "x")]
    assert out.matches["process_path"].to_pylist() == ["/usr/bin/curl"]
    assert out.matches["unmapped"].to_pylist() == [[("session", ["7"])]]


def test_labels_of_whole_files_need_no_order() -> None:
    given = artefacts()
    rows = [{"process_user_name": "eve", "product": "auditd", "class_uid": 3002}] * 3
    events = [Labelled(f"e{n}", START - n * MINUTE, ["failed"], row) for n, row in enumerate(rows)]
    found = label_whole(events, given.correlations, values_by(given.rules))
    assert found == [("e0", "guessing")]
