"""Scanning: Hyperscan, without it, out of a store: the labels are the same; hostile rules."""

import time
from random import Random

import pyarrow as pa
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.rules import generated

from foreseen.rules import load
from foreseen.rules.engine.engine import Engine
from foreseen.rules.engine.plans import Wanted
from foreseen.rules.ruleset import RuleSet
from foreseen.schema.arrow import EVENT_SCHEMA, batch_of

numbers = st.integers(0, 2**63)
SOURCE = {"product": "linux"}


class Kept(dict[str, bytes]):
    """A store in memory."""

    def put(self, name: str, content: bytes) -> None:
        """Keep bytes under a name."""
        self[name] = content


def engine_of(rules: RuleSet, store: Kept | None = None, *, fallback: bool = False) -> Engine:
    wanted = [Wanted(each.scope.gates, each.tree) for each in rules.compiled]
    return Engine(wanted, store, fallback=fallback)


def matches(engine: Engine, batch: pa.RecordBatch) -> list[tuple[int, int]]:
    rows, rules = engine.matches(batch)
    return list(zip(rows.tolist(), rules.tolist(), strict=True))


def scenario(number: int) -> tuple[RuleSet, pa.RecordBatch]:
    made = generated.linux(number, rules=20, events=40)
    return load(made.rules.items()).rules, batch_of(made.events, EVENT_SCHEMA)


def texts_rule(selection: object, condition: object = "s1") -> str:
    return generated.rule_text(selection, {"Image": "a"}, condition, SOURCE)


@settings(max_examples=8, deadline=None)
@given(number=numbers)
def test_labels_are_the_same_without_hyperscan(number: int) -> None:
    rules, batch = scenario(number)
    assert matches(engine_of(rules, fallback=True), batch) == matches(engine_of(rules), batch)


@settings(max_examples=4, deadline=None)
@given(number=numbers)
def test_labels_are_the_same_with_databases_out_of_a_store(number: int) -> None:
    rules, batch = scenario(number)
    store = Kept()
    fresh = matches(engine_of(rules, store), batch)
    kept = dict(store)
    assert matches(engine_of(rules, store), batch) == fresh
    assert dict(store) == kept
    draw = generated.draw_of(number)
    for damage in (_cut, _flipped, _foreign, lambda _, __: b"", lambda _, d: d.randbytes(5_000)):
        damaged = Kept({name: damage(content, draw) for name, content in kept.items()})
        assert matches(engine_of(rules, damaged), batch) == fresh
        assert dict(damaged) == kept


def _cut(content: bytes, draw: Random) -> bytes:
    return content[: draw.randrange(len(content))]


def _flipped(content: bytes, draw: Random) -> bytes:
    place = draw.randrange(len(content))
    return content[:place] + bytes([content[place] ^ 1 << draw.randrange(8)]) + content[place + 1 :]


def _foreign(content: bytes, _draw: Random) -> bytes:
    return b"another version's header" + content


def test_a_store_keeps_rules_apart() -> None:
    """A database is found again only by the same patterns under the same numbers."""
    store = Kept()
    one = load([("1.yml", texts_rule({"CommandLine|contains": ["ab", "cd"]}))]).rules
    two = load([("2.yml", texts_rule({"CommandLine|contains|all": ["cd", "ef"]}))]).rules
    cased = load([("3.yml", texts_rule({"CommandLine|contains|cased": ["ab", "cd"]}))]).rules
    lines = ["ab", "cd", "efcd", "CD"]
    batch = pa.record_batch({"product": ["auditd"] * 4, "process_cmd_line": lines})
    for _ in range(2):
        assert matches(engine_of(one, store), batch) == [(0, 0), (1, 0), (2, 0), (3, 0)]
        assert matches(engine_of(two, store), batch) == [(2, 0)]
        assert matches(engine_of(cased, store), batch) == [(0, 0), (1, 0), (2, 0)]
        assert len(store) == 3


