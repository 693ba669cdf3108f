"""A worker that is killed at any moment leaves nothing out and does nothing twice."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.recording import extract
from tests.runners.installation import bodies_of, drain, fill, held

_WORKER = """
import sys
from pathlib import Path
from tests.runners import installation
from foreseen.runners.shards import partition

partition.BATCH_BYTES = 12_000
with installation.opened(Path(sys.argv[1])) as stores:
    live = installation.worker_of(stores)
    print("open", flush=True)
    while live.drain():
        print("a batch", flush=True)
print("done", flush=True)
"""
_LINES = 2_400


def lives(data: Path, moments: random.Random, kills: int) -> int:
    """Start workers and kill them; gives how many were killed in the middle of their work."""
    killed = 0
    for _ in range(kills):
        worker = subprocess.Popen(
            [sys.executable, "-c", _WORKER, str(data)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        assert worker.stdout is not None
        assert worker.stdout.readline() == "open\n"
        for _ in range(moments.randint(1, 4)):
            worker.stdout.readline()  # a batch: it is in the middle, however fast it is
        time.sleep(moments.uniform(0, 0.05))
        worker.kill()
        said, _ = worker.communicate()
        killed += "done" not in said
    return killed


@pytest.mark.long
def test_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    """A few; tests/crash has many, of whole servers."""
    bodies = bodies_of(extract(_LINES), range(0, _LINES, 30))
    fill(tmp_path / "calm", bodies)
    drain(tmp_path / "calm")
    fill(tmp_path / "killed", bodies)
    moments = random.Random(1)  # noqa: S311 (a test's dice)
    assert lives(tmp_path / "killed", moments, kills=3) >= 2
    drain(tmp_path / "killed")
    assert held(tmp_path / "killed") == held(tmp_path / "calm")
