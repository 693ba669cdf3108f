"""Models are trained and reviewed in the background, by real processes on real stores."""

import logging
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread

import pyarrow as pa
import pytest
from sqlalchemy import Engine
from tests.models.histories import matches
from tests.runners.installation import opened

from foreseen.alerts.decide import Policy
from foreseen.control import dispositions, jobs, model_stages, model_versions
from foreseen.control.alert_commit import Decided, commit_decisions
from foreseen.control.cursors import Checkpoint
from foreseen.control.dispositions import Disposition
from foreseen.control.jobs import JobState
from foreseen.control.reasons import Verdict
from foreseen.core.alerts import Alert
from foreseen.core.decisions import Basis, Stage
from foreseen.core.ids import DEFAULT_TENANT, RuleId
from foreseen.lake.lake import Cursor
from foreseen.rules import parse_rules
from foreseen.runners.installation import Installation, Stores
from foreseen.runners.life.retraining import Place, Retraining
from foreseen.runners.rules.watch import LiveRules
from foreseen.runners.settings.rhythm import Rhythm
from foreseen.runners.settings.settings import Settings, keep
from foreseen.runners.worker import Worker
from foreseen.schema.arrow import PREDICTION_SCHEMA, batch_of
from foreseen.studies import ordering
from foreseen.studies.gates import Bars
from foreseen.studies.ordering import Person
from foreseen.studies.stored import stored_foresight
from foreseen.studies.train import Order, train_models

RULE = RuleId("download_tool")
DAY = 24 * 60 * 60 * 1000
ACCEPTED = 1_800_000_000_000
RHYTHM = Rhythm(look=50, review=0, retrain=DAY, pause=0)
SETTINGS = Settings(Policy(0.02, 30), rhythm=RHYTHM)
TEXT = """
title: Download tool
name: download_tool
description: Runs a download tool.
level: medium
logsource: {product: linux, category: process_creation}
detection:
  selection: {Image|endswith: /curl}
  condition: selection
foreseen: {model: true}
"""


class Tended:
    """Stores with accepted matches and models, and what keeps the models fresh."""

    def __init__(self, folder: Path, stores: Stores, settings: Settings = SETTINGS) -> None:
        """500 accepted matches; nothing is trained."""
        self.stores, self.now, self.alerts = stores, ACCEPTED + 1_000, 0
        self.rules = folder / "rules"
        self.rules.mkdir()
        (self.rules / "download_tool.yml").write_text(TEXT)
        self.loaded = parse_rules([("download_tool.yml", TEXT)])
        rows = [
            {
                "match_uid": f"m-{number}",
                "event_uid": f"e-{number}",
                "time": ACCEPTED - DAY + number * 1_000,
                "ingested_time": ACCEPTED - DAY + number * 1_000,
                "process_cmd_line": f"curl -{'sxv'[number % 3]} http://10.0.0.{number % 4}/health",
            }
            for number in range(520)
        ]
        stores.lake.commit({"matches": matches(rows)}, Cursor("shard", 1))
        place = Place(folder / "data", DEFAULT_TENANT, self.rules)
        self.live = LiveRules(self.loaded)
        self.keeper = Retraining((stores, self.live), settings, place, lambda: self.now)

    @property
    def engine(self) -> Engine:
        """The control database."""
        return self.stores.control

    def train(self) -> None:
        """What a person orders."""
        order = Order(
            DEFAULT_TENANT, ACCEPTED, 0.02, 30, seed=0, now=self.now, accepted=True,
            bars=Bars.none(),
        )  # fmt: skip
        train_models(self.stores.lake, self.engine, self.loaded, order)

    def dismiss(self) -> None:
        """A person dismisses an alert."""
        self.alerts += 1
        self.now += 1_000
        uid = f"m-{self.alerts}"
        told = Alert(
            uid, DEFAULT_TENANT, RULE, "web", "web-1", "web-1/boot", 1, 1, "medium", "t", ("s.",),
            None, (uid,), None, {"basis": Basis.UNEXPECTED.value},
        )  # fmt: skip
        reached = Checkpoint("judge", self.alerts)
        commit_decisions(self.engine, DEFAULT_TENANT, Decided([told]), reached)
        said = Disposition(uid, "ana", Verdict.DISMISSED, "expected change", "", time=self.now)
        dispositions.dispose(self.engine, DEFAULT_TENANT, said)
        self.now += 1_000

    def in_use(self) -> int:
        """Number of the version in use."""
        used = model_versions.in_use(self.engine, DEFAULT_TENANT)
        assert used is not None
        return used.version.number


