"""A suppression by hand is refused with file, line and fix, or hides exactly what it says."""

import pyarrow as pa
import pytest

from foreseen.rules import RuleSet, parse_rules
from foreseen.rules.suppression.suppressions import (
    LoadedSuppressions,
    SuppressionSet,
    load_suppressions,
    no_suppressions,
)
from foreseen.schema.arrow import MATCH_SCHEMA, batch_of

DAY = 86_400_000
CREATED = 1_793_491_200_000  # 2026-11-01
EXPIRES = CREATED + 120 * DAY  # 2027-03-01

LINUX = """
title: A program was started
name: started
id: 0b0f6a29-3b6a-4f39-8a40-3c5c2d6a1f01
logsource: {product: linux, category: process_creation}
detection: {selection: {Image: '*'}, condition: selection}
level: low
"""
WINDOWS = """
title: A program was started on Windows
name: started_windows
id: 0b0f6a29-3b6a-4f39-8a40-3c5c2d6a1f02
logsource: {product: windows, category: process_creation}
detection: {selection: {Image: '*'}, condition: selection}
level: low
"""
FILES = """
title: A file was changed
name: changed
logsource: {product: linux, category: file_event}
detection: {selection: {TargetFilename: '*'}, condition: selection}
level: low
"""
COUNTING = """
title: Many programs
name: many
correlation:
  type: event_count
  rules: [started]
  group-by: [User]
  timespan: 5m
  condition: {gte: 3}
"""


@pytest.fixture(scope="module")
def rules() -> RuleSet:
    """Rules of two systems, and one that counts."""
    texts = [("a.yml", LINUX), ("b.yml", WINDOWS), ("c.yml", FILES), ("d.yml", COUNTING)]
    return parse_rules(texts)


def document(**parts: str) -> str:
    """A sound suppression, but for the parts; an empty one is left out."""
    whole = {
        "title": "Backup",
        "id": "backup",
        "rules": "[started]",
        "detection": "{selection: {Image: /usr/bin/tar}, condition: selection}",
        "owner": "ops@example.com",
        "reason": "The nightly backup.",
        "created": "2026-11-01",
        "expires": "2027-03-01",
        **parts,
    }
    return "\n".join(f"{key}: {text}" for key, text in whole.items() if text)


def load(rules: RuleSet, *texts: str) -> LoadedSuppressions:
    named = [(f"s{number}.yml", text) for number, text in enumerate(texts)]
    return load_suppressions(named, rules)


def sound(rules: RuleSet, *texts: str) -> SuppressionSet:
    found = load(rules, *texts)
    assert [str(problem) for problem in found.problems] == []
    return found.suppressions


def event(rule: str, image: str, **columns: object) -> dict[str, object]:
    """A match of a Linux process, unless columns say otherwise."""
    return {
        "rule_id": rule,
        "match_uid": f"{rule}/{image}",
        "time": CREATED + DAY,
        "ingested_time": CREATED + DAY,
        "class_uid": 1007,
        "activity_id": 1,
        "product": "auditd",
        "event_type": "execve",
        "process_path": image,
        **columns,
    }


def windows(rule: str, image: str) -> dict[str, object]:
    log = "Microsoft-Windows-Sysmon/Operational"
    return event(rule, image, product="windows", log_name=log, event_type="1")


def table(*rows: dict[str, object]) -> pa.Table:
    return pa.Table.from_batches([batch_of(rows, MATCH_SCHEMA)])


def test_it_hides_the_matches_that_it_describes_and_no_others(rules: RuleSet) -> None:
    found = sound(rules, document())
    matches = table(event("started", "/usr/bin/tar"), event("started", "/usr/bin/tarx"))
    assert found.applied(matches) == ["backup", None]


def test_it_hides_only_matches_of_its_rules(rules: RuleSet) -> None:
    found = sound(rules, document())
    assert found.applied(table(event("changed", "/usr/bin/tar"))) == [None]


def test_a_rule_may_be_named_by_its_uuid(rules: RuleSet) -> None:
    found = sound(rules, document(rules="[0b0f6a29-3b6a-4f39-8a40-3c5c2d6a1f01]"))
    assert found.applied(table(event("started", "/usr/bin/tar"))) == ["backup"]


