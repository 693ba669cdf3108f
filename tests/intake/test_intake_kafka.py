"""Kafka as intake: brokers go down, clients are killed, retention passes; nothing goes silently."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from confluent_kafka import Producer
from tests.intake.brokers import KafkaServer

from foreseen.core.errors import (
    ConfigurationError,
    MalformedInputError,
    NotFoundError,
    TransientError,
)
from foreseen.intake.entries import Entry, EntryKind
from foreseen.intake.kafka import KafkaIntake, KafkaPartition, KafkaPlace
from foreseen.intake.keys import partition_of
from foreseen.intake.protocol import BacklogFullError
from foreseen.intake.records import FOREIGN

LIMIT = 1 << 30
Make = Callable[..., Entry]
_WRITER = """
import sys
from foreseen.intake.entries import Entry
from foreseen.intake.kafka import KafkaIntake, KafkaPlace

intake = KafkaIntake.open(KafkaPlace(sys.argv[1], sys.argv[2]))
number = 0
while True:
    data = f"{sys.argv[3]}-{number}"
    intake.append([Entry("default", "web-1", "p", "auditd", 0, data.encode())])
    print(data, flush=True)
    number += 1
"""
_READER = """
import sys
from pathlib import Path
from foreseen.intake.kafka import KafkaPartition, KafkaPlace

reader = KafkaPartition.open(KafkaPlace(sys.argv[1], sys.argv[2]), 0)
kept = Path(sys.argv[3])  # rows and the cursor behind them in one line, as a lake's transaction
lines = kept.read_text().splitlines() if kept.exists() else []
cursor = int(lines[-1].split()[-1]) if lines else reader.first
while True:
    for stored in reader.read(cursor, 2000):
        with kept.open("a") as out:
            out.write(f"{stored.entry.data.decode()} {stored.end}" + chr(10))
        cursor = stored.end
    print(cursor, flush=True)
