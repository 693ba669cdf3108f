"""What lies in quarantine, and how much of it today's parsers would understand."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow.compute as pc
from sqlalchemy import Engine

from foreseen.control.quarantine import HeldLine, NewOrder, ordered
from foreseen.core.ids import TenantId
from foreseen.core.records import Line
from foreseen.intake.records import FOREIGN
from foreseen.lake.lake import Lake
from foreseen.parsers.registry import JSON_PARSERS, PARSERS, sniff

_COLUMNS = ("source", "offset", "path", "line", "reason", "detail", "raw_hex", "ingested_time")
_ENDPOINT = "/api/v1/ingest/"
_FOREIGN = f"no parser for {FOREIGN!r}"
_MOST_LINES, _MOST_BYTES = 5000, 256 << 10  # of one order: it is one entry of the intake


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines.

    Attributes:
        source: Of this source only.
        reason: For this reason only.
        since: Only those that we had at this time or later, ms UTC.
    """

    source: str | None = None
    reason: str | None = None
    since: int | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """A line in quarantine.

    Attributes:
        source: Its source.
        line: Its place and bytes.
        reason: Why it was not understood.
        detail: What exactly.
        time: When we had it, ms UTC; None: in a replay.
    """

    source: str
    line: HeldLine
    reason: str
    detail: str
    time: int | None


@dataclass(frozen=True, slots=True)
class Understood:
    """Lines of one source that a parser of today reads.

    Attributes:
        source: The source.
        format: Name of the parser; empty: none is known for them.
        asked: Lines that it was given.
        lines: Those that it understood, in order.
        events: How many events they make.
    """

    source: str
    format: str
    asked: int
    lines: Sequence[HeldLine]
    events: int


def held(lake: Lake, engine: Engine, tenant: TenantId, wanted: Wanted) -> list[Held]:
    """Lines in quarantine, by source and offset, each once with its last reason."""
    done = ordered(engine, tenant)
    by_line: dict[tuple[str, int], list[Mapping[str, object]]] = defaultdict(list)
    predicate = pc.field("tenant") == tenant
    if wanted.source is not None:
        predicate &= pc.field("source") == wanted.source
    for row in lake.read("quarantine", _COLUMNS, predicate).to_pylist():
        by_line[str(row["source"]), int(row["offset"])].append(row)
    found = (_held(rows) for key, rows in sorted(by_line.items()) if len(rows) > done.get(key, 0))
    return [each for each in found if _is_wanted(each, wanted)]


def understood(lines: Sequence[Held], form: str | None = None) -> Iterator[Understood]:
    """What today's parsers make of lines, by source; nothing is stored.

    Args:
        lines: In order of source and offset.
        form: Parser to use; None: the one that they were sent for, else the one that knows them.
    """
    groups: dict[tuple[str, str], list[Held]] = defaultdict(list)
    for each in lines:
        groups[each.source, form or _format_of(each)].append(each)
    for (source, name), group in sorted(groups.items()):
        for part in _parts(group):
            yield _understood(source, name, [each.line for each in part])


def orders(found: Sequence[Understood], actor: str, now: int) -> list[NewOrder]:
    """Orders to read what was understood once more."""
    return [
        NewOrder(each.source, each.format, each.lines, actor, now) for each in found if each.lines
    ]


def _held(rows: Sequence[Mapping[str, object]]) -> Held:
    last = rows[-1]
    time = last["ingested_time"]
    line = HeldLine(
        int(str(last["offset"])),
        int(str(last["line"])),
        str(last["path"]),
        bytes.fromhex(str(last["raw_hex"])),
        len(rows),
    )
    when = None if time is None else int(str(time))
    return Held(str(last["source"]), line, str(last["reason"]), str(last["detail"]), when)


def _is_wanted(each: Held, wanted: Wanted) -> bool:
    in_time = wanted.since is None or (each.time is not None and each.time >= wanted.since)
    return in_time and wanted.reason in {None, each.reason}


def _format_of(each: Held) -> str:
    """The parser that a line was sent for, else the one that knows it; empty: none."""
    if each.detail == _FOREIGN:
        return ""  # anyone may have written it into the broker: a person says what it is
    sent_for = each.line.path.removeprefix(_ENDPOINT)
    if sent_for != each.line.path and sent_for in PARSERS:
        return sent_for
    found = sniff([each.line.data])
    return "json" if found in JSON_PARSERS else found or ""


def _parts(lines: Sequence[Held]) -> Iterator[Sequence[Held]]:
    """Lines in portions of an order's size."""
    part: list[Held] = []
    size = 0
    for each in lines:
        if part and (len(part) >= _MOST_LINES or size + len(each.line.data) > _MOST_BYTES):
            yield part
            part, size = [], 0
        part.append(each)
        size += len(each.line.data)
    if part:
        yield part


def _understood(source: str, form: str, lines: Sequence[HeldLine]) -> Understood:
    """Those lines that are understood without the others: what is left out may change the rest."""
    parser = PARSERS.get(form)
    left, events = list(lines), 0
    while left and parser is not None:
        state = parser.initial()
        given = [Line(source, each.offset, each.number, each.path, each.data) for each in left]
        results = [parser.parse(state, given), parser.finish(state)]
        bad = {each.line.offset for result in results for each in result.quarantined}
        events = sum(len(result.rows) for result in results)
        if not bad:
            break
        left = [each for each in left if each.offset not in bad]
    kept = left if parser is not None and events else []
    return Understood(source, form, len(lines), kept, events if kept else 0)
