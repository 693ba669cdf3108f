"""Weak signs of one person on several streams become a story that alerts, though each is hidden."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.pipeline.matches import table, take_alerts
from tests.pipeline.people import (
    LOGIN,
    MINUTE,
    START,
    Mild,
    artefacts,
    in_cloud,
    in_cluster,
    on_host,
)

from foreseen.core.alerts import Alert, Incident
from foreseen.core.decisions import Basis, Decision, Outcome
from foreseen.pipeline.judge import step
from foreseen.pipeline.open_streams import JudgeState
from foreseen.pipeline.snapshots import dump_judge, load_judge
from foreseen.pipeline.stories import STORY, STORY_BASIS

GIVEN = artefacts(Mild)


@dataclass
class Judged:
    """What several steps gave."""

    decisions: list[Decision] = field(default_factory=list)
    alerts: dict[str, Alert] = field(default_factory=dict)
    incidents: list[Incident] = field(default_factory=list)


def judged(rows: Sequence[dict[str, object]], cuts: Iterable[int] = ()) -> Judged:
    """By steps between the cuts, the state through a snapshot after each."""
    matches, state, found = table(*rows), JudgeState(), Judged()
    for begin, end in pairwise([0, *sorted(cuts), matches.num_rows]):
        state, out = step(state, matches.slice(begin, end - begin), GIVEN)
        found.decisions += out.decisions
        take_alerts(found.alerts, out.alerts)
        found.incidents += out.incidents
        dumped = dump_judge(state)
        state = load_judge(dumped)
        assert dump_judge(state) == dumped
    return found


def test_failed_console_logins_then_odd_acts_on_a_host_alert_though_each_is_suppressed() -> None:
    found = judged([in_cloud(1, 0), on_host(2, 5)])
    assert {each.outcome for each in found.decisions} == {Outcome.SUPPRESSED}
    (alert,) = found.alerts.values()
    assert (alert.rule, alert.members) == (STORY, ("match-0001", "match-0002"))
    assert (alert.title, alert.severity, alert.workload) == (
        "Several weak signs of alice: Console login, then Shell started",
        "medium",
        "alice",
    )
    assert alert.sentences[0] == (
        "Each of 2 signs of alice on 2 streams was expected by itself; so much together comes in"
        " 2.56% of cases."
    )
    assert alert.sentences[2].endswith("Shell started (7.0% are as odd), on web-1: /opt/tool run.")
    assert alert.decision["basis"] == STORY_BASIS
    assert alert.surprise == pytest.approx(5.29, abs=0.01)
    (incident,) = found.incidents
    assert (incident.uid, incident.keys) == (alert.uid, ("person/alice",))
    assert alert.incident == incident.uid


def test_it_is_so_when_the_logins_are_delivered_fifteen_minutes_after_the_host_event() -> None:
    found = judged([on_host(2, 5), in_cloud(1, 0, late=15)], cuts=[1])
    (alert,) = found.alerts.values()
    assert alert.members == ("match-0001", "match-0002")
    assert (alert.first_time, alert.last_time) == (START, START + 5 * MINUTE)


def test_what_follows_joins_the_story_and_what_comes_too_late_does_not() -> None:
    found = judged([in_cloud(1, 0), on_host(2, 5), in_cluster(3, 20), on_host(4, 90)])
    (alert,) = found.alerts.values()
    assert alert.members == ("match-0001", "match-0002", "match-0003")
    assert alert.surprise is not None
    assert alert.surprise > 5.3


def test_a_match_that_waits_for_its_rules_threshold_is_a_sign() -> None:
    waiting = on_host(2, 5, "db-1", rule_id=LOGIN)
    found = judged([in_cluster(1, 0), waiting])
    assert not found.alerts  # 0.15 and an expected one
    odd = artefacts()
    _, out = step(JudgeState(), table(in_cloud(1, 0), waiting), odd)
    assert [each.basis for each in out.decisions] == [Basis.EXPECTED, Basis.BELOW_THRESHOLD]


@pytest.mark.parametrize(
    "rows",
    [
        [in_cloud(1, 0), in_cloud(2, 5)],  # one rule
        [in_cloud(1, 0), on_host(2, 61.5)],  # too far apart
        [in_cloud(1, 0), on_host(2, 5, user_name="bob")],
        [in_cloud(1, 0), on_host(2, 5, user_name=None)],  # a service is nobody
        [in_cloud(1, 0, user_name="root", user_uid=None), on_host(2, 5, user_name="root")],
    ],
)
def test_what_belongs_to_no_common_story_stays_hidden(rows: list[dict[str, object]]) -> None:
    assert not judged(rows).alerts


def test_signs_of_a_person_with_an_open_incident_join_it() -> None:
    lost = on_host(3, 1, window_complete=False)  # alerts for want of telemetry: no story by itself
    unmarked = on_host(4, 1, "ci-1", rule_id="not loaded any more")
    found = judged([unmarked, lost, in_cloud(1, 2), on_host(2, 5)])
    (story,) = (alert for alert in found.alerts.values() if alert.rule == STORY)
    assert story.incident == "match-0004"
    assert story.incident not in {incident.uid for incident in found.incidents[1:]}


@pytest.mark.long
@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_stories_do_not_depend_on_where_batches_are_cut(data: st.DataObject) -> None:
    minutes = st.sampled_from([0, 1, 30, 59, 61, 100, 130])
    kinds = st.sampled_from([in_cloud, in_cluster, on_host])
    drawn = data.draw(st.lists(st.tuples(kinds, minutes), min_size=1, max_size=14))
    rows = [kind(number, at) for number, (kind, at) in enumerate(drawn)]  # type: ignore[operator]
    cuts = data.draw(st.sets(st.integers(0, len(rows)), max_size=4))
    assert judged(rows, cuts) == judged(rows)


def test_clocks_that_no_calendar_reaches_stop_nothing() -> None:
    far: dict[str, Any] = {"time": -(2**62), "ingested_time": START}
    found = judged([in_cloud(1, 0, **far), on_host(2, 5, **far)])
    (alert,) = found.alerts.values()
    assert alert.first_time == -(2**62)


def test_hosts_with_colons_and_long_texts_are_told_as_they_are() -> None:
    found = judged([in_cloud(1, 0), on_host(2, 5, "fe80::1-x", process_cmd_line="x" * 100_000)])
    (alert,) = found.alerts.values()
    assert alert.host == "fe80::1-x"
    assert all(len(sentence) < 500 for sentence in alert.sentences)
