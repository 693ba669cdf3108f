"""What an unsaved edit would alter: retained history through the one pipeline, before and after."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import pyarrow.compute as pc

from foreseen.core.alerts import Alert
from foreseen.core.crew import ALONE, Crew
from foreseen.core.ids import ContentHash
from foreseen.lake.keeping.long_reads import holds_lake
from foreseen.lake.lake import Lake
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
    Retained,
    Work,
    both_anew,
    both_saved,
    retained,
    saved_matches,
)
from foreseen.studies.what_if_judged import Judged, by_rule, edits_of
from foreseen.studies.what_if_labels import Labelling, relabelling
from foreseen.studies.what_if_notes import Known, notes
from foreseen.studies.what_if_recall import recall_change
from foreseen.studies.what_if_shape import ANEW, FORMAT, SAVED, Period, Scope, Side, WhatIf

Progress = Callable[[str, float, float], None]
Kind = Literal["added", "removed", "changed"]


@holds_lake
def what_if(  # noqa: PLR0913 (the last two say how, and not what)
    lake: Lake,
    before: Side,
    after: Side,
    scope: Scope,
    progress: Progress = lambda *_: None,
    *,
    crew: Crew = ALONE,
) -> WhatIf:
    """Replay one tenant's retained history with both sides and tell the difference.

    The answer is the same whoever the crew is.

    Raises:
        CorruptError: The lake cannot be read.
    """
    tenant = before.judge.tenant
    hashes = _hashes(lake, before, after)
    found = retained(lake, tenant)
    change = relabelling(*(Labelling(side.rules, side.sets) for side in (before, after)))
    work = Work(tenant, trusting=not scope.distrust)
    saved = saved_matches(lake, tenant, change, found) if work.trusting else None
    parts = (
        both_anew(lake, change, found, work, crew)
        if saved is None
        else both_saved(saved, change.gone)
    )
    sides = _replayed(parts, (before, after), scope, progress)
    pairs = paired(*(side.told(scope) for side in sides))
    difference = _difference(lake, pairs, scope.examples)
    fresh = tuple(sorted(rule.id for rule in change.fresh.rules))
    anew = saved is None
    known = Known(found, work, change, scope.judged_from, before.judge, after.judge, anew)
    return WhatIf(
        format=FORMAT,
        tenant=tenant,
        period=_period(scope, found, sides),
        alerts=difference.alerts,
        added=difference.counts["added"],
        removed=difference.counts["removed"],
        changed=difference.counts["changed"],
        examples=difference.examples,
        days=difference.days,
        workloads=difference.workloads,
        rules=by_rule(pairs, sides, edits_of(before, after, fresh)),
        recall=recall_change(lake, before, after, scope.judged_from),
        method=ANEW if anew else SAVED,
        relabelled=fresh,
        hashes=hashes,
        notes=tuple(notes(known)),
    )


def _hashes(lake: Lake, before: Side, after: Side) -> dict[str, Mapping[str, ContentHash | int]]:
    """What the answer depends on."""
    return {
        "before": dict(before.judge.hashes),
        "after": dict(after.judge.hashes),
        "lake": {name: lake.version(name) for name in ("events", "matches")},
    }


def _replayed(
    parts: Iterator[Both], sides: tuple[Side, Side], scope: Scope, progress: Progress
) -> tuple[Judged, Judged]:
    first, second, forget = sharing(sides[0].judge, sides[1].judge)
    ours, theirs = Judged(first), Judged(second)
    for part in parts:
        ours.take(part.before, scope)
        theirs.take(part.after, scope)
        forget()
        progress("replaying history", part.share, 1)
    ours.end()
    theirs.end()
    return ours, theirs


def _period(scope: Scope, found: Retained, sides: tuple[Judged, Judged]) -> Period:
    ours, theirs = sides
    return Period(
        first=found.first,
        last=found.last,
        judged_from=scope.judged_from,
        since=scope.since,
        until=scope.until,
        events=found.events,
        matches=Volume(ours.matches.total(), theirs.matches.total()),
    )


@dataclass(frozen=True, slots=True)
class _Difference:
    """What became of alerts, with the names that `WhatIf` has for it."""

    alerts: Volume
    counts: dict[Kind, int]
    examples: dict[str, tuple[Example, ...]]
    days: dict[str, Volume]
    workloads: dict[str, Volume]


def _difference(lake: Lake, pairs: Sequence[Pair], most: int) -> _Difference:
    ours = [alert for alert, _ in pairs if alert]
    theirs = [alert for _, alert in pairs if alert]
    changes = {b.uid: changes_of(a, b) for a, b in pairs if a and b}
    kinds: dict[Kind, list[Alert]] = {
        "added": [b for a, b in pairs if a is None and b],
        "removed": [a for a, b in pairs if b is None and a],
        "changed": [b for a, b in pairs if a and b and changes[b.uid]],
    }
    shown = {kind: worth_showing(alerts, most) for kind, alerts in kinds.items()}
    lines = _lines(lake, [alert for alerts in shown.values() for alert in alerts])
    return _Difference(
        alerts=Volume(len(ours), len(theirs)),
        counts={kind: len(alerts) for kind, alerts in kinds.items()},
        examples={
            kind: tuple(
                example_of(alert, lines.get(event, ""), changes.get(alert.uid, {}))
                for alert, event in zip(alerts, events_of(alerts), strict=True)
            )
            for kind, alerts in shown.items()
        },
        days=volume_by(days_of(ours), days_of(theirs)),
        workloads=volume_by((a.workload for a in ours), (a.workload for a in theirs)),
    )


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
