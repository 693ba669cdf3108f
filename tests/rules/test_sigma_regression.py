"""SigmaHQ's regression cases: each fires its rule, and not once a required value is destroyed.

What is required is worked out by a walk of pySigma's tree over the raw record, which shares no code
with the engine.
"""

import ipaddress
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from pathlib import Path, PurePosixPath
from typing import Any

import orjson
import pytest
import re2
import yaml
from sigma.conditions import (
    ConditionAND,
    ConditionFieldEqualsValueExpression,
    ConditionNOT,
    ConditionOR,
    ConditionValueExpression,
)
from sigma.rule import SigmaRule
from sigma.types import (
    SigmaBool,
    SigmaCIDRExpression,
    SigmaExpansion,
    SigmaFieldReference,
    SigmaNull,
    SigmaNumber,
    SigmaRegularExpression,
    SigmaRegularExpressionFlag,
    SigmaString,
    SpecialChars,
)
from tests.rules.sigmahq_rules import paths_by_id, rule_texts

from foreseen.core.records import Line
from foreseen.parsers.registry import parser_named, sniff
from foreseen.rules import RuleSet, parse_rules
from foreseen.schema.arrow import EVENT_SCHEMA, batch_of

CASES = 116
DESTROYED = "\u00a4destroyed\u00a4"
#: Cases with more events than `match_count` says; all of them fit the rule.
MORE_THAN_COUNTED = {
    "45e112d0-7759-4c2a-aa36-9f8fb79d3393": 3,
    "c7dcacd0-cc59-4004-b0a4-1d6cdebe6f3e": 2,
}
NO_EVENT = 65_000
SYSMON = "Microsoft-Windows-Sysmon/Operational"
EVENTS = {
    "process_creation": (1,),
    "image_load": (7,),
    "file_event": (11,),
    "registry_add": (12,),
    "registry_delete": (12,),
    "registry_set": (13,),
    "registry_event": (12, 13, 14),
    "pipe_created": (17, 18),
    "sysmon_status": (4, 16),
}
CHANNELS = {
    "security": "Security",
    "sysmon": SYSMON,
    "windefend": "Microsoft-Windows-Windows Defender/Operational",
    "wmi": "Microsoft-Windows-WMI-Activity/Operational",
}
Record = dict[str, Any]
Values = Mapping[str, list[str]]


@dataclass(frozen=True)
class Case:
    """One recording and the rule that it must fire."""

    rule: str
    count: int | None
    records: tuple[Record, ...]


@cache
def cases(data: Path) -> list[Case]:
    found = []
    for info in sorted((data / "sigma-regression").rglob("info.yml")):
        told = yaml.safe_load(info.read_text())
        (rule,) = (each["id"] for each in told["rule_metadata"])
        for test in told["regression_tests_info"]:
            name = PurePosixPath(test["path"]).with_suffix(".json").name
            records = tuple(_documents((info.parent / name).read_text()))
            found.append(Case(rule, test.get("match_count"), records))
    return found


def _documents(text: str) -> Iterator[Record]:
    """The JSON objects of a file, one after another."""
    decoder, start = json.JSONDecoder(), 0
    while text[start:].strip():
        start += len(text[start:]) - len(text[start:].lstrip())
        document, start = decoder.raw_decode(text, start)
        yield document


@cache
def rule_set(data: Path) -> RuleSet:
    texts, paths = rule_texts(data), paths_by_id(data)
    wanted = sorted({paths[case.rule] for case in cases(data)})
    return parse_rules([(path, texts[path]) for path in wanted])


@cache
def sigma_rule(data: Path, rule: str) -> SigmaRule:
    return SigmaRule.from_dict(yaml.safe_load(rule_texts(data)[paths_by_id(data)[rule]]))


def labels(rules: RuleSet, records: list[Record]) -> list[set[str]]:
    """UUIDs of the rules that match each record, through the parser that knows it."""
    lines = [orjson.dumps(record) for record in records]
    name = sniff(lines[:1])
    assert name is not None
    parser = parser_named(name)
    state = parser.initial()
    given = [Line("test", n, n + 1, "case.json", line) for n, line in enumerate(lines)]
    parsed = parser.parse(state, given)
    assert parsed.quarantined == []
    assert len(parsed.rows) == len(records)
    rows = [{**row.columns, "host": row.host, "time": row.time} for row in parsed.rows]
    uuids = {rule.id: rule.uuid for rule in rules.rules}
    found = rules.label(batch_of(rows, EVENT_SCHEMA)).to_pylist()
    return [{uuids[rule] for rule in each or ()} for each in found]


