"""Rule sets by tags: which rules look at which workload, the same for whole columns as by hand."""

from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foreseen.core.errors import MalformedInputError, NotFoundError
from foreseen.core.ids import DEFAULT_TENANT
from foreseen.core.records import Line
from foreseen.pipeline.shard import Lines, ShardArtefacts, ShardState, step
from foreseen.rules import parse_rules
from foreseen.rules.assignment import Assignment, NamedSet, RuleSets, Selection, chooses
from foreseen.rules.assignment_parse import empty_sets, parse_rule_sets
from foreseen.rules.document import documents_of
from foreseen.rules.engine.kernels import Lists, array_of
from foreseen.runners.settings.file import from_file
from foreseen.runners.settings.settings import Settings

RULE = """
title: {name}
name: {name}
tags: {tags}
logsource: {{product: linux, category: process_creation}}
detection: {{selection: {{Image: '*'}}, condition: selection}}
level: {level}
foreseen: {{compliance: {compliance}}}
"""


def rule(name: str, level: str, tags: str, compliance: str = "[]") -> str:
    return RULE.format(name=name, level=level, tags=tags, compliance=compliance)


RULES = parse_rules(
    [
        ("packs/linux/a.yml", rule("shell", "low", "[attack.t1059.004, attack.execution]")),
        ("packs/linux/b.yml", rule("cron", "high", "[attack.t1053.003]", "['pci-dss:10.2.2']")),
        ("packs/windows/c.yml", rule("service", "medium", "[attack.t1543]")),
        ("local/d.yml", rule("own", "critical", "[]")),
    ]
)
IDS = [each.id for each in RULES.rules]
FILE = """
workloads:
  web-*: {tags: [prod, pci]}
  '*-dev': {tags: [dev]}
rulesets:
  pci:
    include: {tags: ['pci-dss:*', attack.t1059.*]}
    tags: {include: [pci], exclude: [dev]}
  loud:
    exclude: {levels: [low], packs: [windows]}
    tags: {include: [dev]}
"""


def sets_of(text: str) -> RuleSets:
    (document,) = documents_of("settings.yml", text)
    sets, problems = parse_rule_sets(document)
    assert [str(each) for each in problems] == []
    return sets


def chosen(selection: NamedSet) -> list[str]:
    return [each.id for each in RULES.rules if chooses(selection, each)]


def looking(sets: RuleSets, workload: str) -> list[str]:
    mask = Assignment(sets, RULES.rules).of(workload)
    return [name for name, looks in zip(IDS, mask.tolist(), strict=True) if looks]


@pytest.mark.parametrize(
    ("include", "exclude", "names"),
    [
        (Selection(), Selection(), ["cron", "own", "service", "shell"]),
        (Selection(rules=("s*",)), Selection(), ["service", "shell"]),
        (Selection(tags=("attack.t1059*",)), Selection(), ["shell"]),
        (Selection(tags=("ATTACK.EXECUTION",)), Selection(), ["shell"]),
        (Selection(tags=("pci-dss:*",)), Selection(), ["cron"]),
        (Selection(packs=("linux",)), Selection(), ["cron", "shell"]),
        (Selection(packs=("packs/*",)), Selection(), ["cron", "service", "shell"]),
        (Selection(packs=("linux",), levels=("high",)), Selection(), ["cron"]),
        (Selection(), Selection(packs=("linux",), levels=("medium",)), ["own"]),
        (Selection(rules=("cron",)), Selection(rules=("cron",)), []),
    ],
)
def test_include_asks_for_every_part_and_exclude_for_one(
    include: Selection, exclude: Selection, names: list[str]
) -> None:
    assert chosen(NamedSet("x", include, exclude)) == names


@pytest.mark.parametrize(
    ("workload", "names"),
    [
        ("web-1", ["cron", "shell"]),
        ("web-1-dev", ["cron", "own"]),  # pci is excluded by the tag dev
        ("db", ["cron", "own", "service", "shell"]),
        ("", ["cron", "own", "service", "shell"]),
    ],
)
def test_sets_are_given_by_tags_and_all_rules_without_one(workload: str, names: list[str]) -> None:
    assert looking(sets_of(FILE), workload) == names


def test_several_sets_add_up() -> None:
    text = FILE + "  more: {include: {rules: [own]}, tags: {include: [prod]}}\n"
    assert looking(sets_of(text), "web-1") == ["cron", "own", "shell"]


def test_a_set_without_tags_is_for_every_workload() -> None:
    sets = sets_of("rulesets: {only: {include: {rules: [own]}}}")
    assert looking(sets, "anything") == ["own"]


@settings(max_examples=150, deadline=None)
@given(
    events=st.lists(
        st.tuples(
            st.sampled_from([None, "web-1", "web-2-dev", "db", "x-dev"]),
            st.lists(st.sampled_from(IDS), unique=True).map(sorted),
        ),
        max_size=12,
    )
)
def test_a_column_is_filtered_as_one_event_at_a_time_is(
    events: list[tuple[str | None, list[str]]],
) -> None:
    sets = sets_of(FILE)
    labels: Lists = array_of([names for _, names in events], pa.list_(pa.string()))
    workloads = pa.array([name for name, _ in events], pa.string())
    kept = Assignment(sets, RULES.rules).kept(labels, workloads)
    assert kept.to_pylist() == [
        [name for name in names if name in looking(sets, workload or "")]
        for workload, names in events
    ]


