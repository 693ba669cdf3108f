"""Sigma rules: parse and lint documents, compile them to atoms, label batches of events."""

from foreseen.rules.cases.cases import check
from foreseen.rules.document import RuleError
from foreseen.rules.lint import Problem, lint
from foreseen.rules.loading import Loaded, load, parse_rules
from foreseen.rules.rule import Logsource, Rule
from foreseen.rules.ruleset import RuleSet

__all__ = [
    "Loaded",
    "Logsource",
    "Problem",
    "Rule",
    "RuleError",
    "RuleSet",
    "check",
    "lint",
    "load",
    "parse_rules",
]
