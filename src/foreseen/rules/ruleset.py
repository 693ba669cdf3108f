"""A set of rules that labels batches; equal texts give an equal hash and equal labels."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import orjson
import pyarrow as pa

from foreseen.core.errors import NotFoundError
from foreseen.core.ids import ContentHash, RuleId, content_hash
from foreseen.rules.correlation.link import Plan
from foreseen.rules.engine.engine import Engine
from foreseen.rules.engine.kernels import Lists, array_of
from foreseen.rules.engine.plans import Wanted
from foreseen.rules.engine.scan import Store
from foreseen.rules.logsources import Scope
from foreseen.rules.places import EventKind, Place
from foreseen.rules.rule import Rule
from foreseen.rules.tree import Tree

SEMANTICS = "2"


@dataclass(frozen=True, slots=True)
class Compiled:
    """One rule, ready to run, and the text that it came from."""

    rule: Rule
    scope: Scope
    tree: Tree
    text: str


@dataclass(frozen=True, slots=True)
class Count:
    """What a rule did since its set was loaded.

    Attributes:
        hits: Events that matched.
        trials: Combinations of values on which it had to be evaluated: what it costs.
    """

    hits: int
    trials: int


@dataclass(frozen=True, slots=True)
class Sources:
    """Files that rules were loaded from.

    Attributes:
        texts: What they say, by path.
        unsound: Paths of those in which something is wrong.
    """

    texts: Mapping[str, str] = field(default_factory=dict)
    unsound: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Rules in the order of their ids, whatever the order of the files was.

    Attributes:
        rules: What the rules say of themselves.
        compiled: The same with what they ask.
        correlations: Rules that count matches of others.
        content: The rules' texts and the version of our semantics, as kept among the artefacts.
        hash: Content hash of `content`.
        sources: The files that it was loaded from.
    """

    rules: tuple[Rule, ...]
    compiled: tuple[Compiled, ...] = field(repr=False)
    correlations: Plan = field(repr=False)
    content: bytes = field(repr=False)
    hash: ContentHash
    sources: Sources = field(repr=False, compare=False)
    _lists: bytes = field(repr=False)
    _engine: Engine = field(repr=False, compare=False)

    def label(self, batch: pa.RecordBatch) -> Lists:
        """Ids of the rules that match each event, as list<string>, empty where none does.

        Each event is judged by itself: the labels do not depend on the rows beside it.

        Args:
            batch: Rows of the events table; a column that it lacks reads as null.
        """
        rows, rules = self._engine.matches(batch)
        counts = np.bincount(rows, minlength=batch.num_rows)
        offsets = np.concatenate(([0], np.cumsum(counts))).astype(np.int32)
        ids = array_of([rule.id for rule in self.rules], pa.string())
        labels: Lists = pa.ListArray.from_arrays(array_of(offsets), ids.take(array_of(rules)))
        return labels

    def forget(self) -> None:
        """Empty what is remembered of values seen: for measurements, it changes no label."""
        self._engine.forget()

    def rule(self, rule_id: RuleId) -> Rule:
        """The rule with this id.

        Raises:
            NotFoundError: There is none.
        """
        for rule in self.rules:
            if rule.id == rule_id:
                return rule
        raise NotFoundError(f"no rule '{rule_id}' among the {len(self.rules)} loaded")

    def reachable(self, kind: EventKind, has: Callable[[Place], bool]) -> set[RuleId]:
        """Rules that an event of a kind may match if it has values at these places only."""
        return {self.rules[place].id for place in self._engine.reachable(kind, has)}

    def counts(self) -> dict[RuleId, Count]:
        """Counters of every rule."""
        numbers = zip(self._engine.hits.tolist(), self._engine.trials.tolist(), strict=True)
        return {rule.id: Count(*each) for rule, each in zip(self.rules, numbers, strict=True)}

    @property
    def lists(self) -> dict[str, list[str]]:
        """Lists of placeholders that it was loaded with."""
        return dict(orjson.loads(self._lists)) if self._lists else {}

    def sound_files(self) -> dict[str, str]:
        """Texts of the files in which nothing is wrong, by path."""
        texts, unsound = self.sources.texts, self.sources.unsound
        return {path: text for path, text in texts.items() if path not in unsound}

    def files(self, lists: Mapping[str, Sequence[str]]) -> dict[tuple[str, str], list[Compiled]]:
        """Compiled rules by (path, text) of their file, where other lists would not change them.

        Files with correlations or with a mistake are not among them.
        """
        found: dict[tuple[str, str], list[Compiled]] = {}
        if encoded_lists(lists) != self._lists:
            return found
        for each in self.compiled:
            if each.rule.path not in self.sources.unsound:
                found.setdefault((each.rule.path, each.text), []).append(each)
        for linked in self.correlations.rules:
            for path, text in list(found):
                if path == linked.correlation.path:
                    del found[path, text]
        return found


def rule_set(
    compiled: Sequence[Compiled],
    correlations: Plan | None = None,
    *,
    lists: Mapping[str, Sequence[str]] | None = None,
    store: Store | None = None,
    sources: Sources | None = None,
) -> RuleSet:
    """Rules with different ids as one set."""
    ordered = sorted(compiled, key=lambda each: each.rule.id)
    plan = correlations or Plan()
    kept_lists = encoded_lists(lists or {})
    parts = [SEMANTICS, *(f"{each.rule.id}\0{each.text}" for each in ordered)]
    parts += [f"{each.correlation.id}\0{each.correlation.digest}" for each in plan.rules]
    content = "\0".join(parts).encode("utf-8", "surrogatepass") + kept_lists
    wanted = [Wanted(each.scope.gates, each.tree) for each in ordered]
    return RuleSet(
        tuple(each.rule for each in ordered),
        tuple(ordered),
        plan,
        content,
        content_hash(content),
        sources or Sources(),
        kept_lists,
        Engine(wanted, store),
    )


def encoded_lists(lists: Mapping[str, Sequence[str]]) -> bytes:
    """Lists of placeholders as bytes that are equal when they are."""
    return orjson.dumps({name: list(lists[name]) for name in sorted(lists)}) if lists else b""