@pytest.fixture
def installed(tmp_path: Path) -> Iterator[Tended]:
    """An installation before its first training."""
    with opened(tmp_path / "data") as stores:
        yield Tended(tmp_path, stores)


def test_nothing_is_trained_before_a_person_accepts_a_history(installed: Tended) -> None:
    installed.dismiss()
    assert installed.keeper.look(Event()) is None
    assert model_versions.versions(installed.engine, DEFAULT_TENANT) == []


@pytest.mark.long
def test_a_persons_word_makes_a_new_version_that_a_running_worker_takes(
    installed: Tended,
) -> None:
    installed.train()
    worker = Worker(Installation(installed.stores, DEFAULT_TENANT, SETTINGS), installed.live)
    assert installed.keeper.look(Event()) is None  # nobody has said anything since
    installed.dismiss()
    assert installed.keeper.look(Event()) == "retrain"
    newest = model_versions.versions(installed.engine, DEFAULT_TENANT)[0]
    assert (newest.number, newest.author, installed.in_use()) == (2, "retraining", 2)
    assert newest.reason == "a person spoke of alerts"
    (job,) = jobs.jobs(installed.engine, DEFAULT_TENANT)
    assert (job.kind, job.state, job.error) == ("retrain", JobState.DONE, None)
    worker.drain()
    assert worker._judge.artefacts.hashes["foresight"] == newest.foresight  # noqa: SLF001 (what it decides with)


@pytest.mark.long
def test_what_does_not_pass_the_gates_observes_after_retraining(installed: Tended) -> None:
    installed.train()
    assert stages(installed) == {RULE: Stage.SUPPRESS}
    installed.dismiss()
    installed.keeper.look(Event())  # no attack can be put on so little: its gate fails
    told = model_stages.placements(installed.engine, DEFAULT_TENANT)[RULE]
    gates = model_versions.version(installed.engine, DEFAULT_TENANT, 2).report["gates"]
    assert isinstance(gates, dict)
    passed = all(gate["passed"] for gate in gates[RULE])
    assert stages(installed) == {RULE: Stage.SUPPRESS if passed else Stage.OBSERVE}
    assert (told.author, told.version) == ("gates", 2)


@pytest.mark.long
def test_the_gates_hold_models_to_the_bars_of_the_settings(installed: Tended) -> None:
    higher = replace(SETTINGS, bars=Bars(least_matches=5_000))
    keep(installed.engine, DEFAULT_TENANT, installed.loaded, higher, now=installed.now)
    installed.train()
    installed.dismiss()
    assert installed.keeper.look(Event()) == "retrain"
    told = model_stages.placements(installed.engine, DEFAULT_TENANT)[RULE]
    assert told.stage is Stage.OBSERVE
    assert "needed: 5,000, and one such workload." in told.reason


def stages(installed: Tended) -> dict[RuleId, Stage]:
    used = stored_foresight(installed.engine, DEFAULT_TENANT)
    assert used is not None
    return dict(used.stages)


@pytest.mark.long
def test_a_failure_is_told_and_the_models_in_use_stay(
    installed: Tended, caplog: pytest.LogCaptureFixture
) -> None:
    installed.train()
    installed.dismiss()
    (installed.rules / "download_tool.yml").unlink()
    with caplog.at_level(logging.ERROR):
        assert installed.keeper.look(Event()) == "retrain"
    (job,) = jobs.jobs(installed.engine, DEFAULT_TENANT)
    assert job.state is JobState.FAILED
    assert job.error
    assert job.error in caplog.text
    assert installed.in_use() == 1
    assert installed.keeper.look(Event()) != "retrain"  # the same word is not tried for ever


@pytest.mark.long
def test_a_day_without_a_word_is_enough_and_so_is_an_edited_rule(installed: Tended) -> None:
    installed.train()
    installed.now += DAY - 1
    assert installed.keeper.look(Event()) is None
    installed.now += 1
    assert installed.keeper.look(Event()) == "retrain"
    installed.now += 10
    edited = TEXT.replace("/curl", "/curl5")
    (installed.rules / "download_tool.yml").write_text(edited)
    installed.live.current = parse_rules([("download_tool.yml", edited)])
    assert installed.keeper.look(Event()) == "retrain"
    reasons = [v.reason for v in model_versions.versions(installed.engine, DEFAULT_TENANT)]
    assert reasons[:2] == [
        "rules were edited: models of other texts only observe",
        "24 hours have passed",
    ]


