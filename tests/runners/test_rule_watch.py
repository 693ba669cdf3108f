"""Rules that follow their folder."""

import os
import time
from pathlib import Path

import pytest

from foreseen.rules import load
from foreseen.runners.compiled import CompiledFolder
from foreseen.runners.rule_files import folder_documents, folder_lists, load_folder, load_rules
from foreseen.runners.rule_watch import LiveRules, RuleWatch
from foreseen.schema.arrow import EVENT_SCHEMA, batch_of

RULE = """title: One
id: 11111111-2222-4333-8444-555555555555
name: one
logsource: {{product: linux, category: process_creation}}
detection:
  s: {{Image|endswith: '/{name}'}}
  condition: s
"""


def write(path: Path, text: str) -> None:
    """Write with a time stamp that differs though the clock is coarse."""
    path.write_text(text)
    now = time.time_ns() + len(text) * 1_000_000
    os.utime(path, ns=(now, now))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "rules"
    made.mkdir()
    (made / "one.yml").write_text(RULE.format(name="curl"))
    (made / "two.yml").write_text(
        RULE.format(name="wget").replace("name: one", "name: two").replace("1111-", "1112-")
    )
    return made


@pytest.fixture
def watch(folder: Path, tmp_path: Path) -> tuple[LiveRules, RuleWatch]:
    live = LiveRules(load_rules(folder, CompiledFolder(tmp_path / "cache")))
    return live, RuleWatch(live, folder, CompiledFolder(tmp_path / "cache"))


def test_nothing_changes_while_no_file_does(watch: tuple[LiveRules, RuleWatch]) -> None:
    live, watching = watch
    before = live.current
    assert not watching.look()
    assert live.current is before


def test_a_changed_rule_is_live_after_one_look_and_the_other_is_not_compiled_again(
    watch: tuple[LiveRules, RuleWatch], folder: Path
) -> None:
    live, watching = watch
    before = {str(each.rule.id): each for each in live.current.compiled}
    write(folder / "one.yml", RULE.format(name="nc"))
    assert watching.look()
    after = {str(each.rule.id): each for each in live.current.compiled}
    assert after["one"].tree != before["one"].tree
    assert after["two"] is before["two"]


def test_a_broken_edit_leaves_the_former_version_live_and_takes_the_other_edit(
    watch: tuple[LiveRules, RuleWatch], folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    live, watching = watch
    write(folder / "one.yml", RULE.format(name="nc").replace("condition: s", "condition: t"))
    write(folder / "two.yml", RULE.format(name="ssh").replace("name: one", "name: two"))
    assert watching.look()
    texts = {str(each.rule.id): each.text for each in live.current.compiled}
    assert "/curl" in texts["one"]
    assert "/ssh" in texts["two"]
    assert "one.yml" in caplog.text


def test_a_removed_file_takes_its_rule_with_it(
    watch: tuple[LiveRules, RuleWatch], folder: Path
) -> None:
    live, watching = watch
    (folder / "two.yml").unlink()
    assert watching.look()
    assert [rule.id for rule in live.current.rules] == ["one"]


def test_an_emptied_folder_leaves_the_rules_as_they_are(
    watch: tuple[LiveRules, RuleWatch], folder: Path
) -> None:
    live, watching = watch
    before = live.current
    for path in folder.iterdir():
        path.unlink()
    assert not watching.look()
    assert live.current is before


def test_lists_of_placeholders_are_read_from_the_folder(folder: Path) -> None:
    text = RULE.format(name="x").replace("Image|endswith: '/x'", "User|expand: '%admins%'")
    (folder / "one.yml").write_text(text)
    documents = folder_documents(folder)
    assert len(load(documents).problems) == 1
    (folder / "placeholders.yml").write_text("admins: [alice, bob]\n")
    loaded = load(folder_documents(folder), lists=folder_lists(folder))
    assert loaded.problems == ()
    assert len(loaded.rules.rules) == 2


def test_a_damaged_cache_costs_time_only(folder: Path, tmp_path: Path) -> None:
    cache = CompiledFolder(tmp_path / "cache")
    first = load_rules(folder, cache)
    kept = list((tmp_path / "cache").iterdir())
    assert kept
    for path in kept:
        path.write_bytes(path.read_bytes()[:-1] + b"\0")
    assert load_rules(folder, cache).hash == first.hash


def test_rules_from_the_cache_label_as_those_that_were_compiled(
    folder: Path, tmp_path: Path
) -> None:
    cache = CompiledFolder(tmp_path / "cache")
    event = {"product": "auditd", "class_uid": 1007, "activity_id": 1, "process_path": "/bin/wget"}
    batch = batch_of([event], EVENT_SCHEMA)
    for _ in range(2):
        assert load_rules(folder, cache).label(batch).to_pylist() == [["two"]]


def test_local_tuning_beside_managed_rules_is_followed(folder: Path, tmp_path: Path) -> None:
    cache = CompiledFolder(tmp_path / "cache")
    local = tmp_path / "local"
    local.mkdir()
    (local / "mine.yml").write_text(
        RULE.format(name="nmap").replace("one", "mine").replace("2222", "2223")
    )
    live = LiveRules(load_folder(folder, cache, local).rules)
    assert [rule.id for rule in live.current.rules] == ["mine", "one", "two"]
    watch = RuleWatch(live, folder, cache, local)
    write(local / "tuning.yml", "tune: one\nenabled: false\nreason: not ours\n")
    assert watch.look()
    assert [rule.id for rule in live.current.rules] == ["mine", "two"]
    (local / "tuning.yml").unlink()
    assert watch.look()
    assert [rule.id for rule in live.current.rules] == ["mine", "one", "two"]
