"""`foreseen label` answers as the Sigma specification 2.1 says: small cases, written by hand.

One call labels all events with all rules; each case looks at its own rule and events only.
"""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.cli.commands import foreseen

# name -> (detection but for the condition `s`, values of `f` that match, values that do not)
VALUES: Mapping[str, tuple[str, list[object], list[object]]] = {
    "equal_ignores_case": ("{f: abc}", ["abc", "ABC", ["x", "abc"]], ["abcd", "xabc", None, ""]),
    "number_equals_text": ("{f: 5}", [5, "5", 5.0], [50, True, None]),
    "text_equals_number": ("{f: '5'}", [5, "5"], [6]),
    "false_is_not_absent": ("{f: false}", [False, "false"], [True, None, 0]),
    "null": ("{f: null}", [None], ["x", 0, False]),
    "null_among_values": ("{f: [null, abc]}", [None, "abc"], ["x"]),
    "empty_text": ("{f: ''}", [""], ["x", " "]),
    "blanks_count": ("{f: ' a'}", [" a"], ["a", "  a"]),
    "star": ("{f: 'a*c'}", ["ac", "abc", "a\nc"], ["abcd"]),
    "one_character": ("{f: 'a?c'}", ["abc", "a?c", "a\U0001f600c"], ["ac", "abbc"]),
    "escaped_star": (r"{f: 'a\*c'}", ["a*c"], ["abc", r"a\bc"]),
    "escaped_question": (r"{f: 'a\?c'}", ["a?c"], ["abc"]),
    "one_backslash": (r"{f: 'a\c'}", [r"a\c"], ["ac", r"a\\c"]),
    "two_backslashes_are_one": (r"{f: 'a\\c'}", [r"a\c"], [r"a\\c"]),
    "backslash_then_star": (r"{f: 'a\\*'}", ["a\\x", "a\\"], ["a*"]),
    "backslash_then_plain_star": (r"{f: 'a\\\*'}", ["a\\*"], ["a\\x"]),
    "trailing_backslash": ("{f|endswith: '\\'}", ["a\\"], ["a"]),
    "contains_all": ("{f|contains|all: [a1, b2]}", ["b2 a1", ["a1", "b2"]], ["a1"]),
    "startswith_cased": ("{f|startswith|cased: Abc}", ["Abcd"], ["abcd", "xAbc"]),
    "base64offset": ("{f|base64offset|contains: foobar}", ["xxZvb2Jhcxx"], ["foobar"]),
    "wide_base64offset": ("{f|wide|base64offset|contains: ping}", ["cABpAG4AZw"], ["ping"]),
    "utf16_has_a_mark": ("{f|utf16|base64: ping}", ["//5wAGkAbgBnAA=="], ["cABpAG4AZwA="]),
    "windash_all": (
        "{f|windash|contains|all: [' -x ', ' /y ']}",
        ["a /x  -y b", "a \u2013x  \u2015y b"],
        ["a /x b"],
    ),
    "cidr": ("{f|cidr: 192.0.2.0/24}", ["192.0.2.7", ["x", "192.0.2.9"]], ["192.0.3.1", "x"]),
    "cidr_6": ("{f|cidr: '2001:db8:1::/48'}", ["2001:0DB8:1::7"], ["2001:db8:2::1"]),
    "re_has_case": ("{f|re: '^a.c$'}", ["abc"], ["ABC", "xabc", "a\nc"]),
    "re_i_m_s": ("{f|re|i|m|s: '^A.B$'}", ["x\na\nb\ny"], ["xa\nb"]),
    "exists": ("{f|exists: true}", ["", None, 0], []),
    "less": ("{f|lt: 5}", [4, "4.99", -100], [5, "10", None, "abc", ""]),
    "greater": ("{f|gt: -5}", [-4, "0"], [-5, "-6"]),
    "not_equal": ("{f|neq: abc}", ["abd"], ["ABC"]),
    "hour": ("{f|hour: 7}", ["2026-03-05T07:08:09Z"], ["2026-03-05T08:08:09Z", "x"]),
    "week": ("{f|week: 10}", ["2026-03-05T07:08:09Z"], ["2026-03-16T07:08:09Z"]),
    "dotted": ("{f.b: x}", [{"b": "x"}, [{"b": "y"}, {"b": "x"}]], [{"c": "x"}, "x"]),
    "keywords": ("[foo, bar]", ["x foo y", {"deep": ["BAR"]}], ["fo"]),
}
SELECTIONS = "{a: {a: 1}, b: {b: 1}, c: {c: 1}, _d: {d: 1}, condition: %s}"
CONDITIONS: Mapping[str, tuple[list[str], list[str]]] = {
    "a or b and c": (["a", "bc"], ["b", "c"]),
    "not a and b": (["b"], ["ab", "c"]),
    "not (a or b)": (["c"], ["a", "b"]),
    "1 of them": (["a", "c"], ["d"]),
    "all of them": (["abc"], ["ab", "abd"]),
    "a and not 1 of b*": (["a", "ac"], ["ab"]),
    "[a, b and c]": (["a", "bc"], ["b"]),
}


def events_of(keys: str) -> dict[str, int]:
    return dict.fromkeys(keys, 1)


def cases() -> dict[str, tuple[str, list[object], list[object]]]:
    """Name to detection, events that match, events that do not."""
    found: dict[str, tuple[str, list[object], list[object]]] = {}
    for name, (selection, yes, no) in VALUES.items():
        detection = f"{{s: {selection}, condition: s}}"
        found[name] = (detection, [{"f": one} for one in yes], [{"f": one} for one in no])
    for number, (condition, (hits, misses)) in enumerate(CONDITIONS.items()):
        matching: list[object] = [events_of(one) for one in hits]
        others: list[object] = [events_of(one) for one in misses]
        found[f"condition_{number}"] = (SELECTIONS % condition, matching, others)
    return found


CASES = cases()


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[bool]]:
    """Of each case, which of its events its rule matches."""
    folder = tmp_path_factory.mktemp("conformance")
    rules = folder / "rules"
    rules.mkdir()
    owner: list[str] = []
    lines: list[str] = []
    for name, (detection, yes, no) in CASES.items():
        head = f"title: case {name}\nname: case_{name}\nlogsource: {{category: test}}\n"
        (rules / f"{name}.yml").write_text(f"{head}detection: {detection}\n", "utf-8")
        for event in (*yes, *no):
            owner.append(name)
            lines.append(json.dumps(event))
    return labelled(rules, folder / "events", lines, owner)


def labelled(rules: Path, file: Path, lines: list[str], owner: list[str]) -> dict[str, list[bool]]:
    file.write_text("\n".join(lines))
    ran = foreseen("label", file, "--rules", rules, "--json")
    assert ran.code == 0, ran.err
    assert "left out" not in ran.err
    hits = {row["event"]: row["rules"] for row in ran.rows}
    found: dict[str, list[bool]] = {name: [] for name in CASES}
    for number, name in enumerate(owner):
        found[name].append(f"case_{name}" in hits.get(number, []))
    return found


@pytest.mark.parametrize("name", CASES)
def test_a_rule_matches_what_the_specification_says(
    answers: dict[str, list[bool]], name: str
) -> None:
    _, yes, no = CASES[name]
    assert answers[name] == [True] * len(yes) + [False] * len(no)
