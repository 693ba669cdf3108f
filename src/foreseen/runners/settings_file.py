"""A settings file: which rules look at which workloads."""

from difflib import get_close_matches
from pathlib import Path

from foreseen.core.errors import MalformedInputError, NotFoundError
from foreseen.rules import RuleSet
from foreseen.rules.assignment import RuleSets
from foreseen.rules.assignment_parse import empty_sets, parse_rule_sets
from foreseen.rules.document import Document, RuleError, documents_of

_KEYS = ("workloads", "rulesets")


def rule_sets_of(path: Path, rules: RuleSet) -> RuleSets:
    """Rule sets and tags of workloads of a settings file.

    Raises:
        NotFoundError: The file is missing.
        MalformedInputError: Something in it is wrong; the message has a line for each thing.
    """
    if path.is_dir():
        raise NotFoundError(f"{path}: is a directory; name the settings file in it")
    if not path.is_file():
        raise NotFoundError(f"{path}: no such settings file")
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedInputError(f"{path}: not UTF-8 at byte {error.start}; save it so") from error
    documents = documents_of(str(path), text)
    if not documents:
        return RuleSets()
    first, *more = documents
    problems = [each.error(each.line, "put all settings into one document") for each in more]
    problems += _unknown(first)
    sets, wrong = parse_rule_sets(first)
    problems += wrong or empty_sets(first, sets, rules.rules)
    if problems:
        raise MalformedInputError("\n".join(map(str, problems)))
    return sets


def _unknown(document: Document) -> list[RuleError]:
    problems = []
    for key in map(str, document.data):
        if key not in _KEYS:
            near = get_close_matches(key, _KEYS, n=1, cutoff=0.0)[0]
            message = f"'{key}' is no setting; did you mean '{near}'?"
            problems.append(document.error(document.line_of(key), message))
    return problems
