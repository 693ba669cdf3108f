"""A lake and a broker's stream belong to one installation; a second server is refused in words."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.intake.brokers import KafkaServer, NatsServer
from tests.runners.installation import body, worker_of

from foreseen.core.errors import ConfigurationError, CorruptError
from foreseen.intake.opening import claimed
from foreseen.lake.lake import Lake
from foreseen.lake.places.mark import NAME, marked, owner_of
from foreseen.runners.server import Addresses, stores

OTHER = "belongs to another installation"


@pytest.fixture(scope="module")
def nats(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsServer]:
    """A server."""
    server = NatsServer(tmp_path_factory.mktemp("nats"))
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="module")
def kafka() -> Iterator[KafkaServer]:
    """A broker."""
    server = KafkaServer.start()
    yield server
    server.kill()


def test_a_server_whose_control_database_has_another_lake_is_refused(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    for folder in (ours, theirs):
        with stores(folder):
            pass
    shutil.rmtree(ours / "lake")
    shutil.copytree(theirs / "lake", ours / "lake")
    with pytest.raises(ConfigurationError, match=OTHER) as told, stores(ours):
        pass
    assert str(ours / "lake") in str(told.value)
    assert "--lake" in str(told.value)


def test_two_servers_on_one_lake_are_refused_and_the_second_may_take_one_of_its_own(
    tmp_path: Path,
) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    with stores(ours):
        pass
    shared = Addresses(lake=str(ours / "lake"))
    with pytest.raises(ConfigurationError, match=OTHER), stores(theirs, shared):
        pass
    with stores(theirs) as opened:  # the refusal has kept nothing
        assert opened.lake.folder == theirs / "lake"


def test_a_new_control_database_does_not_take_over_a_lake(tmp_path: Path) -> None:
    with stores(tmp_path):
        pass
    for path in tmp_path.glob("control.*"):
        path.unlink()
    for _ in range(2):  # the refusal leaves nothing behind that lets the next start pass
        with pytest.raises(ConfigurationError, match=OTHER), stores(tmp_path):
            pass


def test_an_installation_goes_on_with_its_lake_and_marks_one_of_an_older_version(
    tmp_path: Path,
) -> None:
    with stores(tmp_path) as opened:
        first = owner_of(opened.lake.place)
    assert first
    (tmp_path / "lake" / NAME).unlink()  # as an older version left it, or a restored backup
    for _ in range(2):
        with stores(tmp_path) as opened:
            assert owner_of(opened.lake.place) == first


def test_whoever_marks_a_lake_first_has_it(tmp_path: Path) -> None:
    place = Lake.open(tmp_path).place
    assert owner_of(place) is None  # opening to read marks nothing
    assert marked(place, None, "one") == "one"
    assert marked(place, None, "two") == "one"
    assert [path.name for path in tmp_path.glob(f"*{NAME}*")] == [NAME]


@pytest.mark.parametrize("text", [b"", b"{}", b"[]", b'{"installation"'])
def test_a_mark_that_cannot_be_read_is_told_with_its_place(tmp_path: Path, text: bytes) -> None:
    with stores(tmp_path):
        pass
    (tmp_path / "lake" / NAME).write_bytes(text)
    with pytest.raises(CorruptError, match=f"{NAME}: does not name"), stores(tmp_path):
        pass


def test_two_installations_on_one_stream_are_refused_though_their_lakes_differ(
    tmp_path: Path, nats: NatsServer
) -> None:
    url = f"{nats.url}/owned?backlog=100000000"
    with stores(tmp_path / "first", Addresses(url)):
        pass
    with (
        pytest.raises(ConfigurationError, match="another installation reads this stream") as told,
        stores(tmp_path / "second", Addresses(url)),
    ):
        pass
    assert "/owned:" in str(told.value)
    with stores(tmp_path / "first", Addresses(url)) as opened:
        opened.intake.append([body(b"x\n")])  # the note changes nothing else of the stream
        worker = worker_of(opened)
        worker.drain()
        worker.stop()
        assert opened.lake.read("quarantine").num_rows == 1


def test_a_second_server_on_the_same_folder_and_broker_is_refused(
    tmp_path: Path, nats: NatsServer
) -> None:
    url = f"{nats.url}/alone?backlog=100000000"
    with (
        stores(tmp_path, Addresses(url)),
        pytest.raises(ConfigurationError, match="another server works on this folder"),
        stores(tmp_path, Addresses(url)),
    ):
        pass
    with stores(tmp_path, Addresses(url)):
        pass


def test_the_note_of_a_stream_survives_the_brokers_death(tmp_path: Path) -> None:
    server = NatsServer(tmp_path)
    server.start()
    url = f"{server.url}/noted?backlog=100000000"
    with stores(tmp_path / "data", Addresses(url)):
        pass
    server.kill()
    server.start()
    try:
        assert claimed(url, "someone else") != "someone else"
    finally:
        server.kill()


def test_two_installations_on_one_kafka_topic_each_have_all_of_it(
    tmp_path: Path, kafka: KafkaServer
) -> None:
    url = f"kafka://{kafka.servers}/{kafka.topic()}"
    with (
        stores(tmp_path / "first", Addresses(url)) as first,
        stores(tmp_path / "second", Addresses(url)) as second,
    ):
        first.intake.append([body(b"x\n")])
        second.intake.append([body(b"y\n")])
        for opened in (first, second):
            worker = worker_of(opened)
            while worker.drain():
                pass
            worker.stop()
        assert first.lake.read("quarantine") == second.lake.read("quarantine")
        assert first.lake.read("quarantine").num_rows == 2