def suppressed(installed: Tended, count: int) -> None:
    """Matches that came a minute after a training, and were expected; two days have passed."""
    came = installed.now + 60_000
    rows: list[dict[str, object]] = [
        {
            "match_uid": f"new-{number}",
            "event_uid": f"new-{number}",
            "time": came + number,
            "ingested_time": came + number,
        }
        for number in range(count)
    ]
    judged = [
        {"tenant": DEFAULT_TENANT, "rule_id": RULE, "outcome": "suppressed", "basis": "expected"}
        | {name: row[name] for name in ("match_uid", "event_uid", "time")}
        for row in rows
    ]
    late = came + 2 * DAY
    rows.append({"match_uid": "last", "event_uid": "l", "time": late, "ingested_time": late})
    told = pa.Table.from_batches([batch_of(judged, PREDICTION_SCHEMA)])
    installed.stores.lake.commit({"matches": matches(rows)}, Cursor("shard", 2))
    installed.stores.lake.commit({"predictions": told}, Cursor("judge", 2))
    installed.now = came + 2 * DAY


@pytest.mark.long
@pytest.mark.parametrize(("count", "due"), [(99, False), (100, True)])
def test_enough_new_matches_are_a_reason_to_train_before_the_time(
    tmp_path: Path, count: int, due: object
) -> None:
    """A fifth of the 500 or so that the models learned from, and at least the set number."""
    with opened(tmp_path / "data") as stores:
        rhythm = replace(RHYTHM, retrain=30 * DAY, new_matches=0.1, least_new_matches=100)
        installed = Tended(tmp_path, stores, replace(SETTINGS, rhythm=rhythm))
        installed.train()
        suppressed(installed, count)
        done = installed.keeper.look(Event())
        assert (done == "retrain") is due
        newest = model_versions.versions(installed.engine, DEFAULT_TENANT)[0]
        if due:
            assert newest.reason == "100 new matches may teach, and the models learned from 520"
            assert installed.keeper.look(Event()) != "retrain"  # they are not new any more


def test_the_share_of_what_was_learned_counts_where_it_is_more_than_the_least(
    tmp_path: Path,
) -> None:
    with opened(tmp_path / "data") as stores:
        rhythm = replace(RHYTHM, retrain=30 * DAY, new_matches=0.2, least_new_matches=100)
        installed = Tended(tmp_path, stores, replace(SETTINGS, rhythm=rhythm))
        installed.train()
        suppressed(installed, 103)
        assert installed.keeper.look(Event()) != "retrain"  # a fifth of 520 are 104


@pytest.mark.long
def test_after_a_rollback_nothing_is_trained_until_a_person_goes_on(
    installed: Tended,
) -> None:
    installed.train()
    installed.train()
    person = Person("ana", "the old ones were better", installed.now)
    ordering.roll_back(installed.engine, DEFAULT_TENANT, 1, person)
    installed.dismiss()
    installed.now += 2 * DAY
    assert installed.keeper.look(Event()) != "retrain"
    ordering.roll_back(installed.engine, DEFAULT_TENANT, 2, person)
    assert installed.keeper.look(Event()) == "retrain"


def test_a_server_that_stops_ends_a_training_and_says_so(installed: Tended) -> None:
    installed.train()
    installed.dismiss()
    stop = Event()
    thread = Thread(target=installed.keeper.run, args=(stop,))
    thread.start()
    while not jobs.jobs(installed.engine, DEFAULT_TENANT):
        time.sleep(0.01)
    stop.set()
    thread.join(timeout=20)
    assert not thread.is_alive()
    (job,) = jobs.jobs(installed.engine, DEFAULT_TENANT)
    assert job.state is JobState.FAILED
    assert "done again" in str(job.error)
    assert installed.in_use() == 1


@pytest.mark.long
def test_where_its_cluster_does_not_answer_the_models_stay_and_the_job_says_why(
    installed: Tended, tmp_path: Path
) -> None:
    installed.train()
    installed.dismiss()
    with socket.socket() as taken:  # bound and not listening: nobody else answers there
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        place = Place(tmp_path / "data", DEFAULT_TENANT, installed.rules, cluster=address)
        stores = (installed.stores, installed.live)
        Retraining(stores, SETTINGS, place, lambda: installed.now).look(Event())
    assert installed.in_use() == 1
    job = jobs.jobs(installed.engine, DEFAULT_TENANT)[0]
    assert f"{address}: no Ray cluster answers" in str(job.error)
