"""Intakes of every kind, on real brokers."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from tests.intake.brokers import KafkaServer, NatsServer

from foreseen.core.ids import TenantId
from foreseen.intake.entries import Entry, EntryKind
from foreseen.intake.kafka import KafkaIntake, KafkaPartition, KafkaPlace
from foreseen.intake.log import IntakeLog, LogLimits
from foreseen.intake.nats import NatsIntake, NatsPartition, NatsPlace
from foreseen.intake.protocol import Intake, Joined

TENANT = TenantId("default")


@pytest.fixture(scope="session")
def nats_shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsServer]:
    """A server for tests that do not kill it."""
    server = NatsServer(tmp_path_factory.mktemp("nats"))
    server.start()
    yield server
    server.kill()


@pytest.fixture
def nats_server(tmp_path: Path) -> Iterator[NatsServer]:
    """A server of the test's own."""
    server = NatsServer(tmp_path)
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="session")
def kafka_shared() -> Iterator[KafkaServer]:
    """A broker for tests that do not kill it."""
    server = KafkaServer.start()
    yield server
    server.kill()


@pytest.fixture
def kafka_server() -> Iterator[KafkaServer]:
    """A broker of the test's own."""
    server = KafkaServer.start()
    yield server
    server.kill()


Open = Callable[[], Intake]
_STREAMS = count()


@pytest.fixture(params=["log", "nats", "kafka"])
def open_intake(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    """Opens one and the same empty intake of each kind, with one partition."""
    if request.param == "log":
        return lambda: IntakeLog.open(tmp_path / "intake", limits=LogLimits(segment=5000))
    if request.param == "nats":
        server: NatsServer = request.getfixturevalue("nats_shared")
        nats = NatsPlace(server.url, f"test-{next(_STREAMS)}", backlog=64 << 20)
        return lambda: Joined(NatsIntake.open(nats), NatsPartition.open(nats, 0))
    broker: KafkaServer = request.getfixturevalue("kafka_shared")
    kafka = KafkaPlace(broker.servers, broker.topic())
    return lambda: Joined(KafkaIntake.open(kafka), KafkaPartition.open(kafka, 0))


@pytest.fixture
def make_entry() -> Callable[..., Entry]:
    """Makes an entry of data."""

    def made(data: bytes, source: str = "web-1", kind: EntryKind = EntryKind.DATA) -> Entry:
        return Entry(TENANT, source, "/var/log/audit.log", "auditd", 1_700_000_000_000, data, kind)

    return made
