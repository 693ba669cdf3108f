"""A slow second opinion on Sigma: one rule, one event; only pySigma's parse tree is shared."""

import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
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
    SigmaTimestampPart,
    SpecialChars,
)

Event = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class World:
    """What a source's events are to a rule.

    Attributes:
        admits: Whether the rule's log source means the event.
        texts: Values of a field as texts; none when it is absent or null.
        is_written: Whether the source wrote the field, be it with a null.
        is_object: Whether the field is an object: there, though only its parts are texts.
        haystack: Every text that a keyword may stand in.
    """

    admits: Callable[[SigmaRule, Event], bool]
    texts: Callable[[SigmaRule, str, Event], list[str]]
    is_written: Callable[[SigmaRule, str, Event], bool]
    is_object: Callable[[SigmaRule, str, Event], bool]
    haystack: Callable[[Event], list[str]]


def matches(text: str, event: Event, world: World) -> bool:
    """Whether the only rule in `text` matches the event."""
    rule = _rule(text)
    if not world.admits(rule, event):
        return False
    conditions = [condition.parsed for condition in rule.detection.parsed_condition]
    return any(_Judge(rule, event, world).holds(condition) for condition in conditions)


def canonical(value: object) -> str:
    """The text of a value that is no list, object or null."""
    if isinstance(value, bool):
        return {True: "true", False: "false"}[value]
    if isinstance(value, float) and value == int(value):
        return f"{value:.0f}"
    return str(value)


@lru_cache(maxsize=1_024)
def _rule(text: str) -> SigmaRule:
    return SigmaRule.from_dict(yaml.load(text, Loader=yaml.CSafeLoader))


@dataclass(frozen=True, slots=True)
class _Judge:
    """One rule on one event."""

    rule: SigmaRule
    event: Event
    world: World

    def holds(self, node: Any) -> bool:  # noqa: ANN401 (pySigma's union of nodes)
        if isinstance(node, ConditionAND):
            return all(self.holds(arg) for arg in node.args)
        if isinstance(node, ConditionOR):
            return any(self.holds(arg) for arg in node.args)
        if isinstance(node, ConditionNOT):
            return not self.holds(node.args[0])
        if isinstance(node, ConditionFieldEqualsValueExpression):
            return self._field_holds(node.field, node.value)
        if isinstance(node, ConditionValueExpression):
            texts = self.world.haystack(self.event)
            return any(_keyword_holds(text, node.value) for text in texts)
        raise NotImplementedError(node)

    def _field_holds(self, field: str, value: Any) -> bool:  # noqa: ANN401
        texts = self._texts(field)
        if isinstance(value, SigmaExpansion):
            return any(self._field_holds(field, each) for each in value.values)
        is_object = self.world.is_object(self.rule, _bare(field), self.event)
        if isinstance(value, SigmaNull):
            return not texts and not is_object
        if isinstance(value, SigmaExists):
            there = (
                bool(texts)
                or is_object
                or self.world.is_written(self.rule, _bare(field), self.event)
            )
            return there is value.exists
        if isinstance(value, SigmaFieldReference):
            others = self._texts(value.field)
            return any(_related(_low(a), _low(b), value) for a in texts for b in others)
        if is_object and isinstance(value, SigmaString):
            pieces = _pieces(value)
            if pieces and all(piece is None for piece in pieces):
                return True
        return any(_value_holds(text, value) for text in texts)

    def _texts(self, field: str) -> list[str]:
        return self.world.texts(self.rule, _bare(field), self.event)


def _bare(field: str) -> str:
    return field.replace(" ", "")


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
        return _glob(_folded(_pieces(value)), _low(text))
    if isinstance(value, SigmaCIDRExpression):
        return _in_network(text, value.cidr)
    if isinstance(value, SigmaCompareExpression):
        return _compares(text, value)
    if isinstance(value, SigmaTimestampPart):
        return _time_part(text, value.timestamp_part.name) == value.number
    if isinstance(value, SigmaBool):
        return text.lower() == str(value.boolean).lower()
    if isinstance(value, SigmaNumber):
        return text == canonical(value.number)
    raise NotImplementedError(value)


def _keyword_holds(text: str, value: object) -> bool:
    if isinstance(value, SigmaExpansion):
        return any(_keyword_holds(text, each) for each in value.values)
    if isinstance(value, SigmaNumber | SigmaBool):
        plain = value.number if isinstance(value, SigmaNumber) else value.boolean
        return canonical(plain) in text.lower()
    if isinstance(value, SigmaString):
        pieces = [None, *_pieces(value), None]
        if isinstance(value, SigmaCasedString):
            return _glob(pieces, text)
        return _glob(_folded(pieces), _low(text))
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


def _folded(pieces: list[str | int | None]) -> list[str | int | None]:
    return [_low(piece) if isinstance(piece, str) else piece for piece in pieces]


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


def _number(text: str) -> Decimal | None:
    written = text.strip()
    if not re2.fullmatch(r"[-+]?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]{1,2})?", written):
        return None
    return Decimal(written)


def _compares(text: str, value: SigmaCompareExpression) -> bool:
    number, bound = _number(text), Decimal(str(value.number.number))
    if number is None:
        return False
    return {
        "LT": number < bound,
        "LTE": number <= bound,
        "GT": number > bound,
        "GTE": number >= bound,
    }[value.op.name]


def _time_part(text: str, part: str) -> int | None:
    """A part of a time in UTC; the week by the rule that the first one holds a year's 4th day."""
    when = _instant(text)
    if when is None:
        return None
    if part == "WEEK":
        thursday = when.date() + timedelta(days=3 - when.weekday())
        return (thursday - thursday.replace(month=1, day=1)).days // 7 + 1
    found: int = getattr(when, part.lower())
    return found


def _instant(text: str) -> datetime | None:
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    number = _number(text)
    try:
        if number is not None:
            return epoch + timedelta(seconds=float(number / (1000 if abs(number) >= 1e11 else 1)))
        stamp = r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d:\d\d)(?:\.\d{1,6})?(Z|[+-]\d\d:\d\d)?)?"
        found = re2.fullmatch(stamp, text.strip())
        if found is None:
            return None
        day, clock, zone = found.groups()
        when = datetime.strptime(f"{day} {clock or '00:00:00'} +0000", "%Y-%m-%d %H:%M:%S %z")
        if zone in {None, "Z"}:
            return when
        ahead = timedelta(hours=int(zone[1:3]), minutes=int(zone[4:]))
        return when - ahead if zone[0] == "+" else when + ahead
    except (ValueError, OverflowError):
        return None


def _related(value: str, other: str, reference: SigmaFieldReference) -> bool:
    if reference.starts_with and reference.ends_with:
        return other in value
    if reference.starts_with:
        return value.startswith(other)
    return value.endswith(other) if reference.ends_with else value == other
