"""The shipped rules keep their promises, are complete and our own; foreign rule sets load."""

import lzma
import os
import re
import tarfile
from collections import Counter
from functools import cache
from importlib.resources import files
from pathlib import Path
from uuid import UUID

import pytest
import yaml

from foreseen.core.errors import MalformedInputError
from foreseen.rules.cases.cases import check, is_rule, is_test
from foreseen.rules.lint import lint
from foreseen.rules.loading import parse_rules
from foreseen.rules.rule import TACTICS, Rule
from foreseen.rules.ruleset import RuleSet
from foreseen.rules.tree import atoms_of

FOLDER = files("foreseen.rules.packs")
PACKS = sorted(each.name for each in FOLDER.iterdir() if each.is_dir() and each.name[0] != "_")
DATA = Path(os.environ.get("FORESEEN_DATA", Path(__file__).parents[3] / "shared" / "data"))
ARCHIVE = DATA / "sigmahq" / "rules-8eaafff1.tar.xz"
#: How each framework numbers its requirements.
CLASSIFIER = re.compile(
    r"pci-dss:\d{1,2}(\.\d{1,2}){1,3}|soc2:(cc|a|c|p|pi)\d\.\d|iso27001:[5-8]\.\d{1,2}"
    r"|nist-800-53:[a-z]{2}-\d{1,2}|hipaa:164\.3\d\d(\([a-e]\)(\(\d\)(\([iv]+\)(\([A-D]\))?)?)?)?"
)
LONGEST_TITLE = 90
MINIMUM_RULES = 150

TEXTS = [
    (f"{pack}/{each.name}", each.read_text("utf-8"))
    for pack in PACKS
    for each in FOLDER.joinpath(pack).iterdir()
    if each.name.endswith(".yml")
]
RULES = [(name, text) for name, text in TEXTS if is_rule(name)]
DATA_OF = {name: yaml.load(text, Loader=yaml.CSafeLoader) for name, text in RULES}


def of_pack(pack: str) -> list[tuple[str, str]]:
    return [(name, text) for name, text in TEXTS if name.startswith(f"{pack}/")]


@cache
def loaded(pack: str) -> RuleSet:
    return parse_rules([each for each in of_pack(pack) if is_rule(each[0])])


@pytest.mark.parametrize("pack", PACKS)
def test_every_shipped_rule_keeps_its_promises(pack: str) -> None:
    assert check(loaded(pack), [each for each in of_pack(pack) if is_test(each[0])]) == []


def test_shipped_rules_have_no_lint() -> None:
    assert lint(RULES) == []


def _asks_for_keywords_only(pack: str, rule: Rule) -> bool:
    compiled = next(each for each in loaded(pack).compiled if each.rule.id == rule.id)
    return not any(atom.field.name for atom in atoms_of(compiled.tree))


@pytest.mark.parametrize("pack", PACKS)
def test_shipped_rules_say_all_that_people_need(pack: str) -> None:
    for rule in loaded(pack).rules:
        assert rule.path == f"{pack}/{rule.id}.yml"
        assert UUID(rule.uuid).version == 4, rule.id
        assert 0 < len(rule.title) <= LONGEST_TITLE, rule.id
        assert rule.description.endswith("."), rule.id
        assert rule.techniques, rule.id
        assert set(rule.tactics) & set(TACTICS), rule.id
        assert rule.fields or _asks_for_keywords_only(pack, rule), rule.id
        assert rule.falsepositives, rule.id
        assert rule.severity in {1, 2, 3}, rule.id
        for each in rule.compliance:
            assert CLASSIFIER.fullmatch(each), (rule.id, each)
        assert len(set(rule.compliance)) == len(rule.compliance), rule.id


@pytest.mark.parametrize("pack", PACKS)
def test_shipped_correlations_say_all_that_people_need(pack: str) -> None:
    for linked in loaded(pack).correlations.rules:
        rule = linked.correlation
        assert rule.path == f"{pack}/{rule.id}.yml"
        assert UUID(rule.uuid).version == 4, rule.id
        assert 0 < len(rule.title) <= LONGEST_TITLE, rule.id
        assert rule.description.endswith("."), rule.id
        assert rule.techniques, rule.id
        assert rule.falsepositives, rule.id
        assert rule.group_by, rule.id
        assert rule.generate, rule.id  # a managed rule must not silence another one


def test_shipped_correlations_are_those_of_these_packs() -> None:
    found = {pack: len(loaded(pack).correlations.rules) for pack in PACKS}
    assert {pack: count for pack, count in found.items() if count} == {
        "cloudtrail": 2, "kubernetes": 1, "login": 2, "windows": 1
    }  # fmt: skip


