"""Which matches may teach a model (law 5): accepted, dismissed, or suppressed on a quiet host."""

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from foreseen.core.decisions import Outcome
from foreseen.core.ids import RuleId
from foreseen.models.moments import Moment, moments_of
from foreseen.schema.arrow import integers, texts

QUARANTINE = 24 * 60 * 60 * 1000
"""How long its host must have stayed without an incident before a suppressed match teaches, ms."""


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
        now: Latest time that we had something, which the quarantine is measured against, ms UTC.
    """
    history: dict[RuleId, list[Moment]] = defaultdict(list)
    quiet = _quiet(matches, evidence, now)
    for moment, calm in zip(moments_of(matches), quiet, strict=True):
        if moment.rule in rules and _teaches(moment, evidence, calm=calm):
            history[RuleId(moment.rule)].append(moment)
    for found in history.values():
        found.sort(key=lambda moment: (moment.time, moment.uid))
    return dict(sorted(history.items()))


def _quiet(matches: pa.Table, evidence: Evidence, now: int) -> list[bool]:
    """Whether a match's quarantine is over and its host had neither incident nor gap in it.

    Measured by when we had a match: its own time is what its host says, and a host that lies must
    not shorten it. A day before counts as well as the day after: an attack may go on quietly.
    """
    hosts, times = texts(matches, "host"), integers(matches, "ingested_time")
    uids, whole = texts(matches, "match_uid"), matches.column("window_complete").to_pylist()
    unrest: dict[str, list[int]] = defaultdict(list)
    for host, time, uid, complete in zip(hosts, times, uids, whole, strict=True):
        if uid in evidence.tainted or complete is not True:
            insort(unrest[host], time)
    return [
        time < now - QUARANTINE and not _between(unrest[host], time - QUARANTINE, time + QUARANTINE)
        for host, time in zip(hosts, times, strict=True)
    ]


def _between(ordered: Sequence[int], first: int, last: int) -> bool:
    return bisect_left(ordered, first) < bisect_right(ordered, last)


def _teaches(moment: Moment, evidence: Evidence, *, calm: bool) -> bool:
    if moment.uid in evidence.tainted:
        return False
    if moment.time < evidence.accepted_until or moment.uid in evidence.dismissed:
        return True
    return calm and evidence.outcomes.get(moment.uid) is Outcome.SUPPRESSED
