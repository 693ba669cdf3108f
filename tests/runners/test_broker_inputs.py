"""Workers over a broker's partitions: begun again and again, and over other partitions."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.intake.brokers import NatsServer
from tests.runners.installation import RULES, SETTINGS, body, worker_of

from foreseen.core.errors import ConfigurationError
from foreseen.core.ids import DEFAULT_TENANT
from foreseen.intake.opening import open_appender
from foreseen.runners.installation import Installation
from foreseen.runners.server import Addresses, stores
from foreseen.runners.shards.beginning import begun


@pytest.fixture(scope="module")
def nats(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsServer]:
    """A server."""
    server = NatsServer(tmp_path_factory.mktemp("nats"))
    server.start()
    yield server
    server.kill()


def test_workers_that_are_abandoned_leave_no_connection_behind(
    tmp_path: Path, nats: NatsServer
) -> None:
    with stores(tmp_path, Addresses(f"{nats.url}/again")) as opened:
        counts = []
        for _ in range(3):
            worker = worker_of(opened)
            worker.drain()
            worker.abandon()
            counts.append(threading.active_count())
    assert counts[0] == counts[-1]


def test_another_number_of_partitions_is_refused_for_its_offsets_are_others(
    tmp_path: Path, nats: NatsServer
) -> None:
    with stores(tmp_path, Addresses(f"{nats.url}/one")) as opened:
        opened.intake.append([body(b"x\n")])
        worker = worker_of(opened)
        worker.drain()
        worker.stop()
    two = f"{nats.url}/two"
    broker = open_appender(two, 2)
    broker.append([body(b"x\n", source=f"host-{number}/a") for number in range(20)])
    broker.close()
    with (
        stores(tmp_path, Addresses(two)) as opened,
        pytest.raises(ConfigurationError, match="had 1"),
    ):
        begun(Installation(opened, DEFAULT_TENANT, SETTINGS), RULES)
