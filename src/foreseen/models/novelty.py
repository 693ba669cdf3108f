"""Novelty with back-off: how surprising is this act, by this user, from this parent, here?

Each *view* of a match is a chain of keys from exact to general. A view's surprise is that of
prediction by partial matching: escape each depth that does not know the key, at the price of the
escapes that this workload's own history shows (a build host escapes the exact depth all day, a web
server never), then pay for the key's share of the depth that knows it. The estimate of escapes is
Good-Turing's share of keys seen once (Good 1953); the back-off is PPM's (Cleary and Witten 1984).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log2

from foreseen.models.moments import Moment

UNKNOWN_BITS = 14.0
"""Surprise of an act that even the most general depth has never seen, bits."""

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


class Novelty:
    """Counts of one rule's matches by workload, view and depth."""

    def __init__(self, counts: Mapping[str, Sequence[Mapping[Key, int]]]) -> None:
        """Counts by `workload/view`, one mapping a depth."""
        self._counts = {
            name: [Counter(depth) for depth in depths] for name, depths in counts.items()
        }
        self._escapes = {
            name: [_escape(depth) for depth in depths] for name, depths in self._counts.items()
        }

    @classmethod
    def fit(cls, moments: Iterable[Moment]) -> "Novelty":
        """Count the keys of expected matches."""
        counts: dict[str, list[Counter[Key]]] = defaultdict(list)
        for moment in moments:
            for view, keys in views_of(moment).items():
                depths = counts[f"{moment.workload}/{view}"]
                depths.extend(Counter() for _ in range(len(keys) - len(depths)))
                for depth, key in zip(depths, keys, strict=True):
                    depth[key] += 1
        return cls(counts)

    def surprises(self, moment: Moment) -> list[Surprise]:
        """Each view's surprise at the moment."""
        return [
            self._surprise(f"{moment.workload}/{view}", view, keys)
            for view, keys in views_of(moment).items()
        ]

    def _surprise(self, name: str, view: str, keys: Sequence[Key]) -> Surprise:
        bits = 0.0
        depths = self._counts.get(name, ())
        for number, (depth, key) in enumerate(zip(depths, keys, strict=False)):
            escape = self._escapes[name][number]
            seen = depth.get(key, 0)
            if seen:
                bits -= log2(seen / depth.total()) + log2(1 - escape)
                return Surprise(view, min(bits, UNKNOWN_BITS), number, seen)
            bits -= log2(escape)
        return Surprise(view, max(bits, UNKNOWN_BITS), None, 0)

    def dump(self) -> dict[str, object]:
        """JSON-ready counts."""
        return {
            name: [[[list(key), count] for key, count in sorted(depth.items())] for depth in depths]
            for name, depths in sorted(self._counts.items())
        }

    @classmethod
    def load(cls, dumped: Mapping[str, Sequence[Sequence[tuple[Sequence[str], int]]]]) -> "Novelty":
        """Novelty from `dump`."""
        return cls(
            {
                name: [{tuple(key): count for key, count in depth} for depth in depths]
                for name, depths in dumped.items()
            }
        )


def _escape(depth: Counter[Key]) -> float:
    """Good-Turing: the chance that the next key is new, kept inside (0, 1)."""
    once = sum(1 for count in depth.values() if count == 1)
    total = depth.total()
    return min(max(once, 0.5) / (total + 1), 0.98)
