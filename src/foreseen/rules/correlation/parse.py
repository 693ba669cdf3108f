"""A Sigma document with `correlation:` to a correlation rule; what is not understood is refused."""

import math
import re
from collections.abc import Mapping
from difflib import get_close_matches

import orjson

from foreseen.core.ids import RuleId, content_hash
from foreseen.rules.correlation.correlation import (
    ABOVE,
    NUMERIC,
    TEMPORAL,
    Bound,
    Condition,
    Correlation,
    Kind,
)
from foreseen.rules.correlation.expression import parse_expression
from foreseen.rules.document import Document, RuleError
from foreseen.rules.engine.scalars import exact

MOST_COUNTED = 100_000
"""Largest limit of a count: a window of that many events must fit into memory."""
MOST_RULES = 32
MOST_GROUP_FIELDS = 16
LONGEST_TIMESPAN = 366 * 24 * 3600 * 1000

_SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")
_TECHNIQUE = re.compile(r"t\d{4}(?:\.\d{3})?")
_TIMESPAN = re.compile(r"(\d{1,9})([smhd])")
_UNITS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_LEVELS = ("informational", "low", "medium", "high", "critical")
_KEYS = ("type", "rules", "group-by", "timespan", "condition", "aliases", "generate")
_OPERATORS = ("gt", "gte", "lt", "lte", "eq", "neq")
_DETAILS = ("field", "percentile")


def parse_correlation(document: Document) -> Correlation:
    """The correlation rule of a document.

    Raises:
        RuleError: It is not one that the specification allows; with the line.
    """
    return _Reader(document).read()


