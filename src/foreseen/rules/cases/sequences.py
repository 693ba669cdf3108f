"""Sequences of events in tests of correlation rules: who comes when, and how often the rule fires.

events:
  failed: {eventName: ConsoleLogin, errorMessage: Failed authentication}
sequences:
  - fires: 1
    steps:
      - {event: failed, at: 0s, times: 5, every: 20s}
      - {event: failed, at: 4m, with: {sourceIPAddress: 192.0.2.9}}
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from foreseen.rules.cases.events import Event, merged_of, rows_of
from foreseen.rules.correlation.entries import Labelled
from foreseen.rules.correlation.fields import values_by
from foreseen.rules.correlation.state import CorrelationState
from foreseen.rules.correlation.step import finish, step
from foreseen.rules.document import Document
from foreseen.rules.ruleset import RuleSet
from foreseen.schema.arrow import EVENT_SCHEMA, batch_of

START = 1_795_132_800_000
"""When a sequence begins, ms UTC: only distances matter."""
MOST_TIMES = 10_000

_SPAN = re.compile(r"(\d{1,6})(s|m|h|d)")
_UNITS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_KEYS, _STEP_KEYS = {"fires", "steps"}, {"event", "at", "times", "every", "with"}


@dataclass(frozen=True, slots=True)
class Sequenced:
    """A sequence of events and how often its rule has to fire on it.

    Attributes:
        rule: Id of the correlation.
        fires: How often it fires, to the end of all time.
        rows: Events as rows of our columns, in the order of arrival, with their times.
        path: File of the test.
        line: Line that the sequence stands in.
    """

    rule: str
    fires: int
    rows: tuple[Event, ...]
    path: str
    line: int


def sequence_of(
    document: Document, line: int, rule: str, common: Event, written: object
) -> Sequenced:
    """A sequence of a test document.

    Raises:
        RuleError: It has not its shape, or one of its events cannot be read.
    """
    if not isinstance(written, Mapping) or set(written) != _KEYS:
        raise document.error(line, "a sequence has 'fires' (how often) and 'steps' (its events)")
    fires, steps = written["fires"], written["steps"]
    if not isinstance(fires, int) or isinstance(fires, bool) or fires < 0:
        raise document.error(line, "'fires' is how often the rule fires: a number, 0 for never")
    if not isinstance(steps, list):
        raise document.error(line, "'steps' must be a list")
    rows = [row for each in steps for row in _step(document, line, common, each)]
    return Sequenced(rule, fires, tuple(rows), document.path, line)


def fired_in(rules: RuleSet, sequence: Sequenced) -> int:
    """How often the sequence's rule fires when its events come one after another, and no more."""
    batch = batch_of(list(sequence.rows), EVENT_SCHEMA)
    labels = rules.label(batch).to_pylist()
    events = [
        Labelled(str(number), int(row["time"]), found or (), _present(row))
        for number, (row, found) in enumerate(zip(batch.to_pylist(), labels, strict=True))
    ]
    values = values_by({rule.id: rule for rule in rules.rules})
    state, fired = step(CorrelationState(), events, rules.correlations, values)
    _, late = finish(state, rules.correlations, values)
    return sum(each.rule == sequence.rule for each in (*fired, *late))


def _step(document: Document, line: int, common: Event, written: object) -> Iterator[Event]:
    """The rows of one step: an event once, or several times."""
    if not isinstance(written, Mapping) or not {"event", "at"} <= set(written) <= _STEP_KEYS:
        raise document.error(line, f"a step has 'event' and 'at', of {sorted(_STEP_KEYS)}")
    known = document.data.get("events")
    name, times = written["event"], written.get("times", 1)
    if not isinstance(known, Mapping) or name not in known:
        raise document.error(line, f"no event '{name}' stands under 'events'")
    if not isinstance(times, int) or not 0 < times <= MOST_TIMES:
        raise document.error(line, f"'times' is a number from 1 to {MOST_TIMES}")
    event, more = known[name], written.get("with")
    if more is not None:
        if not isinstance(event, Mapping) or not isinstance(more, Mapping):
            raise document.error(line, "'with' changes an event that is a mapping, by a mapping")
        event = merged_of(event, more)
    rows = rows_of(document, line, common, event)
    begin, every = (_span(document, line, written.get(key, "0s")) for key in ("at", "every"))
    for number in range(times):
        for row in rows:
            yield {**row, "time": START + begin + number * every}


def _span(document: Document, line: int, written: object) -> int:
    found = _SPAN.fullmatch(str(written))
    if found is None:
        raise document.error(line, f"'{written}' is no distance in time; write 30s, 5m, 2h or 1d")
    return int(found[1]) * _UNITS[found[2]]


def _present(row: Mapping[str, object]) -> Event:
    """A row as correlations read it: what is there, `unmapped` as a mapping."""
    event = {name: value for name, value in row.items() if value is not None}
    unmapped = event.get("unmapped")
    if isinstance(unmapped, list):
        event["unmapped"] = dict(unmapped)
    return event
