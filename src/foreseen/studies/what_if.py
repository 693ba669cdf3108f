"""What an unsaved edit would alter: retained history through the one pipeline, before and after."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pyarrow as pa
import pyarrow.compute as pc

from foreseen.core.alerts import Alert
from foreseen.core.decisions import Decision, Outcome
from foreseen.core.ids import ContentHash
from foreseen.lake.lake import Lake
from foreseen.pipeline.judge import JudgeArtefacts, step
from foreseen.pipeline.open_streams import JudgeState
from foreseen.rules import RuleSet
from foreseen.studies.what_if_alerts import (
    Example,
    Pair,
    Volume,
    changes_of,
    days_of,
    events_of,
    example_of,
    paired,
    volume_by,
    worth_showing,
)
from foreseen.studies.what_if_answers import sharing
from foreseen.studies.what_if_history import (
    Both,
    Relabelling,
    Retained,
    Work,
    both_anew,
    both_saved,
    relabelling,
    retained,
    saved_matches,
)
from foreseen.studies.what_if_notes import Known, notes

Progress = Callable[[str, float, float], None]

FORMAT = 1
"""Version of the answer's shape; it grows when a key changes its meaning or goes."""

SAVED, ANEW = "saved matches", "events labelled anew"


@dataclass(frozen=True, slots=True)
class Side:
    """All that the replay of one side depends on besides the history.

    Attributes:
        rules: Rules that label.
        judge: What the judge depends on.
    """

    rules: RuleSet
    judge: JudgeArtefacts


@dataclass(frozen=True, slots=True)
class Scope:
    """Which part of history is judged and which is told.

    Attributes:
        judged_from: Matches before this time are history that models learned from, and are not
            judged, ms UTC; None: all are.
        since: Alerts whose first match is before it are not told, ms UTC.
        until: Matches at or after it are left out, ms UTC.
        examples: Most alerts to show of each kind.
        distrust: Whether labels and windows are made anew even where those of the lake must be the
            same.
    """

    judged_from: int | None = None
    since: int | None = None
    until: int | None = None
    examples: int = 5
    distrust: bool = False


@dataclass(frozen=True, slots=True)
class Period:
    """What was replayed.

    Attributes:
        first: Earliest event time that is retained, ms UTC; None without events.
        last: Latest event time, ms UTC.
        judged_from: As in `Scope`.
        since: As in `Scope`.
        until: As in `Scope`.
        events: Events that are retained.
        matches: Matches that were judged.
    """

    first: int | None
    last: int | None
    judged_from: int | None
    since: int | None
    until: int | None
    events: int
    matches: Volume


