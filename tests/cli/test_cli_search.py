"""`foreseen search` and `hunt` as a person types them, Ctrl-C included."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from random import Random

import pyarrow as pa
import pytest
from tests.cli.commands import foreseen

from foreseen.lake.lake import Cursor, Lake
from foreseen.schema.arrow import EVENT_SCHEMA, batch_of

FIRST = 1_790_035_200_000  # 2026-09-22, midnight
DAY = 86_400_000


def _events(day: int, count: int, raw: str) -> pa.Table:
    rows = [
        {
            "tenant": "default",
            "stream": "web-1/boot",
            "workload": "web",
            "host": "web-1",
            "seq": day * 1000 + n,
            "time": FIRST + day * DAY + n,
            "ingested_time": FIRST + day * DAY + n,
            "event_uid": f"{day}-{n}",
            "user_name": "alice" if n == 0 else "bob",
            "src_ip": "10.0.0.9" if n == 1 else None,
            "process_cmd_line": "cat [red]/etc/shadow[/] \x1b[31m",
            "raw": raw,
        }
        for n in range(count)
    ]
    return pa.Table.from_batches([batch_of(rows, EVENT_SCHEMA)])


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with three days of events."""
    folder = tmp_path_factory.mktemp("data")
    lake = Lake.open(folder / "lake")
    for day in range(3):
        lake.commit({"events": _events(day, 4, "it's 100% raw")}, Cursor("a", day + 1))
    return folder


def test_rows_come_as_json_newest_first(data: Path) -> None:
    ran = foreseen("search", "--user", "alice", "--data", data, "--json")
    assert [row["event_uid"] for row in ran.rows] == ["2-0", "1-0", "0-0"]
    assert (ran.code, ran.err) == (0, "")


def test_pages_follow_each_other(data: Path) -> None:
    asked = ("search", "--data", data, "--json", "--limit", "5", "--column", "event_uid")
    first = foreseen(*asked)
    place = first.err.partition("--after ")[2].strip()
    second = foreseen(*asked, "--after", place)
    uids = [row["event_uid"] for row in first.rows + second.rows]
    assert len(set(uids)) == 10
    assert uids == sorted(uids, reverse=True)


@pytest.mark.parametrize(
    ("options", "count"),
    [
        (("--ip", "10.0.0.9"), 3),
        (("--text", "100%", "--text", "IT'S"), 12),
        (("--text", "100_"), 0),
        (("--text", "aw", "--words"), 0),
        (("--regex", r"\d+% r.w"), 12),
        (("--text", "raw", "--in", "process_path"), 0),
        (("--from", "2026-09-23", "--to", "2026-09-24"), 4),
        (("--workload", "web", "--host", "web-1", "--stream", "web-1/boot"), 12),
        (("--hash", "0" * 64), 0),
        (("--rule", "none"), 0),
        (("--process", "cat"), 0),
    ],
)
def test_each_option_narrows(data: Path, options: tuple[str, ...], count: int) -> None:
    ran = foreseen("search", *options, "--data", data, "--json", "--count")
    assert (len(ran.rows), ran.code) == (count, 0)
    assert f"{count} events in all" in ran.err


def test_the_table_shows_hostile_text_as_text(data: Path) -> None:
    ran = foreseen("search", "--data", data, "--column", "process_cmd_line", "--limit", "1")
    assert "[red]/etc/shadow[/]" in ran.out
    assert "\x1b" not in ran.out


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (("--ip", "nonsense"), 1, "no IPv4 or IPv6 address"),
        (("--hash", "nonsense"), 1, "no checksum"),
        (("--regex", "("), 1, "none that RE2 knows"),
        (("--column", "nope"), 1, "events have no column nope"),
        (("--after", "nonsense"), 2, "copy it from the page before"),
        (("--from", "tomorrow"), 2, "is no time"),
        (("--data", "nowhere"), 3, "no lake there"),
    ],
)
def test_what_cannot_be_asked_is_told(
    data: Path, options: tuple[str, ...], code: int, message: str
) -> None:
    given = options if "--data" in options else (*options, "--data", str(data))
    ran = foreseen("search", *given)
    assert ran.code == code
    assert message in ran.err


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with texts that a pattern takes a minute to read."""
    folder = tmp_path_factory.mktemp("slow")
    lake, text = Lake.open(folder / "lake"), "".join(Random(7).choices("ab", k=4_000))  # noqa: S311 (no secret)
    for day in range(20):
        lake.commit({"events": _events(day, 100, text)}, Cursor("a", day + 1))
    return folder


@pytest.mark.long
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("search", "--regex", "a[ab]{0,250}c"), "incomplete: stopped after"),
        (("hunt", "SELECT count(*) FROM range(100000000000) a, range(1000000) b"), "was stopped"),
    ],
)
def test_ctrl_c_ends_cleanly_and_says_so(slow: Path, arguments: tuple[str, ...], told: str) -> None:
    program = "import sys; from foreseen.cli.main import main; print('up', file=sys.stderr); main()"
    with subprocess.Popen(
        [sys.executable, "-c", program, *arguments, "--data", str(slow), "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as running:
        assert running.stderr is not None
        assert running.stderr.readline() == b"up\n"
        time.sleep(3.0)  # past opening the lake: a signal before it would be another promise
        running.send_signal(signal.SIGINT)
        _, err = running.communicate(timeout=60)
    assert running.returncode == 130
    assert told in err.decode()
    assert "Traceback" not in err.decode()
