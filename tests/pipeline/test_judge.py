"""The judge step: predictions to decisions, alerts and incidents, wherever matches are cut."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import orjson
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.pipeline.matches import program_run, table, take_alerts
from tests.recording import extract, lines_of, middle_time
from tests.shipped import shipped_rules

from foreseen.alerts.decide import Policy
from foreseen.alerts.incidents import OPEN_FOR
from foreseen.core.alerts import Alert, Incident
from foreseen.core.decisions import Basis, Decision, Evidence, Outcome, Prediction, Stage
from foreseen.core.ids import DEFAULT_TENANT, ContentHash, RuleId
from foreseen.models.foresight import Foresight
from foreseen.models.moments.moment import Moment
from foreseen.models.training import train
from foreseen.pipeline import open_streams
from foreseen.pipeline.judge import JudgeArtefacts, step
from foreseen.pipeline.open_streams import JudgeState
from foreseen.pipeline.predictions import predictions_table
from foreseen.pipeline.shard import Lines, ShardArtefacts, ShardState
from foreseen.pipeline.shard import step as shard_step
from foreseen.pipeline.snapshots import dump_judge, load_judge
from foreseen.schema.arrow import texts
from foreseen.studies.history import Evidence as Past
from foreseen.studies.history import clean_history

RULES = shipped_rules()
BY_ID = {rule.id: rule for rule in RULES.rules}
MARKED, UNMARKED = RuleId("discovery_command"), RuleId("reverse_shell_command")
POLICY = Policy(budget=0.05, least_history=5)
FEW = settings(
    max_examples=7, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
START, MINUTE = 1_795_287_000_000, 60_000


class Answers(Foresight):
    """A foresight that finds everything expected but what its subclasses say otherwise."""

    def history(self, rule: RuleId, workload: str) -> int:
        """Enough of it."""
        del rule, workload
        return 1_000

    def predict(self, rule: RuleId, moments: Sequence[Moment], doubt: float) -> list[Prediction]:
        """One answer a moment."""
        del doubt
        return [self.answer(rule, moment) for moment in moments]

    def answer(self, rule: RuleId, moment: Moment) -> Prediction:
        """Expected."""
        del rule, moment
        return prediction(1.0)


def prediction(probability: float, surprise: float = 0.0) -> Prediction:
    return Prediction(probability, surprise, (Evidence("act", 0.0, "s"),), ContentHash("m"))


def foreseeing(kind: type[Answers], real: Foresight) -> Answers:
    return kind(real.models, real.fusion, real.hashes)


@dataclass(frozen=True)
class Recorded:
    """Matches of a recording after the accepted time, models of what was before, their word."""

    matches: pa.Table
    foresight: Foresight
    judged: "Judged"


@pytest.fixture(scope="session")
def recorded() -> Recorded:
    """Half of an extract teaches, the other half is to be judged."""
    data = extract(14_000)
    part = Lines("log", "auditd", lines_of(data), ended=True)
    _, out = shard_step(ShardState(), [part], ShardArtefacts(DEFAULT_TENANT, RULES))
    matches, until = pa.Table.from_batches([out.matches]), middle_time(data)
    marked = {rule.id for rule in RULES.rules if rule.foresee}
    history = clean_history(matches, Past(accepted_until=until), marked, until)
    trained = train(history, budget=POLICY.budget, least_history=20, seed=1)
    later = matches.filter([time >= until for time in matches["time"].to_numpy()]).slice(0, 250)
    found = judged(later, artefacts(trained.foresight))
    return Recorded(later, trained.foresight, found)


def artefacts(foresight: Foresight | None, policy: Policy = POLICY) -> JudgeArtefacts:
    trusted = dict.fromkeys(foresight.models if foresight else (), Stage.SUPPRESS)
    hashes = {"rules": RULES.hash}
    return JudgeArtefacts(DEFAULT_TENANT, BY_ID, foresight, policy, hashes, stages=trusted)


@dataclass(frozen=True)
class Judged:
    """What several steps gave: all decisions and incidents, the last version of each alert."""

    decisions: list[Decision]
    alerts: dict[str, Alert]
    incidents: list[Incident]

    @property
    def bases(self) -> list[Basis]:
        """Why each match was decided as it was."""
        return [decision.basis for decision in self.decisions]


def judged(
    matches: pa.Table, given: JudgeArtefacts, cuts: Iterable[int] = (), *, snapshots: bool = False
) -> Judged:
    state, found = JudgeState(), Judged([], {}, [])
    for begin, end in pairwise([0, *sorted(cuts), matches.num_rows]):
        state, out = step(state, matches.slice(begin, end - begin), given)
        found.decisions.extend(out.decisions)
        take_alerts(found.alerts, out.alerts)
        found.incidents.extend(out.incidents)
        if snapshots:
            state = load_judge(dump_judge(state))
    return found


def match(
    number: int, minutes: float = 0, rule: RuleId = MARKED, /, **columns: object
) -> dict[str, object]:
    """A row of the matches table: a program of its own unless columns say otherwise."""
    letter = "abcdefghijklmnopqrstuvwxyz"[number % 26]
    own = {"process_path": f"/opt/tool{number}", "process_cmd_line": f"/opt/tool{letter} run"}
    return program_run(number, START + int(minutes * MINUTE), rule, **{**own, **columns})


@pytest.fixture(scope="session")
def expecting(recorded: Recorded) -> JudgeArtefacts:
    """Models that find everything expected: what alerts, alerts for another reason."""
    return artefacts(foreseeing(Answers, recorded.foresight))


def test_the_recording_gives_every_kind_of_decision(recorded: Recorded) -> None:
    found = recorded.judged
    assert {Basis.EXPECTED, Basis.UNEXPECTED, Basis.NO_MODEL} <= set(found.bases)
    assert found.incidents


@pytest.mark.long
@FEW
@given(data=st.data())
@pytest.mark.parametrize("snapshots", [False, True], ids=["in memory", "with snapshots"])
def test_nothing_depends_on_where_matches_are_cut(
    recorded: Recorded,
    snapshots: bool,  # noqa: FBT001 (a parameter of the test)
    data: st.DataObject,
) -> None:
    cuts = data.draw(st.lists(st.integers(0, recorded.matches.num_rows), max_size=6))
    found = judged(recorded.matches, artefacts(recorded.foresight), cuts, snapshots=snapshots)
    assert found == recorded.judged


def test_a_batch_a_match_gives_the_same(recorded: Recorded) -> None:
    few, given_ = recorded.matches.slice(0, 120), artefacts(recorded.foresight)
    assert judged(few, given_, range(1, 120), snapshots=True) == judged(few, given_)


STREAMS = ("web-1/0", "db-1/0")


@st.composite
def stories(draw: st.DrawFn) -> list[dict[str, object]]:
    """Matches of two streams whose clocks disagree, jump and go back, tied in many ways."""
    rows = []
    for number in range(draw(st.integers(1, 14))):
        processes = st.sampled_from(["p1", "p2", "p3"])
        rows.append(
            match(
                number,
                draw(st.sampled_from([0, 1, 30, 59, 61, 150])),
                draw(st.sampled_from([MARKED, UNMARKED])),
                stream=draw(st.sampled_from(STREAMS)),
                process_uid=draw(processes),
                lineage=draw(st.lists(processes, max_size=2)),
                lineage_paths=draw(st.sampled_from([["/usr/sbin/sshd"], ["/usr/sbin/nginx"]])),
                session_uid=draw(st.sampled_from([None, "3"])),
                process_cmd_line=draw(st.sampled_from(["/opt/a run", "/opt/b run"])),
            )
        )
    return rows


@pytest.mark.long
@settings(max_examples=80, deadline=None)
@given(rows=stories(), data=st.data())
def test_stories_do_not_depend_on_cuts_whatever_the_clocks_say(
    expecting: JudgeArtefacts, rows: list[dict[str, object]], data: st.DataObject
) -> None:
    matches = table(*rows)
    cuts = data.draw(st.lists(st.integers(0, len(rows)), max_size=5))
    assert judged(matches, expecting, cuts, snapshots=True) == judged(matches, expecting)


@settings(max_examples=40, deadline=None)
@given(rows=stories())
def test_every_match_has_one_decision_and_every_alerted_one_an_alert(
    expecting: JudgeArtefacts, rows: list[dict[str, object]]
) -> None:
    found = judged(table(*rows), expecting)
    assert [d.match_uid for d in found.decisions] == [row["match_uid"] for row in rows]
    members = sorted(uid for alert in found.alerts.values() for uid in alert.members)
    alerted = [d.match_uid for d in found.decisions if d.outcome is Outcome.ALERTED]
    assert members == sorted(alerted)
    assert all((d.outcome is Outcome.SUPPRESSED) is (d.basis is Basis.EXPECTED)
               for d in found.decisions)  # fmt: skip


def test_every_match_is_a_row_of_the_predictions_table(recorded: Recorded) -> None:
    found = recorded.judged
    rows = predictions_table(recorded.matches, found.decisions)
    assert texts(rows, "match_uid") == texts(recorded.matches, "match_uid")
    assert texts(rows, "event_uid") == texts(recorded.matches, "event_uid")
    hashes = {"rules": RULES.hash}
    assert {text: orjson.loads(text) for text in set(texts(rows, "artefacts"))} == {
        orjson.dumps(hashes).decode(): hashes
    }
    for row in rows.to_pylist():
        assert isinstance(orjson.loads(row["evidence"]), list)
        assert (row["probability"] is None) == (row["model"] is None)


def test_without_models_every_marked_match_alerts_and_says_so(recorded: Recorded) -> None:
    found = judged(recorded.matches, artefacts(None))
    rules = texts(recorded.matches, "rule_id")
    for rule, decision in zip(rules, found.decisions, strict=True):
        if BY_ID[RuleId(rule)].alerting.threshold > 1 and decision.basis is Basis.BELOW_THRESHOLD:
            continue
        assert decision.outcome is Outcome.ALERTED
        if BY_ID[RuleId(rule)].foresee and decision.basis is not Basis.OPEN_INCIDENT:
            assert decision.basis is Basis.NO_MODEL
    shown = [alert for alert in found.alerts.values() if alert.decision["basis"] == Basis.NO_MODEL]
    assert all(any("no trained model" in line for line in alert.sentences) for alert in shown)


class Broken(Answers):
    """Fails for one match of three."""

    def answer(self, rule: RuleId, moment: Moment) -> Prediction:
        """Raises when the match's number says so."""
        if int(moment.uid.rpartition("-")[2]) % 3 == 0:
            raise ZeroDivisionError(moment.uid)
        return super().answer(rule, moment)


