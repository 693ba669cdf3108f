"""`foreseen rules diff` as a person, and a pull request, uses it."""

from collections import Counter
from pathlib import Path

import orjson
import pytest
from tests.cli.commands import execve, foreseen

RULE = """\
title: Run of {name}
name: {name}
id: 1ab780a9-7927-4029-a4b0-{number:012}
description: It matches.
tags: [attack.t1059]
level: {level}
logsource: {{product: linux, category: process_creation}}
detection:
  one: {{CommandLine|contains: {word}}}
  condition: one
foreseen: {{model: true}}
"""


def rule(folder: Path, name: str, word: str, level: str = "low") -> Path:
    file = folder / f"{name}.yml"
    number = sum(name.encode())
    file.write_text(RULE.format(name=name, number=number, level=level, word=word))
    return file


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rules in use."""
    folder = tmp_path_factory.mktemp("rules")
    rule(folder, "first", "alpha")
    rule(folder, "second", "beta", "high")
    return folder


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three runs with `alpha`, two with `beta`, one with `gamma`."""
    file = tmp_path_factory.mktemp("log") / "audit.log"
    words = ["alpha", "beta", "alpha", "gamma", "beta", "alpha"]
    file.write_bytes(b"".join(execve(n, "id", word) for n, word in enumerate(words, start=11)))
    return file


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory, rules: Path, log: Path) -> Path:
    """A folder with the log under those rules; nothing changes it."""
    folder = tmp_path_factory.mktemp("data")
    assert foreseen("replay", log, "--data", folder, "--rules", rules).code == 0
    return folder


def test_json_has_the_documented_keys_and_counts(data: Path, tmp_path: Path) -> None:
    ran = foreseen("rules", "diff", "--data", data, "--edit", rule(tmp_path, "third", "gamma"),
                   "--without", "second", "--json")  # fmt: skip
    assert ran.code == 0
    (told,) = ran.rows
    documented = (Path(__file__).parents[2] / "docs" / "what-if.md").read_text()
    for key in (*told, *told["period"], *told["examples"]["added"][0], *told["rules"][0]):
        assert f"`{key}`" in documented, key
    assert told["format"] == 1
    assert (told["added"], told["removed"], told["changed"]) == (1, 1, 0)
    assert {each["rule"]: each["edit"] for each in told["rules"]} == {
        "second": "removed",
        "third": "added",
    }
    volumes = {each["rule"]: each["matches"] for each in told["rules"]}
    assert volumes == {"second": {"before": 2, "after": 0}, "third": {"before": 0, "after": 1}}
    assert told["relabelled"] == ["third"]
    assert told["seconds"] > 0
    assert told["days"] == {"2026-11-21": {"before": 2, "after": 2}}


def test_people_see_what_changes_with_examples_and_volumes(data: Path, rules: Path) -> None:
    ran = foreseen("rules", "diff", "--data", data, "--without", "second")
    assert ran.code == 0
    assert "alerts 2 → 1: 0 added, 1 removed, 0 changed" in ran.out
    assert "Run of second: id beta (2 matches)" in ran.out
    assert "type=SYSCALL msg=audit(1795287000.012:12)" in ran.out
    assert "2026-11-21" in ran.out
    assert "░" in ran.out
    same = foreseen("rules", "diff", "--data", data, "--rules", rules)
    assert "alerts 2 → 2: 0 added, 0 removed, 0 changed" in same.out
    assert "saved matches" in same.out


@pytest.mark.long
@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("--without second --fail-on alerts-removed", 6),
        ("--without second --fail-on any", 6),
        ("--without second --fail-on alerts-added", 0),
        ("--edit {third} --fail-on alerts-added", 6),
        ("--edit {third} --fail-on alerts-removed", 0),
        ("--rules {rules} --fail-on any", 0),
        ("--edit {louder} --fail-on any", 6),
        ("--edit {louder} --fail-on alerts-added", 0),
    ],
)
def test_the_exit_code_says_what_was_asked(
    data: Path, rules: Path, tmp_path: Path, typed: str, code: int
) -> None:
    (tmp_path / "louder").mkdir()
    places = {
        "third": rule(tmp_path, "third", "gamma"),
        "louder": rule(tmp_path / "louder", "first", "alpha", "critical"),
        "rules": rules,
    }
    arguments = [word.format(**places) for word in typed.split()]
    assert foreseen("rules", "diff", "--data", data, *arguments).code == code


