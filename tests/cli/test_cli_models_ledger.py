"""`foreseen models ledger` and `audit`: what a person reads of silence, and what they say of it."""

import shutil
from pathlib import Path

import pytest
from tests.cli.commands import foreseen
from tests.recording import extract, middle_time
from tests.shipped import shipped_rules

from foreseen.alerts.decide import Policy
from foreseen.runners.replay import ReplayOrder, replay
from foreseen.runners.settings.settings import Settings
from foreseen.studies.gates import Bars
from foreseen.studies.replays.sides import SIDES

LINES = 16_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Recorded telemetry under the shipped rules, the models of its earlier part in use."""
    place = tmp_path_factory.mktemp("silence")
    log = extract(LINES)
    (place / "audit.log").write_bytes(log)
    order = ReplayOrder(
        files=[str(place / "audit.log")],
        format="auditd",
        rules=shipped_rules(),
        data=place,
        now=1_800_000_000_000,
        train_until=middle_time(log, 0.7),
        settings=Settings(Policy(0.05, 20)),
        bars=Bars.none(),
    )
    replay(order)
    return place


@pytest.fixture
def copied(folder: Path, tmp_path: Path) -> Path:
    """The folder, for tests in which people say something."""
    return shutil.copytree(folder, tmp_path / "copy")


def test_the_ledger_says_what_was_silenced_and_what_would_have_been_missed(folder: Path) -> None:
    ran = foreseen("models", "ledger", "--data", folder, "--placements", "1")
    assert ran.code == 0, ran.err
    assert "suppressed at most" in ran.out
    assert "n = distinct chains" in ran.err
    assert "discovery_command" in ran.out  # no name is cut off


def test_its_figures_are_json_without_the_names_of_sealed_chains(folder: Path) -> None:
    ran = foreseen("models", "ledger", "--data", folder, "--placements", "1", "--json")
    assert ran.code == 0, ran.err
    (told,) = ran.rows
    product = told["sealed"]["product"]
    assert product["chains"] == product["caught"] + product["lost"] > 0
    assert product["upper"] == pytest.approx(1 - 0.05 ** (1 / product["chains"]))
    assert sum(line["suppressed"] for line in told["rules"]) > 0
    sealed = [chain for chain, (_, use) in SIDES.items() if use.value == "sealed"]
    assert [chain for chain in sealed if chain in ran.out] == []


def test_one_rule_is_shown_in_full(folder: Path) -> None:
    ran = foreseen("models", "ledger", "discovery_command", "--data", folder, "--placements", "1")
    assert ran.code == 0, ran.err
    assert "discovery_command" in ran.out
    assert "by its model" in ran.out
    assert "compiler_run" not in ran.out


def test_a_rule_that_there_is_not_is_not_found(folder: Path) -> None:
    ran = foreseen("models", "ledger", "[bold]none", "--data", folder, "--placements", "1")
    assert ran.code == 3
    assert "[bold]none" in ran.err


def test_a_folder_without_models_has_no_ledger(tmp_path: Path) -> None:
    assert foreseen("models", "ledger", "--data", tmp_path).code == 3
    (tmp_path / "audit.log").write_bytes(extract(200))
    assert foreseen("replay", tmp_path / "audit.log", "--data", tmp_path / "data").code in {0, 4}
    ran = foreseen("models", "ledger", "--data", tmp_path / "data")
    assert ran.code == 3
    assert "train" in ran.err


@pytest.mark.long
def test_the_sample_is_listed_answered_and_counted(copied: Path) -> None:
    listed = foreseen("models", "audit", "list", "--data", copied, "--json").rows
    first, *rest = [row for row in listed if row["rule"] == listed[0]["rule"]]
    said = foreseen(
        "models", "audit", "answer", first["match"], "wanted", "--data", copied, "--text", "odd"
    )
    assert said.code == 0, said.err
    again = foreseen("models", "audit", "list", first["rule"], "--data", copied, "--json").rows
    assert again == rest
    asked = ("models", "ledger", first["rule"], "--data", copied, "--placements", "1", "--json")
    (told,) = foreseen(*asked).rows
    audit = told["rules"][0]["audit"]
    assert (audit["drawn"], audit["wanted"], audit["skipped"]) == (1, 1, 0)
    people = foreseen("models", "audit", "list", first["rule"], "--data", copied)
    assert f"{len(rest)} to answer" in people.err
    assert all(row["match"] in people.out for row in rest)


def test_more_a_day_draws_more(folder: Path) -> None:
    few = foreseen("models", "audit", "list", "--data", folder, "--json", "--per-day", "1").rows
    more = foreseen("models", "audit", "list", "--data", folder, "--json", "--per-day", "3").rows
    assert len(few) < len(more)
    assert {row["match"] for row in few} < {row["match"] for row in more}


def test_nobody_answers_for_what_the_own_account_did(
    copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, *_ = foreseen("models", "audit", "list", "--data", copied, "--json").rows
    monkeypatch.setenv("LOGNAME", first["who"][0])
    ran = foreseen("models", "audit", "answer", first["match"], "unneeded", "--data", copied)
    assert ran.code == 3
    assert "somebody else" in ran.err
    assert first in foreseen("models", "audit", "list", "--data", copied, "--json").rows


def test_only_a_match_that_a_model_silenced_can_be_answered(folder: Path) -> None:
    for uid in ("none", "' OR 1=1 --", "\x1b[31m"):
        ran = foreseen("models", "audit", "answer", uid, "wanted", "--data", folder)
        assert ran.code == 3
        assert "\x1b" not in ran.err


def test_a_finding_that_there_is_not_is_a_wrong_use(folder: Path) -> None:
    assert foreseen("models", "audit", "answer", "x", "maybe", "--data", folder).code == 2


def test_what_is_listed_holds_nothing_that_a_terminal_obeys(folder: Path) -> None:
    ran = foreseen("models", "audit", "list", "--data", folder)
    assert ran.code == 0
    assert "\x1b" not in ran.out
