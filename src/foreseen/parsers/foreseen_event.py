"""Events in our own columns, one JSON object a line, as `foreseen hunt --json` prints them."""

from foreseen.core.records import Line, Quarantined
from foreseen.parsers.json_flat import Flat, flatten
from foreseen.parsers.json_lines import JsonFormat, Record, rejected
from foreseen.parsers.json_records import Wrapped
from foreseen.parsers.protocol import Row
from foreseen.schema.columns import IDENTITY, LABELS, PARSED, Kind

_KINDS = {column.name: column.kind for column in PARSED}
#: What the pipeline says of an event; a source's word on it stays in `raw` only.
_PLACED = frozenset(column.name for column in (*IDENTITY, *LABELS)) - {"class_uid"}
_TELLING = frozenset(_KINDS) | _PLACED
_LEAST = 2
_INTEGER_END = 1 << 63
_LAST = 253_402_300_799_999  # end of the year 9999, ms


def _claims(record: Record) -> bool:
    """Our columns: a class among them, and not OCSF's own nested form (that has metadata)."""
    if "class_uid" not in record or "metadata" in record:
        return False
    return len(_TELLING & record.keys()) >= _LEAST


def _read(line: Line, record: Record) -> Row | Quarantined:
    return _row_of(Wrapped(line, dict(record), line.data.decode()))


def _row_of(wrapped: Wrapped) -> Row | Quarantined:
    """Row of an event; a value of a wrong type is named."""
    line, record = wrapped.line, wrapped.record
    columns: dict[str, object] = {}
    unmapped: Flat = {}
    for name, value in record.items():
        kind = _KINDS.get(name)
        if kind is None:
            if name not in _PLACED:
                flatten({name: value}, into=unmapped)
        elif value is not None and not _fits(value, kind):
            return rejected(line, f"'{name}' is {_told(value)}, not {kind.value}")
        elif kind is not Kind.MAP:
            columns[name] = value
        elif isinstance(value, dict):
            flatten(value, into=unmapped)
    wrong = _misplaced(record)
    if wrong:
        return rejected(line, wrong)
    columns["unmapped"] = unmapped
    if columns.get("raw") is None:
        columns["raw"] = wrapped.raw
    return _placed(line, record, columns)


def _fits(value: object, kind: Kind) -> bool:
    if kind is Kind.STRING:
        return type(value) is str
    if kind is Kind.INT:
        return _is_integer(value)
    if kind is Kind.STRINGS:
        return isinstance(value, list) and all(type(one) is str for one in value)
    if kind is Kind.INTS:
        return isinstance(value, list) and all(_is_integer(one) for one in value)
    if kind is Kind.MAP:
        return type(value) is dict
    return type(value) is bool if kind is Kind.BOOL else type(value) in {int, float}


def _is_integer(value: object) -> bool:
    return type(value) is int and -_INTEGER_END <= value < _INTEGER_END


def _told(value: object) -> str:
    kinds = {str: "a text", int: "a number", float: "a number", bool: "a truth value"}
    return {**kinds, list: "a list", dict: "an object"}.get(type(value), "null")


def _misplaced(record: Record) -> str:
    """What is wrong with the keys that say where and when; empty if nothing is."""
    for name in ("stream", "host", "workload"):
        value = record.get(name)
        if value is not None and type(value) is not str:
            return f"'{name}' is {_told(value)}, not string"
    when = record.get("time")
    if when is None or (type(when) is int and 0 <= when <= _LAST):
        return ""
    return f"'time' is {_told(when)}, not ms UTC in int64"


def _placed(line: Line, record: Record, columns: dict[str, object]) -> Row:
    """The stream is `host/boot`; a host that holds a slash must be given beside it."""
    stream, host = record.get("stream") or "", record.get("host") or ""
    if host and stream.startswith(f"{host}/"):
        boot = stream[len(host) + 1 :]
    elif host:
        boot = stream
    else:
        host, _, boot = stream.partition("/")
    when = record.get("time")
    return Row(
        source=line.source,
        offset=line.offset,
        host=host,
        boot=boot,
        time=when if when is not None else line.received or 0,
        received=line.received,
        columns=columns,
        workload=record.get("workload") or "",
    )


FORESEEN = JsonFormat("foreseen", _claims, _read, _row_of)
