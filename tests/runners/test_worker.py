"""The live pipeline gives what a replay gives, whatever comes between."""

import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread

import orjson
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from tests.recording import extract
from tests.runners.installation import (
    NOW,
    POLICY,
    RULES,
    SETTINGS,
    Held,
    LogStores,
    bodies_of,
    body,
    drain,
    fill,
    held,
    opened,
    worker_of,
)

from foreseen.control.cursors import checkpoint
from foreseen.control.database import open_database, writing
from foreseen.core.ids import DEFAULT_TENANT, TenantId
from foreseen.intake.log import Entry, EntryKind
from foreseen.lake.lake import Lake
from foreseen.runners import server
from foreseen.runners.installation import Installation, Stores
from foreseen.runners.replay import ReplayOrder, replay
from foreseen.runners.server import working
from foreseen.runners.shards import partition
from foreseen.runners.shards.committing import place_of
from foreseen.runners.shards.partition import TABLES
from foreseen.schema.arrow import texts
from foreseen.studies.gates import Bars
from foreseen.studies.train import Order, Stored, train_models

LINES = 2_000
PLACE = ["event_uid", "match_uid", "ingested_time"]
"""What tells a live event from a replayed one: its source, its place there, its arrival."""


@pytest.fixture(scope="session")
def log() -> bytes:
    """What agents send in these tests."""
    return extract(LINES)


@pytest.fixture(scope="session")
def calm(tmp_path_factory: pytest.TempPathFactory, log: bytes) -> Held:
    """What an installation holds when nothing disturbed it."""
    data = tmp_path_factory.mktemp("calm")
    fill(data, bodies_of(log, range(100, LINES, 100)))
    drain(data)
    return held(data)


@pytest.fixture(scope="session")
def replayed(tmp_path_factory: pytest.TempPathFactory, log: bytes) -> Lake:
    """The lake of a replay of the same bytes as a file."""
    folder = tmp_path_factory.mktemp("replayed")
    (folder / "log").write_bytes(log)
    order = ReplayOrder([str(folder / "log")], "auditd", RULES, folder / "data", NOW)
    return replay(order).lake


def without_places(table: pa.Table) -> pa.Table:
    return table.drop_columns([name for name in PLACE if name in table.column_names])


@settings(max_examples=3, deadline=None)
@given(data=st.data())
def test_live_equals_replay_whatever_the_bodies_batches_and_restarts(
    replayed: Lake, log: bytes, data: st.DataObject
) -> None:
    cuts = data.draw(st.lists(st.integers(0, LINES), max_size=8))
    restarts = data.draw(st.lists(st.booleans(), min_size=9, max_size=9))
    with TemporaryDirectory() as name, opened(Path(name)) as stores:
        live = worker_of(stores)
        for each, restart in zip(bodies_of(log, cuts), restarts, strict=False):
            stores.intake.append([body(each)])
            if restart:
                live = worker_of(stores)
            live.drain()
        stores.intake.append([body(b"", EntryKind.END)])
        while live.drain():
            pass
        found = held(Path(name))
    for table, live_rows in (("events", found.events), ("matches", found.matches)):
        assert without_places(live_rows) == without_places(replayed.read(table))


def test_lines_are_counted_as_they_were_sent(tmp_path: Path, log: bytes) -> None:
    fill(tmp_path, bodies_of(log, [700, 1_400]))
    drain(tmp_path)
    rows = Lake.open(tmp_path / "lake").read("rollups").to_pylist()
    assert sum(row["count"] for row in rows if row["counted"] == "received") == LINES


def test_arrival_is_kept_apart_from_event_time(calm: Held) -> None:
    assert set(calm.events["ingested_time"].to_pylist()) == {NOW}
    assert NOW not in set(calm.events["time"].to_pylist())


