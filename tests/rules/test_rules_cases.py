"""Tests beside rules: columns or raw records of any format; what is wrong is named by place."""

import pytest

from foreseen.rules.cases.cases import check
from foreseen.rules.lint import Problem
from foreseen.rules.loading import parse_rules
from foreseen.rules.ruleset import RuleSet

ID = "8d3a3a60-2f0b-4c60-9d0a-1f1f6d1b7a01"
EXEC = """\
type=SYSCALL msg=audit(1795132800.100:7): arch=c000003e syscall=59 success=yes exit=0 a0=0 a1=0 \
a2=0 a3=0 items=1 ppid=1 pid=2 auid=1001 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 \
tty=pts0 ses=3 comm="id" exe="/usr/bin/id" key=(null)
type=EXECVE msg=audit(1795132800.100:7): argc=2 a0="id" a1={argument}
type=EOE msg=audit(1795132800.100:7):\x20
"""


def rule(field: str, logsource: str = "product: linux, category: process_creation") -> RuleSet:
    text = (
        f"title: t\nname: r\nid: {ID}\nlogsource: {{{logsource}}}\n"
        f"detection:\n  s:\n    {field}\n  condition: s\n"
    )
    return parse_rules([("r.yml", text)])


def audit_text(argument: str, indent: str = "      ") -> str:
    """A record of a program's start as the element of a YAML list."""
    lines = EXEC.format(argument=argument).splitlines()
    return "\n".join(["  - |", *(indent + line for line in lines)])


def audit_tests(
    match: list[str], no_match: list[str], head: str = "rule: r\nformat: auditd"
) -> str:
    parts = [head, "match:", *map(audit_text, match), "no_match:", *map(audit_text, no_match)]
    return "\n".join(parts) + "\n"


def problems(rules: RuleSet, *texts: str) -> list[Problem]:
    return check(rules, [(f"t{number}.test.yml", text) for number, text in enumerate(texts)])


def test_raw_records_go_through_the_parser_of_their_format() -> None:
    named = rule("CommandLine: id -un")
    # the second argument is hexadecimal: only the real parser reads it
    assert problems(named, audit_tests(["2D756E", '"-un"'], ['"-u"', "2D75"])) == []


def test_a_raw_record_that_breaks_its_promise_is_named_by_its_own_line() -> None:
    text = audit_tests(['"-un"', '"-u"'], ['"-g"', '"-n"'])
    (problem,) = problems(rule("CommandLine: id -un"), text)
    assert (
        problem.line
        == 1
        + next(number for number, line in enumerate(text.splitlines()) if 'a1="-u"' in line)
        - 2
    )
    assert "'r' does not match" in problem.message
    assert "id -u'" in problem.message


def test_a_text_of_several_events_matches_if_one_of_them_does() -> None:
    both = (
        audit_text('"-g"')
        + "\n"
        + "\n".join(
            "      " + line.replace(":7)", ":8)")
            for line in EXEC.format(argument='"-un"').splitlines()
        )
    )
    text = "rule: r\nformat: auditd\nmatch:\n" + both + "\n" + both + "\nno_match:\n"
    text += "\n".join([audit_text('"-g"'), audit_text('"-n"')]) + "\n"
    assert problems(rule("CommandLine: id -un"), text) == []


def test_columns_and_raw_records_stand_in_one_file_as_documents() -> None:
    columns = (
        "rule: r\ncommon: {product: auditd, class_uid: 1007, activity_id: 1}\n"
        "match:\n  - process_cmd_line: id -un\nno_match:\n  - process_cmd_line: id\n"
    )
    raw = audit_tests(['"-un"'], ['"-g"'])
    assert problems(rule("CommandLine: id -un"), columns + "---\n" + raw) == []
    missing = [problem.message for problem in problems(rule("CommandLine: id -un"), raw)]
    assert missing == [
        f"rule 'r' has 1 tests of kind {kind}; 2 at least" for kind in ("match", "no_match")
    ]


