"""A rule's first text from a search: it finds what that found, and says what it cannot hold."""

import re
from uuid import UUID

import duckdb
import pytest
from tests.lake.test_lake_searchbox import NOW, ROWS

from foreseen.core.errors import MalformedInputError
from foreseen.lake.asking.searchbox.statement import Wanted, statement
from foreseen.rules import lint, parse_rules
from foreseen.runners.rules.drafting import draft
from foreseen.schema.arrow import EVENT_SCHEMA, batch_of

UID = UUID("8d3a3a60-2f0b-4c60-9d0a-1f1f6d1b7a01")
STARTED = {"product": "auditd", "class_uid": 1007, "activity_id": 1, "status_id": 1}
EVENTS = batch_of([{**row, **STARTED} for row in ROWS], EVENT_SCHEMA)


def searched(text: str) -> set[int]:
    """Rows that a search finds."""
    database = duckdb.connect()
    database.register("events", EVENTS)
    sql = statement(text, Wanted(columns=("seq",)), now=NOW)
    return {seq for (seq,) in database.execute(sql).fetchall()}


def labelled(text: str) -> set[int]:
    """Rows that a rule matches, whatever kind of event it would look at."""
    anywhere = re.sub(r"category: \w+", "category: process_creation", text)
    labels = parse_rules([("draft.yml", anywhere)]).label(EVENTS).to_pylist()
    return {row for row, found in enumerate(labels) if found}


@pytest.mark.parametrize(
    "search",
    [
        "cmd:curl",
        "cmd:curl -host:web-1",
        "curl",
        "host:web-*",
        "host:web-?",
        "host:* -dst_port:*",
        "(user:bob OR host:db-1) src_ip:11.0.0.0/8",
        "ip:10.1.0.0/16",
        "dst_port:[23 TO 1024]",
        "dst_port:[* TO 100]",
        "dst_port:>=443 OR dst_port:<23",
        "process:bash",
        "process:/usr/bin/Bash",
        'user:"a*b"',
        'cmd:"line one"',
        'cmd:"a:b AND (c) OR -d"',
        "-(user:alice OR cmd:curl) host:*",
        "NOT NOT user:bob",
        "exit_code:-1",
    ],
)
def test_a_draft_matches_what_the_search_found(search: str) -> None:
    found = searched(search)
    assert found
    matched = labelled(draft(search, UID).text)
    assert found <= matched
    # A rule's texts are compared in any case; a search of a name is not.
    assert {row for row in matched - found if ROWS[row].get("user_name") != "Alice"} == set()


def test_a_draft_loads_and_lacks_only_what_a_person_must_say() -> None:
    problems = lint([("d.yml", draft("cmd:curl dst_port:443", UID).text)])
    assert [problem.message.partition(" technique")[0] for problem in problems] == [
        "rule has no ATT&CK"
    ]


def test_what_a_rule_cannot_hold_is_left_out_and_told() -> None:
    made = draft("cmd:curl last:24h time:>2026-01-01 rule:r1", UID)
    assert labelled(made.text) == searched("cmd:curl")
    assert [each.partition(":")[0] for each in made.notes] == ["last", "time", "rule"]


def test_alternatives_of_which_one_is_left_out_are_left_out_whole() -> None:
    made = draft("host:web-1 (cmd:curl OR last:1h)", UID)
    assert "curl" not in made.text.partition("condition:")[2]
    assert labelled(made.text) == {0}


@pytest.mark.parametrize("search", ["", "last:1h", "nosuch:1", '"', "dst_port:ten"])
def test_a_search_that_makes_no_rule_is_refused(search: str) -> None:
    with pytest.raises(MalformedInputError):
        draft(search, UID)
