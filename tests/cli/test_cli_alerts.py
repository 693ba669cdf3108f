"""What a person says of alerts, and the tokens of the API, from the command line."""

import os
import pwd
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from tests.cli.commands import foreseen
from tests.models.histories import matches
from tests.recording import extract

from foreseen.control.alert_commit import Decided, commit_decisions
from foreseen.control.alerts import Page, alerts
from foreseen.control.cursors import Checkpoint
from foreseen.control.database import opened
from foreseen.control.scopes import Scope
from foreseen.control.tokens import grant_of
from foreseen.core.errors import DeniedError
from foreseen.core.ids import DEFAULT_TENANT
from foreseen.lake.lake import Cursor, Lake


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


RULE = """
title: Any program
name: any_program
id: 1ab780a9-7927-4029-a4b0-9f9e0c0c0002
description: Runs.
level: low
logsource: {product: linux, category: process_creation}
detection: {selection: {Image|startswith: /}, condition: selection}
"""
WORDS = [("dismiss", "dismissed", "expected change"), ("escalate", "escalated", "attack")]
BOB = ("--as", "bob")


@pytest.fixture
def lean(tmp_path: Path) -> tuple[str, Path]:
    """Rules that load at once: what a receipt looks at where there are no models."""
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "any.yml").write_text(RULE)
    return ("--rules", tmp_path / "rules")


def first(data: Path) -> str:
    return str(foreseen("alerts", "list", "--json", "--data", data).rows[0]["uid"])


@pytest.mark.parametrize(("word", "status", "reason"), WORDS)
def test_what_was_said_of_an_alert_can_be_taken_back(
    data: Path, lean: tuple[str, Path], word: str, status: str, reason: str
) -> None:
    uid = first(data)
    options = ("--reason", reason, "--data", data, *BOB)
    rules = lean if word == "dismiss" else ()
    said = foreseen("alerts", word, uid, *options, *rules)
    assert (said.code, f"{status}, " in said.out) == (0, True)
    assert status_of(data, uid) == status
    number = said.err.split("undo ")[1].split("'")[0]
    assert foreseen("alerts", "undo", number, "--data", data, *BOB).code == 0
    assert status_of(data, uid) == "open"


@pytest.mark.parametrize(("word", "status", "reason"), WORDS)
def test_a_receipt_for_programs_is_one_object(
    data: Path, lean: tuple[str, Path], word: str, status: str, reason: str
) -> None:
    options = ("--reason", reason, "--data", data, "--dry-run", "--json", *BOB, *lean)
    [told] = foreseen("alerts", word, first(data), *options).rows
    assert (told["verdict"], told["number"], told["problem"]) == (status, None, None)
    assert told["receipt"]["moved"]["chains"]["lost"] == []
    assert status_of(data, told["alert"]) == "open"


def test_a_reason_that_is_not_on_the_list_is_refused_with_the_list(data: Path) -> None:
    said = foreseen("alerts", "dismiss", first(data), "--reason", "felt so", "--data", data, *BOB)
    assert (said.code, "'business operation'" in said.err) == (1, True)


def test_the_environment_does_not_say_who_one_is(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An alert about the account that runs this is refused, whatever name it takes on."""
    account = pwd.getpwuid(os.getuid()).pw_name
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "somebody-else")
    uid = about(data, account)
    said = foreseen("alerts", "dismiss", uid, "--reason", "expected change", "--data", data)
    assert (said.code, f"about '{account}'" in said.err) == (3, True)
    assert status_of(data, uid) == "open"


def about(data: Path, account: str) -> str:
    """An alert whose match was made by an account of this name."""
    with opened(data / "control.db") as engine:
        [alert] = alerts(engine, DEFAULT_TENANT, page=Page(limit=1))
        told = replace(alert, uid="own-1", members=("own-1",))
        commit_decisions(engine, DEFAULT_TENANT, Decided([told]), Checkpoint("judge", 10**6))
    row = {"match_uid": "own-1", "process_user_name": account, "rule_id": alert.rule}
    Lake.open(data / "lake").commit({"matches": matches([row])}, Cursor("test", 1))
    return told.uid


def test_without_the_rules_in_use_an_escalation_is_recorded_and_a_dismissal_is_not(
    data: Path, tmp_path: Path
) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "broken.yml").write_text("title: [")
    options = ("--data", data, "--rules", tmp_path / "rules", *BOB)
    uid = first(data)
    refused = foreseen("alerts", "dismiss", uid, "--reason", "expected change", *options)
    assert (refused.code, "broken.yml" in refused.err) == (1, True)
    assert status_of(data, uid) == "open"
    said = foreseen("alerts", "escalate", uid, "--reason", "attack", *options)
    assert (said.code, "cannot be told" in said.err) == (0, True)
    assert status_of(data, uid) == "escalated"


def test_nothing_can_be_said_of_an_alert_that_is_not_there(data: Path) -> None:
    options = ("--reason", "expected change", "--data", data)
    said = foreseen("alerts", "dismiss", "unheard-of", *options)
    assert (said.code, "unheard-of" in said.err) == (3, True)


def test_a_token_works_until_it_is_revoked(data: Path) -> None:
    made = foreseen("tokens", "create", "ana", "--scope", "read", "--data", data)
    token = made.out.strip()
    with opened(data / "control.db") as engine:
        assert grant_of(engine, token, now=3).scopes == {Scope.READ}
    assert foreseen("tokens", "revoke", token, "--data", data).code == 0
    with opened(data / "control.db") as engine, pytest.raises(DeniedError):
        grant_of(engine, token, now=3)


def test_hosts_play_the_workload_that_a_person_names(tmp_path: Path) -> None:
    (tmp_path / "audit.log").write_bytes(extract(3_000))
    options = ("--data", tmp_path / "data", "--workload", "web-*=shop")
    assert foreseen("replay", tmp_path / "audit.log", *options).code == 0
    asked = ("hunt", "SELECT DISTINCT workload FROM events", "--data", tmp_path / "data", "--json")
    found = {row["workload"] for row in foreseen(*asked).rows}
    assert "shop" in found
    assert "web" not in found
    assert foreseen("replay", tmp_path / "audit.log", "--workload", "web").code == 2
