"""Matches through the correlation rules: a firing becomes a match of its own, after its event's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from foreseen.core.ids import EventUid, match_uid
from foreseen.rules.correlation.entries import Fired, Labelled, Values
from foreseen.rules.correlation.link import Plan
from foreseen.rules.correlation.state import CorrelationState
from foreseen.rules.correlation.step import advance, finish, step, steps
from foreseen.schema.arrow import MATCH_SCHEMA, batch_of
from foreseen.schema.columns import WINDOW

_OF_THE_MATCH = frozenset(column.name for column in WINDOW)

Firings = Mapping[str, Fired]
"""By the `match_uid` of the firing's own row."""


@dataclass(frozen=True, slots=True)
class Correlated:
    """A batch of matches with what it made fire.

    Attributes:
        matches: The matches, a firing's row after that of the event that caused it.
        firings: What the rows of firings say.
    """

    matches: pa.Table
    firings: Firings


def correlate(state: CorrelationState, matches: pa.Table, plan: Plan, values: Values) -> Correlated:
    """Matches in commit order through the correlations; `state` is advanced in place.

    Each match counts by itself and its event once, so that it does not matter where a batch is
    cut. An event's time is no later than when we had it: a clock that is ahead cannot make the
    others late.
    """
    if not plan.rules:
        return Correlated(matches, {})
    parts: list[pa.Table] = []
    firings: dict[str, Fired] = {}
    begin = 0
    events = (_labelled(row, plan) for row in matches.to_pylist())
    for place, fired in enumerate(steps(state, events, plan, values)):
        if fired:
            parts += [matches.slice(begin, place + 1 - begin), _table(fired, firings)]
            begin = place + 1
    return Correlated(pa.concat_tables([*parts, matches.slice(begin)]), firings)


def correlate_time(
    state: CorrelationState, now: int | None, plan: Plan, values: Values
) -> Correlated:
    """What waited for the time `now` (ms UTC), or, when it is None, for there being no more."""
    _, fired = finish(state, plan, values) if now is None else advance(state, now, plan, values)
    firings: dict[str, Fired] = {}
    return Correlated(_table(fired, firings), firings)


def both(first: Correlated, second: Correlated) -> Correlated:
    """One after the other."""
    matches = pa.concat_tables([first.matches, second.matches])
    return Correlated(matches, {**first.firings, **second.firings})


def firings_of(correlated: pa.Table, plan: Plan) -> pa.Table:
    """Of matches with firings among them, the rows of firings."""
    names = pa.array(sorted(plan.places), pa.string())
    return correlated.filter(pc.is_in(correlated.column("rule_id"), names))


def label_whole(events: Sequence[Labelled], plan: Plan, values: Values) -> list[tuple[str, str]]:
    """(event, correlation) of all firings among events that are all there, in order of time.

    For `foreseen label`: no event is late, and what waits is answered at the end.
    """
    state = CorrelationState()
    _, fired = step(state, sorted(events, key=lambda event: event.time), plan, values)
    _, last = finish(state, plan, values)
    return [(each.event_uid, each.rule) for each in (*fired, *last)]


def event_of(row: Mapping[str, object]) -> dict[str, object]:
    """A row as correlations keep it: the event's fields that are there, JSON-ready."""
    event = {
        name: value
        for name, value in row.items()
        if value is not None and name not in _OF_THE_MATCH
    }
    unmapped = event.get("unmapped")
    if isinstance(unmapped, list):
        event["unmapped"] = {str(name): texts for name, texts in unmapped}
    return event


def _labelled(row: Mapping[str, object], plan: Plan) -> Labelled:
    time, received = int(str(row["time"])), row.get("ingested_time")
    seen = time if received is None else min(time, int(str(received)))
    rule = str(row["rule_id"])
    event = event_of(row) if rule in plan.by_rule else {}  # the others only tell the time
    return Labelled(str(row["event_uid"]), seen, (rule,), event)


def _table(fired: Sequence[Fired], firings: dict[str, Fired]) -> pa.Table:
    rows = []
    for each in fired:
        uid = match_uid(EventUid(each.event_uid), each.rule)
        firings[uid] = each
        rows.append({**each.row, "rule_id": each.rule, "match_uid": uid, **_WHOLE_WINDOW})
    return pa.Table.from_batches([batch_of(rows, MATCH_SCHEMA)], MATCH_SCHEMA)


_WHOLE_WINDOW: Mapping[str, object] = {
    "window_complete": True,
    "window_seqs": [],
    "window_ages": [],
    "window_tokens": [],
    "session_tokens": [],
    "sibling_tokens": [],
    "session_failures": None,
}
"""A firing is not judged by a model, so that it needs no window."""
