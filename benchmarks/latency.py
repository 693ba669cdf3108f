"""Commit to decision and receipt to decision of a real server that takes half of its maximum.

`latency.py [--seconds N] [--shards 1,2] [--judges N] [--json]`: `foreseen up` beside this, fed with
recorded lines of auditd over HTTP. First its maximum: as many lines as it takes for a while, until
the last is decided. Then half of that, steadily. Latencies come from the server's own histograms
(`/metrics`): a percentile lies between two edges, and the upper one is given too. The server has
no models, so that every marked match alerts and is written.
"""

import argparse
import http.client
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from foreseen.runners.metrics import EDGES
from lake_apart import say
from measure import machine
from recorded_hosts import Body, bodies

_LANES = 4
_RECORDED_LINES = 40_000
_START_SECONDS = 180.0
_THROUGH_SECONDS = 600.0
_LOOK_SECONDS = 1.0
_WARM_SECONDS = 1.0
_ACCEPTED = 202
_MAIN = "from foreseen.cli.main import main; main()"
Figures = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: its process, its port, and tokens to send and to read with."""

    pid: int
    port: int
    ingest: str
    read: str

    def figures(self) -> Figures:
        """What it says of itself, by name and labels."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("GET", "/metrics", headers={"Authorization": f"Bearer {self.read}"})
        text = connection.getresponse().read().decode()
        connection.close()
        samples = (line.rpartition(" ") for line in text.splitlines() if line[:1] != "#")
        return {name: float(value) for name, _, value in samples}


@dataclass(frozen=True, slots=True)
class Latency:
    """One measurement.

    Attributes:
        shards: Of the server.
        judges: Of the server; 0: its own process judges.
        maximum: Events a second, received to decided, when as many were sent as it took.
        events_a_second: Committed meanwhile, at half of that.
        matches: That were decided meanwhile.
        commit_to_decision: Seconds, p50 and p99, and the upper edge of the p99's bucket.
        receipt_to_decision: The same, by match.
        receipt_to_commit: The same, by event.
        commit_seconds: The same, of commits.
        acknowledged: p50 and p99 of a body's answer, seconds.
        most_behind: The greatest lag seen, seconds.
        refused: Answers other than 202.
        load: The machine's load average of a minute, at the start and at the end.
    """

    shards: int
    judges: int
    maximum: float
    events_a_second: float
    matches: int
    commit_to_decision: Sequence[float]
    receipt_to_decision: Sequence[float]
    receipt_to_commit: Sequence[float]
    commit_seconds: Sequence[float]
    acknowledged: Sequence[float]
    most_behind: float
    refused: int
    load: tuple[float, float]


class Senders:
    """Lanes with one connection each that send bodies at a pace, or as fast as they are taken."""

    def __init__(self, server: Server, source: Iterator[Body], pace: float | None) -> None:
        """Begin to send; pace: lines a second."""
        self._server, self._source = server, source
        self._pause = _LANES / pace if pace else 0.0
        self._stop, self._turn = threading.Event(), threading.Lock()
        self.lines, self.refused = 0, 0
        self.seconds: list[float] = []
        self._lanes = [threading.Thread(target=self._send) for _ in range(_LANES)]
        for lane in self._lanes:
            lane.start()

    def end(self) -> None:
        """Send no more."""
        self._stop.set()
        for lane in self._lanes:
            lane.join()

    def _send(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._server.port, timeout=60)
        due = time.monotonic()
        while not self._stop.wait(max(0.0, due - time.monotonic())):
            with self._turn:
                body = next(self._source)
            due = max(due + self._pause * body.lines, time.monotonic() - 1.0)
            begun = time.perf_counter()
            path = f"/api/v1/ingest/auditd?source={body.host}/auditd"
            headers = {"Authorization": f"Bearer {self._server.ingest}"}
            connection.request("POST", path, body.data, headers)
            answer = connection.getresponse()
            answer.read()
            with self._turn:
                self.seconds.append(time.perf_counter() - begun)
                self.lines += body.lines if answer.status == _ACCEPTED else 0
                self.refused += answer.status != _ACCEPTED
        connection.close()


