"""Labels: what Sigma's words mean, each by an event that must match and one that must not."""

import pytest

from foreseen.core.errors import NotFoundError
from foreseen.core.ids import RuleId
from foreseen.rules import RuleSet, parse_rules
from foreseen.schema.arrow import EVENT_SCHEMA, batch_of

EXEC = {"product": "auditd", "class_uid": 1007, "activity_id": 1, "status_id": 1}


def rule(detection: str, *, logsource: str = "{product: linux, category: process_creation}") -> str:
    return (
        f"title: t\nname: r\nid: 8d3a3a60-2f0b-4c60-9d0a-1f1f6d1b7a01\nlogsource: {logsource}\n"
        f"detection:\n{detection}"
    )


def one(field: str) -> str:
    return rule(f"  s:\n    {field}\n  condition: s\n")


def loaded(text: str) -> RuleSet:
    return parse_rules([("rules/t.yml", text)])


def hit(text: str, event: dict[str, object]) -> bool:
    labels = loaded(text).label(batch_of([{**EXEC, **event}], EVENT_SCHEMA)).to_pylist()
    return labels == [["r"]]


def test_every_matching_rule_labels_in_the_order_of_ids_whatever_the_order_of_files() -> None:
    fields = ("CommandLine: a", "CommandLine: b", "Image: null", "OriginalFileName|exists: false")
    files = [(f"{n}.yml", one(f).replace("name: r", f"name: g{n}")) for n, f in enumerate(fields)]
    events = batch_of([{**EXEC, "process_cmd_line": "a"}], EVENT_SCHEMA)
    forward, backward = parse_rules(files), parse_rules(files[::-1])
    assert forward.label(events).to_pylist() == [["g0", "g2", "g3"]]
    assert backward.label(events).to_pylist() == [["g0", "g2", "g3"]]
    assert forward.hash == backward.hash


def test_absent_field_makes_every_positive_atom_false_and_its_negation_true() -> None:
    for field in ("CommandLine|contains: ''", "CommandLine: '*'", "CommandLine|re: ''"):
        assert not hit(one(field), {})
        assert hit(one(field).replace("condition: s", "condition: not s"), {})
        assert hit(one(field), {"process_cmd_line": ""})


def test_null_empty_text_and_exists_are_three_different_things() -> None:
    null, empty, exists = (
        one("CommandLine: null"),
        one("CommandLine: ''"),
        one("CommandLine|exists: true"),
    )
    assert [hit(text, {}) for text in (null, empty, exists)] == [True, False, False]
    found = [hit(text, {"process_cmd_line": ""}) for text in (null, empty, exists)]
    assert found == [False, True, True]


@pytest.mark.parametrize(
    ("field", "value", "matches"),
    [
        (r"CommandLine: 'a\*b'", "a*b", True),
        (r"CommandLine: 'a\*b'", "axb", False),
        (r"CommandLine: 'a\\*b'", r"a\xb", True),
        (r"CommandLine: 'a?b'", "aéb", True),
        (r"CommandLine: 'a?b'", "ab", False),
        (r"CommandLine: 'a*c*e'", "abc\nde", True),
        ("CommandLine|endswith: b", "ab\n", False),
        ("CommandLine: ÉCOLE", "école", True),
        ("CommandLine: 'a\u0130b'", "A\u0130B", True),
        ("CommandLine: 'a\u0130b'", "aib", True),
        ("CommandLine|contains: 'K'", "\u212a", True),
        ("CommandLine|contains: '\u017f'", "s", False),
        ("CommandLine: '\u00df'", "ss", False),
        ("CommandLine|startswith: '\u03a3'", "\u03c3", True),
        ("CommandLine|cased: Abc", "abc", False),
        ("CommandLine|re: Abc", "xabcx", False),
        ("CommandLine|re|i: Abc", "xabcx", True),
        ("CommandLine|re: a.b", "a\nb", False),
        ("CommandLine|re|s: a.b", "a\nb", True),
        ("CommandLine|re|m: ^b", "a\nb", True),
        ("CommandLine: 4688", "4688", True),
        ("CommandLine: 1.0", "1", True),
        ("CommandLine: true", "True", True),
        ("CommandLine|gt: 5", "10", True),
        ("CommandLine|gt: 5", "1e9", True),
        ("CommandLine|gt: 0", "5e-08", True),
        ("CommandLine|gt: 5", " +10 ", True),
        ("CommandLine|gt: 5", "\u0669", False),
        ("CommandLine|gt: 5", "0x10", False),
        ("CommandLine|gte: 0.1", "0.1", True),
        ("CommandLine|lte: 0.1", "0.1", True),
        ("CommandLine|lte: 9007199254740991", "9007199254740991", True),
        ("CommandLine|lt: 9007199254740990.0", "9007199254740991", False),
        ("CommandLine: '9007199254740993'", "9007199254740993", True),
        ("CommandLine: '9007199254740993'", "9007199254740992", False),
        ("CommandLine|windash|contains: ' -x'", "tool \u2013x", True),
        ("CommandLine|base64offset|contains: whoami", "echo IHdob2FtaQ==", True),
        ("CommandLine|contains|all: [a, b]", "b a", True),
        ("CommandLine|contains|all: [a, b]", "b", False),
        ("CommandLine|contains|neq: a", "b", True),
    ],
)
def test_value_semantics(field: str, value: str, matches: bool) -> None:  # noqa: FBT001 (a table)
    assert hit(one(field), {"process_cmd_line": value}) is matches


