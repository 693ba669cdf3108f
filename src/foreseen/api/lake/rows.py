"""Rows of the lake as answers have them: bounded, whatever telemetry holds.

Command lines and records of a source may have megabytes, markup, control and bidirectional
letters. Letters stay as they are, for JSON escapes what it has to and the reader escapes for its
own target; length does not: what is cut off is told in `truncated`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from foreseen.api.times import iso

LONGEST = 65_536
"""Characters of a text; the rest is cut off."""

MOST_VALUES = 1_000
"""Values of a list, or names of a map; the rest is left out."""

MOST_BYTES = 16 << 20
"""Of the rows of an answer, about; a list ends before it, and its cursor goes on there."""

TIMES = ("time", "ingested_time")
_OVERHEAD = 24


def view_of(row: Mapping[str, Any]) -> dict[str, object]:
    """A row of events or matches: times as RFC 3339, nulls left out, `truncated` if it is cut."""
    cut: list[str] = []
    shown: dict[str, object] = {}
    for name, value in row.items():
        if value is None:
            continue
        told, whole = (iso(value), True) if name in TIMES else bounded(value)
        shown[name] = told
        if not whole:
            cut.append(name)
    if cut:
        shown["truncated"] = cut
    return shown


def timed(row: Mapping[str, Any]) -> dict[str, object]:
    """A row of sums, whose first and last times are told as RFC 3339."""
    times = {name: iso(row[name]) for name in ("first_time", "last_time") if name in row}
    return view_of({**row, **times})


def bounded(value: object) -> tuple[object, bool]:
    """A value of a column in its bounds, and whether it is whole."""
    if isinstance(value, str):
        return value[:LONGEST], len(value) <= LONGEST
    if not isinstance(value, list):
        return value, True
    some = value[:MOST_VALUES]
    whole = len(some) == len(value)
    if some and isinstance(some[0], tuple):  # a map, as Arrow tells it
        pairs = [(bounded(name), bounded(texts)) for name, texts in some]
        whole = whole and all(a and b for (_, a), (_, b) in pairs)
        return _map(pairs, whole=whole)
    parts = [bounded(each) for each in some]
    return _list([each for each, _ in parts], whole=whole and all(okay for _, okay in parts))


def _list(values: list[object], *, whole: bool) -> tuple[object, bool]:
    """As many values as fit together."""
    room = LONGEST
    for number, value in enumerate(values):
        room -= len(value) if isinstance(value, str) else 0
        if room < 0 and number:
            return values[:number], False
    return values, whole


def _map(
    pairs: Sequence[tuple[tuple[object, bool], tuple[object, bool]]], *, whole: bool
) -> tuple[object, bool]:
    """As many names as fit together."""
    room, shown = LONGEST, dict[str, object]()
    for (name, _), (texts, _) in pairs:
        listed = texts if isinstance(texts, list) else []
        room -= len(str(name)) + sum(len(each) for each in listed if isinstance(each, str))
        if room < 0 and shown:
            return shown, False
        shown[str(name)] = texts
    return shown, whole


def fitting(rows: Sequence[Mapping[str, object]]) -> int:
    """How many of the rows, from the first on, an answer takes; at least one."""
    room = MOST_BYTES
    for number, row in enumerate(rows):
        room -= sum(_size(value) for value in row.values())
        if room < 0 and number:
            return number
    return len(rows)


def _size(value: object) -> int:
    if isinstance(value, str):
        return len(value) + _OVERHEAD
    if isinstance(value, list):
        return sum(map(_size, value)) + _OVERHEAD
    if isinstance(value, dict):
        return sum(_size(each) + len(name) for name, each in value.items()) + _OVERHEAD
    return _OVERHEAD


def cut_table(rows: pa.Table) -> pa.Table:
    """The same bounds for texts of an Arrow table; `truncated` names the columns that were cut."""
    cut: list[list[str]] = [[] for _ in range(rows.num_rows)]
    for place, field in enumerate(rows.schema):
        told = [(None, True) if v is None else bounded(v) for v in rows[field.name].to_pylist()]
        if all(whole for _, whole in told):
            continue
        values = [list(v.items()) if isinstance(v, dict) else v for v, _ in told]
        rows = rows.set_column(place, field, pa.array(values, field.type))
        for number, (_, whole) in enumerate(told):
            if not whole:
                cut[number].append(field.name)
    return rows.append_column("truncated", pa.array(cut, pa.list_(pa.string())))
