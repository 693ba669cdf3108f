"""What a person says of alerts, and the tokens of the API, from the command line."""

import shutil
from pathlib import Path

import pytest
from tests.cli.commands import foreseen
from tests.recording import extract

from foreseen.control.database import opened
from foreseen.control.tokens import Scope, grant_of
from foreseen.core.errors import DeniedError


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which a replay without models has raised alerts."""
    folder = tmp_path_factory.mktemp("alerts")
    (folder / "audit.log").write_bytes(extract(3_000))
    assert foreseen("replay", folder / "audit.log", "--data", folder / "data").code == 0
    return folder / "data"


@pytest.fixture
def data(replayed: Path, tmp_path: Path) -> Path:
    """A copy that a test may change."""
    return Path(shutil.copytree(replayed, tmp_path / "data"))


def status_of(data: Path, uid: str) -> str:
    rows = foreseen("alerts", "list", "--json", "--data", data).rows
    return str(next(row["status"] for row in rows if row["uid"] == uid))


def test_alerts_are_listed_for_people_and_for_programs(data: Path) -> None:
    rows = foreseen("alerts", "list", "--json", "--data", data).rows
    told = foreseen("alerts", "list", "--data", data).out
    assert rows
    assert all(row["uid"] in told and row["sentences"][0] in told for row in rows)


@pytest.mark.parametrize(("word", "status"), [("dismiss", "dismissed"), ("escalate", "escalated")])
def test_what_was_said_of_an_alert_can_be_taken_back(data: Path, word: str, status: str) -> None:
    uid = foreseen("alerts", "list", "--json", "--data", data).rows[0]["uid"]
    said = foreseen("alerts", word, uid, "--reason", "expected change", "--data", data)
    assert said.code == 0
    assert status_of(data, uid) == status
    number = said.err.split("undo ")[1].split("'")[0]
    assert foreseen("alerts", "undo", number, "--data", data).code == 0
    assert status_of(data, uid) == "open"


def test_nothing_can_be_said_of_an_alert_that_is_not_there(data: Path) -> None:
    said = foreseen("alerts", "dismiss", "unheard-of", "--reason", "none", "--data", data)
    assert (said.code, "unheard-of" in said.err) == (3, True)


def test_a_token_works_until_it_is_revoked(data: Path) -> None:
    made = foreseen("tokens", "create", "ana", "--scope", "read", "--data", data)
    token = made.out.strip()
    with opened(data / "control.db") as engine:
        assert grant_of(engine, token).scope is Scope.READ
    assert foreseen("tokens", "revoke", token, "--data", data).code == 0
    with opened(data / "control.db") as engine, pytest.raises(DeniedError):
        grant_of(engine, token)


def test_hosts_play_the_workload_that_a_person_names(tmp_path: Path) -> None:
    (tmp_path / "audit.log").write_bytes(extract(3_000))
    options = ("--data", tmp_path / "data", "--workload", "web-*=shop")
    assert foreseen("replay", tmp_path / "audit.log", *options).code == 0
    asked = ("hunt", "SELECT DISTINCT workload FROM events", "--data", tmp_path / "data", "--json")
    found = {row["workload"] for row in foreseen(*asked).rows}
    assert "shop" in found
    assert "web" not in found
    assert foreseen("replay", tmp_path / "audit.log", "--workload", "web").code == 2