class _Reader:
    """Reads one document; every complaint names the key's line."""

    def __init__(self, document: Document) -> None:
        self._document = document
        found = document.data.get("correlation")
        if not isinstance(found, Mapping):
            raise document.error(document.line_of("correlation"), "'correlation' must be a mapping")
        self._body: Mapping[object, object] = found

    def read(self) -> Correlation:
        for key in self._body:
            if key not in _KEYS:
                near = get_close_matches(str(key), _KEYS, n=1, cutoff=0.0)[0]
                raise self._error(f"a correlation has no key '{key}'; did you mean '{near}'?", key)
        kind = self._kind()
        rules = self._names("rules", MOST_RULES)
        condition, rules = self._condition(kind, rules)
        if not rules:
            raise self._error("a correlation needs 'rules': names or ids of rules", "rules")
        document, data = self._document, self._document.data
        identity = self._identity()
        return Correlation(
            id=identity,
            uuid=str(data.get("id") or ""),
            title=self._title(),
            description=" ".join(str(data.get("description") or "").split()),
            level=self._level(),
            techniques=tuple(tag[7:].upper() for tag in self._tags() if _is_technique(tag)),
            falsepositives=tuple(_texts(data.get("falsepositives"))),
            kind=kind,
            rules=rules,
            group_by=self._names("group-by", MOST_GROUP_FIELDS),
            aliases=self._aliases(rules),
            timespan=self._timespan(),
            condition=condition,
            generate=self._generate(),
            digest=content_hash(orjson.dumps([identity, _plain(self._body)])),
            path=document.path,
            line=document.line,
            rules_line=document.line_of("correlation", "rules"),
        )

    def _error(self, message: str, *keys: object) -> RuleError:
        line = self._document.line_of("correlation", *map(str, keys))
        return self._document.error(line, message)

    def _top_error(self, key: str, message: str) -> RuleError:
        return self._document.error(self._document.line_of(key), message)

    def _kind(self) -> Kind:
        written = self._body.get("type")
        kinds = [kind.value for kind in Kind]
        if written not in kinds:
            raise self._error(f"'type' must be one of {', '.join(kinds)}; not {written!r}", "type")
        return Kind(str(written))

    def _names(self, key: str, most: int) -> tuple[str, ...]:
        written = self._body.get(key)
        names = [written] if isinstance(written, str) else written
        if names is None:
            return ()
        if not isinstance(names, list) or not all(isinstance(n, str) and n for n in names):
            raise self._error(f"'{key}' must be a list of texts", key)
        if len(set(names)) < len(names):
            raise self._error(f"'{key}' names something twice", key)
        if len(names) > most:
            raise self._error(f"'{key}' has more than {most} entries", key)
        return tuple(names)

    def _condition(self, kind: Kind, rules: tuple[str, ...]) -> tuple[Condition, tuple[str, ...]]:
        written = self._body.get("condition")
        if isinstance(written, str) and kind in TEMPORAL:
            try:
                expression, order = parse_expression(written, rules)
            except ValueError as error:
                raise self._error(str(error), "condition") from error
            if expression.holds(0, 0):
                raise self._error("condition holds without any event", "condition")
            if len(order) > MOST_RULES:
                raise self._error(f"condition names more than {MOST_RULES} rules", "condition")
            return Condition(expression=expression), order
        if written is None and kind in TEMPORAL:
            return Condition((Bound("gte", len(rules)),)), rules
        if not isinstance(written, Mapping):
            what = "a mapping or names with and, or, not" if kind in TEMPORAL else "a mapping"
            raise self._error(f"{kind} needs a 'condition' that is {what}", "condition")
        return self._comparison(kind, written), rules

    def _comparison(self, kind: Kind, written: Mapping[object, object]) -> Condition:
        known = (*_OPERATORS, *_DETAILS)
        for key in written:
            if key not in known:
                message = f"a condition has no key '{key}'; it has {', '.join(known)}"
                raise self._error(message, "condition", key)
        bounds = tuple(self._bound(kind, op, written[op]) for op in _OPERATORS if op in written)
        if not bounds:
            raise self._error(f"a condition needs one of {', '.join(_OPERATORS)}", "condition")
        return Condition(bounds, self._fields(kind, written), self._percentile(kind, written))

    def _bound(self, kind: Kind, operator: str, limit: object) -> Bound:
        place = ("condition", operator)
        if (
            isinstance(limit, bool)
            or not isinstance(limit, int | float)
            or not math.isfinite(limit)
        ):
            raise self._error(f"'{operator}' must be a number, not {limit!r}", *place)
        if kind not in NUMERIC:
            if limit < 0 or limit > MOST_COUNTED:
                raise self._error(f"a count is held to 0 to {MOST_COUNTED}, not {limit}", *place)
            if operator in ABOVE and limit + (operator == "gt") < 1:
                message = f"'{operator}: {limit}' holds without any event; ask for 1 or more"
                raise self._error(message, *place)
        return Bound(operator, exact(limit))

    def _fields(self, kind: Kind, written: Mapping[object, object]) -> tuple[str, ...]:
        field = written.get("field")
        fields = [field] if isinstance(field, str) else field
        if not kind.value.startswith("value_"):
            if field is not None:
                raise self._error(f"{kind} counts no values: remove 'field'", "condition", "field")
            return ()
        if (
            not isinstance(fields, list)
            or not fields
            or not all(isinstance(f, str) for f in fields)
        ):
            raise self._error(f"{kind} needs 'field' in its condition: a field's name", "condition")
        if len(fields) > (1 if kind in NUMERIC else MOST_GROUP_FIELDS):
            raise self._error("too many fields", "condition", "field")
        return tuple(fields)

    def _percentile(self, kind: Kind, written: Mapping[object, object]) -> int | None:
        found = written.get("percentile")
        if kind is not Kind.VALUE_PERCENTILE:
            if found is not None:
                message = f"{kind} has no 'percentile'; remove it"
                raise self._error(message, "condition", "percentile")
            return None
        if isinstance(found, bool) or not isinstance(found, int) or not 1 <= found <= _MOST:
            message = (
                "value_percentile needs 'percentile' in its condition: 1 to 99, 50 is the median"
            )
            raise self._error(message, "condition", "percentile")
        return found

    def _aliases(self, rules: tuple[str, ...]) -> tuple[tuple[str, str, str], ...]:
        written = self._body.get("aliases") or {}
        found = []
        if not isinstance(written, Mapping):
            raise self._error("'aliases' must be a mapping of names to mappings", "aliases")
        for alias, fields in written.items():
            if not isinstance(fields, Mapping) or not fields:
                message = f"alias '{alias}' must be a mapping of a rule's name to its field's name"
                raise self._error(message, "aliases", alias)
            for rule, field in fields.items():
                if rule not in rules:
                    message = f"alias '{alias}' is for '{rule}', which is not among 'rules'"
                    raise self._error(message, "aliases", alias, rule)
                if not isinstance(field, str) or not field:
                    raise self._error("a field's name must be a text", "aliases", alias, rule)
                found.append((str(alias), str(rule), field))
        return tuple(found)

    def _timespan(self) -> int:
        written = self._body.get("timespan")
        found = _TIMESPAN.fullmatch(written) if isinstance(written, str) else None
        length = int(found[1]) * _UNITS[found[2]] if found else 0
        if not 0 < length <= LONGEST_TIMESPAN:
            message = f"'timespan' must be e.g. 30s, 10m, 24h or 7d, up to 366d; not {written!r}"
            raise self._error(message, "timespan")
        return length

    def _generate(self) -> bool:
        """The specification lists it beside `level`, pySigma reads it below `correlation`."""
        written = self._body.get("generate", self._document.data.get("generate", False))
        if not isinstance(written, bool):
            raise self._error(f"'generate' must be true or false, not {written!r}", "generate")
        return written

    def _identity(self) -> RuleId:
        data = self._document.data
        name, uuid = data.get("name"), data.get("id")
        if name is None and uuid is None:
            message = "rule has neither 'name' nor 'id'; give it an 'id'"
            raise self._document.error(self._document.line, message)
        identity = str(uuid if name is None else name)
        if not _SLUG.fullmatch(identity):
            key = "id" if name is None else "name"
            raise self._top_error(key, f"'{identity}' may have letters, digits, _ . - only")
        return RuleId(identity)

    def _title(self) -> str:
        title = self._document.data.get("title")
        if not isinstance(title, str) or not title.strip():
            raise self._top_error("title", "rule has no 'title'; say in a line what it detects")
        return title.strip()

    def _level(self) -> str:
        level = self._document.data.get("level", "medium")
        if level not in _LEVELS:
            raise self._top_error("level", f"'level' must be one of {', '.join(_LEVELS)}")
        return str(level)

    def _tags(self) -> list[str]:
        return _texts(self._document.data.get("tags"))


_MOST = 99


def _is_technique(tag: str) -> bool:
    return tag.startswith("attack.") and bool(_TECHNIQUE.fullmatch(tag[7:]))


def _texts(value: object) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else []


def _plain(value: object) -> object:
    """Mappings in the order of their keys: the order in the file does not matter."""
    if isinstance(value, Mapping):
        return sorted((str(key), _plain(each)) for key, each in value.items())
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value if isinstance(value, str | bool | int | float | None) else str(value)
