"""Local tuning of rules that others keep: a small document beside the rule, never an edit of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

from foreseen.rules.attributes import attributes_of
from foreseen.rules.document import Document, RuleError
from foreseen.rules.rule import SEVERITY_OF_LEVEL, Rule
from foreseen.rules.ruleset import Compiled

_KEYS = ("tune", "foreseen", "enabled", "reason")
_SECOND = 1_000


@dataclass(frozen=True, slots=True)
class Tuning:
    """What is to be other than the rule says.

    Attributes:
        rule: Name or id of the rule.
        enabled: Whether the rule labels at all.
        document: Its text, with places; overrides under `foreseen`.
    """

    rule: str
    enabled: bool
    document: Document


def is_tuning(document: Document) -> bool:
    """Whether a document among rules is a tuning."""
    return "tune" in document.data


def parse_tuning(document: Document) -> tuple[Tuning | None, list[RuleError]]:
    """The tuning of a document, or all that is wrong with it but its overrides, by line."""
    data = document.data
    problems = []
    for key in map(str, data):
        if key not in _KEYS:
            near = get_close_matches(key, _KEYS, n=1, cutoff=0.0)[0]
            message = f"'{key}' is no part of a tuning; did you mean '{near}'?"
            problems.append(document.error(document.line_of(key), message))
    rule, enabled = data.get("tune"), data.get("enabled", True)
    if not isinstance(rule, str) or not rule:
        message = f"'tune' must be a rule's name or id, not {rule!r}"
        problems.append(document.error(document.line_of("tune"), message))
    if not isinstance(enabled, bool):
        message = f"'enabled' must be true or false, not {enabled!r}"
        problems.append(document.error(document.line_of("enabled"), message))
    if "foreseen" not in data and "enabled" not in data:
        message = "a tuning changes nothing; give it 'foreseen: {...}' or 'enabled: false'"
        problems.append(document.error(document.line, message))
    if problems:
        return None, problems
    return Tuning(str(rule), bool(enabled), document), []


def apply(
    tunings: Sequence[Tuning], compiled: Iterable[Compiled]
) -> tuple[list[Compiled], list[RuleError]]:
    """The rules as tuned, and what is wrong: an unknown rule, two tunings of one, a bad override.

    A rule whose tuning is wrong stays as its file says. Tuning never touches what a rule matches;
    it changes the rule's text for the content hash, as it changes what comes of its matches.

    Args:
        tunings: As parsed.
        compiled: Rules with different ids.
    """
    rules: dict[str, Compiled] = {each.rule.id: each for each in compiled}
    names: dict[str, str] = {each.rule.uuid: name for name, each in rules.items()}
    names.update({name: name for name in rules})
    names.pop("", None)
    tuned: dict[str, Tuning] = {}
    problems = []
    for tuning in tunings:
        name = names.get(tuning.rule)
        if name is None:
            problems.append(_unknown(tuning, rules))
        elif name in tuned:
            known = tuned[name].document
            message = f"'{name}' is tuned also at {known.path}:{known.line}; put both into one"
            problems.append(_error(tuning, "tune", message))
        else:
            tuned[name] = tuning
    result = []
    for name, each in rules.items():
        if name not in tuned:
            result.append(each)
            continue
        try:
            result += _tuned(tuned[name], each)
        except RuleError as error:
            problems.append(error)
            result.append(each)
    return result, sorted(problems, key=lambda each: (each.path, each.line, each.message))


def _tuned(tuning: Tuning, compiled: Compiled) -> list[Compiled]:
    """The rule with its overrides; none where it is disabled.

    Raises:
        RuleError: An override is unknown or has a value that it cannot have.
    """
    own = tuning.document.data.get("foreseen", {})
    if not isinstance(own, Mapping):
        raise _error(tuning, "foreseen", "'foreseen' must be a mapping")
    rule = compiled.rule
    document = replace(tuning.document, data={"foreseen": {**_said(rule, own), **own}})
    found = attributes_of(document)
    if not tuning.enabled:
        return []
    changed = replace(
        rule,
        severity=found.severity or rule.severity,
        foresee=found.foresee,
        alerting=found.alerting,
        compliance=found.compliance,
    )
    return [replace(compiled, rule=changed, text=f"{compiled.text}\0{tuning.document.text}")]


def _said(rule: Rule, own: Mapping[str, object]) -> dict[str, object]:
    """What a rule says of itself in the words of its file; a threshold goes with its window."""
    alerting = rule.alerting
    said: dict[str, object] = {
        "model": rule.foresee,
        "aggregate": list(alerting.aggregate),
        "title": alerting.title,
        "compliance": list(rule.compliance),
    }
    if rule.severity != SEVERITY_OF_LEVEL[rule.level]:
        said["severity"] = rule.severity
    if alerting.threshold > 1 and own.get("threshold") != 1:
        said["threshold"] = alerting.threshold
        said["window"] = f"{alerting.window // _SECOND}s"
    return said


def _unknown(tuning: Tuning, rules: Mapping[str, Compiled]) -> RuleError:
    near = get_close_matches(tuning.rule, rules, n=1, cutoff=0.6)
    hint = f"did you mean '{near[0]}'?" if near else "leave the tuning out, or load that rule"
    return _error(tuning, "tune", f"tunes '{tuning.rule}', which no rule is called; {hint}")


def _error(tuning: Tuning, key: str, message: str) -> RuleError:
    return tuning.document.error(tuning.document.line_of(key), message)
