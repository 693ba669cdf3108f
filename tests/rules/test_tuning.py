"""Local tuning of managed rules: a few words of our own, refused with their place when wrong."""

from collections.abc import Sequence

import pytest

from foreseen.rules import RuleSet, parse_rules
from foreseen.rules.document import RuleError, documents_of
from foreseen.rules.rule import Alerting, Rule
from foreseen.rules.ruleset import Compiled
from foreseen.rules.tuning import Tuning, apply, is_tuning, parse_tuning

RULES = """
title: One
name: one
id: 0b0f6a29-3b6a-4f39-8a40-3c5c2d6a1f01
logsource: {product: linux, category: process_creation}
detection: {selection: {Image: '*'}, condition: selection}
level: low
foreseen: {threshold: 5, window: 10m, aggregate: [host], compliance: ['pci-dss:10.2.2']}
---
title: Two
name: two
logsource: {product: linux, category: process_creation}
detection: {selection: {Image: '*'}, condition: selection}
level: high
"""


@pytest.fixture(scope="module")
def rules() -> RuleSet:
    """Two rules, the first with words of its own."""
    return parse_rules([("rules.yml", RULES)])


def tunings(text: str) -> tuple[list[Tuning], list[RuleError]]:
    found, problems = [], []
    for document in documents_of("local.yml", text):
        assert is_tuning(document)
        tuning, wrong = parse_tuning(document)
        found += [tuning] if tuning else []
        problems += wrong
    return found, problems


def tuned(rules: RuleSet, text: str) -> tuple[dict[str, Rule], list[str]]:
    found, problems = tunings(text)
    assert not problems
    compiled, wrong = apply(found, rules.compiled)
    return {each.rule.id: each.rule for each in compiled}, [str(each) for each in wrong]


@pytest.mark.parametrize(
    ("own", "alerting"),
    [
        ("threshold: 9", Alerting(9, 600_000, ("host",))),
        ("window: 1h", Alerting(5, 3_600_000, ("host",))),
        ("threshold: 1", Alerting(1, 0, ("host",))),
        ("aggregate: []", Alerting(5, 600_000)),
        ("title: '{host} did it'", Alerting(5, 600_000, ("host",), "{host} did it")),
    ],
)
def test_an_override_changes_that_and_nothing_else(
    rules: RuleSet, own: str, alerting: Alerting
) -> None:
    found, wrong = tuned(rules, f"tune: one\nforeseen: {{{own}}}")
    assert not wrong
    assert found["one"].alerting == alerting
    before = rules.rule(found["one"].id)
    assert (found["one"].severity, found["one"].foresee) == (before.severity, before.foresee)
    assert found["one"].compliance == ("pci-dss:10.2.2",)
    assert found["two"] is rules.compiled[1].rule


def test_severity_and_model_are_overridden(rules: RuleSet) -> None:
    found, _ = tuned(rules, "tune: two\nforeseen: {severity: 3, model: true}")
    assert (found["two"].severity, found["two"].foresee) == (3, True)
    assert found["two"].level == "high"


def test_a_disabled_rule_is_gone_and_the_others_stay(rules: RuleSet) -> None:
    found, wrong = tuned(rules, "tune: one\nenabled: false\nreason: too loud here")
    assert (list(found), wrong) == (["two"], [])


def test_a_rule_may_be_named_by_its_uuid(rules: RuleSet) -> None:
    found, _ = tuned(rules, "tune: 0b0f6a29-3b6a-4f39-8a40-3c5c2d6a1f01\nforeseen: {severity: 1}")
    assert found["one"].severity == 1


def test_tuning_leaves_what_matches_and_changes_the_text_that_is_hashed(rules: RuleSet) -> None:
    found, _ = tunings("tune: one\nforeseen: {severity: 1}")
    compiled, _ = apply(found, rules.compiled)
    assert [each.tree for each in compiled] == [each.tree for each in rules.compiled]
    assert texts(compiled)[0] != texts(rules.compiled)[0]
    assert texts(compiled)[1] == texts(rules.compiled)[1]


def texts(compiled: Sequence[Compiled]) -> list[str]:
    return [each.text for each in compiled]


def test_without_tunings_nothing_changes(rules: RuleSet) -> None:
    assert apply([], rules.compiled) == (list(rules.compiled), [])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tune: oen\nforeseen: {severity: 1}", "local.yml:1: tunes 'oen'"),
        ("tune: one\nforeseen: {severty: 1}", "local.yml:2: 'foreseen.severty' is not known"),
        ("tune: one\nforeseen:\n  severity: 9", "local.yml:3: 'foreseen.severity' must be"),
        ("tune: two\nforeseen: {threshold: 5}", "needs its other half"),
        ("tune: one\nforeseen: 3", "must be a mapping"),
        ("tune: one\nenabled: false\nforeseen: {title: '{nope}'}", "no column"),
    ],
)
def test_a_bad_override_is_told_and_leaves_the_rule_as_it_is(
    rules: RuleSet, text: str, said: str
) -> None:
    found, (problem,) = tuned(rules, text)
    assert said in problem
    assert list(found.values()) == list(rules.rules)


def test_two_tunings_of_one_rule_are_told(rules: RuleSet) -> None:
    both = "tune: one\nforeseen: {severity: 1}\n---\ntune: one\nenabled: false"
    found, (problem,) = tuned(rules, both)
    assert "local.yml:4: 'one' is tuned also at local.yml:1" in problem
    assert found["one"].severity == 1


def test_all_that_is_wrong_with_the_document_is_told_at_once() -> None:
    found, problems = tunings("tune: 7\nenabled: 'no'\ndetection: {}")
    assert found == []
    assert [each.line for each in problems] == [3, 1, 2]
    (problem,) = tunings("tune: one")[1]
    assert "changes nothing" in problem.message