@dataclass(frozen=True, slots=True)
class RuleVolume:
    """What one rule did; matches and suppressed ones in all that was judged, alerts of those told.

    Attributes:
        rule: Its id.
        edit: `added`, `removed`, `relabels` (it matches other events), `reworded` (all else about
            it), or empty.
        matches: Its matches.
        suppressed: Those of them that were suppressed.
        alerts: Its alerts.
    """

    rule: str
    edit: str
    matches: Volume
    suppressed: Volume
    alerts: Volume


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The answer, JSON-ready; equal for equal history, edit and scope.

    Attributes:
        format: Version of this shape.
        tenant: Organisation.
        period: What was replayed.
        alerts: Alerts on both sides.
        added: Alerts that only the edit raises.
        removed: Alerts that the edit takes away.
        changed: Alerts that differ in what a person sees.
        examples: Some of each kind, under `added`, `removed` and `changed`.
        days: Alerts by day (UTC) of their first match.
        workloads: Alerts by workload.
        rules: By rule, those with a difference or an edit.
        method: Whether saved matches could be used, or events were labelled anew.
        relabelled: Rules that were asked of every event because of the edit.
        hashes: What each side depended on, and the versions of the lake's tables.
        notes: What the answer cannot know, in sentences.
    """

    format: int
    tenant: str
    period: Period
    alerts: Volume
    added: int
    removed: int
    changed: int
    examples: Mapping[str, tuple[Example, ...]]
    days: Mapping[str, Volume]
    workloads: Mapping[str, Volume]
    rules: tuple[RuleVolume, ...]
    method: str
    relabelled: tuple[str, ...]
    hashes: Mapping[str, Mapping[str, ContentHash | int]]
    notes: tuple[str, ...]


def what_if(
    lake: Lake,
    before: Side,
    after: Side,
    scope: Scope,
    progress: Progress = lambda *_: None,
) -> WhatIf:
    """Replay one tenant's retained history with both sides and tell the difference.

    Raises:
        CorruptError: The lake cannot be read.
    """
    tenant = before.judge.tenant
    versions = {name: lake.version(name) for name in ("events", "matches")}
    found = retained(lake, tenant)
    change = relabelling(before.rules, after.rules)
    work = Work()
    saved = None if scope.distrust else saved_matches(lake, tenant, change, found)
    parts = (
        both_anew(lake, tenant, change, found, work)
        if saved is None
        else both_saved(saved, change.gone)
    )
    ours, theirs = _replayed(parts, before, after, scope, progress)
    pairs = paired(ours.told(scope), theirs.told(scope))
    known = Known(found, work, change, scope.judged_from, before, after, saved is not None)
    return WhatIf(
        format=FORMAT,
        tenant=tenant,
        period=_period(scope, found, ours, theirs),
        **_difference(lake, pairs, scope.examples),
        rules=_by_rule(pairs, ours, theirs, before, after, change),
        method=ANEW if saved is None else SAVED,
        relabelled=tuple(sorted(rule.id for rule in change.fresh.rules)),
        hashes={
            "before": dict(before.judge.hashes),
            "after": dict(after.judge.hashes),
            "lake": versions,
        },
        notes=tuple(notes(known)),
    )


@dataclass(slots=True)
class _Judged:
    """One side as it is replayed."""

    artefacts: JudgeArtefacts
    state: JudgeState = field(default_factory=JudgeState)
    alerts: dict[str, Alert] = field(default_factory=dict)
    matches: Counter[str] = field(default_factory=Counter)
    suppressed: Counter[str] = field(default_factory=Counter)

    def take(self, matches: pa.Table) -> None:
        """One part of history through the judge's step."""
        if matches.num_rows == 0:
            return
        self.state, out = step(self.state, matches, self.artefacts)
        self._count(out.decisions)
        self.alerts.update((alert.uid, alert) for alert in out.alerts)

    def told(self, scope: Scope) -> dict[str, Alert]:
        """Alerts of the period that was asked for."""
        since = scope.since
        return {
            uid: alert
            for uid, alert in self.alerts.items()
            if since is None or alert.first_time >= since
        }

    def _count(self, decisions: Iterable[Decision]) -> None:
        for decision in decisions:
            self.matches[decision.rule] += 1
            self.suppressed[decision.rule] += decision.outcome is Outcome.SUPPRESSED


def _replayed(
    parts: Iterator[Both], before: Side, after: Side, scope: Scope, progress: Progress
) -> tuple[_Judged, _Judged]:
    first, second, forget = sharing(before.judge, after.judge)
    ours, theirs = _Judged(first), _Judged(second)
    for part in parts:
        ours.take(_within(part.before, scope))
        theirs.take(_within(part.after, scope))
        forget()
        progress("replaying history", part.share, 1)
    return ours, theirs


def _within(matches: pa.Table, scope: Scope) -> pa.Table:
    """Matches that are judged, by the time of their events, as a replay with `train_until` does."""
    if scope.judged_from is not None:
        matches = matches.filter(pc.field("time") >= scope.judged_from)
    if scope.until is not None:
        matches = matches.filter(pc.field("time") < scope.until)
    return matches


