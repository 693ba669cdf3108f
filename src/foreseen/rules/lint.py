"""Everything that is wrong with rule files, not only the first thing."""

from collections.abc import Iterable
from dataclasses import dataclass

from foreseen.core.ids import RuleId
from foreseen.rules.document import RuleError
from foreseen.rules.parse import compiled_rules
from foreseen.rules.rule import Rule


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing to mend.

    Attributes:
        path: File.
        line: Line in it, from 1.
        message: What is wrong and what to do.
    """

    path: str
    line: int
    message: str


def lint(documents: Iterable[tuple[str, str]]) -> list[Problem]:
    """Problems of Sigma files, by file and line: what cannot be loaded, and what people will miss.

    Args:
        documents: Pairs of (path for messages, YAML text).
    """
    problems: list[Problem] = []
    seen: dict[RuleId, Rule] = {}
    for path, text in documents:
        try:
            rules = [compiled.rule for compiled in compiled_rules(path, text)]
        except RuleError as error:
            problems.append(Problem(error.path, error.line, error.message))
            continue
        for rule in rules:
            problems += _problems(rule, seen)
            seen.setdefault(rule.id, rule)
    return sorted(problems)


def _problems(rule: Rule, seen: dict[RuleId, Rule]) -> list[Problem]:
    messages = []
    if rule.id in seen:
        first = seen[rule.id]
        messages.append(f"rule '{rule.id}' stands also at {first.path}:{first.line}; rename one")
    if not rule.uuid:
        messages.append("rule has no 'id'; give it a UUID, so that renaming keeps its history")
    if not rule.description:
        messages.append("rule has no 'description'; say in a sentence what it matches")
    if not rule.techniques:
        messages.append("rule has no ATT&CK technique among its tags, e.g. attack.t1059")
    return [Problem(rule.path, rule.line, message) for message in messages]