REGEXES = (
    *(
        "a$",
        r"a\z",
        "(?m)^b$",
        r"\s",
        r"\S",
        r"^\S$",
        r"[^\S]",
        r"\w+\b",
        "[[:space:]]",
        "(?i)[k]",
        "\u017f",
        "(?s)a.b",
    ),
    *(".", "^.{2}$", r"\d", r"\x{e9}", r"\pL", "[a-z]$", "a{2,3}?b", "()", "^$", r"a\b", r"\Ba"),
    *(r"[\d-]", "[]a]", r"\r\n", r"\v", r"\f", r"\a", "(?P<n>a)", r"\Aa", "a|", "[^a]b", "(?U)a+"),
    *("{", "a{,2}", "x{1001}", r"\Qa.b\E", r"\t", "é?$", r"[\x00-\x08]", r"\0", r"[[:^alpha:]]"),
    *(
        "a b # c",
        r"\101",
        "a++",
        r"[a\]]",
        "(?-i)a",
        "^^a$$",
        "[.]",
        "(?i:a)B",
        r"\_",
        r"\-",
        "\n$",
    ),
    *("[-/\u2013]a", "\u2013?a$", "[^\u2013]b", "(?i)\u017f", "(?i)[\u2013k]", "a|\u2013+"),
)
TEXTS = (
    *(
        "",
        "a",
        "A",
        "b",
        "ab",
        "a\n",
        "a\nb",
        "a\r\nb",
        "\v",
        "a\vb",
        "\u00a0",
        "é",
        "É",
        "k\u212a",
    ),
    *(
        "\u212a",
        "\u017f",
        "S",
        "aa",
        "aab",
        "1",
        "\u0661",
        "a.b",
        "a-b",
        "\0",
        "a\0b",
        "]",
        "{",
        "b\n",
    ),
    *(
        "\U0001f600",
        "\u0130",
        "ǆ",
        "x" * 1_100,
        "\x07",
        "a b # c",
        "\f",
        "_",
        "\x85",
        "\u2028",
        "\ufeff",
    ),
)


@pytest.mark.parametrize("modifier", ["re", "re|i", "re|m", "re|s", "re|i|m|s"])
def test_regular_expressions_are_those_of_re2_for_every_text(modifier: str) -> None:
    """One rule an expression, all in one database, against the fallback, which is RE2 alone."""
    texts = [texts_rule({f"CommandLine|{modifier}": regex}) for regex in REGEXES]
    loaded = load(generated.files(texts).items())
    refused = {REGEXES[int(problem.path.partition(".")[0])] for problem in loaded.problems}
    assert refused == {"a++", "x{1001}"}
    lines = [*TEXTS, *(a + b for a in TEXTS[:24] for b in TEXTS[:24])]
    batch = pa.record_batch({"product": ["auditd"] * len(lines), "process_cmd_line": lines})
    slow = matches(engine_of(loaded.rules, fallback=True), batch)
    assert matches(engine_of(loaded.rules), batch) == slow
    assert len(slow) > len(lines)


@pytest.mark.parametrize("fallback", [False, True])
def test_a_counted_repeat_costs_no_more_on_long_texts(*, fallback: bool) -> None:
    """Arrow's kernel for regular expressions takes 20 ms a text for this one."""
    rules = load([("x.yml", texts_rule({"CommandLine|re": ".{1000,}"}))]).rules
    lines = [f"{number}{'x' * (998 if number % 2 else 1_500)}" for number in range(100, 1_100)]
    batch = pa.record_batch({"product": ["auditd"] * len(lines), "process_cmd_line": lines})
    begin = time.process_time()
    found = matches(engine_of(rules, fallback=fallback), batch)
    assert time.process_time() - begin < 2
    assert [row for row, _ in found] == [n for n, line in enumerate(lines) if len(line) >= 1_000]


WILD = (
    "a?b",
    "?",
    "*?*",
    "a*b?",
    "??a",
    r"\?",
    "*é?",
    "?\n",
    "*\n?",
    "s?",
    "K*",
    "*İ",
    "*ß?",
    "i*",
    "a*",
    "*a",
)


def test_wildcards_count_characters_not_bytes() -> None:
    modifiers = ("", "|contains", "|startswith", "|endswith", "|cased", "|endswith|cased")
    texts = [texts_rule({"CommandLine" + each: wild}) for each in modifiers for wild in WILD]
    rules = load(generated.files(texts).items()).rules
    lines = [
        *TEXTS,
        *(a + b for a in TEXTS[:30] for b in TEXTS[:30]),
        "aéb",
        "a\U0001f600b",
        "i\u0307",
    ]
    batch = pa.record_batch({"product": ["auditd"] * len(lines), "process_cmd_line": lines})
    slow = matches(engine_of(rules, fallback=True), batch)
    assert matches(engine_of(rules), batch) == slow
    found = {
        line for row, rule in slow if rules.rules[rule].path == "0.yml" for line in [lines[row]]
    }
    assert {"aéb", "a\U0001f600b", "a.b", "a\nb", "a-b"} <= found
    assert "ab" not in found


