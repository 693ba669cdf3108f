"""Edited rule files tried beside the rules in use, before anything is kept."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from foreseen.core.errors import ConflictError
from foreseen.rules import Problem, RuleError, RuleSet, check, load
from foreseen.rules.lint import remarks
from foreseen.runners.rules.files import Document
from foreseen.runners.rules.overlay import names_in
from foreseen.runners.rules.telling import every


@dataclass(frozen=True, slots=True)
class Tried:
    """What would become of an edit.

    Attributes:
        rules: All rules as they would be.
        faults: With these it cannot be kept.
        warnings: What people will miss of the edited rules.
        promises: Tests that the edited rules do not keep.
    """

    rules: RuleSet
    faults: tuple[Problem, ...]
    warnings: tuple[Problem, ...] = ()
    promises: tuple[Problem, ...] = ()


def tried(
    rules: RuleSet,
    changed: Sequence[Document],
    tests: Sequence[Document] = (),
    removed: Collection[str] = (),
) -> Tried:
    """Load the rules in use with edited files in the places of those with their paths or ids.

    A mistake that is in the rules in use already is not held against the edit.

    Args:
        rules: The rules in use.
        changed: Edited files.
        tests: Tests of the edited rules.
        removed: Paths of files to take away.

    Raises:
        ConflictError: A file in use holds other rules besides those of an edited file.
    """
    paths = {path for path, _ in changed}
    gone = {*paths, *removed, *_replaced(rules, changed)}
    kept = [(path, text) for path, text in rules.sources.texts.items() if path not in gone]
    loaded = load([*kept, *changed], lists=rules.lists, before=rules)
    faults = [each for each in loaded.problems if each.path not in rules.sources.unsound - paths]
    mine = [each for each in loaded.rules.compiled if each.rule.path in paths]
    warned = [_problem(each) for each in loaded.warnings if each.path in paths]
    broken = check(loaded.rules, tests) if tests else []
    shown = paths | {path for path, _ in tests}
    return Tried(
        loaded.rules,
        tuple(_problem(each) for each in faults),
        tuple(sorted([*warned, *remarks(mine)])),
        tuple(each for each in broken if each.path in shown),
    )


def _replaced(rules: RuleSet, changed: Sequence[Document]) -> set[str]:
    """Paths of files in use whose rules an edited file holds."""
    names, own = names_in(changed), dict[str, set[str]]()
    for name, rule in every(rules).items():
        own.setdefault(rule.path, set()).add(name)
    replaced = {path for path, ids in own.items() if ids & names}
    for path in sorted(replaced - {path for path, _ in changed}):
        if left := own[path] - names:
            told = ", ".join(sorted(left))
            raise ConflictError(f"the file of these rules also holds {told}; give the whole file")
    return replaced


def _problem(error: RuleError) -> Problem:
    return Problem(error.path, error.line, error.message)
