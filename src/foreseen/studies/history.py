"""Which matches may teach a model (law 5): accepted, dismissed, or quietly suppressed for a day."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from foreseen.core.decisions import Outcome
from foreseen.core.ids import RuleId
from foreseen.models.moments import Moment, moments_of

QUARANTINE = 24 * 60 * 60 * 1000
"""How long a suppressed match must have stayed without an incident before it teaches, ms."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of past matches besides their rows.

    Attributes:
        accepted_until: End of the bootstrap period that a person accepted, ms UTC.
        outcomes: Outcome by match, of those that were judged.
        dismissed: Matches of alerts that a person dismissed.
        tainted: Matches of open or escalated alerts and incidents: they never teach.
    """

    accepted_until: int
    outcomes: Mapping[str, Outcome] = field(default_factory=dict)
    dismissed: Collection[str] = frozenset()
    tainted: Collection[str] = frozenset()


def clean_history(
    matches: pa.Table, evidence: Evidence, rules: Collection[RuleId], now: int
) -> dict[RuleId, list[Moment]]:
    """Matches that may teach, by rule, in order of time.

    Args:
        matches: Rows of the matches table.
        evidence: What people and the judge said of them.
        rules: Rules marked for a model; others are left out.
        now: Event time that the quarantine is measured against, ms UTC.
    """
    history: dict[RuleId, list[Moment]] = defaultdict(list)
    for moment in moments_of(matches):
        if moment.rule in rules and _teaches(moment, evidence, now):
            history[RuleId(moment.rule)].append(moment)
    for found in history.values():
        found.sort(key=lambda moment: (moment.time, moment.uid))
    return dict(sorted(history.items()))


def _teaches(moment: Moment, evidence: Evidence, now: int) -> bool:
    if moment.uid in evidence.tainted:
        return False
    if moment.time < evidence.accepted_until or moment.uid in evidence.dismissed:
        return True
    suppressed = evidence.outcomes.get(moment.uid) is Outcome.SUPPRESSED
    return suppressed and moment.time < now - QUARANTINE