def test_every_case_fires_its_rule_as_often_as_it_says(foreseen_data: Path) -> None:
    assert len(cases(foreseen_data)) == CASES
    rules = rule_set(foreseen_data)
    for case in cases(foreseen_data):
        fired = sum(case.rule in each for each in labels(rules, list(case.records)))
        assert fired == MORE_THAN_COUNTED.get(case.rule, case.count or fired), case.rule
        assert fired > 0, case.rule


@pytest.mark.long
def test_engine_agrees_with_the_walk_on_every_record_and_rule(foreseen_data: Path) -> None:
    records = [record for case in cases(foreseen_data) for record in case.records]
    found = labels(rule_set(foreseen_data), records)
    for rule in {case.rule for case in cases(foreseen_data)}:
        sigma = sigma_rule(foreseen_data, rule)
        for record, fired in zip(records, found, strict=True):
            expected = _is_meant(sigma, record) and holds(sigma, values_of(record))
            assert (rule in fired) == expected, (rule, record)


def test_no_case_fires_once_a_required_value_is_destroyed(foreseen_data: Path) -> None:
    negatives: list[Record] = []
    expected: list[str] = []
    for case in cases(foreseen_data):
        sigma = sigma_rule(foreseen_data, case.rule)
        positives = [record for record in case.records if holds(sigma, values_of(record))]
        assert positives, case.rule
        for record in positives:
            broken = _broken(sigma, record)
            assert broken, f"{case.rule}: nothing in the record is required"
            negatives += broken
            expected += [case.rule] * len(broken)
    fired = labels(rule_set(foreseen_data), negatives)
    wrong = [(rule, n) for n, rule in enumerate(expected) if rule in fired[n]]
    assert wrong == []
    assert len(negatives) > CASES


def test_destroying_is_seen_by_the_walk_alone() -> None:
    rule = SigmaRule.from_dict(
        {
            "title": "t",
            "logsource": {"category": "process_creation", "product": "windows"},
            "detection": {"a": {"Image|endswith": "\\cmd.exe", "CommandLine|contains": "/C"},
                          "f": {"User": None}, "condition": "a and not f"},
        }
    )  # fmt: skip
    event = {"Image": ["C:\\CMD.EXE"], "CommandLine": ["cmd /c x"], "User": ["me"]}
    assert holds(rule, event)
    assert not holds(rule, {**event, "Image": ["C:\\cmd.exe.txt"]})
    assert not holds(rule, {k: v for k, v in event.items() if k != "User"})


def _broken(sigma: SigmaRule, record: Record) -> list[Record]:
    """The record with a required value destroyed, once for each field where one suffices.

    Where the rule has alternatives and the record fulfils several, these are destroyed together.
    """
    literals: dict[str, set[str]] = {}
    for condition in sigma.detection.parsed_condition:
        for field, literal in _asked(condition.parsed):
            literals.setdefault(field, set()).add(literal)
    for together in (1, 2, 3):
        found = [_destroyed(sigma, record, dict(each))
                 for each in combinations(sorted(literals.items(), key=str), together)]  # fmt: skip
        broken = [changed for changed in found if changed is not None]
        if broken:
            return broken
    return []


def _destroyed(sigma: SigmaRule, record: Record, asked: Mapping[str, set[str]]) -> Record | None:
    """The record changed as little as makes the rule false; None where it stays true."""
    for wholly in (False, True):
        changed: Record | None = record
        for field, literals in asked.items():
            if changed is not None:
                text = DESTROYED if wholly else _without(changed, field, literals)
                changed = _with(changed, field, text)
        if changed is not None and not holds(sigma, values_of(changed)):
            return changed
    return None


