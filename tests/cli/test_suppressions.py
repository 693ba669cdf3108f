"""`foreseen suppressions`: from a file into force, through its versions, and out again."""

from pathlib import Path
from typing import Any

import pytest
from tests.cli.commands import Ran, execve, foreseen

RULE = """
title: A program was started
name: started
id: 0b0f6a29-3b6a-4f39-8a40-3c5c2d6a1f01
logsource: {product: linux, category: process_creation}
detection: {selection: {Image: '*'}, condition: selection}
level: low
"""
SUPPRESSION = """title: Monitoring asks who it is
id: monitoring
rules: [started]
detection:
  selection:
    Image: /usr/bin/id
    CommandLine|contains: alpha
  condition: selection
owner: ops@example.com
reason: The monitoring does it each minute.
created: 2026-11-01
expires: 2027-03-01
"""


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """A folder with one rule."""
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "started.yml").write_text(RULE)
    return folder


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Where stores go."""
    return tmp_path / "data"


def add(folder: Path, rules: Path, data: Path, text: str = SUPPRESSION, *more: str) -> Ran:
    file = folder / "s.yml"
    file.write_text(text)
    return foreseen("suppressions", "add", file, "--rules", rules, "--data", data, *more)


def rows(rules: Path, data: Path, *more: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]]
    (found,) = foreseen(
        "suppressions", "list", "--rules", rules, "--data", data, "--json", *more
    ).rows
    return found


def test_a_suppression_goes_through_its_whole_life(tmp_path: Path, rules: Path, data: Path) -> None:
    first = add(tmp_path, rules, data)
    assert (first.code, first.err) == (0, "monitoring: version 1\n")
    second = add(tmp_path, rules, data, SUPPRESSION.replace("alpha", "beta"), "--reason", "typo")
    assert second.err == "monitoring: version 2\n"
    shown = foreseen("suppressions", "show", "monitoring", "--data", data, "--version", "1")
    assert shown.out == SUPPRESSION
    changed = foreseen("suppressions", "diff", "monitoring", "1", "2", "--data", data)
    assert "-    CommandLine|contains: alpha\n+    CommandLine|contains: beta\n" in changed.out
    assert foreseen("suppressions", "restore", "monitoring", "1", "--data", data).code == 0
    assert foreseen("suppressions", "show", "monitoring", "--data", data).out == SUPPRESSION
    assert foreseen("suppressions", "remove", "monitoring", "--data", data).code == 0
    assert rows(rules, data) == []
    (removed,) = rows(rules, data, "--all")
    assert (removed["version"], removed["state"]) == (4, "retired")
    (told,) = foreseen("suppressions", "history", "monitoring", "--data", data, "--json").rows
    assert [(each["number"], each["reason"]) for each in told] == [
        (4, ""), (3, ""), (2, "typo"), (1, ""),
    ]  # fmt: skip
    assert all(each["author"] and each["time"] for each in told)


def test_the_list_says_who_and_until_when(tmp_path: Path, rules: Path, data: Path) -> None:
    add(tmp_path, rules, data)
    assert rows(rules, data) == [
        {
            "id": "monitoring",
            "version": 1,
            "state": "active",
            "owner": "ops@example.com",
            "expires": "2027-03-01 00:00:00",
            "title": "Monitoring asks who it is",
        }
    ]
    table = foreseen("suppressions", "list", "--rules", rules, "--data", data)
    assert "monitoring" in table.out


def test_a_wrong_one_is_refused_with_every_mistake_and_nothing_is_stored(
    tmp_path: Path, rules: Path, data: Path
) -> None:
    wrong = SUPPRESSION.replace("owner", "ower").replace("2027-03-01", "2030-01-01")
    ran = add(tmp_path, rules, data, wrong)
    assert ran.code == 1
    lines = [line.partition("s.yml:")[2] for line in ran.out.splitlines()]
    assert [line.split(":")[0] for line in lines] == ["1", "9", "12"]
    assert not data.exists()


def test_one_that_the_linter_warns_of_needs_a_second_word(
    tmp_path: Path, rules: Path, data: Path
) -> None:
    broad = SUPPRESSION.replace("Image: /usr/bin/id", "ProcessId: 4711")
    ran = add(tmp_path, rules, data, broad)
    assert ran.code == 6
    assert "can never match again" in ran.out
    assert rows(rules, data) == []
    assert add(tmp_path, rules, data, broad, "--anyway").code == 0
    ran = foreseen("suppressions", "lint", "--rules", rules, "--data", data, "--json")
    assert ran.code == 6
    assert [each["path"] for each in ran.rows[0]] == ["suppressions/monitoring.yml"]


def test_two_in_one_file_are_refused(tmp_path: Path, rules: Path, data: Path) -> None:
    both = SUPPRESSION + "---\n" + SUPPRESSION.replace("id: monitoring", "id: other")
    ran = add(tmp_path, rules, data, both)
    assert (ran.code, "a file of its own" in ran.err) == (1, True)


def test_what_is_not_there_is_told(tmp_path: Path, rules: Path, data: Path) -> None:
    assert foreseen("suppressions", "list", "--rules", rules, "--data", data).code == 3
    add(tmp_path, rules, data)
    for command in (["show", "x"], ["history", "x"], ["diff", "monitoring", "1", "2"],
                    ["restore", "monitoring", "9"], ["remove", "x"]):  # fmt: skip
        ran = foreseen("suppressions", *command, "--data", data)
        assert ran.code == 3, command


def test_a_replay_obeys_it_and_the_linter_tries_it_on_that_history(
    tmp_path: Path, rules: Path, data: Path
) -> None:
    log = tmp_path / "audit.log"
    words = ["alpha"] * 6 + ["beta"] * 2
    log.write_bytes(b"".join(execve(n, "id", word) for n, word in enumerate(words, start=10)))
    add(tmp_path, rules, data)
    ran = foreseen("replay", log, "--rules", rules, "--data", data, "--json")
    assert ran.code == 0, ran.err
    asked = (
        "SELECT outcome, basis, suppression, count(*) AS n FROM predictions"
        " GROUP BY ALL ORDER BY outcome"
    )
    found = foreseen("hunt", asked, "--data", data, "--json").rows
    assert [tuple(row.values()) for row in found] == [
        ("alerted", "rule is not marked for a model", None, 2),
        ("suppressed", "suppressed by hand", "monitoring", 6),
    ]
    lint = foreseen("suppressions", "lint", "--rules", rules, "--data", data)
    assert lint.code == 6
    assert "hides 6 of 8 matches of 'started', more than 50%" in lint.out
    wide = foreseen("suppressions", "lint", "--rules", rules, "--data", data, "--share", "0.8")
    assert (wide.code, wide.out) == (0, "")


def test_a_settings_file_gives_rules_to_workloads(tmp_path: Path, rules: Path) -> None:
    (rules / "other.yml").write_text(RULE.replace("started", "other").replace("6a1f01", "6a1f02"))
    settings = tmp_path / "settings.yml"
    settings.write_text(
        "workloads: {web: {tags: [pci]}}\n"
        "rulesets: {pci: {include: {rules: [other]}, tags: {include: [pci]}}}\n"
    )
    log = tmp_path / "audit.log"
    log.write_bytes(execve(10, "id", "a"))
    files = ("replay", log, "--rules", rules, "--json")
    ruled = foreseen(*files, "--settings", settings)
    assert len(foreseen(*files).rows) == 2
    assert len(ruled.rows) == 1, ruled.err
    settings.write_text("rulesets: {pci: {include: {rules: [nothing]}}}\n")
    refused = foreseen(*files, "--settings", settings)
    assert (refused.code, "holds none of the 2 rules" in refused.err) == (1, True)
