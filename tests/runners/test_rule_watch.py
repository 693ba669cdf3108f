"""Rules that follow their folder."""

import os
import time
from pathlib import Path

import pytest

from foreseen.core.ids import RuleId
from foreseen.rules import RuleSet, load
from foreseen.runners.rules.compiled import CompiledFolder
from foreseen.runners.rules.files import folder_documents, folder_lists, load_folder, load_rules
from foreseen.runners.rules.watch import LiveRules, RuleWatch
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


COUNTING = """title: Often
name: often
correlation:
  type: event_count
  rules: [one]
  group-by: [User]
  timespan: 5m
  condition: {gte: 3}
"""
NOT_ROOT = """title: Not root
id: not_root
logsource: {product: linux, category: process_creation}
filter:
  rules: [one]
  root: {User: root}
  condition: not root
"""
QUIET = "tune: one\nforeseen: {severity: 1}\nreason: not ours\n"


def labels(rules: RuleSet, **columns: str) -> list[str]:
    event = {"product": "auditd", "class_uid": 1007, "activity_id": 1, **columns}
    (found,) = rules.label(batch_of([event], EVENT_SCHEMA)).to_pylist()
    return list(found or ())


@pytest.mark.parametrize(
    ("other", "broken"),
    [
        (COUNTING, COUNTING.replace("event_count", "event_cuont")),
        (NOT_ROOT, NOT_ROOT.replace("not root", "not rot")),
        (NOT_ROOT, "filter: {"),
        (QUIET, QUIET.replace("severity: 1", "severity: 9")),
    ],
    ids=["correlation", "filter", "no YAML", "tuning"],
)
def test_a_broken_edit_of_what_is_no_rule_leaves_its_former_version_live(
    folder: Path, tmp_path: Path, other: str, broken: str, caplog: pytest.LogCaptureFixture
) -> None:
    cache = CompiledFolder(tmp_path / "cache")
    (folder / "other.yml").write_text(other)
    live = LiveRules(load_rules(folder, cache))
    watching, before = RuleWatch(live, folder, cache), live.current
    write(folder / "other.yml", broken)
    watching.look()
    assert live.current.hash == before.hash
    assert "other.yml" in caplog.text
    assert "former version stays live" in caplog.text
    write(folder / "two.yml", RULE.format(name="ssh").replace("name: one", "name: two"))
    assert watching.look()
    plan = live.current.correlations.rules
    assert [each.correlation.id for each in plan] == (["often"] if other is COUNTING else [])
    hidden = labels(live.current, process_path="/bin/curl", process_user_name="root") == []
    assert hidden is (other is NOT_ROOT)
    severity = live.current.rule(RuleId("one")).severity
    assert severity == (1 if other is QUIET else 2)


@pytest.mark.parametrize("other", [NOT_ROOT, QUIET], ids=["filter", "tuning"])
def test_a_broken_edit_of_a_rule_that_others_change_leaves_its_former_version_live(
    folder: Path, tmp_path: Path, other: str
) -> None:
    cache = CompiledFolder(tmp_path / "cache")
    (folder / "other.yml").write_text(other)
    live = LiveRules(load_rules(folder, cache))
    watching, before = RuleWatch(live, folder, cache), live.current
    write(folder / "one.yml", RULE.format(name="nc").replace("condition: s", "condition: t"))
    watching.look()
    assert live.current.hash == before.hash


def test_what_leaves_with_the_edit_of_another_file_is_told_as_left_out(
    folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cache = CompiledFolder(tmp_path / "cache")
    (folder / "other.yml").write_text(COUNTING)
    live = LiveRules(load_rules(folder, cache))
    watching = RuleWatch(live, folder, cache)
    write(folder / "one.yml", RULE.format(name="curl").replace("name: one", "name: first"))
    assert watching.look()
    assert live.current.correlations.rules == ()
    assert "(left out)" in caplog.text
    assert "stays live" not in caplog.text


TWO_RULES = (
    RULE.format(name="a").replace("name: one", "name: a").replace("1111-", "1113-")
    + "---\n"
    + RULE.format(name="b").replace("name: one", "name: b").replace("1111-", "1114-")
)


def test_a_rule_that_was_disabled_comes_back_though_its_file_holds_others(
    folder: Path, tmp_path: Path
) -> None:
    cache = CompiledFolder(tmp_path / "cache")
    (folder / "both.yml").write_text(TWO_RULES)
    (folder / "off.yml").write_text("tune: b\nenabled: false\nreason: not ours\n")
    live = LiveRules(load_rules(folder, cache))
    watching = RuleWatch(live, folder, cache)
    assert [rule.id for rule in live.current.rules] == ["a", "one", "two"]
    (folder / "off.yml").unlink()
    assert watching.look()
    assert [rule.id for rule in live.current.rules] == ["a", "b", "one", "two"]


def test_a_rule_whose_name_was_taken_comes_in_when_the_other_goes(
    folder: Path, tmp_path: Path
) -> None:
    cache = CompiledFolder(tmp_path / "cache")
    (folder / "zz.yml").write_text(TWO_RULES.replace("name: b", "name: one"))
    live = LiveRules(load_folder(folder, cache).rules)
    watching = RuleWatch(live, folder, cache)
    (folder / "one.yml").unlink()
    assert watching.look()
    assert [rule.id for rule in live.current.rules] == ["a", "one", "two"]
    assert labels(live.current, process_path="/b") == ["one"]
