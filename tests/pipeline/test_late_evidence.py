"""Suppressed is provisional: late evidence of the same person alerts, never the reverse."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, cast

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.pipeline.matches import table, take_alerts
from tests.pipeline.people import (
    CONSOLE,
    FAILED,
    LOGIN,
    MINUTE,
    SHELL,
    START,
    Suspicious,
    artefacts,
    in_cloud,
    in_cluster,
    on_host,
)

from foreseen.core.alerts import Alert, Incident
from foreseen.core.decisions import Basis, Decision, Outcome, Prediction
from foreseen.core.ids import RuleId
from foreseen.models.moments.moment import Moment, moments_of
from foreseen.models.training import train
from foreseen.pipeline import provisional
from foreseen.pipeline.judge import JudgeArtefacts, step
from foreseen.pipeline.late import Revision
from foreseen.pipeline.open_streams import EARLY, JudgeState
from foreseen.pipeline.predictions import last_words, predictions_table
from foreseen.pipeline.snapshots import dump_judge, load_judge
from foreseen.schema.arrow import texts


class Broken(Suspicious):
    """Fails where it would have been surprised."""

    def answer(self, moment: Moment) -> Prediction:
        """Raises instead of alerting."""
        found = super().answer(moment)
        if found.surprise:
            raise ZeroDivisionError(moment.uid)
        return found


GIVEN = artefacts()


@dataclass
class Judged:
    """What several steps gave."""

    decisions: list[Decision] = field(default_factory=list)
    revisions: list[Revision] = field(default_factory=list)
    alerts: dict[str, Alert] = field(default_factory=dict)
    incidents: list[Incident] = field(default_factory=list)
    rows: pa.Table | None = None
    state: JudgeState = field(default_factory=JudgeState)

    @property
    def outcomes(self) -> dict[str, str]:
        """Basis of the last word on each match, by its number."""
        assert self.rows is not None
        rows = last_words(self.rows)
        uids, bases = texts(rows, "match_uid"), texts(rows, "basis")
        return {uid.removeprefix("match-"): basis for uid, basis in zip(uids, bases, strict=True)}


def judged(
    rows: Sequence[dict[str, object]],
    given_: JudgeArtefacts = GIVEN,
    cuts: Iterable[int] = (),
    *,
    snapshots: bool = True,
    since: int | None = None,
) -> Judged:
    matches, found, parts = table(*rows), Judged(), []
    for begin, end in pairwise([0, *sorted(cuts), matches.num_rows]):
        part = matches.slice(begin, end - begin)
        found.state, out = step(found.state, part, given_, since=since)
        found.decisions.extend(out.decisions)
        found.revisions.extend(out.revisions)
        take_alerts(found.alerts, out.alerts)
        found.incidents.extend(out.incidents)
        parts.append(predictions_table(out.matches, out.decisions, out.revisions))
        if snapshots:
            dumped = dump_judge(found.state)
            found.state = load_judge(dumped)
            assert dump_judge(found.state) == dumped
    found.rows = pa.Table.from_batches(parts)
    return found


def test_a_failed_console_login_before_a_match_is_in_the_models_view_and_in_evidence() -> None:
    found = judged([in_cloud(1, 0), on_host(2, 5)])
    decision = found.decisions[1]
    assert (decision.basis, decision.elsewhere) == (Basis.UNEXPECTED, (FAILED,))
    assert decision.prediction is not None
    assert decision.prediction.evidence[-1].sentence == (
        f"Elsewhere, within the hour before, the latest first: {FAILED}."
    )
    assert any(FAILED in sentence for sentence in found.alerts["match-0002"].sentences)
    assert found.rows is not None
    assert found.rows["elsewhere"].to_pylist() == [[], [FAILED]]


def test_it_is_so_when_it_arrives_fifteen_minutes_late() -> None:
    found = judged([on_host(2, 5), in_cloud(1, 0, late=15)], cuts=[1])
    assert [decision.basis for decision in found.decisions] == [Basis.EXPECTED] * 2
    assert found.outcomes == {"0002": Basis.UNEXPECTED, "0001": Basis.EXPECTED}
    (revision,) = found.revisions
    decision = revision.verdict.decision
    assert decision.outcome is Outcome.ALERTED
    assert decision.elsewhere == (FAILED,)
    assert decision.revised == (
        f"It was suppressed at first; evidence that came late says otherwise: {FAILED}."
    )
    alert = found.alerts["match-0002"]
    assert decision.revised in alert.sentences
    assert [incident.uid for incident in found.incidents] == [alert.uid]


def test_both_words_are_kept_and_the_last_one_holds() -> None:
    found = judged([on_host(2, 5), in_cloud(1, 0, late=15)])
    assert found.rows is not None
    rows = found.rows.select(["match_uid", "outcome", "revised"]).to_pylist()
    assert [(row["match_uid"], row["outcome"], bool(row["revised"])) for row in rows] == [
        ("match-0002", "suppressed", False),
        ("match-0001", "suppressed", False),
        ("match-0002", "alerted", True),
    ]
    backwards = found.rows.take([2, 1, 0])
    for order in (found.rows, backwards):
        assert sorted(texts(last_words(order), "outcome")) == ["alerted", "suppressed"]


@pytest.mark.parametrize(
    "evidence",
    [
        in_cloud(1, 0, late=66),  # more than an hour after the match arrived
        in_cloud(1, 6, late=10),  # it happened after it
        in_cloud(1, -56, late=60),  # it happened more than an hour before it
        in_cloud(1, 0, late=15, user_name="bob", user_uid=None),
        in_cloud(1, 0, late=15, user_name="root", user_uid=None),
        in_cloud(1, 0, late=15, failed=False),
    ],
)
def test_other_evidence_changes_nothing(evidence: dict[str, object]) -> None:
    found = judged([on_host(2, 5), evidence])
    assert not found.revisions
    assert not found.alerts


def test_an_alert_is_never_taken_back() -> None:
    soothing = in_cloud(3, 1, late=15, failed=False)
    found = judged([in_cloud(1, 0), on_host(2, 5), soothing])
    assert not found.revisions
    assert found.outcomes["0002"] == Basis.UNEXPECTED
    assert judged([in_cloud(1, 0), soothing, on_host(2, 5)]).outcomes["0002"] == Basis.EXPECTED


def test_a_match_that_one_piece_of_evidence_reveals_alerts_though_a_later_one_soothes() -> None:
    rows = [on_host(2, 5), in_cloud(1, 0, late=15), in_cloud(3, 1, late=16, failed=False)]
    for cuts in ([], [1], [2], [1, 2]):
        assert judged(rows, cuts=cuts).outcomes["0002"] == Basis.UNEXPECTED


def test_a_model_that_fails_on_late_evidence_alerts() -> None:
    found = judged([on_host(2, 5), in_cloud(1, 0, late=15)], artefacts(Broken))
    assert found.outcomes["0002"] == Basis.BROKEN_MODEL
    assert "match-0002" in found.alerts
    _, out = step(JudgeState(), table(on_host(2, 5), in_cloud(1, 0)), artefacts(Broken))
    assert {rule: str(error) for rule, error in out.failures.items()} == {SHELL: "match-0002"}


def test_a_revised_match_waits_for_its_rules_threshold_and_is_not_expected_any_more() -> None:
    rows = [on_host(2, 5, rule_id=LOGIN), in_cloud(1, 0, late=1)]
    found = judged(rows)
    assert found.outcomes["0002"] == Basis.BELOW_THRESHOLD
    both = judged([on_host(3, 6, rule_id=LOGIN), *rows])
    assert set(both.outcomes.values()) == {
        Basis.BELOW_THRESHOLD, Basis.UNEXPECTED, Basis.EXPECTED,
    }  # fmt: skip
    (alert,) = both.alerts.values()
    assert sorted(alert.members) == ["match-0002", "match-0003"]


def test_matches_that_late_evidence_ties_to_an_incident_are_told_too() -> None:
    first = on_host(2, 5)
    # Beyond an hour after the evidence: it says nothing of them but for the story that it opens.
    below = on_host(3, 61, lineage=[first["process_uid"]], process_uid="p3")
    lower = on_host(4, 62, lineage=["p3", first["process_uid"]])
    beside = on_host(5, 63)
    rows = [first, below, lower, beside, in_cloud(1, 0, late=64)]
    found = judged(rows)
    assert found.outcomes == {
        "0002": Basis.UNEXPECTED,
        "0003": Basis.OPEN_INCIDENT,
        "0004": Basis.OPEN_INCIDENT,
        "0005": Basis.EXPECTED,
        "0001": Basis.EXPECTED,
    }
    story = {revision.verdict.decision.incident for revision in found.revisions}
    assert story == {"match-0002"}
    assert "opened the incident" in found.revisions[1].verdict.decision.revised


def test_late_evidence_is_weighed_in_the_order_of_decisions_also_after_a_restart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(provisional, "MOST_ENTRIES", 3)
    # The first makes web-1 the first of the streams, and is gone when the server starts again.
    rows = [on_host(n, n, "db-1" if n % 2 else "web-1") for n in (2, 3, 4, 5)]
    late = in_cloud(1, 0, late=15)
    whole, cut = judged([*rows, late], snapshots=False), judged([*rows, late], cuts=[4])
    names = [[each.verdict.decision.match_uid for each in one.revisions] for one in (whole, cut)]
    assert names == [["match-0004", "match-0005"]] * 2


def test_services_are_decided_for_good_at_once() -> None:
    rows = [on_host(n, n, user_name=name) for n, name in enumerate([None, "root", "EX\\SYSTEM"])]
    assert not judged(rows).state.provisional.entries


def test_what_is_kept_is_bounded_and_what_becomes_final_early_is_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(provisional, "MOST_ENTRIES", 3)
    found = judged([on_host(n, n) for n in range(5)])
    assert list(found.state.provisional.entries) == ["match-0002", "match-0003", "match-0004"]
    assert found.state.lost() == {("provisional decisions", EARLY): 2}
    assert len(judged([on_host(2, 5), in_cloud(1, 0, late=15)]).revisions) == 1
    monkeypatch.setattr(provisional, "MOST_BYTES", 3_000)
    found = judged([on_host(n, n, process_cmd_line="x" * 1_000) for n in range(5)])
    assert len(found.state.provisional.entries) == 1
    assert found.state.provisional.size == sum(
        len(entry.row) for entry in found.state.provisional.entries.values()
    )


def test_evidence_that_never_ends_makes_a_decision_final_early_and_is_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(provisional, "MOST_ASKED", 4)
    many = [in_cloud(n, 0.01 * n, late=9, failed=False, rule_id=f"rule-{n}") for n in range(10, 14)]
    told = judged([on_host(2, 5), *many, many[0] | {"match_uid": "match-0020"}, in_cloud(1, 0.2)])
    assert not told.revisions
    assert told.state.lost() == {("provisional decisions", EARLY): 1}
    assert len(judged([on_host(2, 5), *many[:3], in_cloud(1, 0.2, late=9)]).revisions) == 1


def test_the_order_alone_of_what_is_elsewhere_asks_no_model_anew() -> None:
    asked: list[int] = []

    class Counting(Suspicious):
        def predict(
            self, rule: RuleId, moments: Sequence[Moment], doubt: float
        ) -> list[Prediction]:
            asked.extend(1 for moment in moments if moment.uid == "match-0002")
            return super().predict(rule, moments, doubt)

    flood = [in_cloud(n, n / 100, late=9, failed=False, rule_id=f"rule-{n % 3}")
             for n in range(10, 200)]  # fmt: skip
    judged([on_host(2, 5), *flood], artefacts(Counting))
    assert len(asked) == 1 + 3 * 3  # three tokens: once, several times, many times


def test_what_is_in_time_costs_no_second_look(monkeypatch: pytest.MonkeyPatch) -> None:
    def rows(self: provisional.ProvisionalDecisions, uids: Sequence[str]) -> pa.Table:
        raise AssertionError((self, uids))

    monkeypatch.setattr(provisional.ProvisionalDecisions, "rows", rows)
    in_time = [on_host(2, 5), in_cloud(3, 6, failed=False), on_host(4, 7), on_host(5, 7, "db-1")]
    assert not judged(in_time, snapshots=False).revisions


def test_a_demoted_model_does_not_make_evidence_of_what_is_none() -> None:
    soothing = in_cloud(1, 0, late=15, failed=False)
    state, _ = step(JudgeState(), table(on_host(2, 5)), GIVEN)
    _, out = step(state, table(soothing), replace(GIVEN, stages={}))
    assert not out.revisions


def test_what_is_final_in_time_is_not_counted_as_early(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provisional, "MOST_ENTRIES", 3)
    found = judged([on_host(n, 61 * n, user_name=f"user-{n}") for n in range(8)])
    assert found.state.provisional.early == 0
    hours = judged([on_host(n, 61 * n) for n in range(8)])
    assert list(hours.state.provisional.entries) == ["match-0007"]


def test_a_person_whose_clock_is_ahead_makes_no_others_decisions_final() -> None:
    ahead = on_host(9, 10**6, user_name="bob", ingested_time=START + 10**11)
    found = judged([on_host(2, 5), ahead, in_cloud(1, 0, late=15)])
    assert found.outcomes["0002"] == Basis.UNEXPECTED


def test_a_suppression_by_hand_or_a_missing_change_leaves_the_decision_open() -> None:
    first = judged([on_host(2, 5), in_cluster(3, 1, user_name="oidc:alice")])
    assert not first.revisions
    assert len(first.state.provisional.entries) == 2


def test_matches_of_the_accepted_history_are_seen_by_those_after_it() -> None:
    rows = [in_cloud(1, 0), on_host(2, 5), on_host(3, 6), in_cloud(4, 1, late=9), on_host(5, 7)]
    since = START + 5 * MINUTE
    for cuts in ([], [1], [2, 3], [1, 2, 3, 4]):
        found = judged(rows, cuts=cuts, since=since)
        assert found.outcomes == dict.fromkeys(["0002", "0003", "0005"], Basis.UNEXPECTED)
    late = judged([rows[1], rows[0]], since=since)
    assert late.outcomes == {"0002": Basis.UNEXPECTED}


def test_training_in_bulk_sees_what_the_judge_sees_in_the_end() -> None:
    rows = [on_host(2, 5), in_cloud(1, 0, late=15)]
    bulk = {moment.uid: moment.elsewhere for moment in moments_of(table(*rows))}
    (revision,) = judged(rows).revisions
    assert bulk["match-0002"] == revision.verdict.decision.elsewhere == (FAILED,)


def test_a_trained_model_is_more_surprised_after_a_failed_login_elsewhere() -> None:
    rows = []
    for day in range(120):
        rows.append(in_cloud(3 * day, 120 * day, failed=False))
        rows.append(on_host(3 * day + 1, 120 * day + 5))
        rows.append(on_host(3 * day + 2, 120 * day + 6, "db-1", rule_id=LOGIN))
    moments = moments_of(table(*rows))
    history = {rule: [m for m in moments if m.rule == rule] for rule in (RuleId(SHELL), LOGIN)}
    trained = train(cast("Any", history), budget=0.05, least_history=30, seed=1)
    usual = history[RuleId(SHELL)][-1]
    assert usual.elsewhere == (f"{CONSOLE} done on cloudtrail",)
    odd = replace(usual, elsewhere=(FAILED,))
    before, after = trained.foresight.predict(RuleId(SHELL), [usual, odd], 0.05)
    bits = [sum(each.surprise for each in found.evidence) for found in (before, after)]
    assert bits[1] > bits[0] + 1


@st.composite
def days(draw: st.DrawFn) -> list[dict[str, object]]:
    """Matches of alice and bob on hosts, in the cloud and in a cluster; some come late."""
    rows = []
    for number in range(draw(st.integers(1, 16))):
        minutes = draw(st.sampled_from([0, 1, 2, 5, 30, 59, 62, 100]))
        who = draw(st.sampled_from(["alice", "alice", "bob"]))
        late = draw(st.sampled_from([0, 0, 1, 15, 70]))
        kind = draw(st.integers(0, 4))
        if kind == 0:
            failed = draw(st.booleans())
            rows.append(in_cloud(number, minutes, late=late, failed=failed,
                                 user_name=who, user_uid=None))  # fmt: skip
        elif kind == 1:
            rows.append(in_cluster(number, minutes, user_name=who))
        else:
            process = draw(st.sampled_from(["p1", "p2", "p3"]))
            lineage = draw(st.lists(st.sampled_from(["p1", "p2"]), max_size=2))
            host = draw(st.sampled_from(["web-1", "web-2"]))
            rule = draw(st.sampled_from([SHELL, SHELL, LOGIN]))
            rows.append(on_host(number, minutes, host, process_uid=process, lineage=lineage,
                                user_name=who, rule_id=rule, session_uid=str(kind),
                                lineage_paths=["/usr/sbin/sshd"],
                                ingested_time=START + int((minutes + late) * MINUTE)))  # fmt: skip
    return rows


@settings(max_examples=120, deadline=None)
@given(rows=days(), data=st.data(), most=st.sampled_from([1, 3, 2_048]))
def test_nothing_depends_on_cuts_and_restarts_however_late_evidence_comes(
    rows: list[dict[str, object]], data: st.DataObject, most: int
) -> None:
    cuts = data.draw(st.lists(st.integers(0, len(rows)), max_size=6))
    since = data.draw(st.sampled_from([None, START + 3 * MINUTE]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(provisional, "MOST_ENTRIES", most)
        whole = judged(rows, since=since, snapshots=False)
        cut = judged(rows, cuts=cuts, since=since)
    assert cut.outcomes == whole.outcomes
    assert cut.alerts == whole.alerts
    assert cut.decisions == whole.decisions
    assert cut.incidents == whole.incidents
    assert cut.revisions == whole.revisions
    assert dump_judge(cut.state) == dump_judge(whole.state)


@settings(max_examples=80, deadline=None)
@given(rows=days())
def test_every_last_word_agrees_with_the_alerts_and_none_was_taken_back(
    rows: list[dict[str, object]],
) -> None:
    found = judged(rows)
    first = {d.match_uid: d.outcome for d in found.decisions}
    members = {uid for alert in found.alerts.values() for uid in alert.members}
    for number, basis in found.outcomes.items():
        uid = f"match-{number}"
        assert uid in members or first[uid] is Outcome.SUPPRESSED
        if basis != Basis.BELOW_THRESHOLD:  # those wait, and the one that reaches it brings them
            assert (uid in members) is (basis != Basis.EXPECTED)
    revised = [revision.verdict.decision.match_uid for revision in found.revisions]
    assert len(revised) == len(set(revised))
    assert all(first[uid] is Outcome.SUPPRESSED for uid in revised)
