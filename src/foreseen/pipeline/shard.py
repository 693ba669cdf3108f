"""The shard step: lines to events, labels and matches with their windows; pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from foreseen.core.ids import EventUid, RuleId, TenantId, event_uid, match_uid
from foreseen.core.records import Line, Quarantined, Reason
from foreseen.models.moments.windows import empty_tail, windows_of
from foreseen.parsers.protocol import Parsed, Row
from foreseen.parsers.registry import PARSERS
from foreseen.pipeline.lineage import ProcessCache, fill
from foreseen.pipeline.resting import Heard, forget
from foreseen.pipeline.workloads import Workloads
from foreseen.rules import RuleSet
from foreseen.rules.assignment import Assignment
from foreseen.schema.arrow import (
    EVENT_SCHEMA,
    MATCH_SCHEMA,
    QUARANTINE_SCHEMA,
    AnyArray,
    AnyLists,
    batch_of,
    texts,
)

_concat: Callable[[Sequence[pa.RecordBatch]], pa.RecordBatch] = cast("Any", pa).concat_batches
"""Its stubs lack it."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Input of one source in one format.

    Attributes:
        source: Name of the source.
        format: Name of the parser.
        lines: Lines in order.
        ended: The log's record that the source has ended: what is pending stays incomplete.
        quarantined: What never became a line (a damaged file, a line over the limit).
        order: Number of the order by which they are read once more, out of quarantine; 0: they are
            read for the first time. An order is carried out once however often it comes.
    """

    source: str
    format: str
    lines: Sequence[Line]
    ended: bool = False
    quarantined: Sequence[Quarantined] = ()
    order: int = 0


@dataclass(frozen=True, slots=True)
class Tick:
    """The log's record that it is `now`, ms UTC: what waits for a next line waits no longer."""

    now: int


@dataclass(frozen=True, slots=True)
class ShardArtefacts:
    """What the step depends on besides its input.

    Attributes:
        tenant: Organisation.
        rules: Rules that label.
        workloads: Which workload a host plays.
        assignment: Which of the rules look at which workload; None: all at all.
    """

    tenant: TenantId
    rules: RuleSet
    workloads: Workloads = field(default_factory=Workloads)
    assignment: Assignment | None = None


@dataclass(slots=True)
class ShardState:
    """All that the step remembers; `snapshots` turns it into JSON and back.

    Of sources and streams that rest (`resting`) there is only the last number of the stream: no
    number is given twice.
    """

    parsers: dict[tuple[str, str], object] = field(default_factory=dict)
    processes: ProcessCache = field(default_factory=ProcessCache)
    sequences: dict[str, int] = field(default_factory=dict)
    tail: pa.Table = field(default_factory=empty_tail)
    orders: set[int] = field(default_factory=set)
    heard: Heard = field(default_factory=Heard)


@dataclass(frozen=True, slots=True)
class ShardOut:
    """Tables for the lake, each in the order of its events.

    Attributes:
        events: Columns of `schema.columns.EVENT_COLUMNS`.
        matches: Columns of `schema.columns.MATCH_COLUMNS`, one row a rule and event.
        quarantine: Columns of `schema.columns.QUARANTINE_COLUMNS`.
        offsets: Where each event begins in its source.
    """

    events: pa.RecordBatch
    matches: pa.RecordBatch
    quarantine: pa.RecordBatch
    offsets: Sequence[int]


def step(
    state: ShardState, batch: Sequence[Lines | Tick], artefacts: ShardArtefacts
) -> tuple[ShardState, ShardOut]:
    """Events, matches and quarantine of a batch.

    The state is advanced in place and returned: the one passed in must not be used again. The
    concatenation of results does not depend on how the input is cut into batches.
    """
    outs = []
    for part in _days(state.heard, batch):
        outs.append(_stepped(state, part, artefacts))
        last = part[-1] if part else None
        if isinstance(last, Tick) and state.heard.begins_day(last.now):
            state.tail = forget(state.heard, state.tail, state.processes)
            state.heard.next_day(last.now, state.parsers)
    return state, outs[0] if len(outs) == 1 else _joined(outs)


def _days(heard: Heard, batch: Sequence[Lines | Tick]) -> Iterator[Sequence[Lines | Tick]]:
    """The batch cut after each tick that begins a day; what follows is asked for after that day."""
    begin = 0
    for end, part in enumerate(batch, 1):
        if isinstance(part, Tick) and heard.begins_day(part.now):
            yield batch[begin:end]
            begin = end
    if begin < len(batch) or not batch:
        yield batch[begin:]


def _joined(outs: Sequence[ShardOut]) -> ShardOut:
    return ShardOut(
        _concat([out.events for out in outs]),
        _concat([out.matches for out in outs]),
        _concat([out.quarantine for out in outs]),
        [offset for out in outs for offset in out.offsets],
    )


def _stepped(
    state: ShardState, batch: Sequence[Lines | Tick], artefacts: ShardArtefacts
) -> ShardOut:
    parsed = _parse(state, batch)
    fill(state.processes, parsed.rows)
    rows = parsed.rows
    identity = _identity(rows, state, artefacts)
    events = batch_of([row.columns for row in rows], EVENT_SCHEMA, identity)
    labels = artefacts.rules.label(events)
    if artefacts.assignment is not None:
        labels = artefacts.assignment.kept(labels, events.column("workload"))
    events = _with(events, {"labels": labels, "ruleset_hash": _same(rows, artefacts.rules.hash)})
    matches, state.tail = matches_of(events, labels, state.tail)
    quarantine = _quarantine(parsed.quarantined, artefacts.tenant)
    return ShardOut(events, matches, quarantine, [row.offset for row in rows])


