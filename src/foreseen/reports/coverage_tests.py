"""Which rules have tests that they keep."""

from collections.abc import Sequence

from foreseen.core.ids import RuleId
from foreseen.rules import RuleSet, check
from foreseen.rules.document import documents_of


def rules_with_tests(rules: RuleSet, tests: Sequence[tuple[str, str]]) -> frozenset[RuleId]:
    """Ids of the rules that have enough tests and keep them all.

    Args:
        rules: Rules under test.
        tests: Pairs of (path for messages, YAML text) of `.test.yml` files; a file with any
            problem counts for none of its rules.
    """
    broken = {problem.path for problem in check(rules, tests)}
    named = {
        str(document.data.get("rule", ""))
        for path, text in tests
        if path not in broken
        for document in documents_of(path, text)
    }
    return frozenset(
        rule.id for rule in rules.rules if rule.id in named and rule.path not in broken
    )