def test_numbers_and_texts_compare_on_canonical_text() -> None:
    assert hit(one("ProcessId: '4688'"), {"process_pid": 4688})
    assert hit(one("ProcessId|startswith: '46'"), {"process_pid": 4688})


def test_a_network_holds_addresses_only_and_ipv4_within_ipv6() -> None:
    text = one("dst_ip|cidr: 10.0.0.0/8")
    found = [hit(text, {"dst_ip": ip}) for ip in ("10.9.8.7", "::ffff:10.0.0.1", "11.0.0.1", "10")]
    assert found == [True, True, False, False]


def test_a_list_matches_by_any_element_and_an_empty_one_is_absent() -> None:
    text = one("lineage_paths|endswith: /nginx")
    assert hit(text, {"lineage_paths": ["/bin/sh", None, "/usr/sbin/nginx"]})
    assert not hit(text, {"lineage_paths": ["/bin/sh", None]})
    assert hit(one("lineage_paths: null"), {"lineage_paths": []})


def test_keywords_look_into_values_not_into_serialised_json() -> None:
    text = rule("  keywords:\n    - 'C:\\Temp'\n    - 'a*z'\n  condition: keywords\n")
    assert hit(text, {"unmapped": {"x": ["no", "C:\\temp"]}})
    assert hit(text, {"process_cmd_line": "has a to z inside"})
    assert not hit(text, {"unmapped": {"a": "1", "z": "2"}, "process_path": "a", "raw": "a to z"})
    assert not hit(text, {"lineage_paths": ["a to z"], "lineage": ["a to z"]})


def test_all_keywords_may_stand_in_different_values() -> None:
    text = rule("  keywords:\n    '|all': [one, two]\n  condition: keywords\n")
    assert hit(text, {"process_path": "/one", "process_cmd_line": "two"})
    assert not hit(text, {"process_path": "/one"})


def test_logsource_is_a_hard_gate() -> None:
    text = one("CommandLine|contains: a")
    hits: dict[str, object] = {"process_cmd_line": "a"}
    assert hit(text, hits)
    for other in ({"class_uid": 1001}, {"activity_id": 2}, {"product": "sysmon"}, {"status_id": 2}):
        assert not hit(text, {**hits, **other})
    assert not hit(text, {**hits, "class_uid": None})


def test_a_created_link_is_the_target_file_of_a_file_event() -> None:
    text = rule(
        "  s: {TargetFilename: /etc/cron.d/x}\n  condition: s\n",
        logsource="{product: linux, category: file_event}",
    )
    made: dict[str, object] = {
        "class_uid": 1001,
        "file_path": "/tmp/a",
        "file_target": "/etc/cron.d/x",
    }
    assert hit(text, made)
    assert not hit(text, {**made, "file_path": "/etc/cron.d/x", "file_target": "/tmp/a"})


