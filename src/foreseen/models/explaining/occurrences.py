"""How many expected matches of a workload had a token in a section of their context: true counts.

No member scores with them. They are kept so that an explanation can say "3 of 18,402" and mean it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from foreseen.models.members.features import sections_of
from foreseen.models.moments.moment import Moment

MOST_KEPT = 200
"""Most frequent tokens counted a workload and section; of a rarer one only a bound is known."""


@dataclass(frozen=True, slots=True)
class Seen:
    """In how many expected matches something was.

    Attributes:
        count: Matches that had it; where `exact` is false, no more than these.
        of: Expected matches of the workload, or of those that answer for it.
        exact: Whether the count is kept, not only its bound.
    """

    count: int
    of: int
    exact: bool = True

    def __str__(self) -> str:
        """In words, e.g. `3 of 18,402`."""
        return f"{'' if self.exact else 'at most '}{self.count:,} of {self.of:,}"


@dataclass(frozen=True, slots=True)
class _Counted:
    """Counts of one workload and section; `bound`: the highest count that was left out."""

    counts: Mapping[str, int]
    bound: int


class Occurrences:
    """Matches with a token, by workload, section and token."""

    def __init__(
        self, matches: Mapping[str, int], counted: Mapping[tuple[str, str], _Counted]
    ) -> None:
        """Matches: all of them by workload; counted: by (workload, section)."""
        self._matches = dict(matches)
        self._counted = dict(counted)

    @classmethod
    def fit(cls, moments: Iterable[Moment]) -> "Occurrences":
        """Count each token once a match and section."""
        matches: Counter[str] = Counter()
        counters: dict[tuple[str, str], Counter[str]] = {}
        for moment in moments:
            matches[moment.workload] += 1
            for section, tokens in sections_of(moment).items():
                counters.setdefault((moment.workload, section), Counter()).update(set(tokens))
        return cls(matches, {key: _kept(counter) for key, counter in counters.items()})

    def seen(self, workloads: Sequence[str], section: str, token: str) -> Seen:
        """In how many expected matches of the workloads together the section held the token."""
        found = [self._seen(workload, section, token) for workload in workloads]
        return Seen(
            sum(each.count for each in found),
            sum(each.of for each in found),
            exact=all(each.exact for each in found),
        )

    def _seen(self, workload: str, section: str, token: str) -> Seen:
        of = self._matches.get(workload, 0)
        counted = self._counted.get((workload, section))
        if counted is None:
            return Seen(0, of)
        known = counted.counts.get(token)
        return Seen(counted.bound, of, not counted.bound) if known is None else Seen(known, of)

    def dump(self) -> dict[str, object]:
        """JSON-ready: each token once, counts by its number."""
        tokens = sorted({token for kept in self._counted.values() for token in kept.counts})
        number = {token: place for place, token in enumerate(tokens)}
        return {
            "tokens": tokens,
            "matches": dict(sorted(self._matches.items())),
            "counts": [
                [*key, kept.bound, [[number[t], n] for t, n in sorted(kept.counts.items())]]
                for key, kept in sorted(self._counted.items())
            ],
        }

    @classmethod
    def load(cls, dumped: Mapping[str, Any]) -> "Occurrences":
        """Occurrences from `dump`."""
        tokens = dumped["tokens"]
        return cls(
            dumped["matches"],
            {
                (workload, section): _Counted({tokens[i]: int(n) for i, n in counts}, int(bound))
                for workload, section, bound, counts in dumped["counts"]
            },
        )


def _kept(counter: Counter[str]) -> _Counted:
    ranked = sorted(counter.items(), key=lambda item: (-item[1], item[0]))
    left_out = ranked[MOST_KEPT:]
    return _Counted(dict(ranked[:MOST_KEPT]), left_out[0][1] if left_out else 0)
