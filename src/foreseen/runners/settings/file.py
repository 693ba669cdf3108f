"""A settings file: rules and groups of workloads, bearable false alerts, and the models' life."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from foreseen.core.errors import MalformedInputError, NotFoundError
from foreseen.lake.keeping.retention import Retention
from foreseen.rules import RuleSet
from foreseen.rules.assignment import RuleSets
from foreseen.rules.assignment_parse import empty_sets, parse_rule_sets
from foreseen.rules.document import Document, RuleError, documents_of
from foreseen.runners.settings.groups import parse_groups
from foreseen.runners.settings.life import BARS, RHYTHM, parse_bars, parse_rhythm
from foreseen.runners.settings.retention import RETENTION, parse_retention
from foreseen.runners.settings.rhythm import Rhythm
from foreseen.studies.gates import Bars

LEAST_BUDGET, MOST_BUDGET = 0.0001, 0.5
LEAST_ALERTS_A_DAY, MOST_ALERTS_A_DAY = 0.01, 100_000.0

_LARGEST = 1 << 53  # integers of YAML have any size, floats have not
_SHOWN = 50
_KEYS = ("workloads", "rulesets", "groups", "budget", "alerts_a_day", BARS, RHYTHM, RETENTION)
_NUMBERS = {
    "budget": (LEAST_BUDGET, MOST_BUDGET, "a share of expected matches"),
    "alerts_a_day": (LEAST_ALERTS_A_DAY, MOST_ALERTS_A_DAY, "false alerts a day"),
}


@dataclass(frozen=True, slots=True)
class FromFile:
    """What a settings file says; None is what it does not say.

    Attributes:
        rule_sets: Which rules look at which workload.
        budget: Share of expected matches that may alert.
        alerts_a_day: The same in alerts a day; at most one of both is given.
        groups: Group by workload.
        bars: What models must show; what the file does not name is as it is without one.
        rhythm: How often they are renewed; likewise.
        retention: How long rows are kept; likewise.
    """

    rule_sets: RuleSets = field(default_factory=RuleSets)
    budget: float | None = None
    alerts_a_day: float | None = None
    groups: Mapping[str, str] = field(default_factory=dict)
    bars: Bars = field(default_factory=Bars)
    rhythm: Rhythm = field(default_factory=Rhythm)
    retention: Retention = field(default_factory=Retention)


def from_file(path: Path, rules: RuleSet) -> FromFile:
    """What a settings file says.

    Raises:
        NotFoundError: The file is missing.
        MalformedInputError: Something in it is wrong; the message has a line for each thing.
    """
    documents = documents_of(str(path), _text(path))
    if not documents:
        return FromFile()
    first, *more = documents
    problems = [each.error(each.line, "put all settings into one document") for each in more]
    problems += _unknown(first)
    sets, wrong = parse_rule_sets(first)
    problems += wrong or empty_sets(first, sets, rules.rules)
    problems += _wrong_budget(first)
    groups, odd = parse_groups(first)
    bars, low = parse_bars(first)
    rhythm, wild = parse_rhythm(first)
    retention, unkept = parse_retention(first)
    problems += [*odd, *low, *wild, *unkept]
    if problems:
        raise MalformedInputError("\n".join(map(str, problems)))
    budget, alerts_a_day = _number(first, "budget"), _number(first, "alerts_a_day")
    return FromFile(sets, budget, alerts_a_day, groups, bars, rhythm, retention)


def _text(path: Path) -> str:
    if path.is_dir():
        raise NotFoundError(f"{path}: is a directory; name the settings file in it")
    if not path.is_file():
        raise NotFoundError(f"{path}: no such settings file")
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedInputError(f"{path}: not UTF-8 at byte {error.start}; save it so") from error


def _unknown(document: Document) -> list[RuleError]:
    problems = []
    for key in map(str, document.data):
        if key not in _KEYS:
            near = get_close_matches(key, _KEYS, n=1, cutoff=0.0)[0]
            message = f"'{key}' is no setting; did you mean '{near}'?"
            problems.append(document.error(document.line_of(key), message))
    return problems


def _wrong_budget(document: Document) -> list[RuleError]:
    problems = []
    for name, (least, most, what) in _NUMBERS.items():
        number = _number(document, name)
        if name in document.data and (number is None or not least <= number <= most):
            value = repr(document.data[name])[:_SHOWN]
            message = f"'{name}' is {what}, a number from {least} to {most:g}, not {value}"
            problems.append(document.error(document.line_of(name), message))
    if all(name in document.data for name in _NUMBERS):
        message = "'budget' and 'alerts_a_day' say the same in two ways; keep one"
        problems.append(document.error(document.line_of("budget"), message))
    return problems


def _number(document: Document, name: str) -> float | None:
    """The number under a key; None where there is none."""
    value = document.data.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) < _LARGEST else float("inf")
