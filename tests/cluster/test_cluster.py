"""Shards on two nodes of a Ray cluster, fed by Kafka's protocol, give what one process gives."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

_ROOT = Path(__file__).parents[2]
_PROGRAM = [sys.executable, "-m", "tests.cluster.program", "--lines", "6000", "--copies", "2"]


def test_two_nodes_of_which_one_is_killed_give_what_one_process_gives() -> None:
    """A process of its own: Ray's driver leaves threads and warnings behind."""
    ran = subprocess.run(
        [*_PROGRAM, "--json"], cwd=_ROOT, capture_output=True, text=True, timeout=900, check=False
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    found = json.loads(ran.stdout.splitlines()[-1])
    assert found["differences"] == {}
    assert found["rows"]["matches"] == found["rows"]["predictions"] > 100
    assert found["losses"]["one node lost"] >= 1
    assert found["losses"]["two nodes"] == 0
