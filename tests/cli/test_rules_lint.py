"""`foreseen rules lint`: filters that keep what they should leave out, silent changes of packs."""

import runpy
import shutil
import sys
from pathlib import Path

import pytest
from tests.cli.commands import foreseen

from foreseen.runners.rules import files as rule_files

RULE = """title: A program was started
id: 0c1d4f5e-52a4-4d53-8f5c-0f3f5f2c4b11
name: started
description: A program was started.
date: 2026-11-21
tags: [attack.t1059]
logsource: {product: linux, category: process_creation}
detection: {selection: {Image|endswith: /nc}, condition: selection}
"""
FILTER = """title: Ours
id: ours
logsource: {product: linux, category: process_creation}
filter:
  rules: [started]
  admins: {User: adm_ann}
  condition: not admins
"""


def test_a_filter_that_keeps_only_what_it_selects_is_warned_of(tmp_path: Path) -> None:
    (tmp_path / "rule.yml").write_text(RULE)
    (tmp_path / "ours.yml").write_text(FILTER)
    assert foreseen("rules", "lint", tmp_path).code == 0
    (tmp_path / "ours.yml").write_text(FILTER.replace("not admins", "admins"))
    ran = foreseen("rules", "lint", tmp_path)
    assert ran.code == 1
    assert "ours.yml:7: condition 'admins' has no 'not'" in ran.out
    (problems,) = foreseen("rules", "lint", tmp_path, "--json").rows
    assert [(Path(each["path"]).name, each["line"]) for each in problems] == [("ours.yml", 7)]
    assert foreseen("rules", "list", tmp_path).code == 0


@pytest.fixture
def packs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Packs of one rule in place of the shipped ones, as they were released."""
    folder = tmp_path / "packs_of_a_test"
    (folder / "linux").mkdir(parents=True)
    (folder / "linux" / "started.yml").write_text(RULE)
    (folder / "CHANGELOG.md").write_text("# Changelog\n\nFirst release: `linux`.\n")
    (folder / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(rule_files, "SHIPPED", "packs_of_a_test")
    monkeypatch.delitem(sys.modules, "packs_of_a_test", raising=False)
    release = Path(__file__).parents[2] / "scripts" / "release_rules.py"
    assert runpy.run_path(str(release))["main"]() == 0
    return folder


def test_a_shipped_rule_that_changed_silently_since_its_release_is_named(packs: Path) -> None:
    assert foreseen("rules", "lint").code == 0
    rule = packs / "linux" / "started.yml"
    rule.write_text(RULE.replace("/nc", "/socat"))
    ran = foreseen("rules", "lint")
    assert ran.code == 1
    assert "linux/started.yml:1: 'started' differs from its release; set 'modified'" in ran.out
    rule.write_text(rule.read_text() + "modified: 2026-11-22\n")
    assert "'started' is not in the changelog" in foreseen("rules", "lint").out
    (packs / "CHANGELOG.md").write_text("# Changelog\n\n- `started`: socat, too.\n")
    assert foreseen("rules", "lint").code == 0
    shutil.copytree(packs, packs.parent / "others")
    assert foreseen("rules", "lint", packs.parent / "others" / "linux").code == 0
