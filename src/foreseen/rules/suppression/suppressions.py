"""Suppressions by hand as one set: which of them, if any, hides each of many matches."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from foreseen.core.ids import ContentHash, content_hash
from foreseen.rules.compile import Compiler
from foreseen.rules.document import Document, RuleError, documents_of
from foreseen.rules.engine.engine import Engine
from foreseen.rules.engine.kernels import Codes, Mask, array_of, compute, truth_of
from foreseen.rules.engine.plans import Wanted
from foreseen.rules.logsources import Gate, Scope, scope_of
from foreseen.rules.ruleset import SEMANTICS, RuleSet, encoded_lists
from foreseen.rules.suppression.suppression import Suppression, parse_suppression, sigma_of
from foreseen.rules.tree import Tree

Lists = Mapping[str, Sequence[str]]

_NO_LISTS: Lists = {}
_EVERYTHING = (Gate(),)


@dataclass(frozen=True, slots=True)
class Reach:
    """What a suppression asks of the matches of rules that name fields in one way.

    Attributes:
        suppression: Which.
        scope: Log source of the field names; its gates are those of the suppression itself.
        tree: What it asks.
        rules: Ids of the rules.
    """

    suppression: Suppression
    scope: Scope
    tree: Tree
    rules: frozenset[str]


@dataclass(frozen=True, slots=True)
class SuppressionSet:
    """Suppressions in the order of their ids; of several that hide a match the first is named.

    Attributes:
        suppressions: What they say of themselves.
        reaches: What they ask, by the rules that they are for.
        unknown: By suppression, names among its `rules` that no rule has.
        content: Their texts and the version of our semantics, as kept among the artefacts.
        hash: Content hash of `content`.
    """

    suppressions: tuple[Suppression, ...]
    reaches: tuple[Reach, ...] = field(repr=False)
    unknown: Mapping[str, tuple[str, ...]] = field(repr=False)
    content: bytes = field(repr=False)
    hash: ContentHash
    _engine: Engine = field(repr=False, compare=False)

    def __reduce__(self) -> tuple[object, ...]:
        """Pickled without its engine, which is made again where it arrives."""
        return _of_reaches, (self.suppressions, self.reaches, self.unknown, self.content)

    def applied(self, matches: pa.Table | pa.RecordBatch) -> list[str | None]:
        """For each match the id of the suppression that hides it, or None.

        Expired is what has ended when the event happened or when we had it, whichever is later: a
        host whose clock goes back brings no suppression to life again.

        Args:
            matches: Rows of the matches table; each is judged by itself.
        """
        found: list[str | None] = [None] * matches.num_rows
        for reach, rows in self._hidden(matches, expire=True):
            for row in rows.tolist():
                found[row] = found[row] or reach.suppression.id
        return found

    def reached(self, matches: pa.Table) -> dict[str, Codes]:
        """By id of a suppression the matches that it would hide if it never expired."""
        found: dict[str, list[Codes]] = {each.id: [] for each in self.suppressions}
        for reach, rows in self._hidden(matches, expire=False):
            found[reach.suppression.id].append(rows)
        return {
            name: np.unique(np.concatenate(rows)) if rows else np.zeros(0, np.int64)
            for name, rows in found.items()
        }

    def _hidden(
        self, matches: pa.Table | pa.RecordBatch, *, expire: bool
    ) -> Iterable[tuple[Reach, Codes]]:
        """Reaches in order, with the rows that they hide."""
        if not self.reaches:
            return
        begin = 0
        for batch in _batches(matches):
            for reach, rows in self._hidden_of(batch, expire=expire):
                yield reach, rows + begin
            begin += batch.num_rows

    def _hidden_of(self, batch: pa.RecordBatch, *, expire: bool) -> Iterable[tuple[Reach, Codes]]:
        rows, places = self._engine.matches(batch)
        rules = compute.fill_null(batch.column("rule_id"), "")
        latest = _latest(batch)
        for place, reach in enumerate(self.reaches):
            own = rows[places == place]
            if not len(own):
                continue
            wanted: Mask = truth_of(
                compute.is_in(rules.take(array_of(own)), array_of(sorted(reach.rules), pa.string()))
            )
            if expire:
                wanted &= latest[own] < reach.suppression.expires
            yield reach, own[wanted]


@dataclass(frozen=True, slots=True)
class LoadedSuppressions:
    """What became of suppressions.

    Attributes:
        suppressions: All that could be loaded.
        problems: What could not, by file and line: such a suppression hides nothing.
    """

    suppressions: SuppressionSet
    problems: tuple[RuleError, ...]


def load_suppressions(
    documents: Iterable[tuple[str, str]], rules: RuleSet, *, lists: Lists = _NO_LISTS
) -> LoadedSuppressions:
    """A set of whatever can be loaded; what is wrong hides nothing and is told, all at once.

    Args:
        documents: Pairs of (path for messages, YAML text); a text may hold several documents.
        rules: The rules whose matches may be hidden.
        lists: Values of placeholders (`%name%` of the modifier `expand`).
    """
    draft = _Draft(rules, lists)
    for path, text in documents:
        draft.read(path, text)
    problems = sorted(draft.problems, key=lambda e: (e.path, e.line, e.message))
    return LoadedSuppressions(_set(draft, lists), tuple(problems))


def no_suppressions() -> SuppressionSet:
    """The set that hides nothing."""
    return _joined((), (), {}, _NO_LISTS)


class _Draft:
    """Suppressions read so far."""

    def __init__(self, rules: RuleSet, lists: Lists) -> None:
        self._lists = lists
        self._any = [each.rule.id for each in rules.compiled]
        self._namespaces = namespaces_of(rules)
        self._names: dict[str, str] = {}
        for rule in rules.rules:
            self._names[rule.uuid] = rule.id
        for linked in rules.correlations.rules:
            self._names[linked.correlation.uuid] = linked.correlation.id
        self._names.pop("", None)
        self._names.update({name: name for name in self._namespaces})
        self.suppressions: dict[str, Suppression] = {}
        self.reaches: list[Reach] = []
        self.unknown: dict[str, tuple[str, ...]] = {}
        self.problems: list[RuleError] = []

    def read(self, path: str, text: str) -> None:
        """Add what a text holds."""
        try:
            documents = documents_of(path, text)
        except RuleError as error:
            self.problems.append(error)
            return
        for document in documents:
            self._add(document)

    def _add(self, document: Document) -> None:
        found, problems = parse_suppression(document)
        if found is not None and found.id in self.suppressions:
            known = self.suppressions[found.id]
            message = f"id '{found.id}' stands also at {known.path}:{known.line}; change one"
            problems = [document.error(document.line_of("id"), message)]
        if found is not None and not problems:
            try:
                reaches = self._reaches(document, found)
            except RuleError as error:
                problems = [error]
            else:
                self.suppressions[found.id] = found
                self.reaches += reaches
        self.problems += problems

    def _reaches(self, document: Document, found: Suppression) -> list[Reach]:
        """Its detection in the field names of each of its rules; they share most of them."""
        ids = [self._names[name] for name in found.rules if name in self._names]
        self.unknown[found.id] = tuple(name for name in found.rules if name not in self._names)
        rules = ids if found.rules else self._any
        by_scope: dict[Scope, set[str]] = {}
        own = scope_of(found.logsource) if found.logsource else None
        for rule in rules:
            for namespace in self._namespaces[rule]:
                scope = own or Scope(namespace, _EVERYTHING, namespace)
                by_scope.setdefault(scope, set()).add(rule)
        if not by_scope:  # its rules are gone: what it says must be sound all the same
            Compiler(document, own or _NAMELESS, self._lists).tree(sigma_of(document))
        return [
            Reach(
                found,
                scope,
                Compiler(document, scope, self._lists).tree(sigma_of(document)),
                frozenset(names),
            )
            for scope, names in by_scope.items()
        ]


def namespaces_of(rules: RuleSet) -> dict[str, tuple[str, ...]]:
    """Namespaces of the field names of each rule; a correlation has those of what it counts.

    A firing carries the event that completed it, so that is what a suppression of it looks at.
    """
    found: dict[str, tuple[str, ...]] = {
        each.rule.id: (each.scope.namespace,) for each in rules.compiled
    }
    for linked in rules.correlations.rules:  # none comes before what it counts
        own = {namespace for rule in linked.rules for namespace in found.get(rule, ())}
        found[linked.correlation.id] = tuple(sorted(own))
    return found


_NAMELESS = Scope("other", _EVERYTHING, "other")


def _set(draft: _Draft, lists: Lists) -> SuppressionSet:
    ordered = tuple(draft.suppressions[name] for name in sorted(draft.suppressions))
    reaches = sorted(draft.reaches, key=lambda each: (each.suppression.id, each.scope.name))
    return _joined(ordered, tuple(reaches), draft.unknown, lists)


def _joined(
    ordered: tuple[Suppression, ...],
    reaches: tuple[Reach, ...],
    unknown: Mapping[str, tuple[str, ...]],
    lists: Lists,
) -> SuppressionSet:
    parts = [SEMANTICS, *(f"{each.id}\0{each.text}" for each in ordered)]
    content = "\0".join(parts).encode("utf-8", "surrogatepass") + encoded_lists(lists)
    return _of_reaches(ordered, reaches, unknown, content)


def _of_reaches(
    ordered: tuple[Suppression, ...],
    reaches: tuple[Reach, ...],
    unknown: Mapping[str, tuple[str, ...]],
    content: bytes,
) -> SuppressionSet:
    wanted = [Wanted(each.scope.gates, each.tree) for each in reaches]
    return SuppressionSet(
        ordered, reaches, dict(unknown), content, content_hash(content), Engine(wanted)
    )


def _batches(matches: pa.Table | pa.RecordBatch) -> Sequence[pa.RecordBatch]:
    if isinstance(matches, pa.RecordBatch):
        return [matches]
    return matches.combine_chunks().to_batches()


def _latest(batch: pa.RecordBatch) -> Codes:
    """When each event happened or was had, the later, ms UTC; null reads as the end of time."""
    end = np.iinfo(np.int64).max
    times: Codes = compute.fill_null(batch.column("time"), end).to_numpy(zero_copy_only=False)
    had: Codes = compute.fill_null(batch.column("ingested_time"), 0).to_numpy(zero_copy_only=False)
    return np.maximum(times, had)
