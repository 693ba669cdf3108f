"""A writer that is killed at any moment loses nothing that it acknowledged."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from foreseen.intake.log import IntakeLog

_WRITER = """
import sys, threading
from foreseen.intake.log import Entry, IntakeLog, LogLimits

log = IntakeLog.open(sys.argv[1], limits=LogLimits(segment=20_000))
say = threading.Lock()

def write(name):
    number = 0
    while True:
        data = f"{sys.argv[2]}-{name}-{number}".encode() + b" " * (number * 37 % 400)
        log.append([Entry("default", name, "p", "auditd", 0, data)])
        with say:
            sys.stdout.write(data.decode().strip() + chr(10))
            sys.stdout.flush()
        number += 1

for k in range(4):
    threading.Thread(target=write, args=(f"t{k}",)).start()
"""
_KILLS = 6


@pytest.mark.parametrize("seed", [1])
def test_nothing_acknowledged_is_lost_by_kills(tmp_path: Path, seed: int) -> None:
    moments = random.Random(seed)  # noqa: S311 (a test's dice)
    acknowledged: list[str] = []
    for life in range(_KILLS):
        writer = subprocess.Popen(
            [sys.executable, "-c", _WRITER, str(tmp_path), str(life)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert writer.stdout is not None
        acknowledged.append(writer.stdout.readline().strip())  # it is at work
        time.sleep(moments.uniform(0, 0.15))
        writer.kill()
        rest, _ = writer.communicate()
        whole = rest if rest.endswith("\n") else rest[: rest.rfind("\n") + 1]
        acknowledged.extend(whole.split())
    with IntakeLog.open(tmp_path) as log:
        stored = [each.entry.data.decode().strip() for each in log.read(0, 1 << 30)]
    assert len(acknowledged) > _KILLS * 4
    assert set(acknowledged) <= set(stored)
    assert len(stored) == len(set(stored))