@pytest.mark.parametrize("name", [name for name, _ in RULES])
def test_shipped_rules_name_author_licence_and_date(name: str) -> None:
    data = DATA_OF[name]
    assert data["author"] == "Foreseen"
    assert data["license"] == "Apache-2.0"
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", str(data["date"]))
    assert data["level"] in {"informational", "low", "medium", "high", "critical"}


@pytest.mark.parametrize("pack", ["linux", "file_integrity", "network", "login"])
def test_host_rules_without_a_model_are_for_what_is_never_expected(pack: str) -> None:
    rules = loaded(pack).rules
    assert all(rule.severity == 1 for rule in rules if not rule.foresee)
    assert any(rule.foresee for rule in rules)
    assert all(rule.compliance for rule in rules)


@pytest.mark.parametrize("pack", ["file_integrity", "network", "login"])
def test_every_part_of_a_rule_is_held_by_one_of_its_tests(pack: str) -> None:
    texts, rules, tests = dict(of_pack(pack)), [], []
    for name in filter(is_rule, texts):
        if "correlation" in DATA_OF[name]:
            continue
        data = {**DATA_OF[name], "date": str(DATA_OF[name]["date"])}
        for part in data["detection"].keys() - {"condition"}:
            # a part that can never match must break a promise
            detection = {**data["detection"], part: {"class_uid": -1}}
            slug = f"{data['name']}.{part}"
            changed = {**data, "name": slug, "detection": detection}
            rules.append((slug, yaml.safe_dump(changed)))
            test = texts[name.replace(".yml", ".test.yml")]
            tests.append((slug, test.replace(f"rule: {data['name']}\n", f"rule: {slug}\n")))
    broken = {problem.path for problem in check(parse_rules(rules), tests)}
    assert sorted({slug for slug, _ in rules} - broken) == []


def test_shipped_rules_are_many_and_no_two_are_one() -> None:
    rules = [rule for pack in PACKS for rule in loaded(pack).rules]
    assert len(rules) >= MINIMUM_RULES
    for names in ([each.uuid for each in rules], [each.id for each in rules]):
        assert [name for name, count in Counter(names).items() if count > 1] == []


def test_a_rule_without_tests_or_with_a_broken_promise_is_a_problem() -> None:
    rules, texts = loaded("linux"), [each for each in of_pack("linux") if is_test(each[0])]
    dropped = [(name, text) for name, text in texts if name != "linux/exec_from_tmp.test.yml"]
    missing = [problem.path for problem in check(rules, dropped)]
    assert missing == ["linux/exec_from_tmp.yml"] * 2
    name, text = next(each for each in texts if each[0] == "linux/download_tool.test.yml")
    broken = [*((n, t) for n, t in texts if n != name), (name, text.replace("/wget'", "/wgot'"))]
    (problem,) = check(rules, broken)
    assert problem.path == name
    assert "download_tool' does not match" in problem.message


@cache
def foreign() -> dict[str, str]:
    """Texts of the rules of SigmaHQ by path."""
    with lzma.open(ARCHIVE) as packed, tarfile.open(fileobj=packed) as archive:
        return {
            member.name: content.read().decode()
            for member in archive
            if member.name.endswith(".yml") and (content := archive.extractfile(member))
        }


@pytest.mark.skipif(not ARCHIVE.exists(), reason=f"no FORESEEN_DATA: no rules at {ARCHIVE}")
def test_no_shipped_rule_has_words_of_sigmahq() -> None:
    theirs = {
        " ".join(match[2].split()).casefold().rstrip(".")
        for text in foreign().values()
        for match in re.finditer(r"^(title|id|description): *[|>]?-?\s*(.+)$", text, re.MULTILINE)
    }
    assert len(theirs) > 2 * len(foreign())
    for name, data in DATA_OF.items():
        for key in ("title", "id", "description"):
            assert " ".join(data[key].split()).casefold().rstrip(".") not in theirs, name


@pytest.mark.skipif(not ARCHIVE.exists(), reason=f"no FORESEEN_DATA: no rules at {ARCHIVE}")
def test_linux_rules_of_sigmahq_load() -> None:
    counts: Counter[str] = Counter()
    refused: list[str] = []
    for name, text in foreign().items():
        if not re.search(r"^ +product: linux$", text, re.MULTILINE):
            continue
        try:
            counts[str(parse_rules([(name, text)]).rules[0].logsource)] += 1
        except MalformedInputError as error:
            refused.append(str(error))
    assert refused == []
    services = {"sshd": 3, "syslog": 2, "auth": 1, "clamav": 1, "cron": 1, "guacamole": 1}
    services |= {"sudo": 1, "vsftpd": 1}
    assert counts == {
        "linux/process_creation": 144,
        "linux/auditd": 54,
        "linux/file_event": 18,
        "linux": 16,
        "linux/network_connection": 5,
        **{f"linux/{service}": count for service, count in services.items()},
    }