def test_every_match_has_one_prediction_and_every_alerted_one_an_alert(calm: Held) -> None:
    matches = texts(calm.matches, "match_uid")
    assert len(matches) == len(set(matches)) > 50
    assert sorted(texts(calm.predictions, "match_uid")) == sorted(matches)
    members = [uid for alert in calm.alerts for uid in alert.members]
    assert sorted(members) == sorted(matches)  # without models every match alerts


def test_ticks_and_other_tenants_move_the_cursor_and_nothing_else(
    tmp_path: Path, calm: Held, log: bytes
) -> None:
    other = Entry(TenantId("other"), "agent", "p", "auditd", NOW, log)
    with opened(tmp_path) as stores:
        for each in bodies_of(log, [700, 1_400]):
            stores.intake.append([body(b"", EntryKind.TICK), other])
            stores.intake.append([body(each)])
        stores.intake.append([body(b"", EntryKind.END)])
    drain(tmp_path)
    found = held(tmp_path)
    assert without_places(found.events) == without_places(calm.events)
    assert set(texts(found.events, "tenant")) == {DEFAULT_TENANT}


@pytest.fixture(scope="session")
def history(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """A lake with enough history to train on."""
    folder = tmp_path_factory.mktemp("history")
    (folder / "log").write_bytes(extract(16_000))
    return replay(ReplayOrder([str(folder / "log")], "auditd", RULES, folder / "data", NOW)).lake


def test_the_last_event_of_a_quiet_host_is_judged_without_another_one(
    tmp_path: Path, log: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "TICK_SECONDS", 0.1)
    monkeypatch.setattr(server, "wall_clock", lambda: NOW + 10_000)
    with opened(tmp_path) as stores:
        with working(Installation(stores, DEFAULT_TENANT, SETTINGS), RULES) as failed:
            wait_until(lambda: stores.log.end > 0)  # a tick before there is anything
            stores.intake.append([body(log)])
            wait_until(lambda: failed.is_set() or stored_lines(tmp_path) == LINES)
            wait_until(lambda: is_quiet(stores))
        ticks = [each for each in stores.log.read(0, 1 << 30) if not each.entry.data]
        assert 2 <= len(ticks) <= 6


def stored_lines(data: Path) -> int:
    found = held(data)
    kept = sum(raw.count("\n") + 1 for raw in texts(found.events, "raw"))
    return kept + found.quarantine.num_rows


def is_quiet(stores: LogStores) -> bool:
    end = stores.log.end
    time.sleep(0.5)
    return end == stores.log.end


def stored_models(data: Path, lake: Lake) -> Stored:
    """Models trained elsewhere, stored by a connection of its own."""
    control = open_database(data / "control.db")
    order = Order(
        DEFAULT_TENANT,
        NOW,
        POLICY.budget,
        POLICY.least_history,
        seed=1,
        now=NOW,
        accepted=True,
        bars=Bars.none(),
    )
    stored = train_models(lake, control, RULES, order)
    control.dispose()
    return stored


@pytest.mark.long
def test_new_models_are_taken_up_between_batches(tmp_path: Path, history: Lake, log: bytes) -> None:
    first, second = bodies_of(log, [1_000])
    with opened(tmp_path) as stores:
        live = worker_of(stores)
        stores.intake.append([body(first)])
        while live.drain():
            pass
        before = held(tmp_path).predictions
        stored = stored_models(tmp_path, history)
        stores.intake.append([body(second)])
        while live.drain():
            pass
    rows = held(tmp_path).predictions.to_pylist()
    known = set(texts(before, "match_uid"))
    assert [row for row in rows if row["match_uid"] in known] == before.to_pylist()
    later = [row for row in rows if row["match_uid"] not in known]
    assert {orjson.loads(row["artefacts"]).get("foresight") for row in later} == {stored.hash}
    assert {row["model"] for row in later if row["model"]} <= set(stored.foresight.hashes.values())
    assert {row["outcome"] for row in later} == {"suppressed", "alerted"}


@pytest.mark.long
@pytest.mark.parametrize("kind", ["model", "foresight"])
def test_with_models_that_cannot_be_read_everything_alerts(
    tmp_path: Path, history: Lake, log: bytes, kind: str
) -> None:
    with opened(tmp_path) as stores:
        live = worker_of(stores)
        stored_models(tmp_path, history)
        with writing(stores.control) as session:
            harm = text("UPDATE artefact SET content = :zero WHERE kind = :kind")
            session.execute(harm, {"kind": kind, "zero": b"\0"})
        for worker in (live, None):  # in a running server, and in a starting one
            stores.intake.append([body(log)])
            at_work = worker or worker_of(stores)
            while at_work.drain():
                pass
    found = held(tmp_path)
    assert found.predictions.num_rows == found.matches.num_rows > 50
    assert set(texts(found.predictions, "outcome")) == {"alerted"}


def failing(place: str, error: Exception, *, times: int) -> Callable[[str], None]:
    """A failpoint that fails at a place the second time it is reached, and after."""
    passed = [0]

    def failpoint(name: str) -> None:
        if name == place:
            passed[0] += 1
            if 1 < passed[0] <= 1 + times:
                raise error

    return failpoint


@pytest.mark.long
@pytest.mark.parametrize("table", ["events", "matches", "quarantine", "predictions"])
def test_a_disk_that_was_full_for_a_while_loses_and_doubles_nothing(
    tmp_path: Path, calm: Held, log: bytes, monkeypatch: pytest.MonkeyPatch, table: str
) -> None:
    monkeypatch.setattr(server, "_RETRY_SECONDS", 0.01)
    monkeypatch.setattr(partition, "BATCH_BYTES", 100_000)
    fill(tmp_path, bodies_of(log, range(100, LINES, 100)))
    full = failing(f"lake.before_{table}", OSError(28, "No space left on device"), times=3)
    with opened(tmp_path, full) as stores:
        end = stores.log.end
        with working(Installation(stores, DEFAULT_TENANT, SETTINGS), RULES) as failed:
            wait_until(lambda: failed.is_set() or is_done(stores, end))
        assert not failed.is_set()
    drain(tmp_path)
    assert held(tmp_path) == calm


def is_done(stores: Stores, end: int) -> bool:
    worked = stores.lake.progress(place_of(DEFAULT_TENANT, 0, 1).name, TABLES).done
    judge = checkpoint(stores.control, DEFAULT_TENANT, "judge")
    if worked is None or judge is None or worked < end:
        return False
    return not any(stores.lake.since("matches", judge.version))


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_worker_that_fails_for_good_says_so_and_its_successor_goes_on(
    tmp_path: Path, calm: Held, log: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partition, "BATCH_BYTES", 100_000)
    fill(tmp_path, bodies_of(log, range(100, LINES, 100)))
    broken = failing("lake.after_events", RuntimeError("a bug"), times=1)
    with (
        opened(tmp_path, broken) as stores,
        working(Installation(stores, DEFAULT_TENANT, SETTINGS), RULES) as failed,
    ):
        assert failed.wait(60)
    assert held(tmp_path).events.num_rows < calm.events.num_rows
    drain(tmp_path)
    assert held(tmp_path) == calm


def test_events_that_trickle_in_gather_so_that_commits_are_a_second_apart(
    tmp_path: Path, log: bytes
) -> None:
    lines, stop = log.splitlines(keepends=True), Event()
    with opened(tmp_path) as stores:
        worker = worker_of(stores)
        thread = Thread(target=worker.run, args=(stop,))
        begun, before = time.monotonic(), stores.lake.version("events")
        thread.start()
        for place in range(0, 600, 20):
            stores.intake.append([body(b"".join(lines[place : place + 20]))])
            time.sleep(0.1)
        stop.set()
        thread.join()
        seconds, commits = time.monotonic() - begun, stores.lake.version("events") - before
        worker.stop()
    assert 1 <= commits <= seconds + 1