def _parse(state: ShardState, batch: Sequence[Lines | Tick]) -> Parsed:
    together = Parsed()
    for part in batch:
        results = _ticked(state, part) if isinstance(part, Tick) else _read(state, part)
        for parsed in results:
            together.rows.extend(parsed.rows)
            together.quarantined.extend(parsed.quarantined)
    return together


def _ticked(state: ShardState, tick: Tick) -> list[Parsed]:
    """Sources in the order of their names, which a snapshot does not change."""
    keys = sorted(state.parsers)
    ticked = [PARSERS[key[0]].tick(state.parsers[key], tick.now) for key in keys]
    if not state.heard.begins_day(tick.now):
        return ticked
    return ticked + [_finished(state, key) for key in state.heard.resting_sources(keys)]


def _finished(state: ShardState, key: tuple[str, str]) -> Parsed:
    """What a source had begun; the source is forgotten."""
    state.heard.sources.pop(key, None)
    return PARSERS[key[0]].finish(state.parsers.pop(key))


def _read(state: ShardState, part: Lines) -> list[Parsed]:
    if part.order in state.orders:
        return []
    if part.order:
        state.orders.add(part.order)
    parser = PARSERS.get(part.format)
    if parser is None:
        return [Parsed(quarantined=[*part.quarantined, *_unknown(part)])]
    key = (part.format, part.source)
    remembered = state.parsers.setdefault(key, parser.initial())
    state.heard.sources[key] = state.heard.days
    results = [Parsed(quarantined=list(part.quarantined)), parser.parse(remembered, part.lines)]
    if part.ended:
        results.append(_finished(state, key))
    return results


def _unknown(part: Lines) -> list[Quarantined]:
    """Lines of a format that this version does not read, or that are not ours at all."""
    detail = f"no parser for {part.format!r}"
    return [Quarantined(line, Reason.UNKNOWN_FORMAT, detail) for line in part.lines if line.data]


def _identity(
    rows: Sequence[Row], state: ShardState, artefacts: ShardArtefacts
) -> dict[str, Sequence[object]]:
    """Columns of what places the rows: tenant, stream, sequence number, workload, times, uid."""
    tenant, sequences = artefacts.tenant, state.sequences
    streams = [f"{row.host}/{row.boot}" for row in rows]
    seqs = []
    for stream in streams:
        sequences[stream] = seq = sequences.get(stream, 0) + 1
        seqs.append(seq)
    state.heard.streams |= dict.fromkeys(streams, state.heard.days)
    places = {(row.host, row.workload) for row in rows}
    workloads = {place: artefacts.workloads.of(*place) for place in places}
    return {
        "tenant": [tenant] * len(rows),
        "stream": streams,
        "seq": seqs,
        "workload": [workloads[row.host, row.workload] for row in rows],
        "host": [row.host for row in rows],
        "time": [row.time for row in rows],
        "ingested_time": [row.time if row.received is None else row.received for row in rows],
        "event_uid": [event_uid(tenant, row.source, row.offset) for row in rows],
    }


def matches_of(
    events: pa.RecordBatch, labels: AnyLists, tail: pa.Table
) -> tuple[pa.RecordBatch, pa.Table]:
    """One row a label, with the window before it; and the new tail."""
    rules = pc.list_flatten(labels)
    rows = pc.list_parent_indices(labels)
    windows, tail = windows_of(tail, events, rows.to_numpy().astype(np.int64))
    matched = events.take(rows)
    uids = [
        match_uid(EventUid(event), RuleId(str(rule)))
        for event, rule in zip(texts(matched, "event_uid"), rules.to_pylist(), strict=True)
    ]
    own: dict[str, AnyArray] = {
        "rule_id": rules,
        "match_uid": pa.array(uids, pa.string()),
        **windows,
    }
    arrays = [own[f.name] if f.name in own else matched.column(f.name) for f in MATCH_SCHEMA]
    return pa.RecordBatch.from_arrays(arrays, schema=MATCH_SCHEMA), tail


def _with(batch: pa.RecordBatch, columns: Mapping[str, AnyArray]) -> pa.RecordBatch:
    arrays = [columns.get(f.name, batch.column(f.name)) for f in batch.schema]
    return pa.RecordBatch.from_arrays(arrays, schema=batch.schema)


def _same(rows: Sequence[object], value: str) -> pa.StringArray:
    return pa.array([value] * len(rows), pa.string())


def _quarantine(entries: Sequence[Quarantined], tenant: TenantId) -> pa.RecordBatch:
    rows = [
        {
            "tenant": tenant,
            "source": entry.line.source,
            "offset": entry.line.offset,
            "path": entry.line.path,
            "line": entry.line.number,
            "reason": entry.reason.value,
            "detail": entry.detail,
            "raw_hex": entry.line.data.hex(),
            "ingested_time": entry.line.received,
        }
        for entry in entries
    ]
    return batch_of(rows, QUARANTINE_SCHEMA)