K8S = """\
rule: r
format: k8s_audit
common:
  kind: Event
  apiVersion: audit.k8s.io/v1
  level: Request
  auditID: 6a0c5bd8-8f0e-4a52-a4f7-0d8e3c1f7b11
  stage: ResponseComplete
  requestURI: /api/v1/namespaces/shop/pods/web/exec
  verb: create
  user: {username: ann, groups: [dev]}
  objectRef: {resource: pods, namespace: shop, name: web}
  responseStatus: {code: 101}
  requestReceivedTimestamp: '2026-11-20T10:00:00.000000Z'
  stageTimestamp: '2026-11-20T10:00:00.100000Z'
match:
  - objectRef: {subresource: exec}
  - objectRef: {subresource: exec, name: db}
    user: {username: bob}
no_match:
  - objectRef: {subresource: log}
  - verb: get
"""


def test_mappings_are_merged_deeply_over_common_and_become_one_line_of_json() -> None:
    # resource and namespace come from common, subresource from the event
    named = rule(
        "{objectRef.resource: pods, objectRef.namespace: shop, objectRef.subresource: exec}",
        "product: kubernetes, service: audit",
    )
    assert problems(named, K8S) == []
    other = rule("user.username: bob", "product: kubernetes, service: audit")
    (problem,) = problems(other, K8S)
    assert problem.line == K8S.splitlines().index("  - objectRef: {subresource: exec}") + 1


def test_a_record_that_the_parser_refuses_is_a_problem_and_spares_the_others() -> None:
    good = audit_tests(['"-un"', '"-un"'], ['"-g"', '"-n"'])
    bad = "rule: r\nformat: auditd\nmatch:\n  - |\n    type=EXECVE without a header\n  - 'x'\n"
    found = problems(rule("CommandLine: id -un"), good, bad)
    assert [(problem.path, problem.line) for problem in found] == [
        ("t1.test.yml", 4),
        ("t1.test.yml", 6),
    ]
    assert all("the auditd parser refused line 1" in problem.message for problem in found)


COLUMNS_HEAD = "rule: r\nmatch:\n  - "


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("rule: nothing\nmatch:\n  - host: a\n", 3, "no rule 'nothing'"),
        (COLUMNS_HEAD + "process_pth: a\n", 3, "did you mean 'process_path'"),
        (COLUMNS_HEAD + "process_pid: a\n", 3, "does not fit"),
        (COLUMNS_HEAD + "unmapped: a\n", 3, "'unmapped' must be a mapping"),
        (COLUMNS_HEAD + "unmapped: {a: 5}\n", 3, "does not fit"),
        (COLUMNS_HEAD + "unmapped: {a: [5]}\n", 3, "does not fit"),
        ("rule: r\nmtach: []\n", 2, "no key 'mtach'"),
        ("rule: r\nmatch: 5\n", 2, "must be a list"),
        ("rule: r\nmatch: [5]\n", 2, "must be a mapping"),
        ("rule: r\ncommon: [a]\nmatch: []\n", 3, "'common' a mapping"),
        ("rule: r\nformat: audit\nmatch:\n  - a\n", 2, "unknown format 'audit'"),
        ("rule: r\nformat: auditd\nmatch:\n  - 5\n", 4, "the text of its raw records"),
        ("rule: r\nformat: auditd\nmatch:\n  - ''\n", 4, "found no event"),
        ("rule: r\nformat: auditd\ncommon: {a: b}\nmatch:\n  - x\n", 5, "leave it out"),
        ("rule: r\nformat: json\nmatch:\n  - 5: x\n", 4, "cannot be written as JSON"),
        ("rule: r\nformat: json\nmatch:\n  - a: 99999999999999999999\n", 4, "as JSON"),
    ],
)
def test_a_faulty_test_file_is_a_problem_with_its_place(text: str, line: int, words: str) -> None:
    good = audit_tests(['"-un"', '"-un"'], ['"-g"', '"-n"'])
    (problem,) = problems(rule("CommandLine: id -un"), good, text)
    assert (problem.path, problem.line) == ("t1.test.yml", line)
    assert words in problem.message