def test_without_sets_labels_are_left_alone() -> None:
    labels: Lists = array_of([["shell"], []], pa.list_(pa.string()))
    assert Assignment(RuleSets(), RULES.rules).kept(labels, pa.array(["a", "b"])) is labels


def execve(host: str, serial: int) -> bytes:
    stamp = f"msg=audit(1795287000.{serial:03}:{serial}):"
    return (
        f"node={host} type=SYSCALL {stamp} arch=c000003e syscall=59 success=yes exit=0 items=2"
        f' ppid=1 pid={serial} auid=1001 uid=1001 euid=1001 ses=3 comm="id" exe="/usr/bin/id"\n'
        f'node={host} type=EXECVE {stamp} argc=1 a0="id"\n'
        f"node={host} type=EOE {stamp} \n"
    ).encode()


def labelled(assignment: Assignment | None) -> dict[str, list[str]]:
    data = execve("web-1", 1) + execve("db-1", 2)
    lines, offset = [], 0
    for number, text in enumerate(data.splitlines(), start=1):
        lines.append(Line("log", offset, number, "log", text))
        offset += len(text) + 1
    artefacts = ShardArtefacts(DEFAULT_TENANT, RULES, assignment=assignment)
    _, out = step(ShardState(), [Lines("log", "auditd", lines, ended=True)], artefacts)
    rows = out.events.to_pylist()
    assert out.matches.num_rows == sum(len(row["labels"]) for row in rows)
    return {row["workload"]: row["labels"] for row in rows}


def test_the_shard_step_labels_each_workload_by_its_rules() -> None:
    every = labelled(None)
    assert every == {"web": IDS, "db": IDS}
    text = "workloads: {web: {tags: [pci]}}\nrulesets: {pci: {include: {rules: [cron]},"
    sets = sets_of(f"{text} tags: {{include: [pci]}}}}}}")
    assert labelled(Assignment(sets, RULES.rules)) == {"web": ["cron"], "db": IDS}


def test_rule_sets_are_part_of_the_settings_that_decisions_name() -> None:
    assert Settings().content != Settings(rule_sets=sets_of(FILE)).content
    assert Settings(rule_sets=sets_of(FILE)).content == Settings(rule_sets=sets_of(FILE)).content


def test_all_mistakes_are_told_at_once_with_their_lines() -> None:
    text = """
workloads:
  web-*: {tag: [prod]}
  db: []
rulesets:
  pci:
    include: {rule: [a], levels: []}
    tags: {includes: [pci]}
  x: 3
"""
    (document,) = documents_of("settings.yml", text)
    _, problems = parse_rule_sets(document)
    told = [str(each).removeprefix("settings.yml:") for each in problems]
    expected = [
        "3: 'workloads.web-*.tag' is not known; did you mean 'tags'?",
        "3: 'workloads.web-*.tags' must be a list of texts",
        "4: 'workloads.db' must be a mapping",
        "4: 'workloads.db.tags' must be a list",
        "7: 'rulesets.pci.include.levels' must be a list of texts, not []",
        "7: 'rulesets.pci.include.rule' is not known; did you mean 'rules'?",
        "8: 'rulesets.pci.tags.includes' is not known; did you mean 'include'?",
        "9: 'rulesets.x' must be a mapping, not 3",
    ]
    assert [each[: len(want)] for each, want in zip(told, expected, strict=True)] == expected


def test_a_set_that_holds_no_rule_is_refused() -> None:
    text = "rulesets:\n  a: {include: {rules: [nothing]}}\n  b: {}"
    (document,) = documents_of("settings.yml", text)
    sets, _ = parse_rule_sets(document)
    (problem,) = empty_sets(document, sets, RULES.rules)
    assert str(problem).startswith("settings.yml:2: rule set 'a' holds none of the 4 rules")


def test_a_settings_file_is_read_or_refused_whole(tmp_path: Path) -> None:
    file = tmp_path / "settings.yml"
    with pytest.raises(NotFoundError, match="no such settings file"):
        from_file(file, RULES)
    file.write_text(FILE)
    assert from_file(file, RULES).rule_sets == sets_of(FILE)
    file.write_text("")
    assert from_file(file, RULES).rule_sets == RuleSets()
    for wrong, said in (
        ("rulesetz: {}", "did you mean 'rulesets'"),
        ("rulesets: {a: {include: {rules: [x]}}}", "holds none"),
        ("rulesets: {}\n---\nworkloads: {}", "one document"),
    ):
        file.write_text(wrong)
        with pytest.raises(MalformedInputError, match=said):
            from_file(file, RULES)
    file.write_bytes(b"\xff")
    with pytest.raises(MalformedInputError, match="not UTF-8"):
        from_file(file, RULES)