def _period(scope: Scope, found: Retained, ours: _Judged, theirs: _Judged) -> Period:
    return Period(
        first=found.first,
        last=found.last,
        judged_from=scope.judged_from,
        since=scope.since,
        until=scope.until,
        events=found.events,
        matches=Volume(ours.matches.total(), theirs.matches.total()),
    )


def _difference(lake: Lake, pairs: Sequence[Pair], most: int) -> dict[str, object]:
    """Counts, examples, days and workloads of all pairs."""
    ours = [alert for alert, _ in pairs if alert]
    theirs = [alert for _, alert in pairs if alert]
    both = {b.uid: changes_of(a, b) for a, b in pairs if a and b}
    kinds = {
        "added": [b for a, b in pairs if a is None and b],
        "removed": [a for a, b in pairs if b is None and a],
        "changed": [b for a, b in pairs if a and b and both[b.uid]],
    }
    shown = {kind: worth_showing(alerts, most) for kind, alerts in kinds.items()}
    lines = _lines(lake, [alert for alerts in shown.values() for alert in alerts])
    examples = {
        kind: tuple(
            example_of(alert, lines.get(event, ""), both.get(alert.uid, {}))
            for alert, event in zip(alerts, events_of(alerts), strict=True)
        )
        for kind, alerts in shown.items()
    }
    return {
        "alerts": Volume(len(ours), len(theirs)),
        **{kind: len(alerts) for kind, alerts in kinds.items()},
        "examples": examples,
        "days": volume_by(days_of(ours), days_of(theirs)),
        "workloads": volume_by((a.workload for a in ours), (a.workload for a in theirs)),
    }


def _lines(lake: Lake, alerts: Sequence[Alert]) -> dict[str, str]:
    """The source's own lines by event; found by time, which the lake prunes files by."""
    if not alerts:
        return {}
    times = sorted({alert.first_time for alert in alerts})
    within = (pc.field("tenant") == alerts[0].tenant) & pc.field("time").isin(times)
    rows = lake.read("events", ["event_uid", "raw"], within)
    wanted = set(events_of(alerts))
    return {
        row["event_uid"]: row["raw"] or "" for row in rows.to_pylist() if row["event_uid"] in wanted
    }


def _by_rule(
    pairs: Sequence[Pair],
    ours: _Judged,
    theirs: _Judged,
    before: Side,
    after: Side,
    change: Relabelling,
) -> tuple[RuleVolume, ...]:
    """Rules with a difference or an edit, in the order of their ids."""
    alerts = volume_by((a.rule for a, _ in pairs if a), (b.rule for _, b in pairs if b))
    edits = _edits(before, after, change)
    found = [
        RuleVolume(
            rule=name,
            edit=edits.get(name, ""),
            matches=Volume(ours.matches[name], theirs.matches[name]),
            suppressed=Volume(ours.suppressed[name], theirs.suppressed[name]),
            alerts=alerts.get(name, Volume(0, 0)),
        )
        for name in sorted({*alerts, *ours.matches, *theirs.matches, *edits})
    ]
    return tuple(one for one in found if one.edit or _differs(one))


def _differs(one: RuleVolume) -> bool:
    return any(v.before != v.after for v in (one.matches, one.suppressed, one.alerts))


def _edits(before: Side, after: Side, change: Relabelling) -> dict[str, str]:
    """What the edit did to each rule that it touched; where its file lies is no matter."""
    old, new = before.judge.rules, after.judge.rules
    fresh = {rule.id for rule in change.fresh.rules}
    edits: dict[str, str] = {}
    for name in {*old, *new}:
        if name not in old:
            edits[name] = "added"
        elif name not in new:
            edits[name] = "removed"
        elif name in fresh:
            edits[name] = "relabels"
        elif replace(old[name], path="", line=0) != replace(new[name], path="", line=0):
            edits[name] = "reworded"
    return edits
