"""ATT&CK coverage: the shipped rules count as they are, and no state looks better than it is."""

import json
import re
import xml.etree.ElementTree as ET
from dataclasses import asdict
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import orjson
import pytest

from foreseen.cli.coverage import show
from foreseen.core.ids import RuleId
from foreseen.reports.coverage import SPLIT, Coverage, State, Technique, coverage
from foreseen.reports.coverage_layer import COLORS, LEGEND, layer
from foreseen.reports.coverage_picture import SIGNS, UNPLACED, picture
from foreseen.reports.coverage_tests import rules_with_tests
from foreseen.rules import RuleSet, parse_rules
from foreseen.rules.cases.cases import is_rule, is_test
from foreseen.rules.rule import TACTICS

SVG = "{http://www.w3.org/2000/svg}"
RULE = """\
title: {name}
name: {name}
logsource:
  product: linux
  category: process_creation
detection:
  selection:
    Image|endswith: /{name}
  condition: selection
tags: [{tags}]
"""
TEST = """\
rule: {name}
common: {{product: auditd, class_uid: 1007, activity_id: 1}}
match:
  - {{process_path: /bin/{name}}}
  - {{process_path: /usr/bin/{name}}}
no_match:
  - {{process_path: /bin/other}}
  - {{process_path: {last}}}
"""


def rules_of(**tags: str) -> RuleSet:
    """Rules by name, each with tags such as `execution t1059.004`."""
    return parse_rules(
        [
            (
                f"{name}.yml",
                RULE.format(name=name, tags=", ".join(f"attack.{t}" for t in text.split())),
            )
            for name, text in tags.items()
        ]
    )


def covered(
    telemetry: dict[str, bool | None] | None = None, tested: str = "", **tags: str
) -> Coverage:
    """Coverage of small rules; `tested` names those with tests."""
    known: dict[str, bool | None] = telemetry or {}
    rules = rules_of(**tags).rules
    return coverage(
        rules,
        [r.id for r in rules if r.id in tested.split()],
        {r.id: known.get(r.id) for r in rules},
    )


@cache
def shipped() -> RuleSet:
    return parse_rules([(name, text) for name, text in texts() if is_rule(name)])


def texts() -> list[tuple[str, str]]:
    def below(folder: Traversable) -> list[tuple[str, str]]:
        found = []
        for entry in sorted(folder.iterdir(), key=lambda each: each.name):
            if entry.is_dir():
                found += below(entry)
            elif is_rule(entry.name) or is_test(entry.name):
                found.append((entry.name, entry.read_text("utf-8")))
        return found

    return below(files("foreseen.rules.packs"))


@pytest.fixture(scope="module")
def real() -> Coverage:
    """The shipped rules, all with telemetry and tests."""
    rules = shipped().rules
    ids = [rule.id for rule in rules]
    return coverage(rules, ids, dict.fromkeys(ids, True))


def test_every_technique_that_a_shipped_rule_names_is_there_with_that_rule(real: Coverage) -> None:
    by_id = {each.id: each for family in real.techniques for each in (family, *family.parts)}
    named = {(technique, rule.id) for rule in shipped().rules for technique in rule.techniques}
    assert len(named) > 150
    for technique, rule_id in named:
        assert rule_id in by_id[technique].rules
        assert rule_id in by_id[technique.partition(".")[0]].rules
    families = {technique.partition(".")[0] for technique, _ in named}
    assert set(by_id) == {technique for technique, _ in named} | families
    assert {each.state for each in by_id.values()} == {State.COVERED}


def test_every_technique_of_the_shipped_rules_has_a_tactic_that_its_rules_name(
    real: Coverage,
) -> None:
    tactics = {rule.id: set(rule.tactics) for rule in shipped().rules}
    for technique in real.techniques:
        assert technique.tactics
        for tactic in technique.tactics:
            assert any(tactic in tactics[rule] for rule in technique.rules)
    execution = next(each for each in real.techniques if each.id == "T1059")
    assert "execution" in execution.tactics
    assert "initial-access" not in execution.tactics


def test_tactics_count_rules_by_their_tags_and_stand_in_attacks_order(real: Coverage) -> None:
    rules = shipped().rules
    names = [tactic.name for tactic in real.tactics]
    assert set(TACTICS) - set(names) <= {SPLIT}
    assert names == sorted(names, key=TACTICS.index)
    for tactic in real.tactics:
        assert tactic.rules == sum(tactic.name in rule.tactics for rule in rules)
        assert tactic.covered == tactic.techniques
    assert sum(tactic.techniques > 0 for tactic in real.tactics) >= 10


def test_sub_techniques_are_rolled_up_without_counting_a_rule_twice() -> None:
    found = covered(one="execution t1059.001 t1059.003", two="execution t1059")
    (family,) = found.techniques
    assert (family.id, family.rules) == ("T1059", ("one", "two"))
    assert [(part.id, part.rules) for part in family.parts] == [
        ("T1059.001", ("one",)),
        ("T1059.003", ("one",)),
    ]


