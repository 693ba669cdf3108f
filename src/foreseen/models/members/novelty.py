"""Novelty with back-off: how surprising is this act, by this user, from this parent, here?

Each *view* of a match is a chain of keys from exact to general. A view's surprise is that of
prediction by partial matching: escape each depth that does not know the key, at the price of the
escapes that this workload's own history shows (a build host escapes the exact depth all day, a web
server never), then pay the less the more often the key was seen. The estimate of escapes is
Good-Turing's share of keys seen once (Good 1953); the back-off is PPM's (Cleary and Witten 1984).
Unlike theirs it does not pay for the key's share: a nightly job is rare among a rule's matches and
yet expected.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from math import log2
from typing import Any

from foreseen.models.members.levels import known
from foreseen.models.moments.moment import Moment

UNKNOWN_BITS = 8.0
"""What it costs, beyond the escapes, that even the most general depth has never seen the key."""

FAMILIAR = 8.0
"""Sightings at which a habit costs one bit: what counts is that it recurs, not its share."""

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Surprise:
    """A view's answer: bits, the depth that knew the key (None: no depth) and how often it did."""

    view: str
    bits: float
    depth: int | None
    seen: int


def views_of(moment: Moment) -> dict[str, tuple[Key, ...]]:
    """Keys of a moment by view, exact to general."""
    act, who, parent = moment.act, moment.who, moment.parent
    near = moment.ancestry[0] if moment.ancestry else "?"
    return {
        "act": ((act.exact,), (act.shape,), (act.kind,)),
        "parent": ((parent, act.shape), (parent, act.kind), (near, act.kind)),
        "user": ((who, act.shape), (who, act.kind), (who,)),
        "ancestry": ((*moment.ancestry, act.kind), moment.ancestry, moment.ancestry[:2]),
    }


@dataclass(frozen=True, slots=True)
class _Depth:
    """What one depth of a view knows: how often each key was seen, and what escaping it costs."""

    seen: Mapping[Key, int]
    price: float


class Novelty:
    """Counts of one rule's matches by workload, view and depth."""

    def __init__(self, counts: Mapping[str, Mapping[str, Sequence[Mapping[Key, int]]]]) -> None:
        """Counts by workload and view, one mapping a depth."""
        self._counts = {
            workload: {view: [Counter(depth) for depth in depths] for view, depths in views.items()}
            for workload, views in counts.items()
        }
        self._known: dict[tuple[str, tuple[str, ...]], Mapping[str, Sequence[_Depth]]] = {}

    @classmethod
    def fit(cls, moments: Iterable[Moment]) -> "Novelty":
        """Count the keys of expected matches."""
        counts: dict[str, dict[str, list[Counter[Key]]]] = defaultdict(lambda: defaultdict(list))
        for moment in moments:
            own = counts[moment.workload]
            for view, keys in views_of(moment).items():
                depths = own[view]
                depths.extend(Counter() for _ in range(len(keys) - len(depths)))
                for depth, key in zip(depths, keys, strict=True):
                    depth[key] += 1
        return cls(counts)

    def surprises(self, moment: Moment, members: tuple[str, ...] = ()) -> list[Surprise]:
        """Each view's surprise at the moment.

        Args:
            moment: A match of the rule.
            members: Other workloads whose habits count beside the moment's own.
        """
        name = (moment.workload, members)
        if name not in self._known:
            self._known[name] = self._knowledge(*name)
        depths = self._known[name]
        return [
            _surprise(view, depths.get(view, ()), keys) for view, keys in views_of(moment).items()
        ]

    def _knowledge(self, workload: str, members: tuple[str, ...]) -> Mapping[str, Sequence[_Depth]]:
        own = self._counts.get(workload, {})
        others = [self._counts[member] for member in members if member in self._counts]
        views = sorted({view for counts in (own, *others) for view in counts})
        return {
            view: [
                _depth(known(mine, theirs))
                for mine, *theirs in zip_longest(
                    *(each.get(view, ()) for each in (own, *others)), fillvalue=_NOTHING
                )
            ]
            for view in views
        }

    def dump(self) -> dict[str, object]:
        """JSON-ready counts."""
        return {
            workload: {
                view: [
                    [[list(key), count] for key, count in sorted(depth.items())] for depth in depths
                ]
                for view, depths in sorted(views.items())
            }
            for workload, views in sorted(self._counts.items())
        }

    @classmethod
    def load(cls, dumped: Mapping[str, Mapping[str, Any]]) -> "Novelty":
        """Novelty from `dump`."""
        return cls(
            {
                workload: {
                    view: [{tuple(key): count for key, count in depth} for depth in depths]
                    for view, depths in views.items()
                }
                for workload, views in dumped.items()
            }
        )


def _surprise(view: str, depths: Sequence[_Depth], keys: Sequence[Key]) -> Surprise:
    """The cheapest way to account for the keys: at a depth that knows them, or beyond all."""
    escaped = 0.0
    best: Surprise | None = None
    for number, (depth, key) in enumerate(zip(depths, keys, strict=False)):
        seen = depth.seen.get(key, 0)
        if seen:
            bits = escaped + log2(1 + FAMILIAR / seen)
            # A known key never costs more than escaping it would: what repeats where nearly
            # everything is new must not be odder than what is new.
            if best is None:
                best = Surprise(view, bits, number, seen)
            elif bits < best.bits:
                best = replace(best, bits=bits)
        escaped += depth.price
    return best or Surprise(view, escaped + UNKNOWN_BITS, None, 0)


def _depth(counts: Mapping[Key, int]) -> _Depth:
    once = sum(1 for count in counts.values() if count == 1)
    return _Depth(counts, _price(once, sum(counts.values())))


def _price(once: int, total: int) -> float:
    """Good-Turing: bits of the chance that the next key is new, which is kept inside (0, 1)."""
    return -log2(min(max(once, 0.5) / (total + 1), 0.98))


_NOTHING: Mapping[Key, int] = {}
