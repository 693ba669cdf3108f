"""The linter of suppressions: what never matches again, hides too much, or says the opposite."""

from collections.abc import Collection

import pyarrow as pa
import pytest

from foreseen.rules import RuleSet, parse_rules
from foreseen.rules.suppression.lint import History, lint
from foreseen.schema.arrow import MATCH_SCHEMA, batch_of

NOW = 1_795_305_600_000  # 2026-11-22

RULES = """
title: A program was started
name: started
logsource: {product: linux, category: process_creation}
detection: {selection: {Image: '*'}, condition: selection}
---
title: A program was started on Windows
name: started_windows
logsource: {product: windows, category: process_creation}
detection: {selection: {Image: '*'}, condition: selection}
---
title: A call of the cloud
name: called
logsource: {product: aws, service: cloudtrail}
detection: {selection: {eventName: '*'}, condition: selection}
"""


@pytest.fixture(scope="module")
def rules() -> RuleSet:
    """Rules of three recorders."""
    return parse_rules([("rules.yml", RULES)])


def document(detection: str, **parts: str) -> str:
    whole = {
        "title": "Backup",
        "id": "backup",
        "rules": "[started, started_windows, called]",
        "detection": f"{{{detection}}}",
        "owner": "ops@example.com",
        "reason": "The nightly backup.",
        "created": "2026-11-01",
        "expires": "2027-03-01",
        **parts,
    }
    return "\n".join(f"{key}: {text}" for key, text in whole.items())


def messages(rules: RuleSet, text: str, history: History | None = None) -> list[str]:
    problems = lint([("s.yml", text)], rules, now=NOW, history=history)
    assert all((each.path, each.line > 0) == ("s.yml", True) for each in problems)
    return [each.message for each in problems]


GOOD = "selection: {Image: /usr/bin/tar, User: backup}, condition: selection"


@pytest.mark.parametrize(
    "detection",
    [
        GOOD,
        "s: {Image: /usr/bin/tar}, f: {CommandLine|contains: ' -P'}, condition: s and not f",
        "s: {ProcessId: 4, Image: System}, condition: s",
        "s: {EventID: 4688, Image: '*\\tar.exe'}, condition: s",
        "s: {LogonId: '0x3e7', Image: C:\\a.exe}, condition: s",
        "s: {CommandLine|contains: /tmp/backup/}, condition: s",
        "s: {CommandLine: 'tar /srv/2026/data'}, condition: s",
        "s: {time|hour: 3, Image: /usr/bin/tar}, condition: s",
        "s: {Image: [/usr/bin/tar, /bin/tar]}, condition: s",
        "s: {CommandLine|contains|all: [tar, '-x']}, condition: s",
    ],
)
def test_what_is_meant_well_and_done_well_is_not_warned_of(rules: RuleSet, detection: str) -> None:
    assert messages(rules, document(detection)) == []


@pytest.mark.parametrize(
    "asked",
    [
        "ProcessId: 4711",
        "process_pid: 4711",
        "ParentProcessId: 4711",
        "pid: 4711",
        "process_uid: web-1/0:12:1795287000",
        "event_uid: ab12",
        "original_uid: '77'",
        "seq: 12",
        "ProcessGuid: '{a}'",
        "LogonId: '0x12345'",
        "eventID: 11111111-1111-4111-8111-111111111111",
        "auditID: x",
        "time: 1795287000000",
        "time|lt: 1795287000000",
        "UtcTime|startswith: '2026-11-01'",
        "CommandLine|contains: /tmp/tmp.aBcD123456",
        "CommandLine|contains: /tmp/build-8841223/run.sh",
        "Image: /tmp/tmpab12cd_9/a",
        "Image: C:\\Users\\a\\AppData\\Local\\Temp\\_MEI48812\\x.exe",
        "Image: /proc/4711/exe",
        "CommandLine|contains: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "CommandLine|re: '/tmp/tmp\\.aBcD123456'",
    ],
)
def test_what_never_comes_back_can_never_match_again(rules: RuleSet, asked: str) -> None:
    alone = messages(rules, document(f"s: {{{asked}, Image|endswith: r}}, condition: s"))
    assert any("can never match again" in message for message in alone), alone
    assert any(message.startswith("it can never") for message in alone)
    detection = f"s: {{{asked}}}, other: {{User: backup}}, condition: s or other"
    beside = messages(rules, document(detection))
    assert any(message.startswith("a part of it can never") for message in beside)


