"""Promises and receipts as a person asks for them, on stores that models have judged."""

import shutil
from pathlib import Path

import pytest
from tests.cli.commands import foreseen
from tests.studies.office_world import CHAIN, judged_world, world_in


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return judged_world(tmp_path_factory.mktemp("promised"))


@pytest.fixture
def data(judged: Path, tmp_path: Path) -> Path:
    """A copy that a test may change."""
    return Path(shutil.copytree(judged, tmp_path / "data"))


def test_promised_and_realised_stand_side_by_side(data: Path) -> None:
    [told] = foreseen("models", "promises", "--data", data, "--json").rows
    whole = told["tenant"]
    assert (whole["matches"], whole["alerted"], whole["dismissed"]) == (624, 624, 0)
    assert whole["low"] > whole["promised"] > 0
    assert [one["rule"] for one in told["rules"]] == ["download_tool"]
    shown = foreseen("models", "promises", "--data", data)
    assert "more than promised" in shown.out
    assert "unless its alert was escalated" in shown.err


def test_without_any_judged_match_it_says_what_to_do(data: Path) -> None:
    recent = foreseen("models", "promises", "--data", data, "--days", "1")
    assert (recent.code, "in this time" in recent.err) == (3, True)
    assert foreseen("models", "promises", "--data", data / "nowhere").code == 3


def test_a_dismissal_prints_what_it_moves_and_a_lost_attack_is_refused(data: Path) -> None:
    with world_in(data) as world:
        new_job, attacked = world.alerts()[0].uid, world.alerts()[-1].uid
    options = ("--reason", "expected change", "--data", data, "--as", "bob")
    said = foreseen("alerts", "dismiss", new_job, *options)
    assert said.code == 0, said.err
    assert "12 similar ones that alert would be expected" in said.out
    assert "would be expected: web 12" in said.out
    refused = foreseen("alerts", "dismiss", attacked, *options)
    assert (refused.code, CHAIN in refused.err, "--second" in refused.err) == (3, True, True)
    taken = foreseen("alerts", "dismiss", attacked, *options, "--second", "eve", "--dry-run")
    assert (taken.code, f"lost: {CHAIN}" in taken.out) == (0, True)
    assert "nothing was recorded" in taken.err


def test_the_account_that_an_alert_is_about_is_refused_on_the_command_line(data: Path) -> None:
    with world_in(data) as world:
        uid = world.alerts()[0].uid
    options = ("--reason", "expected change", "--data", data, "--as", "Ana@example.com")
    said = foreseen("alerts", "dismiss", uid, *options)
    assert (said.code, "about 'Ana@example.com'" in said.err) == (3, True)
