"""Rule files to a rule set: everything that is wrong is told at once, the other rules stay live."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from foreseen.core.errors import MalformedInputError
from foreseen.rules.correlation.correlation import Correlation
from foreseen.rules.correlation.link import link
from foreseen.rules.correlation.parse import parse_correlation
from foreseen.rules.document import Document, RuleError, documents_of
from foreseen.rules.engine.scan import Store
from foreseen.rules.filters import Filter, apply, parse_filter, warnings_of
from foreseen.rules.parse import compiled_rule
from foreseen.rules.ruleset import Compiled, RuleSet, Sources, rule_set
from foreseen.rules.tuning import Tuning, is_tuning, parse_tuning
from foreseen.rules.tuning import apply as tuned

Lists = Mapping[str, Sequence[str]]

_NO_LISTS: Lists = {}
_OF_OTHERS = re.compile(r"^(?:filter|tune)\s*:", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of rule files.

    Attributes:
        rules: All that could be loaded.
        problems: What could not, by file and line.
        warnings: What could and is seldom meant, in the same way.
    """

    rules: RuleSet
    problems: tuple[RuleError, ...]
    warnings: tuple[RuleError, ...] = ()


@dataclass(slots=True)
class _Draft:
    compiled: list[Compiled] = field(default_factory=list)
    documents: list[Document | None] = field(default_factory=list)
    correlations: list[Correlation] = field(default_factory=list)
    filters: list[Filter] = field(default_factory=list)
    tunings: list[Tuning] = field(default_factory=list)
    problems: list[RuleError] = field(default_factory=list)

    def add(self, compiled: Compiled, document: Document | None) -> None:
        """A rule; without its document it is known from before."""
        self.compiled.append(compiled)
        self.documents.append(document)


def load(
    documents: Iterable[tuple[str, str]],
    *,
    lists: Lists = _NO_LISTS,
    before: RuleSet | None = None,
    store: Store | None = None,
) -> Loaded:
    """A rule set of whatever can be loaded from texts of Sigma files.

    Args:
        documents: Pairs of (path for messages, YAML text); a text may hold several documents.
        lists: Values of placeholders (`%name%` of the modifier `expand`).
        before: A set loaded before: files that have not changed are not read again.
        store: Keeps compiled databases between loads and runs.
    """
    draft = _Draft()
    texts = list(documents)
    known = _known(before, texts, lists)
    for path, text in texts:
        if (path, text) in known:
            for each in known[path, text]:
                draft.add(each, None)
        else:
            _read(path, text, lists, draft)
    _unique(draft)
    _filter(draft, lists)
    draft.compiled, wrong = tuned(draft.tunings, draft.compiled)
    draft.problems += wrong
    plan, errors = link(draft.correlations, [each.rule for each in draft.compiled])
    problems = sorted((*draft.problems, *errors), key=lambda e: (e.path, e.line, e.message))
    sources = Sources(dict(texts), frozenset(each.path for each in problems))
    rules = rule_set(draft.compiled, plan, lists=lists, store=store, sources=sources)
    warnings = [warning for each in draft.filters for warning in warnings_of(each)]
    return Loaded(rules, tuple(problems), tuple(warnings))


def parse_rules(
    documents: Iterable[tuple[str, str]], *, lists: Lists = _NO_LISTS, store: Store | None = None
) -> RuleSet:
    """A rule set from texts of Sigma files, all of which must be sound.

    Raises:
        RuleError: One thing is wrong.
        MalformedInputError: Several are; the message has a line for each.
    """
    return sound(load(documents, lists=lists, store=store))


def sound(loaded: Loaded) -> RuleSet:
    """The rules, if nothing is wrong.

    Raises:
        RuleError: One thing is wrong.
        MalformedInputError: Several are; the message has a line for each.
    """
    if len(loaded.problems) == 1:
        raise loaded.problems[0]
    if loaded.problems:
        raise MalformedInputError("\n".join(str(problem) for problem in loaded.problems))
    return loaded.rules


def _read(path: str, text: str, lists: Lists, draft: _Draft) -> None:
    """Add what a file holds; of a file with a mistake the sound documents stay."""
    try:
        documents = documents_of(path, text)
    except RuleError as error:
        draft.problems.append(error)
        return
    for document in documents:
        try:
            _add(document, lists, draft)
        except RuleError as error:
            draft.problems.append(error)


def _add(document: Document, lists: Lists, draft: _Draft) -> None:
    if "correlation" in document.data:
        draft.correlations.append(parse_correlation(document))
    elif "filter" in document.data:
        draft.filters.append(parse_filter(document))
    elif is_tuning(document):
        tuning, problems = parse_tuning(document)
        draft.problems += problems
        draft.tunings += [tuning] if tuning else []
    else:
        draft.add(compiled_rule(document, lists), document)


def _known(
    before: RuleSet | None, texts: Iterable[tuple[str, str]], lists: Lists
) -> dict[tuple[str, str], list[Compiled]]:
    """What files say that have not changed, by (path, text); nothing where others change rules."""
    if before is None or _changes_others((*texts, *before.sources.texts.items())):
        return {}
    return before.files(lists)


def _changes_others(texts: Iterable[tuple[str, str]]) -> bool:
    """Whether some file may hold a filter or a tuning, which change rules of other files."""
    return any(_OF_OTHERS.search(text) for _, text in texts)


def _unique(draft: _Draft) -> None:
    """Leave rules with different ids; of several with one id the first stays."""
    first: dict[str, Compiled] = {}
    kept = _Draft()
    for each, document in zip(draft.compiled, draft.documents, strict=True):
        known = first.setdefault(each.rule.id, each)
        if known is each:
            kept.add(each, document)
        else:
            place = f"{known.rule.path}:{known.rule.line}"
            message = f"rule '{each.rule.id}' stands also at {place}; rename one of them"
            draft.problems.append(RuleError(each.rule.path, each.rule.line, message))
    draft.compiled, draft.documents = kept.compiled, kept.documents


def _filter(draft: _Draft, lists: Lists) -> None:
    """Compile again the rules that a filter is joined to."""
    if not draft.filters:
        return
    asked = [
        (document, each.rule.id, each.rule.uuid, each.rule.logsource)
        for each, document in zip(draft.compiled, draft.documents, strict=True)
        if document is not None
    ]
    joined, errors = apply(draft.filters, asked)
    draft.problems += errors
    draft.compiled = []
    for each in joined:
        try:
            draft.compiled.append(compiled_rule(each.document, lists, each))
        except RuleError as error:
            draft.problems.append(error)
