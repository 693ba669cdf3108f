"""Classes and outcomes that the values of an event choose, not its kind alone."""

from dataclasses import replace
from typing import Any

from foreseen.parsers.windows_event_kinds import Kind
from foreseen.schema.shaped import Shape

_SUCCESS, _FAILURE = 1, 2
_AUDIT_SUCCESS, _AUDIT_FAILURE = 0x20_0000_0000_0000, 0x10_0000_0000_0000
_LONGEST_KEYWORDS = 64
_MOST = 1024

Case = tuple[int, int]


class Chosen(dict[tuple[Any, ...], Shape]):
    """Columns by the values that choose them; those of short values are kept.

    Events of the same columns have the same `Shape`, whatever values chose it.
    """

    def __init__(self, shape: Shape, kind: Kind, *, by: bool, audited: bool) -> None:
        """Shape: the columns if nothing is chosen.

        Args:
            shape: The columns if nothing is chosen.
            kind: What the first of the values chooses from.
            by: Whether a value chooses the class.
            audited: Whether the last value is the keywords that say how an audited act came out.
        """
        super().__init__()
        self._shape, self._kind, self._by, self._audited = shape, kind, by, audited
        self._shapes: dict[tuple[Case | None, int | None], Shape] = {}

    def __missing__(self, values: tuple[Any, ...]) -> Shape:
        """Find out; a value is a text or a scalar's text."""
        case = self._kind.cases.get(values[0]) if self._by else None
        outcome = _outcome(values[-1]) if self._audited else None
        found = self._shapes.get((case, outcome))
        if found is None:
            found = self._shapes[case, outcome] = self._of(case, outcome)
        if sum(map(len, values)) <= _LONGEST_KEYWORDS:
            if len(self) >= _MOST:
                self.clear()
            self[values] = found
        return found

    def _of(self, case: Case | None, outcome: int | None) -> Shape:
        class_uid, activity_id = case or (self._kind.class_uid, self._kind.activity_id)
        own = {"class_uid": class_uid, "activity_id": activity_id}
        if outcome is not None:
            own["status_id"] = outcome
        return replace(self._shape, constants={**self._shape.constants, **own})


def chosen(shape: Shape, kind: Kind, *, by: bool, audited: bool) -> Chosen | None:
    """Columns by the values that choose them; null where none does."""
    return Chosen(shape, kind, by=by, audited=audited) if by or audited else None


def _outcome(keywords: str) -> int:
    """Whether an audited act succeeded, by the event's keywords: a bit mask or their names."""
    if len(keywords) > _LONGEST_KEYWORDS:
        return 0
    try:
        bits = int(keywords, 0)
    except ValueError:
        return {"Audit Success": _SUCCESS, "Audit Failure": _FAILURE}.get(keywords, 0)
    return _SUCCESS if bits & _AUDIT_SUCCESS else _FAILURE if bits & _AUDIT_FAILURE else 0
