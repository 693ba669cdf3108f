"""Opening a log with gigabytes takes no longer than its newest segment; what waits stays out."""

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.crash.control import Nursery, free_port
from tests.crash.serve import Life
from tests.crash.telemetry import body

from foreseen.control.database import open_database
from foreseen.core.ids import DEFAULT_TENANT
from foreseen.intake.log import Entry, IntakeLog

pytestmark = pytest.mark.slow
_NOW = 1_800_000_000_000
_OPEN_SECONDS = 5.0
_READY_SECONDS = 3.0
_NEEDED_BYTES = 6 << 30


def unsynced(_descriptor: int) -> None:
    """Filling a log does not need the disk's word."""


def fill(folder: Path, gigabytes: float) -> int:
    """A log with so much of real telemetry that nobody has read; its end."""
    lines = b"".join(body(0, number).data for number in range(250))
    entry = Entry(DEFAULT_TENANT, "agent", "p", "auditd", _NOW, lines)
    with IntakeLog.open(folder, sync=unsynced) as log:
        while log.end < gigabytes * (1 << 30):
            log.append([entry])
        return log.end


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Path]:
    """A folder for gigabytes, in memory if there is room; they are removed at once."""
    large = Path("/dev/shm")
    is_large = large.is_dir() and shutil.disk_usage(large).free > _NEEDED_BYTES
    folder = Path(tempfile.mkdtemp(dir=large if is_large else tmp_path))
    yield folder
    shutil.rmtree(folder)


def test_a_log_of_two_gigabytes_opens_in_seconds(room: Path) -> None:
    end = fill(room, 2.0)
    newest = max(room.glob("*.log"))
    os.truncate(newest, newest.stat().st_size - 7)  # and with a torn tail
    started = time.perf_counter()
    with IntakeLog.open(room) as log:
        taken = time.perf_counter() - started
        assert end - (64 << 20) < log.end < end
        assert log.read(0, 1)
    sys.stdout.write(f"opened {end / (1 << 30):.1f} GiB in {taken:.2f} s\n")
    assert taken <= _OPEN_SECONDS


def test_a_gigabyte_that_waits_keeps_no_server_from_being_ready(
    room: Path, nursery: Nursery
) -> None:
    """Beside an empty log in the same run: what else the machine does, both have to bear."""
    for name in ("empty", "full"):
        (room / name / "data").mkdir(parents=True)
        open_database(room / name / "data" / "control.db").dispose()
    fill(room / "full" / "data" / "intake", 1.0)
    empty, full = (min(ready(room / name, nursery) for _ in range(2)) for name in ("empty", "full"))
    sys.stdout.write(f"ready after {empty:.2f} s, with 1 GiB unread after {full:.2f} s\n")
    assert full <= max(_READY_SECONDS, 3 * empty)


def ready(folder: Path, nursery: Nursery) -> float:
    """Seconds until a server that has its program loaded is ready."""
    data, log, trigger = (str(folder / name) for name in ("data", "log", "trigger"))
    server = nursery.start(Life(data, free_port(), log, trigger, as_shipped=True))
    try:
        return server.ready()
    finally:
        server.kill()
