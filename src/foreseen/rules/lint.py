"""Everything that is wrong with rule files, not only the first thing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from foreseen.rules.loading import load
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


def lint(
    documents: Iterable[tuple[str, str]], lists: Mapping[str, Sequence[str]] | None = None
) -> list[Problem]:
    """Problems of Sigma files, by file and line: what cannot be loaded, and what people will miss.

    Args:
        documents: Pairs of (path for messages, YAML text).
        lists: Values of placeholders, by name.
    """
    loaded = load(documents, lists=lists or {})
    problems = [Problem(each.path, each.line, each.message) for each in loaded.problems]
    for rule in loaded.rules.rules:
        problems += [Problem(rule.path, rule.line, message) for message in _missing(rule)]
    return sorted(problems)


def _missing(rule: Rule) -> list[str]:
    messages = []
    if not rule.uuid:
        messages.append("rule has no 'id'; give it a UUID, so that renaming keeps its history")
    if not rule.description:
        messages.append("rule has no 'description'; say in a sentence what it matches")
    if not rule.techniques:
        messages.append("rule has no ATT&CK technique among its tags, e.g. attack.t1059")
    return messages
