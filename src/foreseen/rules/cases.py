"""Tests that lie beside rules: events that a rule must match, and that it must not.

An event is a mapping of our columns or, where its document says `format`, a record as its recorder
writes it, which goes through that format's parser.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import chain

import orjson
import pyarrow as pa
import yaml

from foreseen.core.errors import ConfigurationError
from foreseen.core.records import Line
from foreseen.parsers.protocol import Row
from foreseen.parsers.registry import parser_named
from foreseen.rules.document import Document, RuleError, documents_of
from foreseen.rules.lint import Problem
from foreseen.rules.ruleset import RuleSet
from foreseen.schema.arrow import EVENT_SCHEMA, batch_of

MINIMUM = 2
_RULE, _TEST = ".yml", ".test.yml"
_KEYS = ("rule", "format", "common", "match", "no_match")

Event = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Case:
    """One event and whether its rule must match it.

    Attributes:
        rule: Id of the rule.
        matches: What is promised: a match of at least one row, or of none.
        rows: The event as rows of our columns; a raw text may hold the records of several.
        path: File of the test.
        line: Line that the event stands in.
    """

    rule: str
    matches: bool
    rows: tuple[Event, ...]
    path: str
    line: int


@dataclass(slots=True)
class _Read:
    """What test files gave so far."""

    cases: list[Case] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def is_rule(name: str) -> bool:
    """Whether a file's name is that of a rule."""
    return name.endswith((_RULE, ".yaml")) and not is_test(name)


def is_test(name: str) -> bool:
    """Whether a file's name is that of a rule's tests."""
    return name.endswith((_TEST, ".test.yaml"))


def check(rules: RuleSet, tests: Iterable[tuple[str, str]]) -> list[Problem]:
    """Promises that rules do not keep, and rules with fewer than two promises of either kind.

    Args:
        rules: Rules under test, labelled as events are.
        tests: Pairs of (path for messages, YAML text) of `.test.yml` files.
    """
    read = _Read()
    for path, text in tests:
        try:
            for document in documents_of(path, text):
                _read(document, read)
        except RuleError as error:
            read.problems.append(_problem(error))
    missing = _missing(rules, read.cases)
    return sorted(read.problems + missing + _broken(rules, read.cases))


def _read(document: Document, read: _Read) -> None:
    """Cases of one document; an event that cannot be read is a problem and spares the others."""
    for key in document.data:
        if key not in _KEYS:
            raise document.error(document.line_of(key), f"a test has no key '{key}'; {_KEYS}")
    common, rule = document.data.get("common") or {}, str(document.data.get("rule", ""))
    for key in ("match", "no_match"):
        events = document.data.get(key) or []
        if not isinstance(events, list) or not isinstance(common, Mapping):
            message = f"'{key}' must be a list of events, 'common' a mapping"
            raise document.error(document.line_of(key), message)
        for event, line in zip(events, _lines_of(document, key), strict=True):
            try:
                rows = _rows(document, line, common, event)
            except RuleError as error:
                read.problems.append(_problem(error))
            else:
                read.cases.append(Case(rule, key == "match", rows, document.path, line))


def _problem(error: RuleError) -> Problem:
    return Problem(error.path, error.line, error.message)


def _lines_of(document: Document, key: str) -> list[int]:
    """The line of each element of the list at a key."""
    return [
        element.start_mark.line + 1
        for name, value in document.node.value
        if name.value == key and isinstance(value, yaml.SequenceNode)
        for element in value.value
    ]


def _rows(document: Document, line: int, common: Event, event: object) -> tuple[Event, ...]:
    if "format" in document.data:
        data = _record(document, line, common, event)
        return _parsed(document, line, data)
    if not isinstance(event, Mapping):
        raise document.error(line, "an event must be a mapping of columns to values")
    columns = {**common, **event}
    _check_columns(document, line, columns)
    return (columns,)


def _record(document: Document, line: int, common: Event, event: object) -> bytes:
    """An event's records as their recorder writes them, one a line."""
    if isinstance(event, str):
        if common:
            raise document.error(line, "'common' cannot be merged with a raw text; leave it out")
        return event.encode()
    if not isinstance(event, Mapping):
        raise document.error(line, "an event must be a mapping or the text of its raw records")
    try:
        return orjson.dumps(_merged(common, event), option=orjson.OPT_NAIVE_UTC | orjson.OPT_UTC_Z)
    except TypeError as error:
        raise document.error(line, f"an event cannot be written as JSON: {error}") from error


