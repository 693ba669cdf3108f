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
def test_no_baseline_suppresses_as_much_and_shows_as_much_of_the_attacks(
    methods: dict[str, Any],
) -> None:
    ours = methods["foreseen"]
    for method in (each for name, each in methods.items() if name != "foreseen"):
        shows_as_much = method["attack_matches_alerted"] >= ours["attack_matches_alerted"]
        # a percent of the benign matches is given away: the strongest baselines silence as much
        silences_as_much = method["suppressed"] >= ours["suppressed"] - 0.01 * ours["benign"]
        assert not (shows_as_much and silences_as_much)
