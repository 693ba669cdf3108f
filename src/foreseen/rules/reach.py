"""Whether a rule can ever match what is being collected, and if not, why."""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from foreseen.core.ids import RuleId
from foreseen.rules.engine.cells import Reader
from foreseen.rules.engine.derived import READS
from foreseen.rules.engine.kernels import compute
from foreseen.rules.engine.kinds import kinds_of_rows
from foreseen.rules.logsources import admits
from foreseen.rules.places import EventKind, Place, keyword_places, places_of
from foreseen.rules.ruleset import Compiled, RuleSet
from foreseen.rules.tree import Field, Origin, atoms_of


@dataclass(frozen=True, slots=True)
class Seen:
    """What events of one kind were seen to hold.

    Attributes:
        events: How many there were.
        columns: Columns that were not null in all of them.
        names: Names in `unmapped`.
    """

    events: int = 0
    columns: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()

    def has(self, place: Place) -> bool:
        """Whether some event had a value at a place."""
        if place.origin is Origin.COLUMN:
            return place.name in self.columns
        if place.origin is Origin.UNMAPPED:
            return bool(self.names) if place.name == "*" else place.name in self.names
        return any(
            bool(self.names) if column == "unmapped" else column in self.columns
            for column in READS[place.name]
        )


@dataclass(slots=True)
class Inventory:
    """What is being collected: by kind of event what such events hold."""

    kinds: dict[EventKind, Seen] = field(default_factory=dict)

    def add(self, batch: pa.RecordBatch) -> None:
        """Take in rows of the events table."""
        kinds, codes = kinds_of_rows(Reader(batch))
        columns: list[set[str]] = [set() for _ in kinds]
        names: list[set[str]] = [set() for _ in kinds]
        for name in batch.schema.names:
            array = batch.column(name)
            present = compute.is_valid(array).to_numpy(zero_copy_only=False)
            for kind in np.unique(codes[present]).tolist():
                columns[kind].add(name)
        reader = Reader(batch)
        reader.expect(None)
        for name, rows in reader.named_rows():
            for kind in np.unique(codes[rows]).tolist():
                names[kind].add(name)
        counts = np.bincount(codes, minlength=len(kinds)).tolist()
        for place, kind_ in enumerate(kinds):
            before = self.kinds.get(kind_, Seen())
            self.kinds[kind_] = Seen(
                before.events + counts[place],
                before.columns | columns[place],
                before.names | names[place],
            )


@dataclass(frozen=True, slots=True)
class Reach:
    """Whether a rule can match.

    Attributes:
        reachable: Whether events that hold what was seen could make it true.
        reason: Why not, empty if it can.
    """

    reachable: bool
    reason: str = ""


def reach(rules: RuleSet, inventory: Inventory) -> dict[RuleId, Reach]:
    """For each rule whether it can match events of the kinds that are being collected."""
    reachable: set[RuleId] = set()
    for kind, seen in inventory.kinds.items():
        reachable |= rules.reachable(kind, seen.has)
    return {
        each.rule.id: Reach(reachable=True)
        if each.rule.id in reachable
        else Reach(reachable=False, reason=_reason(each, inventory.kinds))
        for each in rules.compiled
    }


def _reason(compiled: Compiled, kinds: Mapping[EventKind, Seen]) -> str:
    admitted = [k for k in kinds if any(admits(gate, k) for gate in compiled.scope.gates)]
    if not admitted:
        return f"no events of log source '{compiled.scope.name}' are collected"
    missing = sorted(_missing(compiled, admitted, kinds))
    if missing:
        return f"events of its log source never have {', '.join(missing)}"
    return "its conditions on the kind of event exclude each other or every kind that is collected"


def _missing(
    compiled: Compiled, admitted: Sequence[EventKind], kinds: Mapping[EventKind, Seen]
) -> AbstractSet[str]:
    """Names of fields that none of the kinds of events has."""
    fields = {each for atom in atoms_of(compiled.tree) for each in (atom.field, atom.other) if each}
    return {
        each.name or "any text"
        for each in fields
        if not any(_has(each, kind, kinds[kind]) for kind in admitted)
    }


def _has(name: Field, kind: EventKind, seen: Seen) -> bool:
    places: Iterable[Place] = (
        places_of(name.namespace, name.name, kind) if name.name else keyword_places(kind)
    )
    return any(seen.has(place) for place in places)
