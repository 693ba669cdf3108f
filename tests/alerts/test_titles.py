"""Titles from templates: columns only, nothing formatted, whatever a value says stays a value."""

from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foreseen.alerts.titles import LONGEST_TITLE, LONGEST_VALUE, UNKNOWN, title_from
from foreseen.rules import Rule, parse_rules
from foreseen.rules.document import RuleError
from foreseen.rules.loading import load

HEAD = """
title: A program was started
name: started
logsource: {product: linux, category: process_creation}
detection: {selection: {Image: '*'}, condition: selection}
foreseen:
"""
OBEYED = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def rule_with(attribute: str) -> Rule:
    (rule,) = parse_rules([("started.yml", HEAD + attribute)]).rules
    return rule


def title(template: str, **row: object) -> str:
    """Through a rule that is loaded, as it comes to the judge."""
    return title_from(rule_with(f"  title: '{template}'").alerting.title, row)


@pytest.mark.parametrize(
    ("template", "row", "said"),
    [
        ("{host}: {process_name}", {"host": "web-1", "process_name": "sh"}, "web-1: sh"),
        ("port {dst_port}", {"dst_port": 0}, "port 0"),
        ("no column", {}, "no column"),
        ("{{host}} {host}", {"host": "a"}, "{host} a"),
        ("{host}", {}, UNKNOWN),
        ("{host}", {"host": None}, UNKNOWN),
        ("{host}", {"host": ""}, UNKNOWN),
        ("{lineage_paths}", {"lineage_paths": ["/bin/sh", "/sbin/init"]}, "/bin/sh, /sbin/init"),
        ("{lineage_paths}", {"lineage_paths": []}, UNKNOWN),
        ("{unmapped}", {"unmapped": [("a", ["1", "2"]), ("b", None)]}, "a: 1 2, b: "),
    ],
)
def test_columns_take_the_places_of_their_names(
    template: str, row: dict[str, object], said: str
) -> None:
    assert title(template, **row) == said


@pytest.mark.parametrize(
    "hostile",
    ["{host}", "{0}", "{host.__class__}", "{process_name!r:>99999999}", "{", "}", "%s", "{{"],
)
def test_a_value_that_looks_like_a_template_stays_as_it_is(hostile: str) -> None:
    assert title("{host} x", host=hostile, process_name="secret") == f"{hostile} x"


@pytest.mark.parametrize(
    "template",
    ["{host.upper}", "{host[0]}", "{host.__class__.__mro__}", "{host!r}", "{host:>9999999}",
     "{host:{time}}", "{}", "{0}", "{Host}", "{host", "host}", "{raw}", "{labels}", "{nothing}"],
)  # fmt: skip
def test_a_template_with_more_than_columns_is_refused_when_it_is_loaded(template: str) -> None:
    with pytest.raises(RuleError, match=r"started\.yml:\d+: 'foreseen\.title'"):
        rule_with(f"  title: '{template}'")


def test_a_column_that_matches_do_not_keep_cannot_aggregate() -> None:
    found = load([("started.yml", f"{HEAD}  aggregate: [raw]")])
    (problem,) = found.problems
    assert "'foreseen.aggregate' names 'raw'" in problem.message


@given(value=st.text(max_size=300), literal=st.text(max_size=300))
def test_a_title_is_short_and_moves_no_cursor(value: str, literal: str) -> None:
    template = literal.replace("{", "{{").replace("}", "}}") + "{host}"
    said = title_from(template, {"host": value})
    assert len(said) <= LONGEST_TITLE
    assert not {category(letter) for letter in said} & OBEYED


def test_a_long_value_leaves_room_for_the_others() -> None:
    said = title("{process_cmd_line} on {host}", process_cmd_line="x" * 10_000, host="web-1")
    assert said == f"{'x' * (LONGEST_VALUE - 1)}… on web-1"
    many = title("{lineage_paths}", lineage_paths=["/bin/sh"] * 100_000)
    assert len(many) == LONGEST_VALUE


def test_lines_and_hidden_letters_show_as_dots() -> None:
    assert title("{host}", host="a\nb\x1b[1mc\u202ed\u2028e\u200bf") == "a·b·[1mc·d·e·f"
