"""`foreseen label --json`: one line an event that rules match, numbered over all files."""

import gzip
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest
from tests.cli.commands import execve, foreseen

from foreseen.runners import label

DATA = Path(os.environ.get("FORESEEN_DATA", Path(__file__).parents[3] / "shared" / "data"))
CASES = sorted((DATA / "sigma-regression").rglob("*.evtx"))
CURL, ANY = "11111111-0000-4000-8000-000000000001", "any_process"
RULES = {
    "curl.yml": f"""\
title: Curl
id: {CURL}
logsource: {{product: linux, category: process_creation}}
detection:
  one: {{CommandLine|contains: curl}}
  condition: one
""",
    "any.yml": f"""\
title: Anything
name: {ANY}
logsource: {{product: linux, category: process_creation}}
detection:
  one: {{Image|startswith: /}}
  condition: one
""",
    "user.yml": """\
title: New user
id: 22222222-0000-4000-8000-000000000002
name: new_user
logsource: {product: aws, service: cloudtrail}
detection:
  one: {eventName: CreateUser}
  condition: one
""",
}
NEW_USER = "22222222-0000-4000-8000-000000000002"


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    folder = tmp_path / "rules"
    folder.mkdir()
    for name, text in RULES.items():
        (folder / name).write_text(text)
    return folder


def process(command: str) -> dict[str, Any]:
    return {"Image": "/usr/bin/x", "CommandLine": command, "host": "web-1"}


def trail(name: str) -> dict[str, Any]:
    return {
        "eventVersion": "1.08",
        "eventSource": "iam.amazonaws.com",
        "eventName": name,
        "eventTime": "2026-11-21T12:00:00Z",
        "userIdentity": {"type": "IAMUser", "userName": "alice"},
    }


def lines(*records: object) -> bytes:
    return b"".join(
        (one if isinstance(one, bytes) else orjson.dumps(one)) + b"\n" for one in records
    )


def labelled(rules: Path, *files: bytes, code: int = 0) -> list[tuple[int, list[str]]]:
    paths = [rules.parent / f"file-{number}" for number in range(len(files))]
    for path, data in zip(paths, files, strict=True):
        path.write_bytes(data)
    ran = foreseen("label", *paths, "--rules", rules, "--json")
    assert ran.code == code, ran.err
    assert all(set(row) == {"event", "rules"} for row in ran.rows)
    return [(row["event"], row["rules"]) for row in ran.rows]


def test_all_rules_of_an_event_are_named_by_id_and_else_by_name(rules: Path) -> None:
    found = labelled(rules, lines(process("id"), trail("CreateUser"), process("curl a"), {"a": 1}))
    assert found == [(0, [ANY]), (1, [NEW_USER]), (2, [CURL, ANY])]


def test_what_cannot_be_read_has_a_number_and_blank_lines_have_none(rules: Path) -> None:
    log = lines(b"", process("curl"), b"{broken", b"   ", b'{"a": 1', b"\r", process("curl"))
    assert labelled(rules, log, code=4) == [(0, [CURL, ANY]), (3, [CURL, ANY])]


def test_a_line_over_the_limit_has_a_number(rules: Path) -> None:
    log = lines(process("id"), {"text": "x" * (1 << 20)}, process("curl"))
    assert labelled(rules, log, code=4) == [(0, [ANY]), (2, [CURL, ANY])]


def test_numbers_go_on_over_files_of_any_format(rules: Path) -> None:
    audit = execve(1, "id") + execve(2, "curl")
    document = json.dumps({"Records": [trail("Get"), trail("CreateUser")]}, indent=1).encode()
    found = labelled(
        rules, audit, document, lines(process("curl")), audit, lines(trail("CreateUser"))
    )
    audited = [ANY], [CURL, ANY]
    assert found == [
        (0, audited[0]),
        (1, audited[1]),
        (3, [NEW_USER]),
        (4, [CURL, ANY]),
        (5, audited[0]),
        (6, audited[1]),
        (7, [NEW_USER]),
    ]


def test_events_of_several_lines_count_in_the_order_of_their_first_line(rules: Path) -> None:
    one, two = (execve(n, what).splitlines(keepends=True) for n, what in ((1, "curl"), (2, "id")))
    foreign = b"no record\n"
    log = b"".join([one[0], foreign, two[0], *two[1:], *one[1:]])
    assert labelled(rules, log, code=4) == [(0, [CURL, ANY]), (2, [ANY])]


