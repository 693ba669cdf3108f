"""Correlations in the running system: replay and worker say the same, and what they say is kept."""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from time import monotonic, sleep

import pyarrow.compute as pc
import pytest
from tests.runners.counting import (
    ANSWERED,
    AUDIT,
    COMPILED,
    FIRED,
    MINUTE,
    START,
    calm_installation,
    entry,
    refused,
    replayed,
    run,
    tick,
    told,
)
from tests.runners.installation import NOW, SETTINGS, Held, held, opened

from foreseen.core.decisions import Basis, Outcome
from foreseen.core.ids import DEFAULT_TENANT, RuleId
from foreseen.intake.log import EntryKind
from foreseen.lake.cursors import judge_of
from foreseen.lake.lake import Lake
from foreseen.runners import server
from foreseen.runners.installation import Installation
from foreseen.runners.rules.watch import LiveRules
from foreseen.runners.server import working
from foreseen.runners.worker import Alarm, Worker
from foreseen.schema.arrow import texts
from foreseen.studies.history import Evidence, clean_history
from foreseen.studies.rule_stats import rule_stats
from foreseen.studies.train import _outcomes


@pytest.fixture(scope="session")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Held:
    """What an installation holds when nothing disturbed it."""
    return calm_installation(tmp_path_factory.mktemp("calm"))


def test_replay_and_worker_raise_the_same_alerts(tmp_path: Path, calm: Held) -> None:
    result = replayed(tmp_path)
    assert {(a.rule, a.sentences[0]) for a in result.alerts} >= FIRED
    assert told(calm.alerts) == told(result.alerts)


def test_what_only_counts_is_silent_and_what_generates_speaks(calm: Held) -> None:
    rows = calm.predictions.select(["rule_id", "outcome", "basis"]).to_pylist()
    found = Counter((row["rule_id"], row["outcome"]) for row in rows)
    assert found == {
        ("failed", "suppressed"): 5,
        ("win_failed", "alerted"): 5,
        ("download", "alerted"): 1,
        ("guessing", "alerted"): 1,
        ("spraying", "alerted"): 1,
        ("lonely", "alerted"): 1,
    }
    counted = {row["basis"] for row in rows if row["rule_id"] == "failed"}
    assert counted == {Basis.COUNTED.value}


def test_a_firing_is_a_match_of_the_lake_with_its_event_once(calm: Held) -> None:
    assert sorted(texts(calm.matches, "match_uid")) == sorted(texts(calm.predictions, "match_uid"))
    rows = {row["rule_id"]: row for row in calm.matches.to_pylist()}
    (base,) = [row for row in calm.matches.to_pylist() if row["rule_id"] == "download"]
    assert rows["lonely"]["event_uid"] == base["event_uid"]
    assert rows["lonely"]["original_uid"] == base["original_uid"]


def test_a_question_of_absence_waits_for_the_time_in_the_log(
    tmp_path: Path,
) -> None:
    with opened(tmp_path) as stores:
        alarm = Alarm()
        live = Worker(Installation(stores, DEFAULT_TENANT, SETTINGS), LiveRules(COMPILED), alarm)
        stores.intake.append([entry(b"".join(AUDIT), "auditd")])
        stores.intake.append([entry(b"", "auditd", EntryKind.END)])
        while live.drain():
            pass
        assert alarm.due == START + 30 * MINUTE
        for now in (START + 29 * MINUTE, START + 30 * MINUTE):
            assert "lonely" not in texts(held(tmp_path).matches, "rule_id")
            stores.intake.append([tick(now)])
            live = Worker(
                Installation(stores, DEFAULT_TENANT, SETTINGS), LiveRules(COMPILED), alarm
            )
            while live.drain():
                pass
        assert texts(held(tmp_path).matches, "rule_id").count("lonely") == 1
        assert alarm.due is None


