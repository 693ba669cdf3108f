"""Tests that lie beside rules: events as columns that a rule must match, and that it must not."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import pyarrow as pa

from foreseen.rules.document import Document, RuleError, documents_of
from foreseen.rules.lint import Problem
from foreseen.rules.ruleset import RuleSet
from foreseen.schema.arrow import EVENT_SCHEMA, batch_of

MINIMUM = 2
_RULE, _TEST = ".yml", ".test.yml"
_KEYS = ("rule", "common", "match", "no_match")


@dataclass(frozen=True, slots=True)
class Case:
    """One event and whether its rule must match it.

    Attributes:
        rule: Id of the rule.
        matches: What is promised.
        columns: The event.
        path: File of the test.
        line: Line of the list that the event stands in.
    """

    rule: str
    matches: bool
    columns: Mapping[str, object]
    path: str
    line: int


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
    problems: list[Problem] = []
    cases: list[Case] = []
    for path, text in tests:
        try:
            cases += [case for document in documents_of(path, text) for case in _cases(document)]
        except RuleError as error:
            problems.append(Problem(error.path, error.line, error.message))
    problems += _missing(rules, cases)
    return sorted(problems + _broken(rules, cases))


def _cases(document: Document) -> list[Case]:
    for key in document.data:
        if key not in _KEYS:
            raise document.error(document.line_of(key), f"a test has no key '{key}'; {_KEYS}")
    common, rule = document.data.get("common", {}), str(document.data.get("rule", ""))
    cases = []
    for key in ("match", "no_match"):
        line = document.line_of(key)
        events = document.data.get(key, [])
        if not isinstance(events, list) or not isinstance(common, Mapping):
            raise document.error(line, f"'{key}' must be a list of events, 'common' a mapping")
        for event in events:
            if not isinstance(event, Mapping):
                raise document.error(line, "an event must be a mapping of columns to values")
            columns = {**common, **event}
            _check_columns(document, line, columns)
            cases.append(Case(rule, key == "match", columns, document.path, line))
    return cases


def _check_columns(document: Document, line: int, columns: Mapping[str, object]) -> None:
    for name in columns:
        if name not in EVENT_SCHEMA.names:
            near = get_close_matches(name, EVENT_SCHEMA.names, n=1, cutoff=0.0)[0]
            raise document.error(line, f"no column '{name}' in events; did you mean '{near}'?")
    try:
        batch_of([columns], EVENT_SCHEMA)
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
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
    labels = [
        set(found or ())
        for found in rules.label(
            batch_of([case.columns for case in cases], EVENT_SCHEMA)
        ).to_pylist()
    ]
    problems = []
    for case, found in zip(cases, labels, strict=True):
        if case.rule not in known:
            problems.append(Problem(case.path, case.line, f"no rule '{case.rule}' is loaded"))
        elif (case.rule in found) is not case.matches:
            word = "does not match" if case.matches else "matches"
            message = f"rule '{case.rule}' {word}, against its test: {dict(case.columns)}"
            problems.append(Problem(case.path, case.line, message))
    return problems
