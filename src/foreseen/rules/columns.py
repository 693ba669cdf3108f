"""Which columns of events decide a rule."""

from collections.abc import Iterator
from itertools import product

from foreseen.rules.engine.derived import READS
from foreseen.rules.logsources import Scope
from foreseen.rules.places import EventKind, Place, keyword_places, places_of
from foreseen.rules.tree import Origin, Tree, atoms_of


def columns_of(tree: Tree, scope: Scope) -> tuple[str, ...]:
    """Columns that a rule reads for any kind of event of its log source, sorted."""
    fields = {field for atom in atoms_of(tree) for field in (atom.field, atom.other) if field}
    columns: set[str] = set()
    for kind in kinds_of(scope):
        for field in fields:
            for place in (
                places_of(field.namespace, field.name, kind) if field.name else keyword_places(kind)
            ):
                columns.update(_behind(place))
    return tuple(sorted(columns))


def kinds_of(scope: Scope) -> Iterator[EventKind]:
    """A kind of event for each combination that a log source names; null what it leaves open."""
    for gate in scope.gates:
        numbers = product(gate.classes or (None,), gate.activities or (None,))
        names = product(gate.products or ("",), gate.log_names or ("",), gate.event_types or ("",))
        for (class_uid, activity_id), (recorder, log, event) in product(numbers, list(names)):
            yield EventKind(
                class_uid, activity_id, None, recorder or None, log or None, event or None
            )


def _behind(place: Place) -> tuple[str, ...]:
    if place.origin is Origin.COLUMN:
        return (place.name,)
    return ("unmapped",) if place.origin is Origin.UNMAPPED else READS[place.name]