def test_what_is_not_said_reads_as_null_and_common_gives_way() -> None:
    text = (
        "rule: r\ncommon: {product: auditd, class_uid: 1007, activity_id: 1, process_path: /a}\n"
        "match:\n  - {}\n  - {host: b}\nno_match:\n  - process_path: /b\n  - process_path: null\n"
    )
    assert problems(rule("Image: /a"), text) == []


def test_rare_fields_are_written_as_a_mapping() -> None:
    text = (
        "rule: r\ncommon: {product: auditd}\n"
        "match:\n  - unmapped: {op: [a, b]}\n  - unmapped: {op: b}\n"
        "no_match:\n  - unmapped: {op: null}\n  - unmapped: {po: b}\n"
    )
    assert problems(rule("op: b", "product: linux, service: auditd"), text) == []


COUNTED = f"""\
title: t
name: r
id: {ID}
logsource: {{product: linux, category: process_creation}}
detection: {{s: {{CommandLine: id -un}}, condition: s}}
---
title: c
name: c
correlation:
  {{type: event_count, rules: [r], group-by: [User], timespan: 5m, condition: {{gte: 3}}}}
"""
COUNTED_TESTS = f"""\
{audit_tests(['"-un"', "2D756E"], ['"-u"', '"-g"'])}---
rule: c
format: auditd
events:
  run: |
{chr(10).join("    " + line for line in EXEC.format(argument='"-un"').splitlines())}
sequences:
  - fires: 1
    steps: [{{event: run, at: 0s, times: 3, every: 2m}}]
  - fires: 2
    steps: [{{event: run, at: 0s, times: 9, every: 1m}}]
  - fires: 0
    steps: [{{event: run, at: 0s, times: 2}}, {{event: run, at: 6m, times: 2}}]
  - fires: 0
    steps: [{{event: run, at: 0s, times: 20, every: 3m}}]
"""


def test_a_sequence_goes_through_the_parser_and_the_state_machine() -> None:
    assert problems(parse_rules([("r.yml", COUNTED)]), COUNTED_TESTS) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("fires: 2", "fires: 1", "correlation 'c' fires 2 times, not 1 as promised"),
        ("times: 3,", "times: 2,", "correlation 'c' fires 0 times, not 1 as promised"),
        ("at: 6m", "at: 4m", "correlation 'c' fires 1 times, not 0 as promised"),
        ("rule: c", "rule: d", "no correlation 'd' is loaded"),
        ("event: run, at: 6m", "event: ran, at: 6m", "no event 'ran' stands under 'events'"),
        ("every: 3m", "every: 3 minutes", "is no distance in time"),
        ("fires: 2\n    steps", "fires: yes\n    steps", "'fires' is how often"),
        ("times: 20", "times: 0", "'times' is a number"),
        ("fires: 2\n    steps", "fires: 2\n    stages", "a sequence has 'fires'"),
    ],
)
def test_a_sequence_that_breaks_its_promise_is_named(old: str, new: str, said: str) -> None:
    assert COUNTED_TESTS.count(old) == 1
    found = problems(parse_rules([("r.yml", COUNTED)]), COUNTED_TESTS.replace(old, new))
    assert any(said in problem.message for problem in found), found


def test_a_correlation_needs_sequences_of_both_kinds() -> None:
    found = problems(parse_rules([("r.yml", COUNTED)]), COUNTED_TESTS.partition("---")[0])
    assert [problem.message for problem in found] == [
        "correlation 'c' has 0 sequences in which it does not fire; 2 at least",
        "correlation 'c' has 0 sequences in which it fires; 2 at least",
    ]
