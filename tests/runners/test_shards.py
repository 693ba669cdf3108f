"""Streams divided among shards: what they give is what one shard gives, whatever comes between."""

import os
import shutil
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import TYPE_CHECKING, cast

import pyarrow as pa
import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st
from tests.recording import extract
from tests.runners.installation import NOW, RULES, SETTINGS, Held, LogStores, body, held, opened

from foreseen.core.errors import CorruptError, TransientError
from foreseen.core.ids import DEFAULT_TENANT
from foreseen.intake.keys import partition_of_source
from foreseen.intake.log import Entry, EntryKind
from foreseen.runners.installation import Installation, Sharding, Stores
from foreseen.runners.links.link import Begin
from foreseen.runners.links.processes import ProcessLinks
from foreseen.runners.rules.watch import LiveRules
from foreseen.runners.shards import partition
from foreseen.runners.shards.beginning import begun
from foreseen.runners.shards.committing import place_of
from foreseen.runners.shards.dividing import division
from foreseen.runners.shards.partition import TABLES
from foreseen.runners.worker import Worker
from foreseen.schema.arrow import texts

if TYPE_CHECKING:
    from foreseen.runners.shards.feeds import Feed
    from foreseen.runners.shards.serving import BeginShard

LINES = 2_000
NODES = (b"web-1", b"ci-1", b"db-1", b"bastion-1")
SHARDS = 2
IN_PROCESSES = Sharding(SHARDS, ProcessLinks)


class Sent(list[Entry]):
    """Entries that a failing test does not print."""

    def __repr__(self) -> str:
        return f"<{len(self)} entries>"


@pytest.fixture(scope="session")
def entries() -> Sequence[Entry]:
    """What the agents of four hosts sent, in turns, and that each has ended."""
    lines = extract(LINES).splitlines(keepends=True)
    cuts = [*range(0, LINES, 150), LINES]
    sent: list[Entry] = []
    for start, end in pairwise(cuts):
        for node in NODES:
            own = [line for line in lines[start:end] if line.startswith(b"node=" + node + b" ")]
            sent.append(body(b"".join(own), source=f"{node.decode()}/auditd"))
    ends = (body(b"", EntryKind.END, f"{node.decode()}/auditd") for node in NODES)
    return Sent([*sent, *ends])


@pytest.fixture(scope="session")
def calm(tmp_path_factory: pytest.TempPathFactory, entries: Sequence[Entry]) -> Held:
    """What one shard gives that nothing disturbs."""
    data = tmp_path_factory.mktemp("calm")
    with opened(data) as stores:
        for entry in entries:
            stores.intake.append([entry])
        finish(stores, Sharding())
    return held(data)


def worker_of(stores: Stores, sharding: Sharding) -> Worker:
    installation = Installation(stores, DEFAULT_TENANT, SETTINGS, sharding)
    return Worker(installation, LiveRules(RULES))


def finish(stores: LogStores, sharding: Sharding) -> None:
    """Work until nothing waits, and stop in order."""
    worker = worker_of(stores, sharding)
    drain(worker, stores, sharding)
    worker.stop()


def drain(worker: Worker, stores: LogStores, sharding: Sharding) -> None:
    deadline = time.monotonic() + 240
    while worker.drain() or (sharding.elsewhere and not is_through(stores, sharding.shards)):
        assert time.monotonic() < deadline


def is_through(stores: LogStores, count: int) -> bool:
    names = [place_of(DEFAULT_TENANT, number, count).name for number in range(count)]
    done = [stores.lake.progress(name, TABLES).done for name in names]
    return all(each == stores.log.end for each in done)


