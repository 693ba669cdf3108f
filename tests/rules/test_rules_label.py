"""Labels: what a batch is cut into, what it lacks and what it holds must not confuse them."""

from itertools import pairwise

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.rules import generated

from foreseen.core.errors import CorruptError, NotFoundError
from foreseen.core.ids import RuleId
from foreseen.rules.parse import parse_rules
from foreseen.rules.ruleset import RuleSet
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


MANY = [
    (
        f"g{number}.yml",
        one(field).replace("name: r", f"name: g{number}").replace("condition: s", condition),
    )
    for number, (field, condition) in enumerate(
        [
            ("CommandLine|contains: a", "condition: s"),
            ("CommandLine|contains: a", "condition: not s"),
            ("Image: null", "condition: s"),
            ("lineage_paths|startswith: b", "condition: s"),
            ("ProcessId|gt: 0", "condition: s"),
            ("OriginalFileName|endswith: b", "condition: not s"),
            ("Image|fieldref: ParentImage", "condition: s"),
            ("dst_ip|cidr: 10.0.0.0/8", "condition: s"),
        ]
    )
]


@settings(max_examples=60, deadline=None)
@given(events=st.lists(generated.events, min_size=2, max_size=20), data=st.data())
def test_labels_do_not_depend_on_where_the_batch_is_cut(
    events: list[dict[str, object]], data: st.DataObject
) -> None:
    batch = batch_of(events, EVENT_SCHEMA)
    whole = parse_rules(MANY).label(batch).to_pylist()
    cuts = sorted(data.draw(st.sets(st.integers(0, len(events)), max_size=4)) | {0, len(events)})
    warm = parse_rules(MANY)
    parts = [
        label
        for start, end in pairwise(cuts)
        for label in warm.label(batch.slice(start, end - start)).to_pylist()
    ]
    assert parts == whole


@settings(max_examples=60, deadline=None)
@given(events=st.lists(generated.events, min_size=1, max_size=8), data=st.data())
def test_a_missing_column_reads_as_null(
    events: list[dict[str, object]], data: st.DataObject
) -> None:
    gone = data.draw(st.sets(st.sampled_from(generated.EVENT_COLUMNS), max_size=5))
    rules = parse_rules(MANY)
    nulls = batch_of([{**event, **dict.fromkeys(gone)} for event in events], EVENT_SCHEMA)
    kept = [name for name in EVENT_SCHEMA.names if name not in gone]
    without = batch_of(events, EVENT_SCHEMA).select(kept)
    assert rules.label(without).to_pylist() == rules.label(nulls).to_pylist()


def test_dictionary_columns_of_the_lake_label_as_plain_ones() -> None:
    events = [{**EXEC, "process_cmd_line": "a"}, {**EXEC}, {**EXEC, "process_cmd_line": "b"}]
    plain = batch_of(events, EVENT_SCHEMA)
    place = plain.schema.get_field_index("process_cmd_line")
    encoded = plain.set_column(place, "process_cmd_line", plain.column(place).dictionary_encode())
    rules = parse_rules(MANY)
    assert rules.label(encoded).to_pylist() == rules.label(plain).to_pylist()


def test_an_empty_batch_gives_no_labels_and_the_declared_type() -> None:
    labels = loaded(one("Image: a")).label(batch_of([], EVENT_SCHEMA))
    assert labels.type == pa.list_(pa.string())
    assert len(labels) == 0


def test_every_matching_rule_labels_in_the_order_of_ids_whatever_the_order_of_files() -> None:
    events = batch_of([{**EXEC, "process_cmd_line": "a"}], EVENT_SCHEMA)
    forward, backward = parse_rules(MANY), parse_rules(MANY[::-1])
    assert forward.label(events).to_pylist() == [["g0", "g2", "g5"]]
    assert backward.label(events).to_pylist() == [["g0", "g2", "g5"]]
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
        ("CommandLine|gt: 5", "1e9", False),
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
    assert hit(text, {"unmapped": '{"x": ["C:\\\\temp"]}'})
    assert hit(text, {"lineage_paths": ["has a to z inside"]})
    assert not hit(text, {"unmapped": '{"a": 1, "z": 2}', "process_path": "a", "host": "az"})


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
        "unmapped": '{"type": ["SYSCALL", "EXECVE"], "a0": "curl", "a1": "http://x"}',
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


def test_damaged_unmapped_is_an_error_not_a_silent_miss() -> None:
    with pytest.raises(CorruptError, match="unmapped"):
        hit(one("OriginalFileName: x"), {"unmapped": "{broken"})


def test_memory_of_values_is_bounded_and_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("foreseen.rules.answers._MEMORY_BYTES", 0)
    rules = loaded(one("CommandLine|endswith: '7'"))
    for start in range(0, 5_000, 500):
        events = [{**EXEC, "process_cmd_line": f"x{n}"} for n in range(start, start + 500)]
        events.append({**EXEC, "process_cmd_line": "y" * 9_000 + "7"})
        labels = rules.label(batch_of(events, EVENT_SCHEMA)).to_pylist()
        expected = [["r"] if n % 10 == 7 else [] for n in range(start, start + 500)]
        assert labels == [*expected, ["r"]]


def test_an_unknown_rule_is_not_found() -> None:
    rules = loaded(one("Image: a"))
    assert rules.rule(RuleId("r")).title == "t"
    with pytest.raises(NotFoundError, match="no rule 'x'"):
        rules.rule(RuleId("x"))
