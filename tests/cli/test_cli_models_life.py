"""Versions and stages of models as a person sees and orders them."""

from collections.abc import Callable

import pytest
from tests.cli.commands import Ran, foreseen
from tests.models.histories import matches

from foreseen.control.database import opened
from foreseen.control.tenants import ensure_tenant
from foreseen.core.ids import DEFAULT_TENANT
from foreseen.lake.lake import Cursor, Lake

START = 1_800_000_000_000
UNTIL = "2027-01-16T00:00:00"
RULE = """\
title: Download tool
name: download_tool
description: Runs a download tool.
level: medium
logsource: {product: linux, category: process_creation}
detection:
  selection: {Image|endswith: /curl}
  condition: selection
foreseen: {model: true}
"""
Command = Callable[..., Ran]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Command:
    """`foreseen models` on a folder with 500 matches and two versions."""
    folder = tmp_path_factory.mktemp("life")
    (folder / "rules").mkdir()
    (folder / "rules" / "download_tool.yml").write_text(RULE)
    rows = [
        {
            "match_uid": f"m-{number}",
            "event_uid": f"e-{number}",
            "time": START + number * 1_000,
            "ingested_time": START + number * 1_000,
            "process_cmd_line": f"curl -{'sxv'[number % 3]} http://10.0.0.{number % 4}/health",
        }
        for number in range(500)
    ]
    with opened(folder / "control.db") as engine:
        ensure_tenant(engine, DEFAULT_TENANT, now=1)
    Lake.open(folder / "lake").commit({"matches": matches(rows)}, Cursor("shard", 1))

    def run(*arguments: str) -> Ran:
        return foreseen("models", *arguments, "--data", str(folder))

    for seed in ("0", "1"):
        rules = ("--rules", str(folder / "rules"))
        assert run("train", "--until", UNTIL, "--seed", seed, "--budget", "0.02", *rules).code == 0
    return run


def test_versions_are_listed_and_can_be_taken_back_and_forth(models: Command) -> None:
    (listed,) = models("versions", "--json").rows
    assert [(each["version"], each["in_use"]) for each in listed] == [(2, True), (1, False)]
    (back,) = models("rollback", "1", "--reason", "worse", "--by", "ana", "--json").rows
    assert (back["version"], back["in_use"]) == (1, True)
    assert models("rollback", "2", "--reason", "better after all").code == 0
    assert "in use" in models("versions").out
    assert models("rollback", "7", "--reason", "none").code == 3


def test_a_rule_is_promoted_and_demoted_with_a_reason_that_the_list_shows(models: Command) -> None:
    ran = models("demote", "download_tool", "--reason", "too noisy", "--by", "ana", "--json")
    (told,) = ran.rows
    assert (told["stage"], told["by"], told["reason"]) == ("observe", "ana", "too noisy")
    (listed,) = models("list", "--json").rows
    assert [(each["stage"], each["why"]) for each in listed["models"]] == [("observe", "too noisy")]
    assert "too noisy" in models("show", "download_tool").out
    two = ("--reason", "seen enough", "--by", "ana", "--second", "bob")
    assert models("promote", "download_tool", "--to", "suppress", *two).code == 0
    (shown,) = models("show", "download_tool", "--json").rows
    assert shown["stage"] == "suppress"
    assert [each["stage"] for each in shown["stages"]][:2] == ["suppress", "observe"]
    assert {gate["name"] for gate in shown["gates"]} == {
        "clean history",
        "calibration",
        "strangers",
        "recall",
    }


def test_promotion_says_what_is_missing(models: Command) -> None:
    assert "name a rule" in models("promote", "--reason", "why not").err
    assert "--reason" in models("promote", "download_tool").err
    assert models("promote", "unknown_rule", "--reason", "why not").code == 3