@pytest.mark.parametrize("size", [1, 2, 3, 1000])
def test_numbers_do_not_depend_on_the_size_of_parts(
    rules: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    records = [process("curl"), trail("CreateUser"), b"{broken", {"a": 1}, process("id")] * 3
    files = (lines(*records), execve(1, "curl") + execve(2, "id"), lines(*records))
    whole = labelled(rules, *files, code=4)
    monkeypatch.setattr(label, "_BATCH_LINES", size)
    assert labelled(rules, *files, code=4) == whole
    assert [number for number, _ in whole][-1] == 2 * len(records) + 2 - 1


def test_a_damaged_file_is_no_event_of_its_own(rules: Path) -> None:
    packed = gzip.compress(lines(*[process("curl")] * 3))[:-4]
    found = labelled(rules, packed, lines(process("id")), code=4)
    assert found == [*((n, [CURL, ANY]) for n in range(3)), (3, [ANY])]


def test_without_json_there_is_a_line_a_match_with_time_host_rule_and_what(rules: Path) -> None:
    file = rules.parent / "log"
    file.write_bytes(lines({**process("curl a"), "time": "2026-11-21T12:00:00Z"}, {"a": 1}))
    ran = foreseen("label", file, "--rules", rules)
    assert ran.code == 0
    told = "2026-11-21 12:00:00  web-1  {}  curl a"
    assert sorted(ran.out.splitlines()) == sorted(told.format(rule) for rule in (CURL, ANY))
    assert "2 lines, 0 in quarantine; 2 events, 2 matches" in ran.err


def test_what_could_not_be_read_is_shown_with_its_place(rules: Path) -> None:
    file = rules.parent / "log"
    file.write_bytes(lines(process("curl"), *[b"{broken"] * 30))
    ran = foreseen("label", file, "--rules", rules)
    assert ran.code == 4
    assert ran.err.count(f"{file}:") == 20
    assert f"{file}:2: " in ran.err
    assert "30 x" in ran.err


def spoiled(rules: Path) -> Sequence[str]:
    """Two files that cannot be loaded and a rule that stands twice; names of all three."""
    (rules / "bad.yml").write_text(RULES["curl.yml"].replace("condition: one", "condition: two"))
    (rules / "worse.yml").write_text("detection: [")
    (rules / "user2.yml").write_text(RULES["user.yml"])
    return ("bad.yml", "worse.yml", "user2.yml")


def test_strict_names_all_rules_that_cannot_be_loaded_and_labels_nothing(rules: Path) -> None:
    names = spoiled(rules)
    file = rules.parent / "log"
    file.write_bytes(lines(process("curl")))
    ran = foreseen("label", file, "--rules", rules, "--json", "--strict")
    assert (ran.code, ran.out) == (1, "")
    for name in names:
        assert f"{rules / name}:" in ran.err


def test_rules_that_cannot_be_loaded_are_named_and_the_others_label(rules: Path) -> None:
    names = spoiled(rules)
    file = rules.parent / "log"
    file.write_bytes(lines(process("curl"), trail("CreateUser")))
    ran = foreseen("label", file, "--rules", rules, "--json")
    assert ran.code == 0
    assert [row["rules"] for row in ran.rows] == [[CURL, ANY], [NEW_USER]]
    for name in names:
        assert f"left out: {rules / name}:" in ran.err


def test_a_record_that_does_not_say_when_it_happened_is_labelled(rules: Path) -> None:
    bare = {"eventSource": "iam.amazonaws.com", "eventName": "CreateUser"}
    assert labelled(rules, lines(bare, process("curl"))) == [(0, [NEW_USER]), (1, [CURL, ANY])]


def test_files_without_events_give_nothing(rules: Path) -> None:
    assert labelled(rules, b"", b"\n\n", b"[]") == []


@pytest.mark.skipif(not CASES, reason=f"no event logs below {DATA}; set FORESEEN_DATA")
def test_event_logs_and_their_json_have_the_same_labels(rules: Path) -> None:
    (rules / "windows.yml").write_text(
        "title: W\nname: windows_process\n"
        "logsource: {product: windows, category: process_creation}\n"
        "detection:\n  one: {Image|contains: '\\'}\n  condition: one\n"
    )
    copies = [path.with_suffix(".json") for path in CASES]
    binary, text = (
        foreseen("label", *paths, "--rules", rules, "--json").rows for paths in (CASES, copies)
    )
    assert binary == text
    assert len(binary) > 20