def test_audit_fields_are_those_of_the_joined_records() -> None:
    text = rule(
        "  s: {type: EXECVE, a0: curl, a1|contains: http, SYSCALL: execve, uid: 7}\n"
        "  condition: s\n",
        logsource="{product: linux, service: auditd}",
    )
    event: dict[str, object] = {
        "event_type": "execve",
        "process_user_uid": "7",
        "unmapped": {"type": ["SYSCALL", "EXECVE"], "a0": "curl", "a1": "http://x"},
    }
    assert hit(text, event)
    assert not hit(text, {**event, "process_user_uid": "8"})
    lone = rule(
        "  s: {type: USER_AUTH}\n  condition: s\n",
        logsource="{product: linux, service: auditd}",
    )
    assert hit(lone, {"event_type": "USER_AUTH"})
    assert not hit(lone, {"event_type": "execve"})


def test_root_is_known_by_number_when_the_source_gives_no_name() -> None:
    assert hit(one("User: root"), {"process_user_uid": "0"})
    assert not hit(one("User: root"), {"process_user_uid": "1000"})


def test_the_hour_of_an_event_is_that_of_utc() -> None:
    assert hit(one("time|hour: 23"), {"time": 86_400_000 - 1})
    assert not hit(one("time|hour: 23"), {"time": 86_400_000})


@pytest.mark.parametrize(
    ("field", "texts", "matches"),
    [
        ("time|week: 1", ["2024-12-30T00:00:00"], True),
        ("a0|hour: 22", ["2024-01-01T00:30:00+02:00"], True),
        ("a0|hour: 0", ["2024-01-01T00:30:00+02:00"], False),
        ("a0|week: 53", ["2021-01-03"], True),
        ("a0|year: 2024", ["1704067200"], True),
        ("a0|year: 2024", ["1704067200000"], True),
        ("a0|month: 12", ["nothing", "2023-12-31T23:59:59Z"], True),
        ("a0|day: 1", [], False),
        ("a0|minute: 0", ["12 o'clock"], False),
    ],
)
def test_parts_of_time_are_those_of_utc(field: str, texts: list[str], matches: bool) -> None:  # noqa: FBT001
    event: dict[str, object] = {"time": 1_735_516_800_000, "unmapped": {"a0": texts}}
    assert hit(one(field), event) is matches


def test_exists_is_true_for_a_null_that_the_source_wrote() -> None:
    exists, null = one("a0|exists: true"), one("a0: null")
    written: list[dict[str, object]] = [{"unmapped": {"a0": None}}, {"unmapped": {"a0": []}}]
    absent: list[dict[str, object]] = [{}, {"unmapped": {}}, {"unmapped": {"a1": None}}]
    assert [hit(exists, event) for event in written] == [True, True]
    assert [hit(exists, event) for event in absent] == [False, False, False]
    assert all(hit(null, event) for event in written + absent)
    there: dict[str, object] = {"unmapped": {"a0": ""}}
    assert hit(exists, there)
    assert not hit(null, there)


def test_a_field_that_nobody_knows_lies_in_unmapped_under_its_own_name() -> None:
    assert hit(one("whatever.it is: x"), {"unmapped": {"whatever.itis": ["y", "X"]}})
    assert not hit(one("whatever.it is: x"), {"unmapped": {"Whatever.itis": "x"}})


def test_a_list_matches_all_by_different_elements() -> None:
    text = one("a0|contains|all: [one, two]")
    assert hit(text, {"unmapped": {"a0": ["one", "two"]}})
    assert not hit(text, {"unmapped": {"a0": ["one"]}})
    assert not hit(one("a0|neq: one"), {"unmapped": {"a0": ["one", "two"]}})


def test_an_unknown_rule_is_not_found() -> None:
    rules = loaded(one("Image: a"))
    assert rules.rule(RuleId("r")).title == "t"
    with pytest.raises(NotFoundError, match="no rule 'x'"):
        rules.rule(RuleId("x"))