GOOD = texts_rule({"CommandLine": "good"}).replace("11111111", "22222222")
LONG = "ab" * 5_000
SOUND: dict[str, tuple[object, object, str, str]] = {
    "20,000 values": (
        {"CommandLine|contains": [f"v{n:06}x" for n in range(20_000)]},
        "s1",
        "v019999x",
        "v020000x",
    ),
    "literal of 10,000 characters": ({"CommandLine|contains": LONG}, "s1", f"x{LONG}x", LONG[:-1]),
    "200 stars": ({"CommandLine": "*a" * 200}, "s1", "ba" * 200, "ba" * 199),
    "200 single wildcards": ({"CommandLine": "?a" * 200}, "s1", "éa" * 200, "ba" * 199 + "a"),
    "thousand of anything": ({"CommandLine|re": "^.{1000}$"}, "s1", "é" * 1_000, "é" * 999),
    "catastrophic": ({"CommandLine|re": "^(a+)+$"}, "s1", "a" * 5_000, "a" * 5_000 + "!"),
    "catastrophic stars": ({"CommandLine|re": "(x+x+)+y"}, "s1", "x" * 99 + "y", "x" * 5_000),
    "1,000 regular expressions": (
        {"CommandLine|re": [f"q{n:04}[bc]$" for n in range(1_000)]},
        "s1",
        "q0999c",
        "q1000c",
    ),
    "alternation of 5,000": (
        {"CommandLine|re": "|".join(f"w{n}z" for n in range(5_000))},
        "s1",
        "aw4999z",
        "aw5000z",
    ),
    "1,000 parts in a condition": ({"CommandLine": "a"}, " or ".join(["s1"] * 1_000), "a", "b"),
    "1,000 parentheses": ({"CommandLine": "a"}, "(" * 1_000 + "s1" + ")" * 1_000, "a", "b"),
    "5,000 maps": ([{"CommandLine": f"m{n}"} for n in range(5_000)], "s1", "m4999", "m5000"),
}


def timed_load(text: str) -> tuple[RuleSet, list[str]]:
    begin = time.process_time()
    loaded = load([("good.yml", GOOD), ("hostile.yml", text)])
    assert time.process_time() - begin < 5
    assert any(rule.path == "good.yml" for rule in loaded.rules.rules)
    return loaded.rules, [str(problem) for problem in loaded.problems]


@pytest.mark.long
@pytest.mark.parametrize("name", SOUND)
def test_large_rules_are_loaded_in_time_and_are_right(name: str) -> None:
    selection, condition, hit, miss = SOUND[name]
    rules, problems = timed_load(texts_rule(selection, condition))
    assert problems == []
    batch = pa.record_batch({"product": ["auditd"] * 2, "process_cmd_line": [hit, miss]})
    begin = time.process_time()
    assert rules.label(batch).to_pylist() == [[generated.ID], []]
    assert time.process_time() - begin < 5


ONE = {"CommandLine": "a"}
REFUSED: dict[str, tuple[object, object, str]] = {
    "100,000 values": ({"CommandLine|contains": [f"{n}" for n in range(100_000)]}, "s1", ""),
    "2,000 regular expressions": (
        {"CommandLine|re": [f"q{n}[bc]$" for n in range(2_000)]},
        "s1",
        "regular expressions",
    ),
    "nest of repeats": ({"CommandLine|re": "(.{1000}){1000}"}, "s1", "re"),
    "look ahead": ({"CommandLine|re": "(?=a)b"}, "s1", "invalid"),
    "back reference": ({"CommandLine|re": r"(a)\1"}, "s1", "invalid"),
    "no character": ({"CommandLine|re": r"\x{110000}"}, "s1", "invalid"),
    "open group": ({"CommandLine|re": "(a"}, "s1", ""),
    "placeholder": ({"CommandLine|expand": "%tools%"}, "s1", "tools"),
    "1,000 negations": (ONE, "not " * 1_000 + "s1", ""),
    "condition on nothing": (ONE, "nothing", "nothing"),
    "condition on no pattern": (ONE, "1 of x*", "x*"),
    "empty condition": (ONE, "", ""),
    "no conditions": (ONE, [], ""),
    "condition that is a number": (ONE, 5, ""),
    "unbalanced condition": (ONE, "(s1", ""),
    "five dashes": ({"CommandLine|windash": "-a -b -c -d -e"}, "s1", "dash"),
    "bad network": ({"CommandLine|cidr": "10.0.0.0/99"}, "s1", ""),
    "wide accents": ({"CommandLine|wide": "é"}, "s1", ""),
    "compared with a text": ({"CommandLine|gt": "5"}, "s1", ""),
    "keyword null": ([None], "s1", "keyword"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_hostile_rules_are_refused_with_place_and_reason_and_the_others_load(name: str) -> None:
    selection, condition, words = REFUSED[name]
    rules, problems = timed_load(texts_rule(selection, condition))
    assert [rule.path for rule in rules.rules] == ["good.yml"]
    assert len(problems) == 1
    assert problems[0].startswith("hostile.yml:")
    assert words in problems[0]
    assert len(problems[0]) < 2_000


def test_two_files_of_one_id_leave_the_first() -> None:
    text = yaml.safe_load(GOOD)
    loaded = load([("a.yml", GOOD), ("b.yml", yaml.safe_dump({**text, "title": "other"}))])
    assert [rule.path for rule in loaded.rules.rules] == ["a.yml"]
    assert [problem.path for problem in loaded.problems] == ["b.yml"]
    assert "a.yml" in str(loaded.problems[0])
