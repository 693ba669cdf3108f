"""Which matches may teach a model (law 5): accepted, dismissed, or suppressed on a quiet host.

The first two are a person's word; what was only suppressed teaches by leave of the anchor, the
model that is taught by people alone (`studies.anchor`).
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from foreseen.core.decisions import Outcome
from foreseen.core.ids import RuleId
from foreseen.models.moments.elsewhere import elsewhere_of
from foreseen.models.moments.moment import Moment, moments_of
from foreseen.schema.arrow import integers, texts

History = Mapping[RuleId, Sequence[Moment]]
Elsewhere = Sequence[tuple[str, ...]]

_AT_ONCE = 4_096

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


@dataclass(frozen=True, slots=True)
class Lessons:
    """Matches that may teach, by rule, each in order of time.

    Attributes:
        accepted: A person accepted the time that they are of.
        dismissed: A person dismissed their alerts.
        quiet: They were suppressed, and their host stayed quiet; nobody has looked at them.
    """

    accepted: History
    dismissed: History
    quiet: History


def lessons_of(
    matches: pa.Table, evidence: Evidence, rules: Collection[RuleId], now: int
) -> Lessons:
    """Matches that may teach, by whose word.

    Args:
        matches: Rows of the matches table.
        evidence: What people and the judge said of them.
        rules: Rules marked for a model; others are left out.
        now: Latest time that we had something, which the quarantine is measured against, ms UTC.
    """
    elsewhere = elsewhere_of(matches)  # what teaches nothing stands around what does
    taught = _teaching(matches, evidence, rules, now)
    return Lessons(*(_by_rule(matches, elsewhere, rows) for rows in taught))


def clean_history(
    matches: pa.Table, evidence: Evidence, rules: Collection[RuleId], now: int
) -> dict[RuleId, list[Moment]]:
    """All matches that may teach if the anchor lets them, by rule, in order of time.

    Args:
        matches: Rows of the matches table.
        evidence: What people and the judge said of them.
        rules: Rules marked for a model; others are left out.
        now: Latest time that we had something, which the quarantine is measured against, ms UTC.
    """
    rows = [row for rows in _teaching(matches, evidence, rules, now) for row in rows]
    return _by_rule(matches, elsewhere_of(matches), sorted(rows))


def _by_rule(
    matches: pa.Table, elsewhere: Elsewhere, places: Sequence[int]
) -> dict[RuleId, list[Moment]]:
    """Moments of some rows; those that teach nothing are never folded."""
    history: dict[RuleId, list[Moment]] = defaultdict(list)
    for start in range(0, len(places), _AT_ONCE):  # rows as Python values weigh ten times as much
        rows = places[start : start + _AT_ONCE]
        for moment in moments_of(matches, elsewhere, rows=rows):
            history[RuleId(moment.rule)].append(moment)
    for found in history.values():
        found.sort(key=lambda moment: (moment.time, moment.uid))
    return dict(sorted(history.items()))


def _teaching(
    matches: pa.Table, evidence: Evidence, rules: Collection[RuleId], now: int
) -> tuple[list[int], list[int], list[int]]:
    """Rows of an accepted time, of dismissed alerts, and those that teach as all stayed quiet."""
    accepted: list[int] = []
    dismissed: list[int] = []
    quiet: list[int] = []
    calm = _quiet(matches, evidence, now)
    uids, times = texts(matches, "match_uid"), integers(matches, "time")
    rows = zip(uids, times, texts(matches, "rule_id"), calm, strict=True)
    for place, (uid, time, rule, is_calm) in enumerate(rows):
        if rule not in rules or uid in evidence.tainted:
            continue
        if time < evidence.accepted_until:
            accepted.append(place)
        elif uid in evidence.dismissed:
            dismissed.append(place)
        elif is_calm and evidence.outcomes.get(uid) is Outcome.SUPPRESSED:
            quiet.append(place)
    return accepted, dismissed, quiet


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
            unrest[host].append(time)
    for moments in unrest.values():
        moments.sort()
    return [
        time < now - QUARANTINE
        and not _between(unrest.get(host, ()), time - QUARANTINE, time + QUARANTINE)
        for host, time in zip(hosts, times, strict=True)
    ]


def _between(ordered: Sequence[int], first: int, last: int) -> bool:
    return bisect_left(ordered, first) < bisect_right(ordered, last)
