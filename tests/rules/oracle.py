"""A slow second opinion on Sigma: one rule, one event; only pySigma's parse tree is shared."""

import ipaddress
import json
from collections.abc import Mapping
from typing import Any

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
    SigmaCasedString,
    SigmaCIDRExpression,
    SigmaCompareExpression,
    SigmaExists,
    SigmaExpansion,
    SigmaFieldReference,
    SigmaNull,
    SigmaNumber,
    SigmaRegularExpression,
    SigmaString,
    SpecialChars,
)

Event = Mapping[str, object]

NAMES = {
    "Image": "process_path",
    "CommandLine": "process_cmd_line",
    "ParentImage": "parent_path",
    "ProcessId": "process_pid",
}
UNMAPPED = ("OriginalFileName", "Hashes")
HAYSTACK = """
product event_type event_key original_uid user_uid user_name session_uid process_uid process_name
process_path process_cmd_line process_cwd process_user_uid process_user_name process_terminal
parent_uid parent_path parent_cmd_line lineage_paths file_path file_target src_ip dst_ip dst_path
auth_service auth_account
"""


def matches(text: str, event: Event) -> bool:
    """Whether the only rule in `text` matches the event."""
    rule = SigmaRule.from_dict(yaml.safe_load(text))
    if not _in_logsource(rule, event):
        return False
    return any(_holds(condition.parsed, event) for condition in rule.detection.parsed_condition)


def _in_logsource(rule: SigmaRule, event: Event) -> bool:
    if rule.logsource.product == "linux" and event.get("product") != "auditd":
        return False
    if rule.logsource.category != "process_creation":
        raise NotImplementedError(rule.logsource)
    started = event.get("class_uid") == 1007 and event.get("activity_id") == 1
    return started and event.get("status_id") != 2


def _holds(node: Any, event: Event) -> bool:  # noqa: ANN401 (pySigma's union of nodes)
    if isinstance(node, ConditionAND):
        return all(_holds(arg, event) for arg in node.args)
    if isinstance(node, ConditionOR):
        return any(_holds(arg, event) for arg in node.args)
    if isinstance(node, ConditionNOT):
        return not _holds(node.args[0], event)
    if isinstance(node, ConditionFieldEqualsValueExpression):
        return _field_holds(node.field, node.value, event)
    if isinstance(node, ConditionValueExpression):
        return any(_keyword_holds(text, node.value) for text in _haystack(event))
    raise NotImplementedError(node)


def _field_holds(field: str, value: Any, event: Event) -> bool:  # noqa: ANN401
    values = _values(field, event)
    if isinstance(value, SigmaExpansion):
        return any(_field_holds(field, each, event) for each in value.values)
    if isinstance(value, SigmaNull):
        return not values
    if isinstance(value, SigmaExists):
        return bool(values) is value.exists
    if isinstance(value, SigmaFieldReference):
        others = _values(value.field, event)
        return any(_related(_low(a), _low(b), value) for a in values for b in others)
    return any(_value_holds(text, value) for text in values)


def _values(field: str, event: Event) -> list[str]:
    """Texts of a field; empty when it is absent, null or a list without values."""
    if field in UNMAPPED:
        found = json.loads(str(event.get("unmapped") or "{}")).get(field)
    else:
        found = event.get(NAMES.get(field, field))
    many = found if isinstance(found, list) else [found]
    return [_text(each) for each in many if each is not None and not isinstance(each, dict)]


def _text(value: object) -> str:
    if isinstance(value, bool):
        return {True: "true", False: "false"}[value]
    if isinstance(value, float) and value == int(value):
        return f"{value:.0f}"
    return str(value)


def _low(text: str) -> str:
    """Each character's own lower case; dotted capital I has two letters below, we take the i."""
    return "".join(c.lower()[0] if c == "\u0130" else c.lower() for c in text)


def _value_holds(text: str, value: object) -> bool:  # noqa: PLR0911 (one return a kind)
    if isinstance(value, SigmaRegularExpression):
        flags = "".join({"DOTALL": "s"}.get(f.name, f.name[0].lower()) for f in value.flags)
        return bool(re2.search((f"(?{flags})" if flags else "") + _source(value.regexp), text))
    if isinstance(value, SigmaCasedString):
        return _glob(list(_pieces(value)), text)
    if isinstance(value, SigmaString):
        return _glob(
            [p if p is None or p == 1 else _low(str(p)) for p in _pieces(value)], _low(text)
        )
    if isinstance(value, SigmaCIDRExpression):
        return _in_network(text, value.cidr)
    if isinstance(value, SigmaCompareExpression):
        return _compares(text, value)
    if isinstance(value, SigmaBool):
        return text.lower() == str(value.boolean).lower()
    if isinstance(value, SigmaNumber):
        return text == _text(value.number)
    raise NotImplementedError(value)


def _keyword_holds(text: str, value: object) -> bool:
    if isinstance(value, SigmaNumber):
        return _text(value.number) in text
    if isinstance(value, SigmaString):
        pieces = [None, *_pieces(value), None]
        cased = isinstance(value, SigmaCasedString)
        low = [p if cased or p is None or p == 1 else _low(str(p)) for p in pieces]
        return _glob(low, text if cased else _low(text))
    return _value_holds(text, value)


def _pieces(value: SigmaString) -> list[str | int | None]:
    """Single characters; None stands for any number of characters, 1 for exactly one."""
    pieces: list[str | int | None] = []
    for part in value.s:
        if part is SpecialChars.WILDCARD_MULTI:
            pieces.append(None)
        elif part is SpecialChars.WILDCARD_SINGLE:
            pieces.append(1)
        else:
            pieces.extend(str(part))
    return pieces


def _glob(pieces: list[str | int | None], text: str) -> bool:
    """Wildcards by the set of places that may be reached: no pattern engine involved."""
    places = {0}
    for piece in pieces:
        if piece is None:
            places = set(range(min(places), len(text) + 1)) if places else set()
        else:
            places = {p + 1 for p in places if p < len(text) and piece in (1, text[p])}
    return len(text) in places


def _source(value: SigmaString) -> str:
    signs = {SpecialChars.WILDCARD_MULTI: "*", SpecialChars.WILDCARD_SINGLE: "?"}
    return "".join(part if isinstance(part, str) else signs[part] for part in value.s)  # type: ignore[index]


def _in_network(text: str, cidr: str) -> bool:
    network = ipaddress.ip_network(cidr)
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return address.version == network.version and address in network


def _compares(text: str, value: SigmaCompareExpression) -> bool:
    if not re2.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text):
        return False
    number = float(text) if "." in text else int(text)
    bound = value.number.number
    return {
        "LT": number < bound,
        "LTE": number <= bound,
        "GT": number > bound,
        "GTE": number >= bound,
    }[value.op.name]


def _related(value: str, other: str, reference: SigmaFieldReference) -> bool:
    if reference.starts_with and reference.ends_with:
        return other in value
    if reference.starts_with:
        return value.startswith(other)
    return value.endswith(other) if reference.ends_with else value == other


def _haystack(event: Event) -> list[str]:
    texts = [text for name in HAYSTACK.split() for text in _values(name, event)]
    return texts + _strings(json.loads(str(event.get("unmapped") or "{}")))


def _strings(value: object) -> list[str]:
    if isinstance(value, dict):
        return [text for each in value.values() for text in _strings(each)]
    if isinstance(value, list):
        return [text for each in value for text in _strings(each)]
    return [value] if isinstance(value, str) else []
