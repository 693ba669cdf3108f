"""The smallest change that turns a model's answer: what would have had to be otherwise.

The model itself is asked, with one change, then with two at once. Where that is not enough, all
changes towards one other match are made together and taken back one by one, as long as the answer
stays turned: what is left is needed to the last.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

from foreseen.models.explaining.changes import Change, applied
from foreseen.models.moments.moment import Moment

MOST_ASKED = 200
"""Moments that the model is asked about at most."""

MOST_WAYS = 3
_FOR_MANY = 60
"""What is kept of `MOST_ASKED` for taking back one by one."""

Ask = Callable[[Sequence[Moment]], Sequence[float]]
"""Probabilities of moments."""


@dataclass(frozen=True, slots=True)
class Way:
    """Changes made together, and the probability with them."""

    changes: tuple[Change, ...]
    probability: float


@dataclass(frozen=True, slots=True)
class Turned:
    """What turns the answer.

    Attributes:
        ways: Smallest ways found, all with as many changes, one a kind; empty when there is none.
        nearest: What came nearest where none is found; None when there was nothing to change.
        asked: Moments that the model was asked about.
        tried: Changes that there were to try.
        complete: Whether every single change and every pair of them was tried, or one was enough.
    """

    ways: tuple[Way, ...]
    nearest: Way | None
    asked: int
    tried: int
    complete: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """On which side of the budget the probability should be."""

    expected: bool
    budget: float

    def holds(self, probability: float) -> bool:
        """Whether it is there: above the budget is expected, as the decision has it."""
        return (probability > self.budget) is self.expected

    def merit(self, way: Way) -> float:
        """How far it is towards there."""
        return way.probability if self.expected else -way.probability


def smallest_change(
    ask: Ask,
    moment: Moment,
    changes: Sequence[Change],
    together: Sequence[Sequence[Change]],
    wanted: Wanted,
) -> Turned:
    """The fewest of `changes` that turn the answer on `moment`.

    Args:
        ask: The model.
        moment: The match as it was.
        changes: What could have been otherwise, one thing each.
        together: Sets of changes that may turn the answer when all are made.
        wanted: Where the probability should come to lie.
    """
    search = _Search(ask, moment, wanted)
    singles = search.ways([(change,) for change in changes], MOST_ASKED - _FOR_MANY)
    complete = len(singles) == len(changes)
    turned = [way for way in singles if wanted.holds(way.probability)]
    pairs: list[Way] = []
    if not turned:
        wished = _pairs(singles, wanted)
        pairs = search.ways(wished, MOST_ASKED - _FOR_MANY)
        complete &= len(pairs) == len(wished)
        turned = [way for way in pairs if wanted.holds(way.probability)]
    if not turned:
        found = (search.needed(each) for each in together)
        turned = [way for way in found if way is not None]
    best = _best(turned, wanted)
    nearest = None if best else max([*singles, *pairs], key=wanted.merit, default=None)
    return Turned(best, nearest, search.asked, len(changes), complete)


def _best(turned: Sequence[Way], wanted: Wanted) -> tuple[Way, ...]:
    """The smallest ways, one a kind: another act altogether says least, so it comes last."""
    fewest = min((len(way.changes) for way in turned), default=0)
    smallest = [way for way in turned if len(way.changes) == fewest]
    smallest.sort(key=lambda way: (_is_another_act(way), -wanted.merit(way)))
    kinds: dict[frozenset[tuple[str, str | None]], Way] = {}
    for way in smallest:
        kinds.setdefault(frozenset((each.part, each.without) for each in way.changes), way)
    return tuple(list(kinds.values())[:MOST_WAYS])


def _is_another_act(way: Way) -> bool:
    return any(change.part == "act" for change in way.changes)


def _pairs(singles: Sequence[Way], wanted: Wanted) -> list[tuple[Change, ...]]:
    """Pairs that go together, those of the most helpful changes first."""
    ranked = sorted(singles, key=lambda way: -wanted.merit(way))
    numbered = combinations(range(len(ranked)), 2)
    return [
        (*ranked[i].changes, *ranked[j].changes)
        for i, j in sorted(numbered, key=sum)
        if _go_together(ranked[i].changes[0], ranked[j].changes[0])
    ]


def _go_together(one: Change, other: Change) -> bool:
    """Whether both can be made: not on the same field, nor on events of an exchanged window."""
    exclusive = {one.part, other.part} == {"window", "events"}
    return not exclusive and not one.fields.keys() & other.fields.keys()


class _Search:
    """Asks the model, and counts."""

    def __init__(self, ask: Ask, moment: Moment, wanted: Wanted) -> None:
        self._ask = ask
        self._moment = moment
        self._wanted = wanted
        self.asked = 0

    def ways(self, sets: Sequence[tuple[Change, ...]], limit: int) -> list[Way]:
        """The model's answers to the first sets, as many as the limit leaves."""
        sets = sets[: max(limit - self.asked, 0)]
        self.asked += len(sets)
        moments = [applied(self._moment, changes) for changes in sets]
        answers = self._ask(moments) if moments else []
        return [Way(changes, answer) for changes, answer in zip(sets, answers, strict=True)]

    def needed(self, changes: Sequence[Change]) -> Way | None:
        """Those of the changes that are needed when the others are taken back."""
        if self.asked + len(changes) * (len(changes) + 1) // 2 > MOST_ASKED:
            return None  # it could not be finished: what is left might not all be needed
        found = None
        best = self._turned([tuple(changes)])
        while best is not None:
            found, kept = best, best.changes
            fewer = [(*kept[:place], *kept[place + 1 :]) for place in range(len(kept))]
            best = self._turned(fewer) if len(kept) > 1 else None
        return found

    def _turned(self, sets: Sequence[tuple[Change, ...]]) -> Way | None:
        """The best of the sets that turn the answer."""
        answered = [w for w in self.ways(sets, MOST_ASKED) if self._wanted.holds(w.probability)]
        return max(answered, key=self._wanted.merit, default=None)
