"""Loading: what is not understood is refused with file, line and a way out."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foreseen.core.errors import MalformedInputError
from foreseen.rules import Problem, lint, parse_rules
from foreseen.rules.engine.derived import DERIVED, READS
from foreseen.schema.arrow import EVENT_SCHEMA

RULE = """\
title: Curl was run
id: 5b1d2f64-3b3e-4a55-9a1f-6a9d0c2e7f10
name: curl_run
description: >-
  Two
  lines.
tags: [attack.command-and-control, attack.t1105, attack.t1059.004, cve.2020-1]
logsource:
  product: linux
  category: process_creation
detection:
  selection:
    Image|endswith: /curl
  condition: selection
level: high
falsepositives: [Health checks]
fields: [CommandLine]
foreseen:
  model: true
"""


BOMB = "a0: &a0 [x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 7)}]\n" for n in range(1, 7)
)


def refused(text: str, path: str = "rules/x.yml") -> str:
    with pytest.raises(MalformedInputError) as raised:
        parse_rules([(path, text)])
    return str(raised.value)


def test_a_rule_says_who_it_is() -> None:
    rule = parse_rules([("rules/x.yml", RULE)]).rules[0]
    assert (rule.id, rule.uuid) == ("curl_run", "5b1d2f64-3b3e-4a55-9a1f-6a9d0c2e7f10")
    assert rule.description == "Two lines."
    assert rule.techniques == ("T1105", "T1059.004")
    assert (rule.level, rule.severity, rule.foresee) == ("high", 1, True)
    assert (rule.fields, rule.columns) == (("CommandLine",), ("process_path", "unmapped"))
    assert str(rule.logsource) == "linux/process_creation"
    assert (rule.path, rule.line, rule.falsepositives) == ("rules/x.yml", 1, ("Health checks",))


def test_without_a_name_the_uuid_is_the_id_and_without_foreseen_no_model() -> None:
    text = RULE.replace("name: curl_run\n", "").split("foreseen:")[0]
    rule = parse_rules([("x.yml", text)]).rules[0]
    assert rule.id == rule.uuid
    assert rule.foresee is False


def test_a_rule_names_the_columns_behind_derived_and_unmapped_fields() -> None:
    text = RULE.replace("Image|endswith: /curl", "User: root\n    OriginalFileName|fieldref: Image")
    columns = parse_rules([("x.yml", text)]).rules[0].columns
    assert columns == ("process_path", "process_user_name", "process_user_uid", "unmapped")


def test_every_derived_field_says_what_it_reads() -> None:
    assert DERIVED.keys() == READS.keys()
    assert {column for columns in READS.values() for column in columns} <= set(EVENT_SCHEMA.names)


def test_the_hash_follows_the_content_not_the_file_name_or_line_ends() -> None:
    one = parse_rules([("a.yml", RULE)]).hash
    assert one == parse_rules([("b.yml", RULE.replace("\n", "\r\n"))]).hash
    assert one != parse_rules([("a.yml", RULE.replace("/curl", "/curl2"))]).hash


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Image|endswith: /curl", "anything|contains: a"),
        ("Image|endswith: /curl", "Image|fieldref: anything"),
        ("Image|endswith: /curl", "Image|hour: 3"),
        ("product: linux", "product: nobody"),
        ("category: process_creation", "category: process_creatoin"),
        ("  category: process_creation\n", "  service: unheard-of\n"),
    ],
)
def test_names_that_nobody_knows_are_loaded_for_sources_that_may_send_them(
    old: str, new: str
) -> None:
    assert [rule.id for rule in parse_rules([("x.yml", RULE.replace(old, new))]).rules] == [
        "curl_run"
    ]


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("Image|endswith", "Image|endwith", 13, "Unknown modifier"),
        ("Image|endswith: /curl", "Image|re: '(?=a)b'", 13, "invalid"),
        ("Image|endswith: /curl", "Image|re: '('", 13, "missing ): ("),
        ("Image|endswith: /curl", r"Image|re: '(a)\1'", 13, "invalid"),
        ("Image|endswith: /curl", "Image|expand: '%tools%'", 13, "placeholder '%tools%'"),
        ("Image|endswith: /curl", "Image|gt: '5'", 13, ""),
        ("Image|endswith: /curl", "Image|cidr: 10.0.0.1/8", 13, "bits behind"),
        ("Image|endswith: /curl", "ProcessId: 9007199254740993", 13, "too large"),
        ("condition: selection", "condition: selektion", 14, "selektion"),
        ("condition: selection", "condition: 1 of filter_*", 14, "filter_*"),
        ("condition: selection", "condition: selection | count() > 5", 14, "pipe"),
        ("level: high", "level: hihg", 15, "hihg"),
        ("name: curl_run", "name: curl run", 3, "letters, digits"),
        ("  model: true", "  modle: true", 19, "did you mean 'model'"),
        ("  model: true", "  model: yes please", 19, "true or false"),
        ("level: high", "level: high\nlevel: low", 16, "stands twice"),
        ("level: high", "correlation: {type: event_count}", 15, "needs a 'condition'"),
        ("level: high", "filter: {rules: any}", 15, "filter"),
    ],
)
def test_refusals_name_the_line(old: str, new: str, line: int, words: str) -> None:
    message = refused(RULE.replace(old, new))
    assert message.startswith(f"rules/x.yml:{line}: ")
    assert words in message


def test_every_condition_of_a_list_and_every_document_of_a_file_is_loaded() -> None:
    second = RULE.replace("curl_run", "curl_run_2").replace("5b1d", "6b1d")
    rules = parse_rules([("x.yml", f"---\n{RULE}---\n{second}---\n")]).rules
    assert [rule.id for rule in rules] == ["curl_run", "curl_run_2"]
    assert rules[1].line > rules[0].line


def test_two_rules_of_one_id_are_refused_and_both_places_named() -> None:
    with pytest.raises(MalformedInputError, match=r"b\.yml:1: .*curl_run.* a\.yml:1"):
        parse_rules([("a.yml", RULE), ("b.yml", RULE.replace("5b1d", "6b1d"))])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: [" * 2_000, "nested deeper"),
        ("a: " + "x" * (1 << 20), "larger than"),
        ("a: &a [1]\n" + "b: [" + ", ".join(["*a"] * 100) + "]", "aliases"),
        ("a: &a [*a]\n", ""),
        (BOMB, "expand to too much"),
        ("a: !!python/object/apply:os.system ['true']", "not valid YAML"),
        ("- 1\n- 2", "must be a mapping"),
        ("a: b: c", "not valid YAML"),
        ("? [a]\n: b", "a key must be a plain word"),
        ("title: t", ""),
        ("detection: 5", ""),
        ("logsource: [1]\ndetection: {condition: 1}", ""),
        ("a: \x07", "not valid YAML"),
    ],
)
def test_hostile_files_are_refused_by_name(text: str, words: str) -> None:
    message = refused(text)
    assert message.startswith("rules/x.yml:")
    assert words in message


@settings(max_examples=300, deadline=None)
@given(
    text=st.text(max_size=60)
    | st.tuples(st.integers(0, len(RULE)), st.text("{}[]:-|*&!'\"\n a", max_size=4)).map(
        lambda cut: RULE[: cut[0]] + cut[1] + RULE[cut[0] + 1 :]
    )
)
def test_any_text_is_loaded_or_refused_with_its_place(text: str) -> None:
    for problem in lint([("rules/x.yml", text)]):
        assert problem.path == "rules/x.yml"
        assert 1 <= problem.line <= text.count("\n") + 2


def test_lint_finds_every_bad_file_and_what_people_will_miss() -> None:
    bare = RULE.replace("tags: [", "references: [").replace(
        "description: >-\n  Two\n  lines.\n", ""
    )
    bare = bare.replace("curl_run", "bare")
    wrong = RULE.replace("|endswith", "|endwith").replace("curl_run", "other")
    files = [("c.yml", RULE), ("b.yml", wrong), ("a.yml", bare), ("d.yml", RULE)]
    problems = lint(files)
    assert [(problem.path, problem.line) for problem in problems] == [
        ("a.yml", 1),
        ("a.yml", 1),
        ("b.yml", 13),
        ("d.yml", 1),
    ]
    assert "endwith" in problems[2].message
    assert "stands also at c.yml:1" in problems[3].message
    assert lint([("c.yml", RULE)]) == []
    assert isinstance(problems[0], Problem)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("Image|contains: 42", "field 'Image': 'contains' takes a text; write 42 in quotes: '42'"),
        ("Image|endswith: true", "'endswith' takes a text; write true in quotes: 'true'"),
        ("Image|base64: [a, 1.5]", "'base64' takes a text; write 1.5 in quotes: '1.5'"),
        ("Image|startswith: null", "for an absent field write 'Image: null'"),
        ("Image|re: 42", "field 'Image': 're' takes a text; write 42 in quotes: '42'"),
        ("ProcessId|gt: '5'", "field 'ProcessId': 'gt' takes a number; write 5 without quotes"),
        ("ProcessId|lte: [1, few]", "'lte' takes a number, not 'few'"),
        ("ProcessId|lt: null", "'lt' takes a number, not 'null'"),
        ("Image|exists: maybe", "'exists' takes true or false, not 'maybe'"),
        ("Image|i: a", "'i' stands behind 're' only"),
        ("dst_ip|cidr: 10.0.0.1/8", "'10.0.0.1/8' has bits behind its prefix; write '10.0.0.0/8'"),
        ("dst_ip|cidr: [192.0.2.0/24, fe80::1/10]", "'fe80::1/10' has bits behind its prefix; wri"),
        ("dst_ip|cidr: 10.0.0.0/33", "'10.0.0.0/33' is no network; write it like 10.0.0.0/8"),
        ("Image|contians: a", "did you mean 'contains'?"),
        ("Image: {a: b}", "a value is a text, a number, true, false, null or a list of these"),
        ("Image|re: '(a'", "pattern '(a' is not one of RE2: missing ): (a"),
        ("Image|re: [b, 'é(']", "pattern 'é(' is not one of RE2: missing ): é("),
        ("Image|re: '(?=x)a'", "RE2 does not look around"),
        ("Image|re|i: 'a{2000}'", "invalid repetition size: {2000}"),
        ("Image|re: '(((a{100}){100}){100})'", "invalid repetition size"),
    ],
)
@pytest.mark.parametrize("is_list", [False, True], ids=["mapping", "list"])
def test_a_value_that_a_modifier_does_not_take_is_named_with_the_way_out(
    written: str,
    said: str,
    is_list: bool,  # noqa: FBT001 (a parameter of the test)
    capfd: pytest.CaptureFixture[str],
) -> None:
    selection = f"    - x: y\n    - {written}\n" if is_list else f"    {written}\n"
    text = RULE.replace("    Image|endswith: /curl\n", selection)
    message = refused(text)
    assert said in message
    assert "object at" not in message
    assert "b'" not in message
    assert message.startswith(f"rules/x.yml:{14 if is_list else 13}: ")
    assert capfd.readouterr().err == ""
