"""The shipped rules keep their promises, and foreign rule sets load or are refused for a reason."""

import lzma
import os
import re
import tarfile
from collections import Counter
from importlib.resources import files
from pathlib import Path
from uuid import UUID

import pytest

from foreseen.core.errors import MalformedInputError
from foreseen.rules.cases import check, is_rule, is_test
from foreseen.rules.lint import lint
from foreseen.rules.parse import parse_rules

FOLDER = files("foreseen.rules.packs").joinpath("linux")
TEXTS = [(each.name, each.read_text()) for each in FOLDER.iterdir() if each.name.endswith(".yml")]
RULES = [(name, text) for name, text in TEXTS if is_rule(name)]
TESTS = [(name, text) for name, text in TEXTS if is_test(name)]
DATA = Path(os.environ.get("FORESEEN_DATA", Path(__file__).parents[3] / "shared" / "data"))
ARCHIVE = DATA / "sigmahq" / "rules-8eaafff1.tar.xz"


def test_every_shipped_rule_keeps_its_promises() -> None:
    assert check(parse_rules(RULES), TESTS) == []


def test_shipped_rules_have_no_lint() -> None:
    assert lint(RULES) == []


def test_shipped_rules_are_complete() -> None:
    rules = parse_rules(RULES).rules
    assert sum(rule.foresee for rule in rules) >= 16
    assert all(rule.level in {"high", "critical"} for rule in rules if not rule.foresee)
    for rule in rules:
        assert rule.path == f"{rule.id}.yml"
        assert UUID(rule.uuid).version == 4
        assert rule.description.endswith(".")
        assert rule.fields
        assert rule.falsepositives
    assert len({rule.uuid for rule in rules}) == len(rules)


def test_a_rule_without_tests_or_with_a_broken_promise_is_a_problem() -> None:
    rules = parse_rules(RULES)
    dropped = [(name, text) for name, text in TESTS if name != "exec_from_tmp.test.yml"]
    assert [problem.path for problem in check(rules, dropped)] == ["exec_from_tmp.yml"] * 2
    name, text = next(each for each in TESTS if each[0] == "download_tool.test.yml")
    broken = [*((n, t) for n, t in TESTS if n != name), (name, text.replace("/wget'", "/wgot'"))]
    (problem,) = check(rules, broken)
    assert problem.path == name
    assert "download_tool' does not match" in problem.message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("rule: nothing\nmatch:\n  - host: a\n", "no rule 'nothing'"),
        ("rule: download_tool\nmatch:\n  - process_pth: a\n", "did you mean 'process_path'"),
        ("rule: download_tool\nmatch:\n  - process_pid: a\n", "does not fit"),
        ("rule: download_tool\nmtach: []\n", "no key 'mtach'"),
        ("rule: download_tool\nmatch: 5\n", "must be a list"),
        ("rule: download_tool\nmatch: [5]\n", "must be a mapping"),
    ],
)
def test_a_faulty_test_file_is_a_problem(text: str, words: str) -> None:
    problems = check(parse_rules(RULES), [*TESTS, ("faulty.test.yml", text)])
    assert any(words in each.message for each in problems if each.path == "faulty.test.yml")


@pytest.mark.skipif(not ARCHIVE.exists(), reason=f"no FORESEEN_DATA: no rules at {ARCHIVE}")
def test_linux_rules_of_sigmahq_load_or_are_refused_for_their_logsource() -> None:
    counts: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    with lzma.open(ARCHIVE) as packed, tarfile.open(fileobj=packed) as archive:
        for member in archive:
            content = archive.extractfile(member) if member.name.endswith(".yml") else None
            text = content.read().decode() if content else ""
            if not re.search(r"^ +product: linux$", text, re.MULTILINE):
                continue
            try:
                counts[str(parse_rules([(member.name, text)]).rules[0].logsource)] += 1
            except MalformedInputError as error:
                reasons[re.sub(r"^.*?:\d+: ", "", str(error)).split(";")[0]] += 1
    assert counts == {
        "linux/process_creation": 144,
        "linux/auditd": 54,
        "linux/file_event": 18,
        "linux": 16,
        "linux/network_connection": 5,
    }
    services = {"sshd": 3, "syslog": 2, "auth": 1, "clamav": 1, "cron": 1, "guacamole": 1}
    services |= {"sudo": 1, "vsftpd": 1}
    assert reasons == {f"no events of logsource 'linux/{k}'": n for k, n in services.items()}
