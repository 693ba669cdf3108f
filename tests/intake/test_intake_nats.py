"""JetStream as intake: a killed server loses and doubles nothing; what is wrong is said."""

import asyncio
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field, replace

import nats
import pytest
from tests.intake.brokers import NatsServer

from foreseen.core.errors import (
    ConfigurationError,
    MalformedInputError,
    NotFoundError,
    TransientError,
)
from foreseen.intake.entries import Entry, EntryKind
from foreseen.intake.keys import partition_of
from foreseen.intake.nats import NatsIntake, NatsPartition, NatsPlace
from foreseen.intake.protocol import BacklogFullError
from foreseen.intake.records import FOREIGN

LIMIT = 1 << 30
Make = Callable[..., Entry]


def place_at(server: NatsServer, stream: str = "foreseen") -> NatsPlace:
    return NatsPlace(server.url, stream, backlog=16 << 20, patience=1.0)


def everything(place: NatsPlace, partition: int = 0) -> list[Entry]:
    found: list[Entry] = []
    with closing(NatsPartition.open(place, partition)) as reader:
        cursor = reader.first
        while part := reader.read(cursor, LIMIT):
            found += [stored.entry for stored in part]
            cursor = part[-1].end
    return found


@dataclass
class Writers:
    """Threads that append numbered entries for as long as they may."""

    intake: NatsIntake
    make: Make
    stop: threading.Event = field(default_factory=threading.Event)
    acknowledged: list[bytes] = field(default_factory=list)
    unknown: list[bytes] = field(default_factory=list)
    longest: float = 0.0

    def write(self, name: int) -> None:
        """Until told to stop; no entry is given twice."""
        number = 0
        while not self.stop.is_set():
            data, begun = b"%d-%d" % (name, number), time.monotonic()
            try:
                self.intake.append([self.make(data)])
                self.acknowledged.append(data)
            except TransientError:
                self.unknown.append(data)
            self.longest = max(self.longest, time.monotonic() - begun)
            number += 1


def test_a_server_killed_in_the_middle_loses_and_doubles_nothing_acknowledged(
    nats_server: NatsServer, make_entry: Make
) -> None:
    place = place_at(nats_server)
    with closing(NatsIntake.open(place)) as intake:
        writers = Writers(intake, make_entry)
        threads = [threading.Thread(target=writers.write, args=(each,)) for each in range(4)]
        for thread in threads:
            thread.start()
        for _ in range(3):
            time.sleep(0.5)
            nats_server.kill()
            time.sleep(0.2)
            nats_server.start()
        after = len(writers.acknowledged)
        while len(writers.acknowledged) < after + 20:
            time.sleep(0.05)
        writers.stop.set()
        for thread in threads:
            thread.join()
    stored = [entry.data for entry in everything(place)]
    assert set(writers.acknowledged) <= set(stored) <= {*writers.acknowledged, *writers.unknown}
    assert len(stored) == len(set(stored))
    assert len(writers.acknowledged) > 100
    assert writers.longest < place.patience + 5


@pytest.mark.long
def test_appends_without_a_server_fail_within_a_bound_and_work_again_with_one(
    nats_server: NatsServer, make_entry: Make
) -> None:
    place = place_at(nats_server)
    reader = NatsPartition
    with closing(NatsIntake.open(place)) as intake, closing(reader.open(place, 0)) as partition:
        intake.append([make_entry(b"before")])
        nats_server.kill()
        begun = time.monotonic()
        with pytest.raises(TransientError, match="not stored in 1 s"):
            intake.append([make_entry(b"meanwhile")])
        for work in (intake.check, lambda: partition.read(partition.first, LIMIT)):
            with pytest.raises(TransientError):
                work()
        assert time.monotonic() - begun < 12
        nats_server.start()
        intake.append([make_entry(b"after")])
        found = [stored.entry.data for stored in partition.read(partition.first, LIMIT)]
        assert found == [b"before", b"after"]


def test_without_any_server_opening_says_so(nats_server: NatsServer) -> None:
    nats_server.kill()
    with pytest.raises(TransientError, match=r"nats://127\.0\.0\.1"):
        NatsIntake.open(place_at(nats_server))


def test_a_full_stream_refuses_and_takes_again_when_trimmed(
    nats_shared: NatsServer, make_entry: Make
) -> None:
    place = replace(place_at(nats_shared, "full"), backlog=1 << 20)
    with closing(NatsIntake.open(place)) as intake:
        for _ in range(10):
            intake.append([make_entry(b"x" * 100_000)])
        with pytest.raises(BacklogFullError, match="too much waits to be read"):
            intake.append([make_entry(b"x" * 100_000)])
        with closing(NatsPartition.open(place, 0)) as reader:
            assert reader.end - reader.first == 10 << 28
            reader.trim(reader.end)
            end = reader.end
        assert intake.append([make_entry(b"fits again")]) > end
        intake.check()