class Nonsense(Answers):
    """Answers with what is no number, or is no probability, for one match of three."""

    def answer(self, rule: RuleId, moment: Moment) -> Prediction:
        """Not a number in one of its places."""
        number = int(moment.uid.rpartition("-")[2])
        if number % 3:
            return super().answer(rule, moment)
        nan = float("nan")
        wrong = replace(prediction(1.0), evidence=(Evidence("act", nan, "s"),))
        return [prediction(nan), prediction(1.0, float("inf")), wrong][number // 3 % 3]


@pytest.mark.parametrize("kind", [Broken, Nonsense])
@pytest.mark.parametrize("cuts", [[], [1], [4, 5], range(1, 12)])
def test_a_match_on_which_the_model_fails_alerts_and_no_other(
    recorded: Recorded, kind: type[Answers], cuts: Sequence[int]
) -> None:
    matches = table(*(match(number) for number in range(12)))
    given_ = artefacts(foreseeing(kind, recorded.foresight))
    found = judged(matches, given_, cuts, snapshots=True)
    assert found.bases == [
        Basis.BROKEN_MODEL if number % 3 == 0 else Basis.EXPECTED for number in range(12)
    ]
    assert len(found.alerts) == 4
    for decision in found.decisions:
        assert (decision.prediction is None) is (decision.basis is Basis.BROKEN_MODEL)


def test_a_failure_of_a_model_is_told_with_its_rule(recorded: Recorded) -> None:
    given_ = artefacts(foreseeing(Broken, recorded.foresight))
    _, out = step(JudgeState(), table(match(1), match(3), match(4)), given_)
    assert {rule: str(error) for rule, error in out.failures.items()} == {MARKED: "match-0003"}


class Short(Answers):
    """Answers for fewer matches than it was asked for."""

    def predict(self, rule: RuleId, moments: Sequence[Moment], doubt: float) -> list[Prediction]:
        """One answer is missing."""
        return super().predict(rule, moments, doubt)[1:]


def test_a_model_that_leaves_an_answer_out_alerts(recorded: Recorded) -> None:
    found = judged(table(match(1), match(2)), artefacts(foreseeing(Short, recorded.foresight)))
    assert found.bases == [Basis.BROKEN_MODEL, Basis.BROKEN_MODEL]


def test_a_rule_that_is_not_marked_alerts_though_a_model_expects_it(
    recorded: Recorded, expecting: JudgeArtefacts
) -> None:
    models = dict.fromkeys([MARKED, UNMARKED], next(iter(recorded.foresight.models.values())))
    foresight = Answers(models, recorded.foresight.fusion)
    found = judged(table(match(1, 0, UNMARKED)), replace(expecting, foresight=foresight))
    assert found.bases == [Basis.NOT_FORESEEN]


def test_a_rule_that_is_not_loaded_any_more_alerts(expecting: JudgeArtefacts) -> None:
    found = judged(table(match(1)), replace(expecting, rules={}))
    assert found.bases == [Basis.NOT_FORESEEN]


@pytest.mark.parametrize("complete", [False, None])
def test_a_window_with_a_gap_alerts(expecting: JudgeArtefacts, complete: object) -> None:
    found = judged(table(match(1, window_complete=complete)), expecting)
    assert found.bases == [Basis.INCOMPLETE_WINDOW]


def test_too_little_history_on_the_workload_alerts(recorded: Recorded) -> None:
    found = judged(
        table(match(1, workload="new")), artefacts(recorded.foresight, Policy(0.0001, 1))
    )
    assert found.bases == [Basis.COLD_START]


def test_what_is_expected_is_suppressed(expecting: JudgeArtefacts) -> None:
    found = judged(table(match(1), match(2)), expecting)
    assert found.bases == [Basis.EXPECTED, Basis.EXPECTED]
    assert not found.alerts
    assert not found.incidents


STORY = match(1, 0, UNMARKED)
"""Opens an incident."""


@pytest.mark.parametrize(
    ("tie", "basis"),
    [
        ({"process_uid": "web-1/0:99:1"}, Basis.EXPECTED),  # its parent is not its doing
        ({"process_uid": STORY["process_uid"]}, Basis.OPEN_INCIDENT),
        ({"lineage": ["web-1/0:77:1", STORY["process_uid"]]}, Basis.OPEN_INCIDENT),
        ({"stream": "db-1/0"}, Basis.EXPECTED),
        ({}, Basis.EXPECTED),
    ],
)
def test_a_match_below_an_open_incident_joins_it(
    expecting: JudgeArtefacts, tie: dict[str, object], basis: Basis
) -> None:
    found = judged(table(STORY, match(2, 59, **tie)), expecting)
    assert found.bases == [Basis.NOT_FORESEEN, basis]
    joins = basis is Basis.OPEN_INCIDENT
    assert found.decisions[1].incident == ("match-0001" if joins else None)


@pytest.mark.parametrize(("minutes", "basis"), [(60, Basis.OPEN_INCIDENT), (60.1, Basis.EXPECTED)])
def test_a_quiet_incident_is_closed_after_an_hour(
    expecting: JudgeArtefacts, minutes: float, basis: Basis
) -> None:
    later = match(2, minutes, process_uid=STORY["process_uid"])
    assert judged(table(STORY, later), expecting).bases[1] is basis


def test_a_new_member_keeps_the_incident_open(expecting: JudgeArtefacts) -> None:
    own = STORY["process_uid"]
    rows = (STORY, match(2, 50, process_uid=own), match(3, 100, process_uid=own))
    found = judged(table(*rows), expecting)
    assert [decision.incident for decision in found.decisions] == ["match-0001"] * 3
    assert [incident.uid for incident in found.incidents] == ["match-0001"]


@pytest.mark.parametrize(
    ("ancestors", "basis"),
    [
        (["/usr/bin/bash", "/usr/sbin/sshd"], Basis.OPEN_INCIDENT),
        (["/usr/bin/bash", "/usr/bin/python3"], Basis.EXPECTED),
    ],
    ids=["a login", "a service"],
)
def test_a_login_ties_and_the_endless_session_of_a_service_does_not(
    expecting: JudgeArtefacts, ancestors: list[str], basis: Basis
) -> None:
    columns: dict[str, object] = {"session_uid": "7", "lineage_paths": ancestors, "lineage": []}
    rows = (match(1, 0, UNMARKED, **columns), match(2, 1, **columns))
    assert judged(table(*rows), expecting).bases[1] is basis


def test_an_alert_for_want_of_a_model_does_not_drag_its_lineage_along(
    expecting: JudgeArtefacts,
) -> None:
    gap = match(1, window_complete=False)
    child = match(2, 1, lineage=[gap["process_uid"]])
    assert judged(table(gap, child), expecting).bases == [Basis.INCOMPLETE_WINDOW, Basis.EXPECTED]


def test_a_wrong_clock_of_one_machine_closes_no_incident_of_another(
    expecting: JudgeArtefacts,
) -> None:
    ahead = match(2, 10_000, UNMARKED, stream="db-1/0")
    child = match(3, 10, process_uid=STORY["process_uid"])
    found = judged(table(STORY, ahead, child), expecting, [1, 2])
    assert found.bases[2] is Basis.OPEN_INCIDENT


def test_like_matches_are_one_alert_with_every_member(expecting: JudgeArtefacts) -> None:
    like = [match(n, n, UNMARKED, process_cmd_line="/opt/x run") for n in range(5)]
    other = match(9, 4, UNMARKED, process_cmd_line="/opt/y --now")
    (alert, second) = judged(table(*like, other), expecting, [2]).alerts.values()
    assert (alert.count, alert.uid) == (5, "match-0000")
    assert alert.members == tuple(f"match-{n:04}" for n in range(5))
    assert (alert.first_time, alert.last_time) == (like[0]["time"], like[4]["time"])
    assert second.members == ("match-0009",)


def test_a_like_match_much_later_is_an_alert_of_its_own(expecting: JudgeArtefacts) -> None:
    like = [match(n, n * 61, UNMARKED, process_cmd_line="/opt/x run") for n in range(3)]
    assert [alert.count for alert in judged(table(*like), expecting).alerts.values()] == [1, 1, 1]


def test_what_is_open_is_bounded_and_the_bound_shows_at_no_cut(
    expecting: JudgeArtefacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_streams, "MOST_STREAMS", 2)
    rows = [match(n, 0, UNMARKED, stream=f"h-{n % 4}/0", process_uid="p") for n in range(16)]
    state, _ = step(JudgeState(), table(*rows), expecting)
    assert list(state.streams) == ["h-2/0", "h-3/0"]
    assert judged(table(*rows), expecting, range(1, 16), snapshots=True) == judged(
        table(*rows), expecting
    )


def test_a_state_forgets_what_can_no_longer_be_joined(expecting: JudgeArtefacts) -> None:
    late = match(2, OPEN_FOR / MINUTE + 1)
    state, _ = step(JudgeState(), table(STORY, late), expecting)
    (stream,) = state.streams.values()
    assert not stream.alerts
    assert not stream.incidents.by_name


def test_no_matches_give_nothing(expecting: JudgeArtefacts) -> None:
    found = judged(table(), expecting)
    assert found == Judged([], {}, [])
    assert predictions_table(table(), []).num_rows == 0
