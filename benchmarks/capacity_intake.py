"""What receiving costs a server, and what each intake takes from one caller."""

import os
import sys
import time
from itertools import islice
from pathlib import Path

from capacity_input import LINES, entry_of
from capacity_stored import Found
from foreseen.intake.log import IntakeLog
from foreseen.intake.opening import open_appender
from latency import Senders, serving
from recorded import ROOT
from recorded_hosts import bodies

_SECONDS = 8.0
_TICKS = os.sysconf("SC_CLK_TCK")
_WITHOUT_PIPELINE = """
import threading, contextlib, foreseen.cli.serving as up
@contextlib.contextmanager
def without(*arguments, **named):
    yield threading.Event()
up.working = without
from foreseen.cli.main import main; main()
"""


def receive(folder: Path, lines_an_event: float) -> Found:
    """CPU of a server that only receives and forces to disk, posted to by four clients."""
    folder.mkdir()
    source = bodies(LINES)
    with serving(folder, 1, _WITHOUT_PIPELINE) as server:
        before, begun = _cpu(server.pid), time.monotonic()
        senders = Senders(server, source, None)
        time.sleep(_SECONDS)
        senders.end()
        taken, cpu = time.monotonic() - begun, _cpu(server.pid) - before
    events = senders.lines / lines_an_event
    return {"events_a_second": events / taken, "cpu_us_an_event": cpu / events * 1e6}


def _cpu(pid: int) -> float:
    """CPU seconds that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def appends(folder: Path) -> Found:
    """Events a second that one caller appends to each intake, a body at a time."""
    sys.path.insert(0, str(ROOT))
    from tests.intake.brokers import KafkaServer, NatsServer  # noqa: PLC0415

    found: Found = {"own log": _appended(str(folder / "log"))}
    kafka = KafkaServer.start()
    try:
        found["kafka (mock, in memory)"] = _appended(f"kafka://{kafka.servers}/{kafka.topic(4)}")
    finally:
        kafka.kill()
    (folder / "nats").mkdir()
    nats = NatsServer(folder / "nats")
    nats.start()
    try:
        found["jetstream, sync always"] = _appended(f"{nats.url}/capacity")
    finally:
        nats.kill()
    return found


def _appended(place: str) -> float:
    """Lines a second."""
    entries = [entry_of(body) for body in islice(bodies(LINES), 60)]
    appender = open_appender(place, 4) if "://" in place else IntakeLog.open(Path(place))
    lines, begun = 0, time.monotonic()
    try:
        while time.monotonic() - begun < 3.0:  # noqa: PLR2004 (seconds)
            for entry in entries:
                appender.append([entry])
                lines += entry.data.count(b"\n")
    finally:
        appender.close()
    return lines / (time.monotonic() - begun)
