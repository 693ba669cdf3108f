"""Tests that lie beside rules: events that a rule must match, and that it must not.

An event is a mapping of our columns or, where its document says `format`, a record as its recorder
writes it, which goes through that format's parser. A correlation rule is tested with `sequences` of
such events, each with how often the rule has to fire (`case_sequences`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import yaml

from foreseen.rules.cases.events import Event, rows_of
from foreseen.rules.cases.sequences import Sequenced, fired_in, sequence_of
from foreseen.rules.document import Document, RuleError, documents_of
from foreseen.rules.lint import Problem
from foreseen.rules.ruleset import RuleSet
from foreseen.schema.arrow import EVENT_SCHEMA, batch_of

MINIMUM = 2
_RULE, _TEST = ".yml", ".test.yml"
_KEYS = ("rule", "format", "common", "match", "no_match", "events", "sequences")


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
    sequences: list[Sequenced] = field(default_factory=list)
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
    missing = _missing(rules, read.cases) + _unproven(rules, read.sequences)
    broken = _broken(rules, read.cases) + _misfired(rules, read.sequences)
    return sorted(read.problems + missing + broken)


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
                rows = rows_of(document, line, common, event)
            except RuleError as error:
                read.problems.append(_problem(error))
            else:
                read.cases.append(Case(rule, key == "match", rows, document.path, line))

    _read_sequences(document, read, rule, common)


def _read_sequences(document: Document, read: _Read, rule: str, common: object) -> None:
    sequences = document.data.get("sequences") or []
    if not isinstance(sequences, list) or not isinstance(common, Mapping):
        message = "'sequences' must be a list, 'common' a mapping"
        raise document.error(document.line_of("sequences"), message)
    for sequence, line in zip(sequences, _lines_of(document, "sequences"), strict=True):
        try:
            read.sequences.append(sequence_of(document, line, rule, common, sequence))
        except RuleError as error:
            read.problems.append(_problem(error))


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


def _missing(rules: RuleSet, cases: Sequence[Case]) -> list[Problem]:
    problems = []
    for rule in rules.rules:
        for wanted, word in ((True, "match"), (False, "no_match")):
            count = sum(case.rule == rule.id and case.matches is wanted for case in cases)
            if count < MINIMUM:
                message = f"rule '{rule.id}' has {count} tests of kind {word}; {MINIMUM} at least"
                problems.append(Problem(rule.path, rule.line, message))
    return problems


def _unproven(rules: RuleSet, sequences: Sequence[Sequenced]) -> list[Problem]:
    problems = []
    for linked in rules.correlations.rules:
        each = linked.correlation
        for fires, word in ((True, "fires"), (False, "does not fire")):
            count = sum(one.rule == each.id and (one.fires > 0) is fires for one in sequences)
            if count < MINIMUM:
                message = (
                    f"correlation '{each.id}' has {count} sequences in which it {word}; {MINIMUM}"
                    " at least"
                )
                problems.append(Problem(each.path, each.line, message))
    return problems


def _misfired(rules: RuleSet, sequences: Sequence[Sequenced]) -> list[Problem]:
    problems = []
    for one in sequences:
        if rules.correlations.get(one.rule) is None:
            message = f"no correlation '{one.rule}' is loaded"
            problems.append(Problem(one.path, one.line, message))
            continue
        fired = fired_in(rules, one)
        if fired != one.fires:
            message = f"correlation '{one.rule}' fires {fired} times, not {one.fires} as promised"
            problems.append(Problem(one.path, one.line, message))
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