def test_any_rule_is_asked_in_the_field_names_of_its_own_log_source(rules: RuleSet) -> None:
    found = sound(
        rules,
        document(
            rules="any",
            detection="{selection: {Image|endswith: [/tar, '\\tar.exe']}, condition: selection}",
        ),
    )
    tar = "C:\\tar.exe"
    matches = table(event("started", "/bin/tar"), windows("started_windows", tar))
    assert found.applied(matches) == ["backup", "backup"]


def test_a_logsource_of_its_own_narrows_it(rules: RuleSet) -> None:
    text = document(rules="any", logsource="{product: windows, category: process_creation}")
    found = sound(rules, text.replace("Image: /usr/bin/tar", "Image: '*'"))
    matches = table(event("started", "/bin/tar"), windows("started_windows", "C:\\tar.exe"))
    assert found.applied(matches) == [None, "backup"]


def test_it_speaks_all_of_sigma(rules: RuleSet) -> None:
    text = document(
        detection="{a: {Image|re: 't.r$'}, b: {CommandLine|contains|all: [-x, -f]},"
        " c: {src_ip|cidr: 192.0.2.0/24}, condition: a and b and not c}"
    )
    found = sound(rules, text)
    lines = ["tar -x -f a", "tar -x"]
    rows = [event("started", "/bin/tar", process_cmd_line=line) for line in lines]
    rows.append({**rows[0], "src_ip": "192.0.2.7"})
    assert found.applied(table(*rows)) == ["backup", None, None]


def test_it_sees_what_has_no_column(rules: RuleSet) -> None:
    detection = "{selection: {team: storage}, condition: selection}"
    found = sound(rules, document(detection=detection))
    there = event("started", "/bin/tar", product="falco", unmapped={"team": "storage"})
    assert found.applied(table(there, event("started", "/bin/tar"))) == ["backup", None]


def test_a_correlation_is_hidden_by_the_event_that_completed_it(rules: RuleSet) -> None:
    found = sound(rules, document(rules="[many]"))
    matches = table(event("many", "/usr/bin/tar"), event("many", "/bin/sh"))
    assert found.applied(matches) == ["backup", None]


def test_any_rule_does_not_mean_correlations(rules: RuleSet) -> None:
    found = sound(rules, document(rules="any"))
    assert found.applied(table(event("many", "/usr/bin/tar"))) == [None]


@pytest.mark.parametrize(
    ("time", "had", "hidden"),
    [
        (EXPIRES - 1, EXPIRES - 1, True),
        (EXPIRES, EXPIRES, False),
        (EXPIRES - DAY, EXPIRES, False),  # a clock that goes back brings nothing to life
        (EXPIRES - 1, None, True),
        (None, CREATED, False),
    ],
)
def test_it_ends_when_it_expires(
    rules: RuleSet, time: int | None, had: int | None, *, hidden: bool
) -> None:
    match = event("started", "/usr/bin/tar", time=time, ingested_time=had)
    assert sound(rules, document()).applied(table(match)) == ["backup" if hidden else None]


def test_of_several_the_first_by_id_is_named(rules: RuleSet) -> None:
    texts = [document(id=name, rules=which) for name, which in (("b", "any"), ("a", "[started]"))]
    match = table(event("started", "/usr/bin/tar"))
    assert sound(rules, *texts).applied(match) == ["a"]
    assert sound(rules, *texts).hash == sound(rules, *reversed(texts)).hash


def test_the_answer_does_not_depend_on_the_rows_beside(rules: RuleSet) -> None:
    found = sound(rules, document(), document(id="any", rules="any", logsource=""))
    images = ["/usr/bin/tar", "/bin/sh", "/usr/bin/tar", "/bin/tar"]
    rows = [event(rule, image) for image in images for rule in ("started", "changed")]
    whole = table(*rows)
    alone = [found.applied(whole.slice(place, 1))[0] for place in range(len(rows))]
    chunks = pa.concat_tables([whole.slice(0, 3), whole.slice(3)])
    assert found.applied(whole) == alone == found.applied(chunks)
    assert alone.count(None) == 4


