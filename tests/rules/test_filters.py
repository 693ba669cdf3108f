"""Sigma filters: joined as `(rule) and (filter)`, to the rules that they name, and to no others."""

import pytest
from sigma.rule import SigmaRule

from foreseen.core.ids import RuleId
from foreseen.rules.document import Document, RuleError, documents_of
from foreseen.rules.filters import Filter, Filtered, apply, parse_filter, warnings_of
from foreseen.rules.rule import Logsource

RULE = """
title: Archive made
id: 6f3e2987-db24-4c78-a860-b4f4095a7095
name: archive
logsource: {category: process_creation, product: windows}
detection:
    selection: {Image|endswith: '\\rar.exe'}
    other: {CommandLine|contains: ' a '}
    condition: 1 of them
"""
FILTER = """
title: Administrators
logsource: {category: process_creation, product: windows}
filter:
    rules: [archive]
    selection: {User|startswith: adm_}
    condition: not selection
"""
WINDOWS = Logsource("process_creation", "windows")


def one(text: str) -> Document:
    return documents_of("rule.yml", text)[0]


def parsed(text: str) -> Filter:
    return parse_filter(documents_of("filter.yml", text)[0])


def joined(*filters: str, rule: str = RULE, logsource: Logsource = WINDOWS) -> Filtered:
    found, errors = apply([parsed(text) for text in filters], [given(rule, logsource)])
    assert not errors
    return found[0]


def given(rule: str, logsource: Logsource = WINDOWS) -> tuple[Document, RuleId, str, Logsource]:
    document = one(rule)
    return document, RuleId(str(document.data["name"])), str(document.data["id"]), logsource


def matches(filtered: Filtered, event: dict[str, str]) -> bool:
    """A reading of pySigma's tree that knows no more than these tests need."""
    rule = SigmaRule.from_dict(dict(filtered.data))

    def holds(node: object) -> bool:
        name = type(node).__name__
        if name == "ConditionAND":
            return all(holds(each) for each in node.args)  # type: ignore[attr-defined]
        if name == "ConditionOR":
            return any(holds(each) for each in node.args)  # type: ignore[attr-defined]
        if name == "ConditionNOT":
            return not holds(node.args[0])  # type: ignore[attr-defined]
        text = str(node.value)  # type: ignore[attr-defined]
        value = event.get(node.field, "")  # type: ignore[attr-defined]
        if text.startswith("*") and text.endswith("*"):
            return text.strip("*") in value
        return value.endswith(text[1:]) if text.startswith("*") else value.startswith(text[:-1])

    return all(holds(each.parsed) for each in rule.detection.parsed_condition)


ARCHIVE = {"Image": "c:\\rar.exe", "User": "bob"}
BY_ADMIN = {"Image": "c:\\rar.exe", "User": "adm_eve"}


def test_a_filter_takes_its_events_from_the_rule() -> None:
    assert matches(joined(FILTER), ARCHIVE)
    assert not matches(joined(FILTER), BY_ADMIN)
    assert matches(joined(), BY_ADMIN)


def test_the_rules_own_words_do_not_reach_into_the_filter() -> None:
    # `1 of them` of the rule would match every administrator if it took the filter's selection
    keeping = FILTER.replace("not selection", "selection")
    assert not matches(joined(keeping), {"Image": "c:\\calc.exe", "User": "adm_eve"})
    assert matches(joined(keeping), BY_ADMIN)


@pytest.mark.parametrize("words", ["not 1 of them", "not all of selection*", "not (1 of sel*)"])
def test_patterns_of_a_filter_mean_its_own_selections(words: str) -> None:
    found = joined(FILTER.replace("not selection", words))
    assert matches(found, ARCHIVE)
    assert not matches(found, BY_ADMIN)


def test_two_filters_with_the_same_names_both_hold() -> None:
    second = FILTER.replace("adm_", "svc_").replace("Administrators", "Services")
    found = joined(FILTER, second)
    assert matches(found, ARCHIVE)
    assert not matches(found, BY_ADMIN)
    assert not matches(found, {**ARCHIVE, "User": "svc_backup"})
    assert found.filters == ("Administrators", "Services")


def test_a_filter_names_a_rule_by_its_id_or_takes_any_of_its_logsource() -> None:
    by_id = FILTER.replace("[archive]", "6f3e2987-db24-4c78-a860-b4f4095a7095")
    assert not matches(joined(by_id), BY_ADMIN)
    every = FILTER.replace("[archive]", "any")
    assert not matches(joined(every), BY_ADMIN)
    assert matches(joined(every, logsource=Logsource("file_event", "windows")), BY_ADMIN)


def test_a_wider_logsource_reaches_a_narrower_rule_and_not_the_reverse() -> None:
    wide = FILTER.replace("[archive]", "any").replace("category: process_creation, ", "")
    assert not matches(joined(wide), BY_ADMIN)
    narrow = FILTER.replace("[archive]", "any")
    assert matches(joined(narrow, logsource=Logsource(product="windows")), BY_ADMIN)


def test_unknown_rules_and_foreign_logsources_are_told_all_at_once() -> None:
    text = FILTER.replace("[archive]", "[archiv, archive, nowhere]")
    _, errors = apply([parsed(text)], [given(RULE, Logsource("dns"))])
    assert [error.line for error in errors] == [5, 5, 5]
    assert "did you mean 'archive'" in errors[0].message
    assert "would do nothing" in errors[1].message
    assert "'nowhere'" in errors[2].message


def test_a_filter_changes_what_the_content_hash_is_made_of() -> None:
    assert joined().text == RULE
    assert joined(FILTER).text not in {RULE, joined(FILTER.replace("adm_", "svc_")).text}
    assert joined(FILTER).data == joined(FILTER).data


def test_every_condition_of_a_list_gets_the_filter() -> None:
    rule = RULE.replace("condition: 1 of them", "condition: [selection, other]")
    data = joined(FILTER, rule=rule).data["detection"]
    assert isinstance(data, dict)
    assert all(str(each).endswith("selection)") for each in data["condition"])


def test_a_filter_that_keeps_only_what_it_selects_is_warned_of() -> None:
    assert not warnings_of(parsed(FILTER))
    (warning,) = warnings_of(parsed(FILTER.replace("not selection", "selection")))
    assert warning.line == 7
    assert "all others are lost" in warning.message


@pytest.mark.parametrize(
    ("old", "new", "line", "word"),
    [
        ("condition: not selection", "condition: [a, b]", 7, "condition"),
        ("condition: not selection", "condition: not missing", 7, "missing"),
        ("rules: [archive]", "other: {a: 1}", 4, "rules"),
        ("rules: [archive]", "rules: []", 5, "any"),
        ("rules: [archive]", "rules: [{a: 1}]", 5, "rules"),
        ("selection: {User|startswith: adm_}", "selection: {User|nonsense: a}", 6, "nonsense"),
        ("logsource: {category: process_creation, product: windows}", "x: 1", 2, "logsource"),
        ("logsource: {category: process_creation, product: windows}", "logsource: {}", 3, "name"),
        ("title: Administrators", "name: x", 2, "title"),
    ],
)
def test_what_is_no_filter_is_refused_with_its_line(
    old: str, new: str, line: int, word: str
) -> None:
    with pytest.raises(RuleError) as refused:
        parsed(FILTER.replace(old, new))
    assert refused.value.line == line
    assert word in refused.value.message
