"""The load of a soak, its probes, and what /proc says of the server."""

import http.client
import json
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from tests.crash.telemetry import EVENTS, body

_LANES = 4
_AGAIN_SECONDS = 0.1
_LOOK_SECONDS = 0.05
_ACCEPTED, _OK = 202, 200
_PROBE = (
    b"node=%s type=SYSCALL msg=audit(%d.000:%d): arch=c000003e syscall=59 success=yes exit=0 a0=0 "
    b"a1=0 a2=0 a3=0 items=0 ppid=1 pid=4000 auid=1000 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 "
    b'sgid=0 fsgid=0 tty=(none) ses=1 comm="curl" exe="/usr/bin/curl" key="exec"\n'
    b'node=%s type=EXECVE msg=audit(%d.000:%d): argc=2 a0="curl" a1="http://192.0.2.1/x"\n'
    b"node=%s type=EOE msg=audit(%d.000:%d): \n"
)
_PROBE_SECOND = 1_800_000_000


@dataclass(frozen=True, slots=True)
class Taken:
    """Acknowledgements since the last look: events, refusals, and how long each took, ms."""

    events: int
    refused: int
    millis: list[float]


@dataclass(frozen=True, slots=True)
class Sample:
    """One look at the server.

    Attributes:
        second: Since the soak began.
        megabytes: Memory in use (RSS), of the process.
        handles: Open file handles.
        threads: Of the process.
        events: Acknowledged since the last look.
        refused: Requests refused since the last look.
        p50: Of the acknowledgements, ms.
        p99: As well.
        decided: Seconds from an acknowledgement until its alert is there by the API.
    """

    second: float
    megabytes: float
    handles: int
    threads: int
    events: int
    refused: int
    p50: float
    p99: float
    decided: float


def sampled(pid: int, second: float, taken: Taken, decided: float) -> Sample:
    """A look at a process."""
    status = dict(
        line.split(":\t", 1)
        for line in Path(f"/proc/{pid}/status").read_text().splitlines()
        if ":\t" in line
    )
    ordered = sorted(taken.millis) or [0.0]
    return Sample(
        second=second,
        megabytes=int(status["VmRSS"].split()[0]) / 1024,
        handles=len(list(Path(f"/proc/{pid}/fd").iterdir())),
        threads=int(status["Threads"]),
        events=taken.events,
        refused=taken.refused,
        p50=ordered[len(ordered) // 2],
        p99=ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)],
        decided=decided,
    )


@dataclass(slots=True)
class _Counts:
    events: int = 0
    refused: int = 0
    millis: list[float] = field(default_factory=list)


class Load:
    """Lanes that send bodies at a rate."""

    def __init__(self, port: int, token: str) -> None:
        self._port, self._token = port, token
        self._pause: float | None = None
        self._turn, self._over = threading.Condition(), False
        self._counts, self.events = _Counts(), 0
        for lane in range(_LANES):
            threading.Thread(target=self._send, args=(lane,), daemon=True).start()

    def keep(self, rate: float | None) -> None:
        """Send so many events a second from now on; None: as many as are taken; 0: none."""
        with self._turn:
            self._pause = 0.0 if rate is None else _LANES * EVENTS / rate if rate else None
            self._turn.notify_all()

    def take(self) -> Taken:
        """What came since it was asked last."""
        with self._turn:
            counts, self._counts = self._counts, _Counts()
        return Taken(counts.events, counts.refused, counts.millis)

    def end(self) -> None:
        """Send no more."""
        with self._turn:
            self._over = True
            self._turn.notify_all()

    def _send(self, lane: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        number, due = 0, time.monotonic()
        while True:
            with self._turn:
                self._turn.wait_for(lambda: self._pause is not None or self._over)
                if self._over:
                    return
                pause = self._pause or 0.0
            due = max(due + pause, time.monotonic() - pause)
            time.sleep(max(0.0, due - time.monotonic()))
            started = time.perf_counter()
            try:
                status = _post(connection, self._token, f"lane-{lane}", body(lane, number).data)
            except (OSError, http.client.HTTPException):  # it was idle, and the server closed it
                connection.close()
                status = 0
            self._count(status == _ACCEPTED, (time.perf_counter() - started) * 1000)
            number += status == _ACCEPTED
            if status != _ACCEPTED:
                time.sleep(_AGAIN_SECONDS)

    def _count(self, is_taken: bool, millis: float) -> None:  # noqa: FBT001 (one of two)
        with self._turn:
            if is_taken:
                self.events += EVENTS
                self._counts.events += EVENTS
                self._counts.millis.append(millis)
            else:
                self._counts.refused += 1


class Probe:
    """Sends an event that a rule looks for, on a host of its own, and waits for its alert."""

    def __init__(self, port: int, ingest: str, read: str) -> None:
        self._port, self._ingest, self._read = port, ingest, read
        self._number = 0

    def ask(self, seconds: float) -> float:
        """Seconds from the acknowledgement until the alert is there.

        Raises:
            TimeoutError: It is not there in time.
        """
        self._number += 1  # not at the name's end: a workload's name is a host's without its number
        host, at = f"probe-{self._number}-x", _PROBE_SECOND + self._number
        place = (host.encode(), at, self._number)
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        status = _post(connection, self._ingest, "probe", _PROBE % (place * 3))
        if status != _ACCEPTED:
            raise TimeoutError(f"the probe was refused with {status}")
        acked = time.monotonic()
        path = f"/api/v1/alerts?limit=1&workload={quote(host)}"
        while time.monotonic() - acked < seconds:
            connection.request("GET", path, headers={"Authorization": f"Bearer {self._read}"})
            told = connection.getresponse()
            content = told.read()
            if told.status == _OK and json.loads(content)["alerts"]:
                connection.close()
                return time.monotonic() - acked
            time.sleep(_LOOK_SECONDS)
        raise TimeoutError(f"no alert of {host} after {seconds} s")


def _post(connection: http.client.HTTPConnection, token: str, source: str, data: bytes) -> int:
    connection.request(
        "POST",
        f"/api/v1/ingest/auditd?source={source}",
        data,
        {"Authorization": f"Bearer {token}"},
    )
    told = connection.getresponse()
    told.read()
    return told.status