def test_entries_go_by_the_key_of_their_source_and_ticks_to_all(
    nats_shared: NatsServer, make_entry: Make
) -> None:
    place = place_at(nats_shared, "parts")
    sources = [f"web-{each}/{what}" for each in range(20) for what in ("auditd", "app")]
    with closing(NatsIntake.open(place, 3)) as intake:
        intake.append([make_entry(b"x", source) for source in sources])
        intake.append([make_entry(b"", "", EntryKind.TICK)])
    found = [everything(place, partition) for partition in range(3)]
    for partition, entries in enumerate(found):
        assert entries[-1].kind is EntryKind.TICK
        assert all(partition_of(entry, 3) == partition for entry in entries[:-1])
    assert sorted(entry.source for entries in found for entry in entries[:-1]) == sorted(sources)


def test_another_number_of_partitions_is_refused(nats_shared: NatsServer) -> None:
    place = place_at(nats_shared, "number")
    NatsIntake.open(place, 2).close()
    NatsIntake.open(place).close()
    with pytest.raises(ConfigurationError, match="there are 2 partitions and 3 are wanted"):
        NatsIntake.open(place, 3)
    with pytest.raises(ConfigurationError, match="no partition 2; there are 2"):
        NatsPartition.open(place, 2)
    with pytest.raises(ConfigurationError, match="start what receives first"):
        NatsPartition.open(place_at(nats_shared, "nothing"), 0)


def test_a_stream_of_others_is_refused(nats_shared: NatsServer) -> None:
    async def make() -> None:
        client = await nats.connect(nats_shared.url)
        await client.jetstream().add_stream(name="others-0", subjects=["others.>"])
        await client.jetstream().add_stream(name="all", subjects=["taken.>"])
        await client.close()

    asyncio.run(make())
    with pytest.raises(ConfigurationError, match="others-0 is there and not ours"):
        NatsIntake.open(place_at(nats_shared, "others"))
    with pytest.raises(ConfigurationError, match="cannot be made: subjects overlap"):
        NatsIntake.open(place_at(nats_shared, "taken"))


def test_wrong_credentials_are_told_without_the_password(
    nats_server: NatsServer, make_entry: Make
) -> None:
    nats_server.kill()
    nats_server.more = 'authorization { user: "foreseen", password: "right" }'
    nats_server.start()

    def place(user: str) -> NatsPlace:
        return replace(place_at(nats_server), servers=f"nats://{user}@127.0.0.1:{nats_server.port}")

    for user in ("foreseen:wrong", "nobody:wrong"):
        with pytest.raises(ConfigurationError, match="does not know these credentials") as told:
            NatsIntake.open(place(user))
        assert "wrong" not in str(told.value)
    with closing(NatsIntake.open(place("foreseen:right"))) as intake:
        intake.append([make_entry(b"x")])


def test_a_server_without_jetstream_is_told(nats_server: NatsServer) -> None:
    nats_server.kill()
    config = nats_server.folder / "nats.conf"
    nats_server.more = "jetstream: disabled"
    nats_server.start()
    assert "disabled" in config.read_text()
    with pytest.raises(TransientError, match="is it enabled"):
        NatsIntake.open(place_at(nats_server))


def test_foreign_records_are_given_for_quarantine_and_stop_nobody(
    nats_shared: NatsServer, make_entry: Make
) -> None:
    place = place_at(nats_shared, "foreign")
    with closing(NatsIntake.open(place)) as intake:
        intake.append([make_entry(b"one")])

        async def send() -> None:
            client = await nats.connect(nats_shared.url)
            for data in (b"", b"no entry", b"FsE1" + b"\0" * 40):
                await client.jetstream().publish(place.subject(0), data)
            await client.close()

        asyncio.run(send())
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
    assert "record 3: it does not begin as one" in found[2].path
    assert found[1].received > 1_700_000_000_000


def test_what_was_deleted_behind_our_back_is_told(
    nats_shared: NatsServer, make_entry: Make
) -> None:
    place = place_at(nats_shared, "purged")

    async def purge() -> None:
        client = await nats.connect(nats_shared.url)
        await client.jetstream().purge_stream(place.name(0))
        await client.close()

    with closing(NatsIntake.open(place)) as intake:
        intake.append([make_entry(b"%d" % each) for each in range(5)])
        with closing(NatsPartition.open(place, 0)) as reader:
            cursor = reader.read(reader.first, 1)[0].end
            asyncio.run(purge())
            intake.append([make_entry(b"later")])
            with pytest.raises(NotFoundError, match="records 2 to 5 are gone"):
                reader.read(cursor, LIMIT)


def test_a_line_longer_than_the_server_takes_is_refused(
    nats_shared: NatsServer, make_entry: Make
) -> None:
    place = place_at(nats_shared, "long")
    with closing(NatsIntake.open(place)) as intake:
        with pytest.raises(MalformedInputError, match="a line of more than"):
            intake.append([make_entry(b"fits"), make_entry(b"x" * 1_100_000)])
        with closing(NatsPartition.open(place, 0)) as reader:
            assert reader.end == reader.first


def test_a_cursor_of_our_own_log_is_told_from_one_of_a_broker(nats_shared: NatsServer) -> None:
    place = place_at(nats_shared, "cursor")
    NatsIntake.open(place).close()
    with (
        closing(NatsPartition.open(place, 0)) as reader,
        pytest.raises(NotFoundError, match="belongs to another intake"),
    ):
        reader.read(12_345, LIMIT)
