"""What became of each match in the end: the last word of the judge, from the lake's predictions."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pyarrow.compute as pc

from foreseen.core.decisions import Basis, Outcome
from foreseen.core.ids import RuleId, TenantId
from foreseen.lake.lake import Lake
from foreseen.pipeline import predictions
from foreseen.schema.arrow import integers, texts

_COLUMNS = ["match_uid", "rule_id", "outcome", "basis"]


@dataclass(slots=True)
class Words:
    """Matches of one rule by what became of them, by uid.

    Attributes:
        alerted: Told to people.
        expected: Suppressed because a model expected them.
        hidden: Not told for another reason: by hand, counted only, below a threshold.
        days: Days (UTC, since 1970) of those that a model suppressed.
    """

    alerted: set[str] = field(default_factory=set)
    expected: set[str] = field(default_factory=set)
    hidden: set[str] = field(default_factory=set)
    days: set[int] = field(default_factory=set)

    @property
    def matches(self) -> int:
        """All that were judged."""
        return len(self.alerted) + len(self.expected) + len(self.hidden)


def last_words(lake: Lake, tenant: TenantId, *, since: int = 0) -> dict[RuleId, Words]:
    """What became of the judged matches, by rule.

    Of a match that was judged again, because late evidence came, the later word counts.

    Args:
        lake: The lake.
        tenant: Whose matches.
        since: Matches of events before this time are left out, ms UTC.
    """
    own = (pc.field("tenant") == tenant) & (pc.field("time") >= since)
    every = lake.read("predictions", [*_COLUMNS, "time", "revised"], own)
    rows = predictions.last_words(every)
    columns: list[Sequence[str]] = [texts(rows, name) for name in _COLUMNS]
    found: dict[RuleId, Words] = {}
    for (uid, rule, outcome, basis), time in zip(
        zip(*columns, strict=True), integers(rows, "time"), strict=True
    ):
        words = found.setdefault(RuleId(rule), Words())
        _add(words, uid, outcome, basis, time)
    return dict(sorted(found.items()))


def _add(words: Words, uid: str, outcome: str, basis: str, time: int) -> None:
    if outcome == Outcome.ALERTED.value:
        words.alerted.add(uid)
    elif basis == Basis.EXPECTED.value:
        words.expected.add(uid)
        words.days.add(time // _DAY)
    else:
        words.hidden.add(uid)


_DAY = 86_400_000


def suppressed(words: dict[RuleId, Words]) -> Iterator[tuple[str, RuleId]]:
    """Matches that models suppressed, each with its rule."""
    return ((uid, rule) for rule, each in words.items() for uid in sorted(each.expected))