def _merged(common: Event, event: Event) -> dict[str, object]:
    """Both mappings as one: mappings within are merged too, all else is the event's."""
    merged = {**common, **event}
    for key in common.keys() & event.keys():
        below, above = common[key], event[key]
        if isinstance(below, Mapping) and isinstance(above, Mapping):
            merged[key] = _merged(below, above)
    return merged


def _parsed(document: Document, line: int, data: bytes) -> tuple[Event, ...]:
    """Rows that the named parser makes of records; no record may be left over."""
    try:
        parser = parser_named(str(document.data["format"]))
    except ConfigurationError as error:
        raise document.error(document.line_of("format"), str(error)) from error
    state = parser.initial()
    results = (parser.parse(state, _lines(document.path, data)), parser.finish(state))
    for one in chain.from_iterable(result.quarantined for result in results):
        message = f"the {parser.name} parser refused line {one.line.number} of this event:"
        raise document.error(line, f"{message} {one.reason} {one.detail}".rstrip())
    rows = tuple(_columns(row) for result in results for row in result.rows)
    if not rows:
        raise document.error(line, f"the {parser.name} parser found no event in it")
    return rows


def _lines(path: str, data: bytes) -> list[Line]:
    lines, offset = [], 0
    for number, each in enumerate(data.rstrip(b"\n").split(b"\n"), 1):
        lines.append(Line(path, offset, number, path, each))
        offset += len(each) + 1
    return lines


def _columns(row: Row) -> Event:
    """A parsed row with what the pipeline would add that does not depend on other events."""
    placed = {"host": row.host, "stream": f"{row.host}/{row.boot}", "time": row.time}
    return {**row.columns, **placed, "workload": row.workload or None}


def _check_columns(document: Document, line: int, columns: Event) -> None:
    for name in columns:
        if name not in EVENT_SCHEMA.names:
            near = get_close_matches(str(name), EVENT_SCHEMA.names, n=1, cutoff=0.0)[0]
            raise document.error(line, f"no column '{name}' in events; did you mean '{near}'?")
    unmapped = columns.get("unmapped")
    if unmapped is not None and not isinstance(unmapped, Mapping):
        raise document.error(
            line, "'unmapped' must be a mapping of names to texts or lists of them"
        )
    try:
        batch_of([columns], EVENT_SCHEMA)
    except (pa.ArrowInvalid, TypeError) as error:
        raise document.error(line, f"an event's value does not fit its column: {error}") from error


def _missing(rules: RuleSet, cases: Sequence[Case]) -> list[Problem]:
    problems = []
    for rule in rules.rules:
        for wanted, word in ((True, "match"), (False, "no_match")):
            count = sum(case.rule == rule.id and case.matches is wanted for case in cases)
            if count < MINIMUM:
                message = f"rule '{rule.id}' has {count} tests of kind {word}; {MINIMUM} at least"
                problems.append(Problem(rule.path, rule.line, message))
    return problems


def _broken(rules: RuleSet, cases: Sequence[Case]) -> list[Problem]:
    known = {rule.id for rule in rules.rules}
    labels = iter(
        rules.label(
            batch_of([row for case in cases for row in case.rows], EVENT_SCHEMA)
        ).to_pylist()
    )
    problems = []
    for case in cases:
        found = {label for _ in case.rows for label in next(labels) or ()}
        if case.rule not in known:
            problems.append(Problem(case.path, case.line, f"no rule '{case.rule}' is loaded"))
        elif (case.rule in found) is not case.matches:
            word = "does not match" if case.matches else "matches"
            message = f"rule '{case.rule}' {word}, against its test: {_shown(case)}"
            problems.append(Problem(case.path, case.line, message))
    return problems


def _shown(case: Case) -> str:
    """The event's columns as its rule saw them, without the records that they were read from."""
    return "; ".join(
        str({name: value for name, value in row.items() if value is not None and name != "raw"})
        for row in case.rows
    )
