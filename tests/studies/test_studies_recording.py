"""On the shipped recording: what a stranger reads in the demo holds, figure by figure."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def methods() -> dict[str, Any]:
    """What `foreseen demo --json` says of each method."""
    command = [sys.executable, "-c", "from foreseen.cli.main import main; main()", "demo", "--json"]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=900)
    found: dict[str, Any] = json.loads(done.stdout)["methods"]
    return found


@pytest.mark.slow
def test_every_attack_chain_raises_an_alert_of_a_rule_that_a_model_judges(
    methods: dict[str, Any],
) -> None:
    chains = methods["foreseen"]["chains"]
    assert len(chains) >= 12
    assert {chain: runs for chain, runs in chains.items() if runs[0] == 0} == {}


@pytest.mark.slow
def test_95_percent_of_benign_matches_are_suppressed(methods: dict[str, Any]) -> None:
    ours = methods["foreseen"]
    assert ours["suppressed"] >= 0.95 * ours["benign"]


@pytest.mark.slow
def test_no_baseline_finds_as_many_runs_and_suppresses_as_much(methods: dict[str, Any]) -> None:
    ours = methods["foreseen"]
    found = sum(runs[0] for runs in ours["chains"].values())
    for method in (each for name, each in methods.items() if name != "foreseen"):
        as_many = sum(runs[0] for runs in method["chains"].values()) >= found
        assert not (as_many and method["suppressed"] >= ours["suppressed"])