def test_techniques_with_a_common_beginning_are_kept_apart() -> None:
    found = covered(one="execution t1059", two="impact t1059.001", three="impact t1490")
    assert [(each.id, len(each.rules)) for each in found.techniques] == [("T1059", 2), ("T1490", 1)]


@pytest.mark.parametrize(
    ("telemetry", "tested", "state"),
    [
        ({"one": True, "two": False}, "one", State.COVERED),
        ({"one": True, "two": False}, "two", State.UNTESTED),
        ({"one": True}, "", State.UNTESTED),
        ({"one": None, "two": False}, "one two", State.UNKNOWN),
        ({}, "one two", State.UNKNOWN),
        ({"one": False, "two": False}, "one two", State.BLIND),
    ],
)
def test_a_technique_is_as_good_as_one_rule_that_has_both_tests_and_telemetry(
    telemetry: dict[str, bool | None], tested: str, state: State
) -> None:
    found = covered(telemetry, tested, one="execution t1059", two="execution t1059")
    assert found.techniques[0].state is state
    (execution,) = (tactic for tactic in found.tactics if tactic.name == "execution")
    assert execution.covered == (state is State.COVERED)


def test_rules_without_telemetry_show_as_such_everywhere() -> None:
    found = covered({"one": False}, "one", one="impact t1490")
    (technique,) = found.techniques
    assert (technique.telemetry, technique.blind, technique.tested) == ((), ("one",), ("one",))
    (entry,) = entries(found)
    assert entry["color"] == COLORS[State.BLIND]
    assert str(entry["comment"]).startswith(LEGEND[State.BLIND])
    (cell,) = cells(picture(found, "x"))
    assert cell["class"] == "blind"
    assert cell["text"] == [f"{SIGNS[State.BLIND]} T1490", "1 · 1 · 0"]
    assert LEGEND[State.BLIND] in cell["title"]


def test_a_technique_belongs_to_the_tactics_that_most_of_its_rules_name() -> None:
    found = covered(
        one="execution initial-access t1059 t1190",
        two="execution t1059",
        three="execution persistence t1059",
    )
    assert {each.id: each.tactics for each in found.techniques} == {
        "T1059": ("execution",),
        "T1190": ("initial-access", "execution"),
    }


def test_the_tactic_that_was_split_shows_only_where_a_rule_names_it() -> None:
    old, new = covered(one="defense-evasion t1036"), covered(one="stealth t1036")
    assert SPLIT in [tactic.name for tactic in old.tactics]
    assert SPLIT not in [tactic.name for tactic in new.tactics]
    assert (old.techniques[0].tactics, new.techniques[0].tactics) == ((SPLIT,), ("stealth",))


def test_a_technique_keeps_a_tactic_though_few_of_its_rules_name_any() -> None:
    found = covered(one="impact t1490", two="t1490", three="t1490", four="")
    assert found.techniques[0].tactics == ("impact",)
    assert found.without_technique == ("four",)


def test_without_rules_there_is_a_picture_of_gaps_and_an_empty_layer() -> None:
    found = coverage([], [], {})
    assert (found.rules, found.techniques, found.without_technique) == (0, (), ())
    assert {tactic.name for tactic in found.tactics} == set(TACTICS) - {SPLIT}
    assert layer(found, "none")["techniques"] == []
    svg = drawn(picture(found, "none"))
    assert len(svg.findall(f"{SVG}g[@class='column']")) == len(found.tactics)
    assert cells(picture(found, "none")) == []


def test_order_of_rules_does_not_matter() -> None:
    rules = shipped().rules
    assert coverage(rules, [], {}) == coverage(tuple(reversed(rules)), [], {})


def test_coverage_is_ready_for_json(real: Coverage) -> None:
    assert json.loads(json.dumps(asdict(real))) == json.loads(orjson.dumps(real))


def test_tested_are_only_rules_that_keep_enough_tests() -> None:
    rules = rules_of(kept="impact t1490", broken="impact t1490", bare="impact t1490")
    tests = [
        ("kept.test.yml", TEST.format(name="kept", last="/bin/x")),
        ("broken.test.yml", TEST.format(name="broken", last="/bin/broken")),
    ]
    assert rules_with_tests(rules, tests) == {"kept"}
    few = TEST.format(name="kept", last="/bin/x").replace("  - {process_path: /bin/other}\n", "")
    assert rules_with_tests(rules, [("kept.test.yml", few)]) == frozenset()
    assert rules_with_tests(rules, [("kept.test.yml", "rule: [")]) == frozenset()


def test_layer_has_the_fields_and_types_of_the_navigators_format(real: Coverage) -> None:
    written = json.loads(orjson.dumps(layer(real, "shipped")))
    assert (written["name"], written["domain"]) == ("shipped", "enterprise-attack")
    assert written["versions"]["layer"] == "4.5"
    assert isinstance(written["description"], str)
    seen = [entry["techniqueID"] for entry in written["techniques"]]
    assert len(seen) == len(set(seen)) > 100
    for entry in written["techniques"]:
        assert re.fullmatch(r"T\d{4}(\.\d{3})?", entry["techniqueID"])
        assert type(entry["score"]) is int
        assert re.fullmatch(r"#[0-9a-f]{6}", entry["color"])
        assert isinstance(entry["comment"], str)
        assert entry["enabled"] is True
        assert isinstance(entry["showSubtechniques"], bool)
        for data in entry["metadata"]:
            assert {key: type(value) for key, value in data.items()} == {"name": str, "value": str}
    for item in written["legendItems"]:
        assert {key: type(value) for key, value in item.items()} == {"label": str, "color": str}