def test_every_mistake_is_told_at_once_with_its_line(rules: RuleSet) -> None:
    text = document(
        id="'a b'",
        rules="[]",
        logsource="{produkt: linux}",
        owner="",
        created="soon",
        expires="2031-01-01",
        ower="me",
        detection="{selection: {Image|foo: x}, condition: selection}",
    )
    problems = [str(each) for each in load(rules, text).problems]
    expected = [
        (1, "needs 'owner'"),
        (2, "id 'a b'"),
        (3, "'rules' must be"),
        (4, "modifier 'foo'"),
        (6, "'created' is no day"),
        (8, "'produkt: linux'"),
        (9, "did you mean 'owner'"),
    ]
    assert len(problems) == len(expected), problems
    for problem, (line, said) in zip(problems, expected, strict=True):
        assert problem.startswith(f"s0.yml:{line}: ")
        assert said in problem


@pytest.mark.parametrize(
    "key",
    ["title", "id", "rules", "detection", "owner", "reason", "created", "expires"],
)
def test_every_part_is_needed(rules: RuleSet, key: str) -> None:
    found = load(rules, document(**{key: ""}))
    assert any(f"needs '{key}'" in str(problem) for problem in found.problems)
    assert found.suppressions.suppressions == ()


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"expires": "2027-11-03"}, "more than a year"),
        ({"expires": "2026-11-01"}, "must come after"),
        ({"expires": "true"}, "no day or time"),
        ({"owner": "7"}, "must be a text"),
        ({"rules": "[started, any]"}, "'any'"),
        ({"rules": "[1]"}, "write a rule's name"),
        ({"detection": "{selection: {Image: x}}"}, "'condition'"),
        ({"detection": "x"}, "'condition'"),
        ({"detection": "{selection: {Image: x}, condition: other}"}, "other"),
        ({"detection": "{selection: {Image|re: '(?<a'}, condition: selection}"}, "(?<a"),
        ({"detection": "{selection: {Image|expand: '%x%'}, condition: selection}"}, "%x%"),
        ({"logsource": "linux"}, "'logsource' must"),
    ],
)
def test_what_is_not_understood_is_refused(
    rules: RuleSet, parts: dict[str, str], said: str
) -> None:
    found = load(rules, document(**parts))
    assert [said in str(problem) for problem in found.problems] == [True]
    assert found.suppressions.suppressions == ()


@pytest.mark.parametrize(
    "text", ["- a\n- b", "a: [", "a: &a [*a]", "x: 1\nx: 2", "\x00", "{" * 100]
)
def test_hostile_texts_are_refused_and_the_others_stay(rules: RuleSet, text: str) -> None:
    found = load(rules, text, document())
    assert found.problems
    assert [each.id for each in found.suppressions.suppressions] == ["backup"]


def test_an_id_that_stands_twice_is_refused_and_the_first_stays(rules: RuleSet) -> None:
    found = load(rules, document(), document(title="Other"))
    assert [each.title for each in found.suppressions.suppressions] == ["Backup"]
    assert "stands also at s0.yml:1" in str(found.problems[0])


def test_a_time_without_a_zone_is_utc_and_one_with_a_zone_is_not(rules: RuleSet) -> None:
    texts = ["2027-03-01 12:00:00", "2027-03-01T12:00:00+02:00", "'2027-03-01T12:00:00'"]
    ends = [
        sound(rules, document(expires=text)).suppressions[0].expires - EXPIRES for text in texts
    ]
    assert ends == [DAY // 2, DAY // 2 - 7_200_000, DAY // 2]


def test_a_rule_that_is_gone_leaves_the_suppression_sound_and_idle(rules: RuleSet) -> None:
    found = sound(rules, document(rules="[gone]"))
    assert found.unknown == {"backup": ("gone",)}
    assert found.applied(table(event("started", "/usr/bin/tar"))) == [None]


def test_no_suppressions_hide_nothing() -> None:
    match = table(event("started", "/usr/bin/tar"))
    assert no_suppressions().applied(match) == [None]
    assert no_suppressions().applied(table()) == []