def measured(folder: Path, divided: tuple[int, int], seconds: float, filling: float) -> Latency:
    """A server's maximum, and its latencies at half of it."""
    shards, judges = divided
    with serving(folder, shards, judges=judges) as server:
        source = bodies(_RECORDED_LINES)
        _warm(server, source)
        lines_a_second, maximum = _maximum(server, source, filling)
        say(f"{shards} shards, {judges} judges: {maximum:.0f} events a second at most")
        before, load = server.figures(), os.getloadavg()[0]
        begun = time.monotonic()
        senders, behind = Senders(server, source, lines_a_second / 2), 0.0
        while time.monotonic() - begun < seconds:
            time.sleep(_LOOK_SECONDS)
            behind = max(behind, _lag(server.figures()))
        senders.end()
        taken = time.monotonic() - begun
        after = _through(server)
    found = {name: _percentiles(before, after, name) for name in _HISTOGRAMS}
    ordered = sorted(senders.seconds)
    return Latency(
        shards=shards,
        judges=judges,
        maximum=round(maximum),
        events_a_second=round(_grown(before, after, "foreseen_events_total") / taken),
        matches=int(_grown(before, after, "foreseen_commit_to_decision_seconds_count")),
        **found,
        acknowledged=[ordered[len(ordered) // 2], ordered[len(ordered) * 99 // 100]],
        most_behind=round(behind, 2),
        refused=senders.refused,
        load=(load, os.getloadavg()[0]),
    )


_HISTOGRAMS = ("commit_to_decision", "receipt_to_decision", "receipt_to_commit", "commit_seconds")


def _warm(server: Server, source: Iterator[Body]) -> None:
    """Some seconds of work first: rules meet their first values, files their first commit."""
    senders = Senders(server, source, None)
    time.sleep(_WARM_SECONDS)
    senders.end()
    _through(server)


def _maximum(server: Server, source: Iterator[Body], seconds: float) -> tuple[float, float]:
    """Lines and events a second: sent at will, until the last is decided."""
    before, begun = server.figures(), time.monotonic()
    senders = Senders(server, source, None)
    time.sleep(seconds)
    senders.end()
    after, taken = _through(server), time.monotonic() - begun
    events = _grown(before, after, "foreseen_events_total")
    return senders.lines / taken, events / taken


def _through(server: Server) -> Figures:
    """Wait until nothing waits; the figures then."""
    end = time.monotonic() + _THROUGH_SECONDS
    while time.monotonic() < end:
        found = server.figures()
        if not _lag_bytes(found) and not found.get("foreseen_judge_lag_commits", 1.0):
            return found
        time.sleep(0.2)
    raise TimeoutError(f"after {_THROUGH_SECONDS:.0f} s the server is still behind")


def _lag_bytes(found: Figures) -> float:
    return sum(value for name, value in found.items() if name.startswith("foreseen_lag_bytes{"))


def _lag(found: Figures) -> float:
    return max(value for name, value in found.items() if name.startswith("foreseen_lag_seconds{"))


def _grown(before: Figures, after: Figures, name: str) -> float:
    return after[name] - before.get(name, 0.0)


def _percentiles(before: Figures, after: Figures, name: str) -> list[float]:
    """p50 and p99 between the edges of their buckets, and the upper edge of the p99's."""
    stem = "foreseen_" + (name if name.endswith("_seconds") else f"{name}_seconds")
    names = [f'{stem}_bucket{{le="{edge}"}}' for edge in (*EDGES, "+Inf")]
    totals = [_grown(before, after, each) for each in names]
    p50, p99 = quantile(totals, 0.5), quantile(totals, 0.99)
    return [round(p50[0], 3), round(p99[0], 3), p99[1]]


def quantile(totals: Sequence[float], share: float) -> tuple[float, float]:
    """The quantile, evenly spread within its bucket, and the bucket's upper edge."""
    wanted = totals[-1] * share
    place = next(number for number, total in enumerate(totals) if total >= wanted)
    upper = EDGES[min(place, len(EDGES) - 1)]
    lower = EDGES[place - 1] if place else 0.0
    below = totals[place - 1] if place else 0.0
    inside = totals[place] - below
    return lower + (upper - lower) * ((wanted - below) / inside if inside else 1.0), upper


@contextmanager
def serving(data: Path, shards: int, code: str = _MAIN, *, judges: int = 0) -> Iterator[Server]:
    """A server of so many shards over a folder, until the block ends."""
    options = ["up", "--data", str(data), "--port", "0", "--shards", str(shards)]
    options += ["--judges", str(judges)]
    with (data / "said").open("wb") as said:
        process = subprocess.Popen([sys.executable, "-c", code, *options], stdout=said, stderr=said)
    try:
        yield _started(process, data / "said")
    finally:
        process.terminate()
        process.wait()


def _started(process: subprocess.Popen[bytes], said: Path) -> Server:
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        text = said.read_text("utf-8")
        port = re.search(r"listens on http://127\.0\.0\.1:(\d+)", text)
        tokens = dict(re.findall(r"^ +(\w+) +(fsn_\S+)", text, re.MULTILINE))
        if port and {"ingest", "read"} <= tokens.keys():
            server = Server(process.pid, int(port[1]), tokens["ingest"], tokens["read"])
            try:
                server.figures()
            except OSError:
                time.sleep(0.2)
                continue
            return server
        time.sleep(0.2)
    raise TimeoutError(f"the server did not start: {said.read_text('utf-8')}")


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="latency", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--seconds", type=float, default=60.0, help="at half of the maximum")
    parser.add_argument("--filling", type=float, default=4.0, help="seconds at will, before")
    parser.add_argument("--shards", default="1,2", help="numbers of shards, with commas between")
    parser.add_argument("--judges", type=int, default=0, help="judges in processes of their own")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    asked = parser.parse_args()
    found = []
    for shards in map(int, asked.shards.split(",")):
        with TemporaryDirectory(prefix="foreseen-latency-") as folder:
            found.append(
                measured(Path(folder), (shards, asked.judges), asked.seconds, asked.filling)
            )
        say(json.dumps(asdict(found[-1])))
    told = {"machine": machine(), "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M}"}
    if asked.json:
        sys.stdout.write(json.dumps({**told, "runs": [asdict(each) for each in found]}) + "\n")
        return 0
    sys.stdout.write("\n".join(f"{k}: {v}" for k, v in told.items()) + "\n")
    for each in found:
        sys.stdout.write("\n".join(f"{k:>20}  {v}" for k, v in asdict(each).items()) + "\n\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