def test_layer_says_the_same_figures_as_the_coverage(real: Coverage) -> None:
    by_id = {entry["techniqueID"]: entry for entry in entries(real)}
    for technique in real.techniques:
        for each in (technique, *technique.parts):
            assert by_id[each.id]["score"] == len(each.rules)


def test_picture_has_a_cell_for_each_technique_in_each_of_its_tactics(real: Coverage) -> None:
    svg = picture(real, "shipped")
    assert svg == picture(real, "shipped")
    shown = [cell["text"][0] for cell in cells(svg)]
    assert shown == [
        heading(technique)
        for tactic in TACTICS
        for technique in real.techniques
        if tactic in technique.tactics
    ]
    assert UNPLACED.capitalize() not in svg


def test_picture_lies_within_its_frame_and_no_cell_on_another(real: Coverage) -> None:
    root = drawn(picture(real, "shipped"))
    width, height = int(root.attrib["width"]), int(root.attrib["height"])
    boxes = [
        tuple(int(box.attrib[key]) for key in ("x", "y", "width", "height"))
        for box in root.iter(f"{SVG}rect")
        if "x" in box.attrib
    ]
    assert all(x + w <= width and y + h <= height for x, y, w, h in boxes)
    taken = {(x, y) for x, y, _, _ in boxes}
    assert len(taken) == len(boxes)
    bases = [int(text.attrib["y"]) for text in root.iter(f"{SVG}text")]
    assert max(bases) <= height


def test_picture_needs_nothing_from_elsewhere_and_serves_light_and_dark(real: Coverage) -> None:
    svg = picture(real, "shipped")
    assert "prefers-color-scheme:dark" in svg
    assert not re.search(r"href|url\(|@import|<script|<image|<foreignObject", svg)
    for text in LEGEND.values():
        assert text in svg


def test_techniques_without_a_tactic_have_a_column_of_their_own() -> None:
    found = covered(one="t1490")
    (cell,) = cells(picture(found, "x"))
    assert cell["text"][0] == "? T1490"
    assert f">{UNPLACED.capitalize()}<" in picture(found, "x")


@pytest.mark.parametrize("title", ["<script>&\"'", "a\x00b\x1b[31m\ud800\ufffe", "]]>"])
def test_hostile_titles_leave_the_picture_well_formed(title: str) -> None:
    root = drawn(picture(coverage([], [], {}), title))
    shown = root.findtext(f"{SVG}title")
    assert shown
    assert root.find(f".//{SVG}script") is None


def test_the_command_writes_what_it_is_asked_for(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    folder = tmp_path / "rules"
    folder.mkdir()
    for name in ("kept", "foreign"):
        (folder / f"{name}.yml").write_text(RULE.format(name=name, tags="attack.t1490"))
    (folder / "kept.test.yml").write_text(TEST.format(name="kept", last="/bin/x"))
    svg, navigator = tmp_path / "c.svg", tmp_path / "c.json"
    telemetry = {RuleId("kept"): True, RuleId("foreign"): False}
    show(folder, telemetry, svg=svg, navigator=navigator, json=True)
    printed = json.loads(capfdbinary.readouterr().out)
    assert printed["rules"] == 2
    assert printed["techniques"][0]["tested"] == ["kept"]
    assert printed["techniques"][0]["blind"] == ["foreign"]
    assert printed["techniques"][0]["state"] == "covered"
    assert cells(svg.read_text("utf-8"))[0]["class"] == "covered"
    assert json.loads(navigator.read_bytes())["techniques"][0]["techniqueID"] == "T1490"
    show(folder / "foreign.yml", {}, svg=None, navigator=None, json=False)
    assert "T1490" in capfdbinary.readouterr().out.decode()


def heading(technique: Technique) -> str:
    more = f" +{len(technique.parts)}" if technique.parts else ""
    return f"{SIGNS[technique.state]} {technique.id}{more}"


def entries(found: Coverage) -> list[dict[str, object]]:
    techniques = layer(found, "x")["techniques"]
    assert isinstance(techniques, list)
    return techniques


def drawn(svg: str) -> ET.Element:
    return ET.fromstring(svg.encode())  # noqa: S314 - our own text, not somebody else's


def cells(svg: str) -> list[dict[str, str | list[str]]]:
    return [
        {
            "class": "".join(box.attrib["class"] for box in cell.findall(f"{SVG}rect")),
            "title": cell.findtext(f"{SVG}title", ""),
            "text": [text.text or "" for text in cell.findall(f"{SVG}text")],
        }
        for cell in drawn(svg).iter(f"{SVG}g")
        if cell.attrib["class"] == "cell"
    ]