@pytest.mark.parametrize(
    "detection",
    [
        "a: {Image: x}, condition: a and not a",
        "a: {Image: x}, b: {Image: y}, condition: a and b",
        "a: {Image: x}, b: {Image: null}, condition: a and b",
        "a: {Image: x, User: y}, b: {User: y}, condition: a and not b",
    ],
)
def test_a_condition_that_contradicts_itself_is_told(rules: RuleSet, detection: str) -> None:
    (message,) = messages(rules, document(detection))
    assert "can never hold" in message


def test_one_that_has_expired_is_told(rules: RuleSet) -> None:
    (message,) = messages(rules, document(GOOD, expires="2026-11-20"))
    assert "has expired" in message


def test_one_made_in_the_future_is_told(rules: RuleSet) -> None:
    (message,) = messages(rules, document(GOOD, created="2026-12-24"))
    assert "future" in message


def test_a_rule_that_is_not_there_is_told_with_the_nearest(rules: RuleSet) -> None:
    found = messages(rules, document(GOOD, rules="[startd, called]"))
    assert found == ["names 'startd', which no rule is called; did you mean 'started'?"]
    both = messages(rules, document(GOOD, rules="[zzz]"))
    assert any("none of its rules is there" in message for message in both)


@pytest.mark.parametrize(
    "detection",
    [
        "s: {Image: /usr/bin/tar}, condition: not s",
        "s: {Image: /usr/bin/tar}, condition: not 1 of s*",
        "s: {Image: x}, t: {User: y}, condition: s or not t",
        "s: {Image: null}, condition: s",
    ],
)
def test_the_opposite_of_what_people_mean_is_told(rules: RuleSet, detection: str) -> None:
    (message,) = messages(rules, document(detection))
    assert "what is not to be hidden" in message


@pytest.mark.parametrize(
    "detection",
    [
        "s: {Image: '*'}, condition: s",
        "s: {Image|re: '.*'}, condition: s",
        "s: {Image|exists: true, User: '*'}, condition: s",
        "s: {Image: '*'}, f: {User: x}, condition: s and not f",
    ],
)
def test_wildcards_alone_hide_too_much(rules: RuleSet, detection: str) -> None:
    (message,) = messages(rules, document(detection))
    assert "only wildcards" in message


def test_any_rule_is_too_much(rules: RuleSet) -> None:
    (message,) = messages(rules, document(GOOD, rules="any"))
    assert "any rule" in message


def test_what_cannot_be_loaded_is_told_with_the_rest(rules: RuleSet) -> None:
    (message,) = messages(rules, document(GOOD, owner="''"))
    assert "owner" in message


def test_a_long_list_is_linted_in_time(rules: RuleSet) -> None:
    names = ", ".join(f"/opt/tool{n}x" for n in range(3_000))
    detection = f"s: {{Image: [{names}]}}, f: {{User: [{names}]}}, condition: s and not f"
    assert messages(rules, document(detection)) == []


def past(images: Collection[str], **parts: object) -> History:
    rows = [
        {
            "rule_id": "started",
            "match_uid": f"m{number}",
            "time": NOW - 86_400_000 * 200,
            "class_uid": 1007,
            "activity_id": 1,
            "product": "auditd",
            "process_path": image,
            "process_user_name": "backup",
        }
        for number, image in enumerate(images)
    ]
    return History(pa.Table.from_batches([batch_of(rows, MATCH_SCHEMA)]), **parts)  # type: ignore[arg-type]  # set, share


TAR, SH = "/usr/bin/tar", "/bin/sh"
ONLY_TAR = "s: {Image: /usr/bin/tar}, condition: s"


def test_more_than_the_share_of_a_rules_past_matches_is_too_much(rules: RuleSet) -> None:
    text = document(ONLY_TAR)
    assert messages(rules, text, past([TAR] * 5 + [SH] * 5)) == []
    (message,) = messages(rules, text, past([TAR] * 6 + [SH] * 4))
    assert "hides 6 of 10 matches of 'started', more than 50%" in message
    (message,) = messages(rules, text, past([TAR] * 3 + [SH] * 7, share=0.2))
    assert "3 of 10" in message


def test_a_few_matches_say_nothing_of_a_share(rules: RuleSet) -> None:
    assert messages(rules, document(ONLY_TAR), past([TAR] * 4)) == []


def test_one_grave_match_is_too_much(rules: RuleSet) -> None:
    history = past([TAR] + [SH] * 9, grave={"m0", "m3"})
    (message,) = messages(rules, document(ONLY_TAR), history)
    assert "hides 1 of the matches of incidents" in message