def test_files_are_asked_without_a_data_folder(log: Path, rules: Path) -> None:
    ran = foreseen("rules", "diff", "--files", log, "--before", rules, "--without", "first",
                   "--json")  # fmt: skip
    (told,) = ran.rows
    assert (told["period"]["events"], told["alerts"]) == (6, {"before": 2, "after": 1})


def test_a_suppression_hides_what_it_says(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "quiet.yml"
    file.write_text(
        "title: Quiet\nid: quiet\nrules: [first]\nowner: ann\nreason: It is known.\n"
        "created: 2026-11-01\nexpires: 2027-10-01\n"
        "detection:\n  one: {CommandLine|contains: alpha}\n  condition: one\n"
    )
    (told,) = foreseen("rules", "diff", "--data", data, "--suppressions", file, "--json").rows
    (only,) = told["rules"]
    assert (only["rule"], only["suppressed"]) == ("first", {"before": 0, "after": 3})
    assert Counter(each["rule"] for each in told["examples"]["removed"]) == {"first": 1}


@pytest.mark.parametrize(
    ("typed", "code", "says"),
    [
        ("--set speed=1", 2, "--set speed=1: write budget="),
        ("--set budget=2", 2, "--set budget=2: write budget="),
        ("--set budget=much", 2, "'much' is no number"),
        ("--set model.first=maybe", 2, r"model\.RULE=on|off"),
        ("--set model.nobody=off", 3, "no rule 'nobody'"),
        ("--without nobody", 3, "no rule 'nobody'"),
        ("--rules nowhere", 3, "nowhere"),
        ("--since yesterday", 2, "'yesterday' is no time"),
        ("--fail-on whim", 2, "whim"),
    ],
)
def test_a_wrong_option_says_what_to_write(data: Path, typed: str, code: int, says: str) -> None:
    ran = foreseen("rules", "diff", "--data", data, *typed.split())
    assert (ran.code, ran.out) == (code, "")
    assert says.replace("\\", "") in " ".join(ran.err.replace("│", " ").split())


def test_no_data_is_told(tmp_path: Path) -> None:
    ran = foreseen("rules", "diff", "--data", tmp_path / "none")
    assert (ran.code, ran.out) == (3, "")
    assert "no lake there" in ran.err


def test_all_errors_of_an_edit_are_told_with_their_places(data: Path, tmp_path: Path) -> None:
    bad = rule(tmp_path, "bad", "x")
    bad.write_text(bad.read_text().replace("condition: one", "condition: two"))
    (tmp_path / "worse.yml").write_text("- no rule\n")
    ran = foreseen("rules", "diff", "--data", data, "--rules", tmp_path)
    assert (ran.code, ran.out) == (1, "")
    assert "bad.yml:10" in ran.err
    assert "worse.yml:1" in ran.err


def test_hostile_text_of_events_is_inert(tmp_path: Path, rules: Path) -> None:
    log = tmp_path / "audit.log"
    log.write_bytes(execve(1, "id", b"alpha \x1b[31m [red]markup[/nothing]"))
    ran = foreseen("rules", "diff", "--files", log, "--before", rules, "--without", "first")
    assert ran.code == 0
    assert "\x1b" not in ran.out + ran.err
    assert "[red]markup[/nothing]" in ran.out


def test_the_answer_is_the_same_twice(data: Path) -> None:
    asked = ("rules", "diff", "--data", data, "--without", "second", "--json")
    once, again = (foreseen(*asked).rows[0] for _ in range(2))
    for told in (once, again):
        told.pop("seconds")
    assert orjson.dumps(once) == orjson.dumps(again)


@pytest.mark.long
def test_attack_chains_that_an_edit_loses_are_named_and_can_fail_a_pull_request(
    log: Path, tmp_path: Path
) -> None:
    (tmp_path / "rules").mkdir()
    rule(tmp_path / "rules", "wide", "a")
    data = tmp_path / "data"
    assert foreseen("replay", log, "--data", data, "--rules", tmp_path / "rules").code == 0
    rule(tmp_path, "other", "gamma")
    edit = ("rules", "diff", "--data", data, "--edit", tmp_path / "other.yml")
    lost = foreseen(*edit, "--without", "wide", "--fail-on", "chains-lost")
    assert lost.code == 6
    assert "lost: " in lost.out
    assert "webshell_dropper" in lost.out
    (told,) = foreseen(*edit, "--without", "wide", "--json").rows
    recall = told["recall"]
    assert "webshell_dropper" in recall["lost"]
    assert recall["after"]["caught"] == recall["before"]["caught"] - len(recall["lost"])
    assert foreseen(*edit, "--fail-on", "chains-lost").code == 0
