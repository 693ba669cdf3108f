"""Everything that is wrong with rule files, not only the first thing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from foreseen.rules.loading import load
from foreseen.rules.rule import Rule
from foreseen.rules.ruleset import Compiled
from foreseen.rules.tree import atoms_of

_ALIKE = 0.92
_COMMON = frozenset(
    [
        "CommandLine",
        "CurrentDirectory",
        "DestinationHostname",
        "DestinationIp",
        "DestinationPort",
        "ImageLoaded",
        "OriginalFileName",
        "ParentCommandLine",
        "ParentImage",
        "ScriptBlockText",
        "SourceImage",
        "TargetFilename",
        "TargetImage",
        "TargetObject",
        "TargetUserName",
        "eventName",
        "eventSource",
        "userIdentity.type",
    ]
)


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
    told = (*loaded.problems, *loaded.warnings)
    problems = [Problem(each.path, each.line, each.message) for each in told]
    return sorted([*problems, *remarks(loaded.rules.compiled)])


def remarks(rules: Iterable[Compiled]) -> list[Problem]:
    """What people will miss of rules that can be loaded."""
    problems = []
    for each in rules:
        rule = each.rule
        problems += [Problem(rule.path, rule.line, message) for message in _missing(rule)]
        problems += _misspelt(each)
    return sorted(problems)


def _misspelt(compiled: Compiled) -> list[Problem]:
    """Fields that are one slip away from a common name: they load, and nothing sends them."""
    problems = []
    for name in sorted({atom.field.name for atom in atoms_of(compiled.tree)} - _COMMON - {""}):
        for near in get_close_matches(name, _COMMON, n=1, cutoff=_ALIKE):
            message = f"no event is known to have a field '{name}'; did you mean '{near}'?"
            problems.append(Problem(compiled.rule.path, _line_of(compiled, name), message))
    return problems


def _line_of(compiled: Compiled, name: str) -> int:
    """Line of a field in the rule's file; that of the rule where it is not found."""
    lines = compiled.text.split("\n")
    for number, text in enumerate(lines[compiled.rule.line - 1 :], start=compiled.rule.line):
        before, found, after = text.partition(name)
        if found and not before[-1:].isalnum() and after.lstrip("'\" ")[:1] in {":", "|"}:
            return number
    return compiled.rule.line


def _missing(rule: Rule) -> list[str]:
    messages = []
    if not rule.uuid:
        messages.append("rule has no 'id'; give it a UUID, so that renaming keeps its history")
    if not rule.description:
        messages.append("rule has no 'description'; say in a sentence what it matches")
    if not rule.techniques:
        messages.append("rule has no ATT&CK technique among its tags, e.g. attack.t1059")
    return messages