@pytest.mark.long
def test_a_quiet_server_ticks_when_what_waits_is_due(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [START + 8 * MINUTE]
    monkeypatch.setattr(server, "TICK_SECONDS", 0.05)
    monkeypatch.setattr(server, "wall_clock", lambda: clock[0])
    with opened(tmp_path) as stores:
        stores.intake.append([entry(b"".join(AUDIT), "auditd")])
        stores.intake.append([entry(b"", "auditd", EntryKind.END)])
        with working(Installation(stores, DEFAULT_TENANT, SETTINGS), COMPILED) as failed:
            wait_until(lambda: "download" in texts(held(tmp_path).predictions, "rule_id"))
            failed.wait(0.5)  # the two ticks after what came last
            clock[0] = ANSWERED
            wait_until(lambda: "lonely" in texts(held(tmp_path).predictions, "rule_id"))
            failed.wait(0.3)
        assert not failed.is_set()
        entries = stores.log.read(0, 1 << 30)
        late = [each for each in entries if each.entry.received == ANSWERED and not each.entry.data]
        assert 1 <= sum(each.entry.kind is EntryKind.TICK for each in late) <= 4


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = monotonic() + 60
    while not condition():
        assert monotonic() < deadline
        sleep(0.05)


def test_what_is_only_counted_alerts_in_an_open_incident(
    tmp_path: Path,
) -> None:
    story = [run(1, 0, "/usr/bin/curl", 500), run(2, 1, "/bin/sh", 501, 500)]
    result = replayed(tmp_path, [run(3, 0, "/bin/sh", 700), *story])
    rows = result.lake.read("predictions").filter(pc.field("rule_id") == "shell").to_pylist()
    found = sorted((row["time"] - START, row["basis"], row["outcome"]) for row in rows)
    assert found == [
        (0, Basis.COUNTED.value, "suppressed"),
        (MINUTE, Basis.OPEN_INCIDENT.value, "alerted"),
    ]


def test_neither_firings_nor_what_is_only_counted_can_teach(
    tmp_path: Path,
) -> None:
    result = replayed(tmp_path)
    judged = result.lake.read("predictions", ["match_uid", "outcome", "basis", "rule_id"])
    taught = _outcomes(judged)
    by_rule = dict(zip(texts(judged, "match_uid"), texts(judged, "rule_id"), strict=True))
    assert {by_rule[uid] for uid in taught}.isdisjoint({"failed"})
    assert "failed" in set(by_rule.values())
    marked = {rule.id for rule in COMPILED.rules}
    assert marked.isdisjoint({each.correlation.id for each in COMPILED.correlations.rules})


def test_statistics_count_a_firing_once(
    tmp_path: Path,
) -> None:
    result = replayed(tmp_path)
    with opened(tmp_path / "data") as stores:
        done = rule_stats(result.lake, stores.control, DEFAULT_TENANT)
    assert (done["guessing"].matches, done["guessing"].judged, done["guessing"].alerts) == (1, 1, 1)
    assert (done["failed"].matches, done["failed"].suppressed) == (5, 5)


def test_the_judge_does_not_judge_its_own_firings(
    tmp_path: Path,
) -> None:
    result = replayed(tmp_path)
    own = [
        each
        for each in Lake.open(tmp_path / "data" / "lake").since("matches", 0)
        if judge_of(DEFAULT_TENANT) in each.producers
    ]
    assert sorted(name for each in own for name in texts(each.rows, "rule_id")) == [
        "guessing",
        "lonely",
        "spraying",
    ]
    again = replayed(tmp_path)
    assert told(again.alerts) == told(result.alerts)


def lost_lines(rows: Sequence[bytes]) -> list[bytes]:
    """Failures and one more, far older than the newest of its group."""
    return [*rows, refused(90, -120)]


def test_what_correlations_lose_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    result = replayed(tmp_path, lost_lines(AUDIT))
    lost = {("correlation guessing", "event is older than the lateness allows"): 1}
    assert result.verdicts.lost == lost
    said = [record.message for record in caplog.records if "guessing" in record.message]
    assert len(said) == 1
    assert "event is older than the lateness allows" in said[0]


def test_an_incident_of_a_firing_disturbs_the_history_of_its_host(calm: Held) -> None:
    (firing,) = [row for row in calm.matches.to_pylist() if row["rule_id"] == "guessing"]
    silent = {
        uid: Outcome.SUPPRESSED
        for uid, rule in zip(
            texts(calm.matches, "match_uid"), texts(calm.matches, "rule_id"), strict=True
        )
        if rule == "download"
    }
    marked, later = {RuleId("download")}, NOW + 10 * 24 * 60 * MINUTE
    before = clean_history(calm.matches, Evidence(0, silent), marked, later)
    assert list(before) == ["download"]
    tainted = Evidence(0, silent, tainted={firing["match_uid"]})
    assert clean_history(calm.matches, tainted, marked, later) == {}
