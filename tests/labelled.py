"""Small labelled files in every form that the benchmark reads, made by the tests."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from foreseen.studies.benchmark.dataset import EVENTS, MATCHES, PARTS, Dataset

START = 1_700_000_000  # s
HOUR = 3_600

Columns = dict[str, object]


def stored(folder: Path, columns: Columns) -> Path:
    path = folder / "labelled.parquet"
    pq.write_table(pa.table(columns), path)
    return path


def generic_columns(count: int = 100) -> Columns:
    """An event a minute, each matching a rule, the last ones of an attack."""
    return {
        "time": [START * 1000 + 60_000 * i for i in range(count)],
        "workload": ["web"] * count,
        "token": [f"act {i % 7}" for i in range(count)],
        "rule": ["noisy"] * count,
        "label": [None] * (count - 5) + ["theft"] * 5,
    }


def ait_rows() -> Iterator[tuple[int, str, str, str, str]]:
    """Two networks, one starting a day later; dirt from the first hour on; a flood each."""
    for net, start in (("one", START), ("two", START + 24 * HOUR)):
        for i in range(100 * 60):  # a match a minute for 100 hours
            label = "dnsteal" if i % 1000 == 10 else "-"
            yield start + 60 * i, net, "mail", "A-All-Evt" if i % 2 else "W-Sys-Cav", label
        for i in range(500):
            yield start + 60 * HOUR + i // 10, net, "mail", "W-Acc-400", "dirb"
        yield start + 60 * HOUR + 500, net, "web", "W-Aut-Pam1", "crack_passwords"
        yield start + 61 * HOUR, net, "mail", "S-Dns-Qry3", "dnsteal"


def ait_columns() -> Columns:
    time, net, host, short, label = zip(*ait_rows(), strict=True)
    return {"time": time, "net": net, "host": host, "short": short, "event_label": label}


def atomic_columns(sessions: int = 40) -> Columns:
    """Sessions of four starts each: two of the automation, one of Windows, one of a test."""
    system, users = "C:\\Windows\\System32\\", "C:\\Users\\someone\\AppData\\Local\\Temp\\"
    starts = [
        (system + "wevtutil.exe", "wevtutil cl System", False, True),
        (
            system + "conhost.exe",
            "\\??\\C:\\Windows\\system32\\conhost.exe 0xffffffff",
            False,
            True,
        ),
        (system + "SC.EXE", '"C:\\Windows\\system32\\sc.exe" start wuauserv', False, False),
        (users + "ab12.tmp\\sc.exe", "sc.exe query eventlog", True, False),
    ]
    rows = [(s, i, *start) for s in range(sessions) for i, start in enumerate(starts)]
    return {
        "time": pa.array(
            [(START + 600 * s + i) * 10**9 for s, i, *_ in rows], pa.timestamp("ns", "UTC")
        ),
        "session": pa.array([f"T{s}" for s, *_ in rows], pa.large_string()),
        "host": ["server"] * len(rows),
        "user": ["admin"] * len(rows),
        "image": [row[2] for row in rows],
        "cmd": [row[3] for row in rows],
        "parent": ["-"] * len(rows),
        "attack": [row[4] for row in rows],
        "harness": [row[5] for row in rows],
        "guid": [f"{i}" for i in range(len(rows))],
    }


def match_times(data: Dataset, part: str) -> list[int]:
    rows = data.matches["event"].to_numpy()[data.of_part(part)]
    return [int(time) for time in data.events["time"].to_numpy()[rows]]


def shuffled(columns: Columns) -> Columns:
    table = pa.table(columns)
    order = np.random.default_rng(1).permutation(table.num_rows)
    taken = table.take(pa.array(order, pa.int64()))
    return {name: taken[name] for name in taken.column_names}


def check_shape(data: Dataset) -> None:
    assert data.events.schema.equals(EVENTS)
    assert data.matches.schema.equals(MATCHES)
    assert np.all(np.diff(data.events["time"].to_numpy()) >= 0)
    assert np.all(np.diff(data.matches["event"].to_numpy()) >= 0)
    assert set(data.column("part")) == set(PARTS)
    for column in (*EVENTS.names, *MATCHES.names):
        table, schema = (data.events, EVENTS) if column in EVENTS.names else (data.matches, MATCHES)
        assert schema.field(column).nullable or table[column].null_count == 0, column
    benign = ~data.malicious
    assert all(group is None for group in data.column("group")[benign])
