"""Labels of two sides of an edit: which differ, and the matches that they make with windows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from foreseen.core.ids import RuleId
from foreseen.models.moments.windows import FORKS, empty_tail
from foreseen.pipeline.shard import matches_of
from foreseen.rules import RuleSet
from foreseen.rules.assignment import Assignment, RuleSets, chooses
from foreseen.rules.engine.kernels import array_of
from foreseen.rules.ruleset import Compiled, rule_set
from foreseen.schema.arrow import AnyLists

Keys = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Labelling:
    """What decides the labels of one side.

    Attributes:
        rules: Rules that label.
        sets: Which of them look at which workload.
    """

    rules: RuleSet
    sets: RuleSets = field(default_factory=RuleSets)

    def of(self, events: pa.RecordBatch) -> AnyLists:
        """Labels of events, as the shard gives them."""
        return self.kept(self.rules.label(events), events)

    def kept(self, labels: AnyLists, events: pa.RecordBatch) -> AnyLists:
        """Labels of rules that look at their event's workload."""
        assignment = Assignment(self.sets, self.rules.rules)
        return assignment.kept(labels, events.column("workload"))


@dataclass(frozen=True, slots=True)
class Relabelling:
    """What an edit changes about labels.

    Attributes:
        before: Labels before the edit.
        after: Labels after it.
        fresh: Rules of the edit that label otherwise than any did before under their id.
        gone: Ids whose labels no longer hold: rules that were removed, or label otherwise.
    """

    before: Labelling
    after: Labelling
    fresh: RuleSet
    gone: frozenset[RuleId]


def relabelling(before: Labelling, after: Labelling) -> Relabelling:
    """Which labels an edit changes: a rule labels alike when it asks the same of the same events.

    Words about a rule (title, level, threshold) change no label unless a set chooses by them.
    """
    known = {each.rule.id: _asks(each, before.sets) for each in before.rules.compiled}
    asked = {each.rule.id: _asks(each, after.sets) for each in after.rules.compiled}
    gone = frozenset(name for name, asks in known.items() if asked.get(name) != asks)
    fresh = [
        each for each in after.rules.compiled if known.get(each.rule.id) != asked[each.rule.id]
    ]
    return Relabelling(before, after, rule_set(fresh), gone)


@dataclass(frozen=True, slots=True)
class Looking:
    """Rules that label events of the workloads that they look at.

    Sent to another process they are compiled there anew: what they are compiled to cannot be sent.
    """

    rules: RuleSet
    assignment: Assignment

    def of(self, events: pa.RecordBatch) -> AnyLists:
        """Labels of events, as the shard gives them."""
        return self.assignment.kept(self.rules.label(events), events.column("workload"))

    def __reduce__(self) -> tuple[object, ...]:
        return _compiled_anew, (self.rules.compiled, self.assignment)


def _compiled_anew(compiled: Sequence[Compiled], assignment: Assignment) -> Looking:
    return Looking(rule_set(compiled), assignment)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of all events.

    Attributes:
        before: The rules before the edit, where the lake's labels are not theirs; None: they are.
        fresh: The rules that label otherwise after it.
    """

    before: Looking | None
    fresh: Looking


Answer = tuple[AnyLists | None, AnyLists]
"""Labels before the edit (None: the lake has them), and those that it adds."""


def asked(change: Relabelling, *, all_trusted: bool) -> Asked:
    """What is asked for the labels of both sides of an edit."""
    before, after = change.before, change.after
    ours = Looking(before.rules, Assignment(before.sets, before.rules.rules))
    theirs = Looking(change.fresh, Assignment(after.sets, after.rules.rules))
    return Asked(None if all_trusted else ours, theirs)


def labelling(question: Asked) -> Callable[[tuple[pa.RecordBatch, bool]], Answer]:
    """Labels batches of events, each with whether the lake's labels of it count."""
    before, fresh = question.before, question.fresh

    def one(piece: tuple[pa.RecordBatch, bool]) -> Answer:
        events, trusted = piece
        return None if trusted or before is None else before.of(events), fresh.of(events)

    return one


@dataclass(slots=True)
class Sides:
    """Labels and windows of both sides; one tail serves both while they have the same events."""

    change: Relabelling
    ids: list[str] = field(init=False)
    tail: pa.Table = field(default_factory=empty_tail)
    after_tail: pa.Table | None = None

    def __post_init__(self) -> None:
        known = {str(rule.id) for rule in self.change.before.rules.rules}
        self.ids = sorted(known | {str(rule.id) for rule in self.change.fresh.rules})

    def take(
        self, events: pa.RecordBatch, labels: AnyLists, fresh: AnyLists
    ) -> tuple[pa.Table, pa.Table]:
        """Matches of a batch before and after.

        Args:
            events: The batch.
            labels: Labels before the edit.
            fresh: Labels of the rules of the edit that label otherwise.
        """
        before = self._keys(labels)
        gone = np.array([name in self.change.gone for name in self.ids], np.bool_)
        kept = before[~gone[before % len(self.ids)]] if self.ids else before
        after = np.union1d(kept, self._keys(fresh))
        if self.after_tail is None and _tell_alike(events, *map(self._rows, (before, after))):
            union = np.union1d(before, after)
            matches, self.tail = matches_of(events, self._lists(union, events), self.tail)
            return _chosen(matches, np.isin(union, before)), _chosen(matches, np.isin(union, after))
        later = self.tail if self.after_tail is None else self.after_tail
        first, self.tail = matches_of(events, self._lists(before, events), self.tail)
        second, self.after_tail = matches_of(events, self._lists(after, events), later)
        return pa.Table.from_batches([first]), pa.Table.from_batches([second])

    def _keys(self, labels: AnyLists) -> Keys:
        """Labels as sorted numbers: row times the number of ids, plus the id's place."""
        rows = pc.list_parent_indices(labels).to_numpy(zero_copy_only=False).astype(np.int64)
        codes = pc.index_in(pc.list_flatten(labels), pa.array(self.ids, pa.string()))
        return np.sort(rows * len(self.ids) + codes.to_numpy(zero_copy_only=False))

    def _rows(self, keys: Keys) -> Keys:
        return keys // max(len(self.ids), 1)

    def _lists(self, keys: Keys, events: pa.RecordBatch) -> AnyLists:
        counts = np.bincount(self._rows(keys), minlength=events.num_rows)
        offsets = np.concatenate(([0], np.cumsum(counts))).astype(np.int32)
        names = array_of(self.ids, pa.string()).take(array_of(keys % max(len(self.ids), 1)))
        lists: AnyLists = pa.ListArray.from_arrays(array_of(offsets), names)
        return lists


def _asks(each: Compiled, sets: RuleSets) -> tuple[object, ...]:
    """All that decides where a rule's labels stand."""
    chosen = tuple(chooses(one, each.rule) for one in sets.sets)
    return each.scope.gates, each.tree, sets.workloads, sets.sets, chosen


def _tell_alike(events: pa.RecordBatch, before: Keys, after: Keys) -> bool:
    """Whether the same forks have a label: only they enter windows by it."""
    forks = pc.is_in(events.column("event_type"), pa.array(FORKS)).to_numpy(zero_copy_only=False)
    differ: Mask = np.zeros(events.num_rows, np.bool_)
    differ[before] = True
    labelled: Mask = np.zeros(events.num_rows, np.bool_)
    labelled[after] = True
    return not ((differ != labelled) & forks).any()


def _chosen(matches: pa.RecordBatch, mask: Mask) -> pa.Table:
    return pa.Table.from_batches([matches.filter(pa.array(mask))])
