"""Durable acknowledgement: batches of 1,000 events posted to a real server, and the bare disk.

The server is `foreseen up` in a process of its own. *Idle*: its pipeline is not started, so that
what is posted stays in the log. *Busy*: it works on what is posted. Clients are threads with one
connection each that post the next batch when the last one was answered.
"""

import http.client
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory

from lake_apart import say
from rules_input import events

BATCH = 1_000
_BATCHES = 8
_MEGA = 1_000_000
_START_SECONDS = 120
_WARM = 1
_URL = "/api/v1/ingest/windows_event?source=bench"
_MAIN = "from foreseen.cli.main import main; main()"
_WITHOUT_PIPELINE = f"""
import threading, contextlib, foreseen.cli.serving as up
@contextlib.contextmanager
def without(*arguments, **named):
    yield threading.Event()
up.working = without
{_MAIN}
"""
_REFUSED = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """What clients saw.

    Attributes:
        pipeline: "idle" or "busy".
        clients: How many.
        events_a_second: Accepted.
        megabytes_a_second: The same as MB of lines.
        refused: Answers 429 and 503.
        p50: Milliseconds until a batch was acknowledged.
        p99: ...
    """

    pipeline: str
    clients: int
    events_a_second: int
    megabytes_a_second: int
    refused: int
    p50: float
    p99: float


def bodies() -> list[bytes]:
    """Batches of a thousand recorded Windows events as JSON lines."""
    lines = [line.data for line in events(BATCH * _BATCHES)]
    return [
        b"\n".join(lines[start : start + BATCH]) + b"\n" for start in range(0, len(lines), BATCH)
    ]


def measure(folder: Path, clients: Sequence[int], seconds: float) -> list[Acknowledged]:
    """Each number of clients for some seconds, on a server of its own."""
    batches, found = bodies(), []
    for pipeline, code in (("idle", _WITHOUT_PIPELINE), ("busy", _MAIN)):
        for count in clients:
            say(f"acknowledgement: pipeline {pipeline}, {count} clients")
            with (
                TemporaryDirectory(dir=folder) as data,
                _serving(Path(data), code) as (port, token),
            ):
                found.append(_posted(pipeline, (port, token), batches, count, seconds))
    return found


def disk(folder: Path, seconds: float) -> dict[str, float]:
    """The same batches written and forced to the disk, one after the other: what it can do."""
    batches = bodies()
    taken: list[float] = []
    with TemporaryDirectory(dir=folder) as data:
        file = os.open(Path(data) / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            begun = time.perf_counter()
            os.write(file, batches[len(taken) % len(batches)])
            os.fdatasync(file)
            taken.append(time.perf_counter() - begun)
        os.close(file)
    return {
        "events_a_second": round(len(taken) * BATCH / sum(taken)),
        "megabytes_a_second": round(_size(batches) * len(taken) / sum(taken)),
        "p50": round(median(taken) * 1_000, 1),
        "p99": round(quantiles(taken, n=100)[-1] * 1_000, 1),
    }


def _size(batches: Sequence[bytes]) -> float:
    """Mean size of a batch, MB."""
    return sum(map(len, batches)) / len(batches) / _MEGA


@contextmanager
def _serving(data: Path, code: str) -> Iterator[tuple[int, str]]:
    """A server on a port of its own: the port, and its token to post with."""
    command = [sys.executable, "-c", code, "up", "--data", str(data), "--port", "0"]
    with (data / "said").open("wb") as said:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=said)
    try:
        yield _started(process, data / "said")
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def _started(process: subprocess.Popen[bytes], said: Path) -> tuple[int, str]:
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        text = said.read_text("utf-8")
        port = re.search(r"listens on http://127\.0\.0\.1:(\d+)", text)
        token = re.search(r"ingest  (fsn_\S+)", text)
        if port and token and _answers(int(port[1])):
            return int(port[1]), token[1]
        time.sleep(0.1)
    raise TimeoutError(f"the server did not start: {said.read_text('utf-8')}")


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/")
        connection.getresponse().read()
    except OSError:
        return False
    finally:
        connection.close()
    return True


def _posted(
    pipeline: str,
    server: tuple[int, str],
    batches: Sequence[bytes],
    clients: int,
    seconds: float,
) -> Acknowledged:
    begin = time.monotonic() + _WARM
    with ThreadPoolExecutor(clients) as pool:
        answers = [
            answer
            for each in pool.map(
                lambda number: _client(server, batches, number, (begin, begin + seconds)),
                range(clients),
            )
            for answer in each
        ]
    taken = [milliseconds for status, milliseconds in answers if status == HTTPStatus.ACCEPTED]
    refused = sum(status in _REFUSED for status, _ in answers)
    if len(taken) + refused != len(answers):
        raise ValueError(f"answers other than 202, 429 and 503: {sorted({s for s, _ in answers})}")
    return Acknowledged(
        pipeline,
        clients,
        round(len(taken) * BATCH / seconds),
        round(len(taken) * _size(batches) / seconds),
        refused,
        round(median(taken), 1),
        round(quantiles(taken, n=100)[-1], 1),
    )


def _client(
    server: tuple[int, str], batches: Sequence[bytes], number: int, span: tuple[float, float]
) -> list[tuple[int, float]]:
    """Status and milliseconds of what was answered within the span."""
    connection = http.client.HTTPConnection("127.0.0.1", server[0], timeout=60)
    answers = []
    while (begun := time.monotonic()) < span[1]:
        number += 1
        headers = {"Authorization": f"Bearer {server[1]}"}
        connection.request("POST", _URL, batches[number % len(batches)], headers)
        answer = connection.getresponse()
        answer.read()
        ended = time.monotonic()
        if begun >= span[0] and ended <= span[1]:
            answers.append((answer.status, (ended - begun) * 1_000))
        if answer.status in _REFUSED:
            time.sleep(float(answer.headers.get("Retry-After", "1")))
    connection.close()
    return answers