def assert_equal(found: Held, calm: Held) -> None:
    """Equal but for places in the log, which ticks move, and the order of the judge's matches."""
    for table in ("events", "matches", "quarantine"):
        assert placeless(getattr(found, table)) == placeless(getattr(calm, table))
    own = sorted(texts(found.matches, "match_uid"))
    assert len(set(texts(found.events, "event_uid"))) == found.events.num_rows
    assert sorted(texts(found.predictions, "match_uid")) == own
    assert sorted(uid for alert in found.alerts for uid in alert.members) == own


def placeless(table: pa.Table) -> pa.Table:
    return table.drop_columns([n for n in ("event_uid", "match_uid") if n in table.column_names])


def test_hosts_of_these_tests_have_different_shards() -> None:
    owners = {partition_of_source(DEFAULT_TENANT, node.decode(), SHARDS) for node in NODES}
    assert len(owners) > 1


@dataclass(frozen=True)
class Turn:
    """What a worker does: takes over at an entry, in a division, and ends in order or does not."""

    begins: int
    shards: int
    ticks: bool
    ends_in_order: bool


TURNS = st.lists(
    st.builds(Turn, st.integers(0, 55), st.integers(1, 4), st.booleans(), st.booleans()),
    max_size=3,
)


@pytest.mark.long
@settings(max_examples=4, deadline=None, phases=[Phase.explicit, Phase.generate])
@example([Turn(0, 1, ticks=False, ends_in_order=False), Turn(20, 3, True, False)])  # noqa: FBT003
@given(turns=TURNS)
def test_any_divisions_restarts_and_ticks_between_give_what_one_shard_gives(
    entries: Sequence[Entry], calm: Held, turns: list[Turn]
) -> None:
    ordered = sorted(turns, key=lambda turn: turn.begins)
    last = Turn(len(entries), 2, ticks=True, ends_in_order=True)
    with TemporaryDirectory() as name, opened(Path(name)) as stores:
        for start, turn in pairwise([Turn(0, 1, ticks=False, ends_in_order=True), *ordered, last]):
            for entry in entries[start.begins : turn.begins]:
                stores.intake.append([entry])
            if turn.ticks:
                stores.intake.append([body(b"", EntryKind.TICK, source="")])
            sharding = Sharding(turn.shards)
            worker = worker_of(stores, sharding)
            if turn.ends_in_order:
                drain(worker, stores, sharding)
                worker.stop()
            else:
                worker.drain()
        found = held(Path(name))
    assert_equal(found, calm)


@pytest.mark.long
@pytest.mark.parametrize("late", [False, True])
def test_other_divisions_in_the_middle_of_every_source_change_nothing(
    tmp_path: Path, entries: Sequence[Entry], *, late: bool
) -> None:
    ends = len(entries) - len(NODES)
    plan = [(0, 10, 1), (10, 30, 3), (30, 40, 2), (40, ends, 1), (ends, len(entries), 2)]
    found = []
    for name, divided in (("one", False), ("many", True)):
        with opened(tmp_path / name) as stores:
            for start, end, shards in plan:
                for entry in entries[start:end]:
                    stores.intake.append([entry])
                if late:  # than anything that a parser waits for
                    tick = replace(body(b"", EntryKind.TICK, source=""), received=NOW + 600_000)
                    stores.intake.append([tick])
                finish(stores, Sharding(shards if divided else 1))
        found.append(held(tmp_path / name))
    one, many = found
    assert len(set(texts(many.events, "event_uid"))) == many.events.num_rows
    for table in ("events", "matches", "quarantine"):
        assert getattr(many, table) == getattr(one, table)


@pytest.mark.long
def test_shards_in_processes_give_what_one_shard_gives(
    tmp_path: Path, entries: Sequence[Entry], calm: Held
) -> None:
    with opened(tmp_path) as stores:
        for entry in entries:
            stores.intake.append([entry])
        finish(stores, IN_PROCESSES)
        assert found_division(stores) == SHARDS
    assert_equal(held(tmp_path), calm)