def _asked(node: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 (pySigma's union of nodes)
    """Fields and the longest literal of each text that is asked of them."""
    if isinstance(node, ConditionFieldEqualsValueExpression):
        values = node.value.values if isinstance(node.value, SigmaExpansion) else [node.value]
        for value in values:
            parts = value.s if isinstance(value, SigmaString) else ()
            literals = [part for part in parts if isinstance(part, str)]
            yield node.field.replace(" ", ""), max(literals, key=len, default="")
    else:
        for each in getattr(node, "args", ()):
            yield from _asked(each)


def _without(record: Record, field: str, literals: set[str]) -> str:
    """The field's text with one character amid each occurrence of a literal replaced."""
    text = " ".join(values_of(record).get(field, []))
    for literal in sorted(literals - {""}):
        half = len(literal) // 2
        pieces = re.split(f"({re.escape(literal)})", text, flags=re.IGNORECASE)
        pieces[1::2] = [piece[:half] + "\u00a4" + piece[half + 1 :] for piece in pieces[1::2]]
        text = "".join(pieces)
    return text


def _with(record: Record, field: str, text: str) -> Record | None:
    """A copy of the record in which an own field has another text; None where it has no such."""
    copy: Record = json.loads(json.dumps(record))
    if field == "EventID":
        copy["Event"]["System"]["EventID"] = NO_EVENT
        return copy
    for data in _own_data(copy["Event"]):
        for name in data:
            if name.replace(" ", "") == field and isinstance(data[name], str):
                data[name] = text
                return copy
    return None


def _own_data(event: Record) -> list[Record]:
    user = event.get("UserData") or {}
    inner = [value for value in user.values() if isinstance(value, dict)]
    return [event.get("EventData") or {}, *inner]


def _is_meant(sigma: SigmaRule, record: Record) -> bool:
    """Whether a record is of the rule's log source, for those that the cases have."""
    channel, event = values_of(record)["Channel"], int(values_of(record)["EventID"][0])
    if sigma.logsource.category:
        generic = channel == [SYSMON] and event in EVENTS[sigma.logsource.category]
        created = sigma.logsource.category == "process_creation"
        return generic or (created and channel == ["Security"] and event == 4688)
    return channel == [CHANNELS[sigma.logsource.service or ""]]


def values_of(record: Record) -> dict[str, list[str]]:
    """Texts of a record by Sigma's names."""
    event = record["Event"]
    system = event["System"]
    event_id = system["EventID"]
    values = {
        "EventID": [str(event_id["#text"] if isinstance(event_id, dict) else event_id)],
        "Channel": [system["Channel"]],
        "Computer": [system["Computer"]],
        "Provider_Name": [system["Provider"]["#attributes"]["Name"]],
    }
    for data in _own_data(event):
        for name, value in data.items():
            if not isinstance(value, dict):
                given = value if isinstance(value, list) else [value]
                values[name.replace(" ", "")] = [str(v) for v in given if v is not None]
    return values


def holds(sigma: SigmaRule, values: Values) -> bool:
    """Whether a record's values fulfil a rule's condition, its log source left aside."""
    return any(_holds(each.parsed, values) for each in sigma.detection.parsed_condition)


def _holds(node: Any, values: Values) -> bool:  # noqa: ANN401 (pySigma's union of nodes)
    match node:
        case ConditionAND():
            return all(_holds(arg, values) for arg in node.args)
        case ConditionOR():
            return any(_holds(arg, values) for arg in node.args)
        case ConditionNOT():
            return not _holds(node.args[0], values)
        case ConditionFieldEqualsValueExpression():
            texts = values.get(node.field.replace(" ", ""), [])
            if isinstance(node.value, SigmaFieldReference):
                other = values.get(node.value.field.replace(" ", ""), [])
                return bool({t.lower() for t in texts} & {t.lower() for t in other})
            return _fits(texts, node.value)
        case ConditionValueExpression():
            every = [text for texts in values.values() for text in texts]
            keyword = node.value
            assert isinstance(keyword, SigmaString)
            return any(_pattern(keyword).search(text) for text in every)
    raise NotImplementedError(node)


def _fits(texts: list[str], value: Any) -> bool:  # noqa: ANN401 (pySigma's union of values)
    match value:
        case SigmaExpansion():
            return any(_fits(texts, each) for each in value.values)
        case SigmaNull():
            return not texts
        case SigmaString():
            return any(_pattern(value).fullmatch(text) for text in texts)
        case SigmaNumber() | SigmaBool():
            return str(value).lower() in {text.lower() for text in texts}
        case SigmaRegularExpression():
            fold = SigmaRegularExpressionFlag.IGNORECASE in value.flags
            expression = re2.compile(("(?i)" if fold else "") + str(value.regexp))
            return any(expression.search(text) is not None for text in texts)
        case SigmaCIDRExpression():
            network = ipaddress.ip_network(value.cidr)
            return any(_address(text) in network for text in texts if _address(text))
    raise NotImplementedError(value)


def _address(text: str) -> Any:  # noqa: ANN401 (either version)
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _pattern(value: SigmaString) -> re.Pattern[str]:
    signs = {SpecialChars.WILDCARD_MULTI: ".*", SpecialChars.WILDCARD_SINGLE: "."}
    parts = [signs[part] if part in signs else re.escape(str(part)) for part in value.s]
    return re.compile("".join(parts), re.IGNORECASE | re.DOTALL)
