"""The lake is kept in order by a process of its own, whatever becomes of that."""

import os
import signal
import time
from pathlib import Path
from threading import Event, Thread

import pytest
from tests.recording import extract
from tests.runners.installation import bodies_of, drain, fill, opened

from foreseen.core.errors import CorruptError
from foreseen.core.ids import DEFAULT_TENANT
from foreseen.lake.keeping.retention import Retention
from foreseen.runners.installation import Stores
from foreseen.runners.life import upkeep
from foreseen.runners.life.upkeep import Upkeep
from foreseen.runners.life.upkeep_process import BeginUpkeep
from foreseen.runners.links.processes import ProcessLinks
from foreseen.runners.metrics import Metrics
from foreseen.runners.server import wall_clock
from foreseen.runners.settings.settings import Settings

pytestmark = pytest.mark.long

_PATIENCE_SECONDS = 60.0


def begin_of(data: Path) -> BeginUpkeep:
    return BeginUpkeep(data, str(data / "lake"), None, Retention())


def keeper(stores: Stores, metrics: Metrics, begin: BeginUpkeep) -> Upkeep:
    return Upkeep(stores, Settings(), wall_clock, metrics, begin)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """An installation whose events came in several commits."""
    for part in bodies_of(extract(2_400), range(200, 2_400, 200)):
        fill(tmp_path, [part])
        drain(tmp_path)
    return tmp_path


def rounds(keeping: Upkeep, metrics: Metrics, kind: str) -> Event:
    """Run until a round has ended so; gives what stops it."""
    stop = Event()
    thread = Thread(target=keeping.run, args=(stop,))
    thread.start()
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not metrics.counted().upkeeps[kind]:
        assert time.monotonic() < deadline, metrics.counted().upkeeps
        time.sleep(0.05)
    stop.set()
    thread.join(_PATIENCE_SECONDS)
    assert not thread.is_alive()
    return stop


def test_a_process_merges_what_the_server_then_reads(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "PAUSE_SECONDS", 0.05)
    with opened(data) as stores:
        before, files = stores.lake.read("events"), len(stores.lake.files("events", DEFAULT_TENANT))
        metrics = Metrics()
        rounds(keeper(stores, metrics, begin_of(data)), metrics, "done")
        assert len(stores.lake.files("events", DEFAULT_TENANT)) < files
        assert stores.lake.read("events") == before


def test_a_process_that_dies_is_told_and_the_next_round_goes_on(
    data: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(upkeep, "PAUSE_SECONDS", 0.05)
    killed: list[int] = []

    def once_killed(begins: list[BeginUpkeep]) -> object:
        links = ProcessLinks(begins)
        if not killed:
            killed.append(links.process_ids[0])
            os.kill(links.process_ids[0], signal.SIGKILL)
        return links

    monkeypatch.setattr(upkeep, "ProcessLinks", once_killed)
    with opened(data) as stores:
        metrics = Metrics()
        rounds(keeper(stores, metrics, begin_of(data)), metrics, "done")
        assert metrics.counted().upkeeps["later"] == 1
    assert "has died" in caplog.text


def test_what_a_process_cannot_read_is_an_error_here(data: Path) -> None:
    (log,) = (data / "lake" / "events" / "_delta_log").glob("*0001.json")
    with opened(data) as stores:
        log.write_bytes(b"no json")
        with pytest.raises(CorruptError):
            keeper(stores, Metrics(), begin_of(data))._elsewhere(begin_of(data), Event())  # noqa: SLF001 (one round)


def test_a_server_that_stops_does_not_wait_for_a_round(data: Path) -> None:
    stop = Event()
    stop.set()
    with opened(data) as stores:
        assert keeper(stores, Metrics(), begin_of(data))._elsewhere(begin_of(data), stop) is None  # noqa: SLF001
