"""Training and what-if on a cluster give what one process gives, also when some of it is lost."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

_ROOT = Path(__file__).parents[2]


def test_models_and_answers_are_equal_on_two_nodes_of_which_one_is_killed() -> None:
    """A process of its own: Ray's driver leaves threads and warnings behind."""
    ran = subprocess.run(
        [sys.executable, "-m", "tests.cluster.tasks_program"],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    found = json.loads(ran.stdout.splitlines()[-1])
    assert all(found["equal"].values()), found
    assert len(found["equal"]) == 5
    assert found["again"]["process"] == 1
    assert found["again"]["node"] >= 1
    assert found["refused"].startswith("ConfigurationError: a node has Foreseen")
