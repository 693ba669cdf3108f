"""`foreseen label --json` prints a correlation on the event that completes it."""

from collections.abc import Sequence
from pathlib import Path

import orjson
import pytest
from tests.cli.commands import foreseen

COUNT, CHAIN = "33333333-0000-4000-8000-000000000003", "in_order"
RULES = f"""
title: Login refused
name: refused
logsource: {{product: aws, service: cloudtrail}}
detection: {{one: {{eventName: ConsoleLogin, errorMessage|exists: true}}, condition: one}}
---
title: Role taken
name: taken
logsource: {{product: aws, service: cloudtrail}}
detection: {{one: {{eventName: AssumeRole}}, condition: one}}
---
title: Three refusals
id: {COUNT}
name: three
correlation:
  type: event_count
  rules: [refused]
  group-by: [sourceIPAddress]
  timespan: 10m
  condition: {{gte: 3}}
---
title: A role after three refusals, for the same person under two names
name: {CHAIN}
correlation:
  type: temporal_ordered
  rules: [three, taken]
  group-by: [who]
  aliases:
    who: {{three: userIdentity.userName, taken: requestParameters.roleSessionName}}
  timespan: 20m
---
title: A lone role
name: lone
correlation:
  type: event_count
  rules: [taken]
  group-by: [requestParameters.roleSessionName]
  timespan: 10m
  condition: {{lt: 2}}
"""


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "all.yml").write_text(RULES)
    return folder


def event(name: str, minute: int, **more: object) -> bytes:
    record = {
        "eventVersion": "1.09",
        "eventSource": "signin.amazonaws.com",
        "eventName": name,
        "eventTime": f"2026-11-21T12:{minute:02}:00Z",
        "sourceIPAddress": "203.0.113.9",
        "userIdentity": {"type": "IAMUser", "userName": "ann"},
        **more,
    }
    return orjson.dumps(record) + b"\n"


def refused(minute: int, **more: object) -> bytes:
    return event("ConsoleLogin", minute, errorMessage="Failed authentication", **more)


def taken(minute: int, name: str = "Ann") -> bytes:
    more = {"requestParameters": {"roleSessionName": name}}
    return event("AssumeRole", minute, sourceIPAddress="192.0.2.9", **more)


def labelled(rules: Path, *files: Sequence[bytes]) -> list[tuple[int, list[str]]]:
    paths = [rules.parent / f"file-{number}" for number in range(len(files))]
    for path, parts in zip(paths, files, strict=True):
        path.write_bytes(b"".join(parts))
    ran = foreseen("label", *paths, "--rules", rules, "--json")
    assert ran.code == 0, ran.err
    return [(row["event"], row["rules"]) for row in ran.rows]


def test_a_count_is_named_on_the_event_that_completes_it_and_no_other(rules: Path) -> None:
    found = labelled(rules, [refused(0), event("Get", 1), refused(2), refused(3), refused(4)])
    assert found == [
        (0, ["refused"]),
        (2, ["refused"]),
        (3, [COUNT, "refused"]),
        (4, ["refused"]),
    ]


def test_a_chain_reads_each_rules_own_name_of_the_field(rules: Path) -> None:
    found = labelled(rules, [refused(0), refused(1), refused(2), taken(5), taken(6, "bob")])
    assert found[2:] == [
        (2, [COUNT, "refused"]),
        (3, [CHAIN, "lone", "taken"]),
        (4, ["lone", "taken"]),
    ]


def test_two_files_are_one_history(rules: Path) -> None:
    found = labelled(rules, [refused(0), refused(1)], [refused(2)], [taken(5)])
    assert [names for _, names in found] == [
        ["refused"],
        ["refused"],
        [COUNT, "refused"],
        [CHAIN, "lone", "taken"],
    ]


def test_events_out_of_order_count_in_the_order_of_their_times(rules: Path) -> None:
    found = labelled(rules, [taken(5), refused(2), refused(0), refused(1)])
    assert found == [
        (0, [CHAIN, "lone", "taken"]),
        (1, [COUNT, "refused"]),
        (2, ["refused"]),
        (3, ["refused"]),
    ]


def test_files_whose_order_is_not_that_of_time_give_the_same(rules: Path) -> None:
    found = labelled(rules, [taken(5)], [refused(2), refused(1)], [refused(0)])
    assert [names for _, names in found] == [
        [CHAIN, "lone", "taken"],
        [COUNT, "refused"],
        ["refused"],
        ["refused"],
    ]


def test_what_must_be_few_is_answered_at_the_end_on_its_event(rules: Path) -> None:
    found = labelled(rules, [taken(0, "bob"), taken(5, "bob"), taken(30, "eve")])
    assert found == [(0, ["taken"]), (1, ["taken"]), (2, ["lone", "taken"])]
