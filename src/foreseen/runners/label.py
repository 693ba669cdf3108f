"""Label the events of files through the shard step, without a lake."""

from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

import numpy as np
import pyarrow.compute as pc

from foreseen.core.ids import DEFAULT_TENANT, RuleId
from foreseen.core.records import Line, Reason
from foreseen.parsers.registry import JSON_PARSERS
from foreseen.pipeline.correlated import event_of, label_whole
from foreseen.pipeline.shard import Lines, ShardArtefacts, ShardOut, ShardState, step
from foreseen.pipeline.workloads import Workloads
from foreseen.rules import RuleSet
from foreseen.rules.correlation.entries import Labelled as Counted
from foreseen.rules.correlation.fields import values_by
from foreseen.rules.correlation.link import Plan
from foreseen.runners.parts import parts
from foreseen.runners.shards.whole import Tally
from foreseen.schema.arrow import integers, texts

_BATCH_LINES = 20_000
_BATCH_BYTES = 32 << 20


@dataclass(frozen=True, slots=True)
class LabelOrder:
    """What to label and with what.

    Attributes:
        files: Paths in order; `-` is the standard input.
        format: Name of a parser, or `auto`.
        rules: Rules that label.
    """

    files: Sequence[str]
    format: str
    rules: RuleSet


@dataclass(frozen=True, slots=True)
class Labelled:
    """An event that rules match.

    Attributes:
        event: Its number over all files: what could not be read counts, blank lines do not.
        rules: The rules' UUIDs, of a rule without one its name; sorted.
    """

    event: int
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """What a part of the files gave.

    Attributes:
        out: Events, matches and quarantine.
        settled: No event of a later step stands before one of this in the files.
    """

    out: ShardOut
    settled: bool


@dataclass(slots=True)
class _Pending:
    """Places in the files since the last step that was settled; numbers, to be small."""

    places: "array[int]" = field(default_factory=lambda: array("q"))
    matched: "array[int]" = field(default_factory=lambda: array("q"))
    rules: "array[int]" = field(default_factory=lambda: array("q"))


def steps(
    order: LabelOrder, tally: Tally, progress: Callable[[int, int], None] | None = None
) -> Iterator[Step]:
    """All files through the shard step, a bounded part at a time; counted in `tally`.

    Raises:
        NotFoundError: A file is missing.
        ConfigurationError: An unknown format.
    """
    artefacts = ShardArtefacts(DEFAULT_TENANT, order.rules, Workloads())
    state = ShardState()
    limits = {"lines": _BATCH_LINES, "size": _BATCH_BYTES}
    for part in parts(order.files, order.format, progress=progress, **limits):
        state, out = step(state, [_dated(part)], artefacts)
        tally.add(len(part.lines) + len(part.quarantined), out)
        yield Step(out, settled=part.ended or part.format in JSON_PARSERS)


def _dated(part: Lines) -> Lines:
    """Records without a time of their own get time 0: labels ask for none, a replay must have it.

    Audit records always have one, and joining them looks at when they came.
    """
    if part.format not in JSON_PARSERS:
        return part
    lines = [Line(one.source, one.offset, one.number, one.path, one.data, 0) for one in part.lines]
    return replace(part, lines=lines)


def numbered(taken: Iterator[Step], rules: RuleSet) -> Iterator[Labelled]:
    """Events that have labels, in the order of the files.

    Labels are those that the step wrote on the event, and those of the correlation rules that it
    completed: with such rules there is no answer before the last event was read.
    """
    plan = rules.correlations
    names = {rule.id: rule.uuid or str(rule.id) for rule in rules.rules}
    names |= {one.correlation.id: one.correlation.uuid or str(one.correlation.id)
              for one in plan.rules}  # fmt: skip
    counted = _Counted(plan)
    combinations: dict[tuple[str, ...], int] = {}
    pending = _Pending()
    before = 0

    def note(place: int, labels: Sequence[str]) -> None:
        together = tuple(sorted({names.get(RuleId(label), label) for label in labels}))
        pending.matched.append(place)
        pending.rules.append(combinations.setdefault(together, len(combinations)))

    for one in taken:
        out = one.out
        pending.places.extend(out.offsets)
        pending.places.extend(_unread(out))
        for place, labels in _labelled(out):
            note(place, labels)
        counted.add(out)
        if one.settled and not plan.rules:
            yield from _settled(pending, list(combinations), before)
            before += len(pending.places)
            pending = _Pending()
    for place, correlation in counted.fired(rules):
        note(place, [correlation])
    yield from _settled(pending, list(combinations), before)


@dataclass(slots=True)
class _Counted:
    """Events that correlation rules count, and where they stand in the files."""

    plan: Plan
    events: list[Counted] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)

    def add(self, out: ShardOut) -> None:
        """Take in what a step gave."""
        if not self.plan.rules:
            return
        labels = out.events.column("labels")
        for row in np.flatnonzero(pc.list_value_length(labels)).tolist():
            rules = labels[row].as_py()
            if any(rule in self.plan.by_rule for rule in rules):
                event = out.events.slice(row, 1).to_pylist()[0]
                self.places[event["event_uid"]] = out.offsets[row]
                counted = Counted(event["event_uid"], event["time"], rules, event_of(event))
                self.events.append(counted)

    def fired(self, rules: RuleSet) -> Iterator[tuple[int, str]]:
        """Places of the events that complete a correlation, and its id."""
        values = values_by({rule.id: rule for rule in rules.rules})
        for uid, correlation in label_whole(self.events, self.plan, values):
            yield self.places[uid], correlation


def _unread(out: ShardOut) -> Iterator[int]:
    """Places of what is in quarantine; that a file is damaged is no event."""
    reasons = texts(out.quarantine, "reason")
    for place, reason in zip(integers(out.quarantine, "offset"), reasons, strict=True):
        if reason != Reason.DAMAGED_FILE.value:
            yield place


def _labelled(out: ShardOut) -> Iterator[tuple[int, Sequence[str]]]:
    """Place and labels of the events that have some."""
    labels = out.events.column("labels")
    for row in np.flatnonzero(pc.list_value_length(labels)).tolist():
        yield out.offsets[row], labels[row].as_py()


def _settled(
    pending: _Pending, combinations: Sequence[tuple[str, ...]], before: int
) -> Iterator[Labelled]:
    places = np.sort(np.frombuffer(pending.places, np.int64))
    matched = np.frombuffer(pending.matched, np.int64)
    numbers = before + np.searchsorted(places, matched)
    order = np.argsort(matched, kind="stable").tolist()
    for number, same in groupby(order, key=lambda index: int(numbers[index])):
        found = {rule for index in same for rule in combinations[pending.rules[index]]}
        yield Labelled(number, tuple(sorted(found)))