@pytest.mark.long
def test_newer_rules_reach_a_shard_that_has_much_to_say(
    tmp_path: Path, entries: Sequence[Entry]
) -> None:
    links: list[ProcessLinks] = []

    def started(begins: Sequence[Begin]) -> ProcessLinks:
        links.append(ProcessLinks(begins))
        return links[0]

    with opened(tmp_path) as stores:
        for entry in entries:
            stores.intake.append([entry])
        sharding = Sharding(1, started)
        _, shards = begun(Installation(stores, DEFAULT_TENANT, SETTINGS, sharding), RULES)
        shards.ready()
        assert links[0].speaking([0], 120)  # and waits until somebody listens
        exchange = Thread(target=shards.use, args=(RULES,), daemon=True)
        exchange.start()
        exchange.join(15)
        hangs = exchange.is_alive()
        links[0].close()
        assert not hangs


def test_a_lake_that_is_ahead_of_its_intake_is_refused(
    tmp_path: Path, entries: Sequence[Entry]
) -> None:
    with opened(tmp_path) as stores:
        stores.intake.append(entries[:4])
        finish(stores, Sharding())
    shutil.rmtree(tmp_path / "intake")
    for file in tmp_path.glob("control.*"):
        file.unlink()
    with opened(tmp_path) as stores, pytest.raises(CorruptError, match="another intake"):
        worker_of(stores, Sharding())


@pytest.mark.long
def test_an_error_of_ours_in_a_shard_ends_the_server_instead_of_being_tried_for_ever(
    tmp_path: Path,
) -> None:
    def spoiled(begins: Sequence[Begin]) -> ProcessLinks:
        return ProcessLinks([replace(cast("BeginShard", begins[0]), feed=cast("Feed", None))])

    with opened(tmp_path) as stores:
        stores.intake.append([body(b"x\n")])
        worker = worker_of(stores, Sharding(1, spoiled))
        with pytest.raises(CorruptError, match="failed"):
            drain(worker, stores, Sharding(1, spoiled))
        worker.abandon()


def found_division(stores: Stores) -> int:
    found = division(stores.control, DEFAULT_TENANT)
    assert found is not None
    return found.partitions


@pytest.mark.slow
def test_a_shard_process_that_is_killed_loses_and_doubles_nothing(
    tmp_path: Path, entries: Sequence[Entry], calm: Held
) -> None:
    half = len(entries) // 2
    with opened(tmp_path) as stores:
        for entry in entries[:half]:
            stores.intake.append([entry])
        worker = worker_of(stores, IN_PROCESSES)
        drain(worker, stores, IN_PROCESSES)
        os.kill(worker.process_ids[0], signal.SIGKILL)
        for entry in entries[half:]:
            stores.intake.append([entry])
        with pytest.raises(TransientError, match="has died"):
            drain(worker, stores, IN_PROCESSES)
        worker.abandon()
        finish(stores, IN_PROCESSES)
    assert_equal(held(tmp_path), calm)


def test_a_stretch_that_is_torn_between_tables_is_delivered_again_whole(
    tmp_path: Path, entries: Sequence[Entry], calm: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partition, "BATCH_BYTES", 60_000)
    sharding = Sharding(2)
    third = len(entries) // 3
    places = ("lake.after_events", "lake.before_quarantine", "lake.before_matches")
    for number, place in enumerate(places):
        with opened(tmp_path, torn_at(place)) as stores:
            for entry in entries[number * third : (number + 1) * third]:
                stores.intake.append([entry])
            with pytest.raises(RuntimeError):
                drain(worker_of(stores, sharding), stores, sharding)
    with opened(tmp_path) as stores:
        for entry in entries[len(places) * third :]:
            stores.intake.append([entry])
        finish(stores, sharding)
    assert_equal(held(tmp_path), calm)


def torn_at(place: str) -> Callable[[str], None]:
    """A failpoint that fails at a place."""

    def failpoint(name: str) -> None:
        if name == place:
            raise RuntimeError(place)

    return failpoint