"""


def place_at(server: KafkaServer, partitions: int = 1) -> KafkaPlace:
    return KafkaPlace(server.servers, server.topic(partitions), patience=20.0)


def everything(place: KafkaPlace, partition: int = 0) -> list[Entry]:
    found: list[Entry] = []
    with closing(KafkaPartition.open(place, partition)) as reader:
        cursor = reader.first
        while cursor < reader.end:
            part = reader.read(cursor, LIMIT)
            found += [stored.entry for stored in part]
            cursor = part[-1].end if part else cursor
    return found


def test_killed_writers_lose_nothing_that_was_acknowledged(kafka_shared: KafkaServer) -> None:
    place = place_at(kafka_shared)
    acknowledged: list[str] = []
    for life in range(3):
        arguments = [sys.executable, "-c", _WRITER, place.servers, place.topic, str(life)]
        writer = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)
        assert writer.stdout is not None
        acknowledged += [writer.stdout.readline().strip() for _ in range(30)]
        writer.kill()
        rest, _ = writer.communicate()
        acknowledged += rest[: rest.rfind("\n") + 1].split()
    stored = [entry.data.decode() for entry in everything(place)]
    assert set(acknowledged) <= set(stored)
    assert len(stored) == len(set(stored)) <= len(acknowledged) + 3


def test_a_killed_reader_goes_on_at_its_own_cursor(
    kafka_shared: KafkaServer, make_entry: Make, tmp_path: Path
) -> None:
    place = place_at(kafka_shared)
    kept = tmp_path / "kept"
    with closing(KafkaIntake.open(place)) as intake:
        given = [b"%d" % each for each in range(600)]
        for life in range(3):
            intake.append([make_entry(data) for data in given[life * 200 : life * 200 + 200]])
            arguments = [sys.executable, "-c", _READER, place.servers, place.topic, str(kept)]
            reader = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)
            assert reader.stdout is not None
            while life == 2 and int(reader.stdout.readline()) < 600 << 28:
                pass
            reader.stdout.readline()
            reader.kill()
            reader.communicate()
    assert [line.split()[0].encode() for line in kept.read_text().splitlines()] == given


@pytest.mark.long
def test_appends_without_a_broker_fail_within_a_bound_and_work_again_with_one(
    kafka_server: KafkaServer, make_entry: Make
) -> None:
    place = replace(place_at(kafka_server), patience=2.0)
    with closing(KafkaIntake.open(place)) as intake:
        intake.append([make_entry(b"before")])
        kafka_server.say("down")
        begun = time.monotonic()
        with pytest.raises(TransientError):
            intake.append([make_entry(b"meanwhile")])
        assert time.monotonic() - begun < place.patience + 5
        with pytest.raises(TransientError):
            intake.check()
        kafka_server.say("up")
        end = time.monotonic() + 20
        while True:
            try:
                intake.append([make_entry(b"after")])
                break
            except TransientError:
                assert time.monotonic() < end
    assert [entry.data for entry in everything(place)] == [b"before", b"after"]


def test_a_broker_that_goes_and_comes_loses_nothing_acknowledged(
    kafka_server: KafkaServer, make_entry: Make
) -> None:
    place = place_at(kafka_server)
    acknowledged: list[bytes] = []
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            data = b"%d" % number
            intake.append([make_entry(data)])
            acknowledged.append(data)
            number += 1

    with closing(KafkaIntake.open(place)) as intake:
        writer = threading.Thread(target=write)
        writer.start()
        for _ in range(2):
            time.sleep(0.5)
            kafka_server.say("down")
            time.sleep(0.3)
            kafka_server.say("up")
        after = len(acknowledged)
        while len(acknowledged) < after + 20:
            time.sleep(0.05)
        stop.set()
        writer.join()
    stored = [entry.data for entry in everything(place)]
    assert set(acknowledged) <= set(stored)
    assert sorted(stored, key=int) == stored


def test_too_much_that_waits_for_the_broker_is_refused_at_once(
    kafka_server: KafkaServer, make_entry: Make
) -> None:
    place = replace(place_at(kafka_server), backlog=150_000, patience=5.0)
    with closing(KafkaIntake.open(place)) as intake:
        intake.append([make_entry(b"x" * 100_000)])
        kafka_server.say("down")
        waits = threading.Thread(target=_try, args=(intake, make_entry(b"x" * 100_000)))
        waits.start()
        time.sleep(0.3)
        begun = time.monotonic()
        with pytest.raises(BacklogFullError, match="wait for the broker"):
            intake.append([make_entry(b"x" * 100_000)])
        assert time.monotonic() - begun < 1
        kafka_server.say("up")
        waits.join()


def _try(intake: KafkaIntake, entry: Entry) -> None:
    with suppress(TransientError):
        intake.append([entry])


def test_retention_that_passes_the_cursor_is_told(
    kafka_shared: KafkaServer, make_entry: Make
) -> None:
    place = place_at(kafka_shared)
    body = make_entry(bytes(range(256)) * 2000)
    with (
        closing(KafkaIntake.open(replace(place, settings={"compression.type": "none"}))) as intake,
        closing(KafkaPartition.open(place, 0)) as reader,
    ):
        intake.append([body])
        cursor = reader.read(reader.first, 1)[0].end
        for _ in range(20):  # the broker keeps 5 MiB of a partition
            intake.append([body])
        with closing(KafkaPartition.open(place, 0)) as other:
            with pytest.raises(NotFoundError, match=r"records 1 to \d+ are gone and were not read"):
                other.read(cursor, LIMIT)
            assert other.read(other.first, 1)


def test_entries_go_by_the_key_of_their_source_and_ticks_to_all(
    kafka_shared: KafkaServer, make_entry: Make
) -> None:
    place = place_at(kafka_shared, 3)
    sources = [f"web-{each}/{what}" for each in range(20) for what in ("auditd", "app")]
    with closing(KafkaIntake.open(place, 3)) as intake:
        intake.append([make_entry(b"x", source) for source in sources])
        intake.append([make_entry(b"", "", EntryKind.TICK)])
    found = [everything(place, partition) for partition in range(3)]
    for partition, entries in enumerate(found):
        assert entries[-1].kind is EntryKind.TICK
        assert all(partition_of(entry, 3) == partition for entry in entries[:-1])
    assert sorted(entry.source for entries in found for entry in entries[:-1]) == sorted(sources)


def test_another_number_of_partitions_is_refused(kafka_shared: KafkaServer) -> None:
    place = place_at(kafka_shared, 2)
    with pytest.raises(ConfigurationError, match="has 2 partitions and 3 are wanted"):
        KafkaIntake.open(place, 3)
    with pytest.raises(ConfigurationError, match="has 2 partitions"):
        KafkaPartition.open(place, 2)


def test_wrong_settings_and_missing_brokers_are_told(kafka_shared: KafkaServer) -> None:
    place = place_at(kafka_shared)
    with pytest.raises(ConfigurationError, match=r"security\.protocol"):
        KafkaIntake.open(replace(place, settings={"security.protocol": "none"}))
    with pytest.raises(ConfigurationError, match=r"no\.such\.setting"):
        KafkaIntake.open(replace(place, settings={"no.such.setting": "1"}))
    with pytest.raises(TransientError, match=r"kafka://127\.0\.0\.1:1/"):
        KafkaIntake.open(KafkaPlace("127.0.0.1:1", "intake", patience=1))


def test_foreign_records_are_given_for_quarantine_and_stop_nobody(
    kafka_shared: KafkaServer, make_entry: Make
) -> None:
    place = place_at(kafka_shared)
    with closing(KafkaIntake.open(place)) as intake:
        intake.append([make_entry(b"one")])
        other = Producer({"bootstrap.servers": place.servers})
        for data in (None, b"no entry", b"FsE1" + b"\0" * 40):
            other.produce(place.topic, data, partition=0)
        assert other.flush(10) == 0
        intake.append([make_entry(b"two")])
    found = everything(place)
    assert [entry.data for entry in found] == [
        b"one",
        b"",
        b"no entry",
        b"FsE1" + b"\0" * 40,
        b"two",
    ]
    assert [entry.format for entry in found] == ["auditd", FOREIGN, FOREIGN, FOREIGN, "auditd"]
    assert "record 2: it does not begin as one" in found[2].path
    assert found[1].received > 1_700_000_000_000


def test_a_line_longer_than_the_topic_takes_is_refused(
    kafka_shared: KafkaServer, make_entry: Make
) -> None:
    place = replace(place_at(kafka_shared), most=100_000)
    with (
        closing(KafkaIntake.open(place)) as intake,
        pytest.raises(MalformedInputError, match="a line of more than"),
    ):
        intake.append([make_entry(b"fits"), make_entry(b"x" * 100_001)])
    assert everything(place) == []
