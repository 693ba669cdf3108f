"""Alerts before and after an edit: which belong together, what differs, which to show."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import zip_longest

from foreseen.core.alerts import Alert

SEVERITIES = ("critical", "high", "medium", "low", "informational")

Pair = tuple[Alert | None, Alert | None]
"""An alert before and after; None where there is none."""


@dataclass(frozen=True, slots=True)
class Volume:
    """A count before the edit and after it."""

    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Example:
    """One alert, as a person wants to see it.

    Attributes:
        uid: The alert's uid.
        rule: Rule whose matches it groups.
        severity: Sigma level of the rule.
        title: One line.
        why: Why it alerts.
        workload: Role that the stream plays.
        host: Machine that reported the first match.
        first_time: Event time of the first match, ms UTC.
        last_time: Event time of the last match, ms UTC.
        count: Matches in it.
        event: The source's own line of the first match; empty where it is not retained.
        changes: For a changed alert, what changed: name to its value before and after.
    """

    uid: str
    rule: str
    severity: str
    title: str
    why: str
    workload: str
    host: str
    first_time: int
    last_time: int
    count: int
    event: str
    changes: Mapping[str, tuple[object, object]]


def paired(before: Mapping[str, Alert], after: Mapping[str, Alert]) -> list[Pair]:
    """Alerts of both sides, those with the same matches together, in the order of their times.

    The first match names an alert. If it is gone, the alert is still the one that shares the most
    matches with it.
    """
    pairs: list[Pair] = [(alert, after[uid]) for uid, alert in before.items() if uid in after]
    left = {uid: alert for uid, alert in before.items() if uid not in after}
    of_member = {member: uid for uid, alert in left.items() for member in alert.members}
    for alert in sorted(after.values(), key=_place):
        if alert.uid in before:
            continue
        shared = Counter(of_member[m] for m in alert.members if of_member.get(m) in left)
        nearest = min(shared, key=lambda uid: (-shared[uid], uid), default="")
        pairs.append((left.pop(nearest, None), alert))
    pairs += [(alert, None) for alert in left.values()]
    return sorted(pairs, key=lambda pair: _place(pair[1] or pair[0]))


def changes_of(before: Alert, after: Alert) -> dict[str, tuple[object, object]]:
    """What a person would see differ between two versions of one alert."""
    told = {
        "rule": (before.rule, after.rule),
        "severity": (before.severity, after.severity),
        "title": (before.title, after.title),
        "count": (before.count, after.count),
        "why": (_why(before), _why(after)),
    }
    return {name: values for name, values in told.items() if values[0] != values[1]}


def example_of(alert: Alert, line: str, changes: Mapping[str, tuple[object, object]]) -> Example:
    """The alert with its event's line."""
    return Example(
        uid=alert.uid,
        rule=alert.rule,
        severity=alert.severity,
        title=alert.title,
        why=_why(alert),
        workload=alert.workload,
        host=alert.host,
        first_time=alert.first_time,
        last_time=alert.last_time,
        count=alert.count,
        event=line,
        changes=changes,
    )


def worth_showing(alerts: Iterable[Alert], most: int) -> list[Alert]:
    """Up to `most` alerts: of each rule one before a second of any, the most severe rules first."""
    by_rule: dict[str, list[Alert]] = {}
    for alert in sorted(alerts, key=lambda each: (_rank(each), each.rule, *_place(each))):
        by_rule.setdefault(alert.rule, []).append(alert)
    rounds = zip_longest(*by_rule.values())
    return [alert for one in rounds for alert in one if alert is not None][:most]


def volume_by(before: Iterable[str], after: Iterable[str]) -> dict[str, Volume]:
    """How often each name stands on either side, by name."""
    ours, theirs = Counter(before), Counter(after)
    return {name: Volume(ours[name], theirs[name]) for name in sorted(ours | theirs)}


def days_of(alerts: Iterable[Alert]) -> list[str]:
    """Day of each alert's first match, UTC."""
    return [day_of(alert.first_time) for alert in alerts]


def day_of(time: int) -> str:
    """Day of a time in ms, UTC; a clock that is wrong beyond what a calendar has is told so."""
    return minute_of(time)[:10]


def minute_of(time: int) -> str:
    """A time in ms as `2026-11-21 19:30`, UTC."""
    try:
        return datetime.fromtimestamp(time / 1000, UTC).strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError, OSError):
        return "unknown"


def events_of(alerts: Sequence[Alert]) -> list[str]:
    """Event of each alert's first match."""
    return [str(alert.decision.get("event_uid", "")) for alert in alerts]


def _place(alert: Alert | None) -> tuple[int, str]:
    return (alert.first_time, alert.uid) if alert else (0, "")


def _rank(alert: Alert) -> int:
    return SEVERITIES.index(alert.severity) if alert.severity in SEVERITIES else len(SEVERITIES)


def _why(alert: Alert) -> str:
    return str(alert.decision.get("basis", ""))
