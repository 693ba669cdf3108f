"""JSON objects of formats that have no parser of their own: what their field names tell.

A field is in the column that `columns_of` names for the event's class, or in the column of its own
name, else in `unmapped` under its dotted name. What an envelope says beside a record is
`envelope.<name>`.
"""

from collections.abc import Mapping, Sequence
from typing import cast

from foreseen.core.records import Line
from foreseen.parsers.json_flat import Flat, flatten
from foreseen.parsers.json_lines import JsonFormat, JsonLinesParser, Record
from foreseen.parsers.json_records import Wrapped
from foreseen.parsers.json_shapes import Shape, columns_of, shape_of
from foreseen.parsers.json_times import time_of
from foreseen.parsers.protocol import Row
from foreseen.schema.columns import PARSED, Kind

__all__ = ["GENERIC", "JsonParser", "columns_of"]

_KEPT = {"raw", "unmapped"}  # columns that no field of a source may set
_TEXTS = frozenset(c.name for c in PARSED if c.kind is Kind.STRING and c.name not in _KEPT)
_NUMBERS = frozenset(c.name for c in PARSED if c.kind is Kind.INT)
_TYPED = {
    "sc-status": "http_status",
    "status_code": "http_status",
    "c-port": "src_port",
    "s-port": "dst_port",
    "SourcePort": "src_port",
    "DestinationPort": "dst_port",
    "ProcessId": "process_pid",
    "ParentProcessId": "parent_pid",
}
_HOSTS = (
    "host",
    "hostname",
    "Hostname",
    "Computer",
    "ComputerName",
    "computer_name",
    "s-computername",
    "host.name",
    "host.hostname",
    "agent.hostname",
    "device.hostname",
)
_INTEGER_END = 1 << 63
_DIGITS = 20  # one more than fit


def _anything(record: Record) -> bool:  # noqa: ARG001  the format's signature
    return True


def _read(line: Line, record: Record) -> Row:
    return _row_of(Wrapped(line, dict(record), line.data.decode()))


def _row_of(wrapped: Wrapped) -> Row:
    """Row of any object: what is known about its fields, the rest under their own names."""
    line, record = wrapped.line, wrapped.record
    shape = shape_of(record)
    unmapped = _without_blanks(flatten(record))
    columns = _typed(record, unmapped)
    class_uid = columns.setdefault("class_uid", shape.class_uid)
    _move(unmapped, columns, columns_of(cast("int", class_uid)))
    _move(unmapped, columns, {name: name for name in _TEXTS & unmapped.keys()})
    _describe(columns, unmapped, shape)
    columns["raw"] = wrapped.raw
    if wrapped.envelope:
        flatten(wrapped.envelope, "envelope.", unmapped)
    when = time_of(record)
    if when is None:
        when = line.received or 0  # an event without a time is labelled all the same
    host = _first(unmapped, _HOSTS) or str(columns["product"])
    principal = unmapped.get(shape.principal) if shape.principal else None
    boot = principal if isinstance(principal, str) else ""
    columns["unmapped"] = unmapped
    return Row(line.source, line.offset, host, boot, when, line.received, columns)


def _without_blanks(flat: Flat) -> Flat:
    """Names as rules write them: blanks in a field's name do not count."""
    if not any(" " in name for name in flat):
        return flat
    joined: Flat = {}
    for name, value in flat.items():
        joined.setdefault(name.replace(" ", ""), value)
    return joined


def _typed(record: Record, unmapped: Flat) -> dict[str, object]:
    """Columns of numbers. A text that is a number stays in `unmapped` as it was, too."""
    columns: dict[str, object] = {}
    for name in _NUMBERS & record.keys():
        number = _integer(record[name])
        if number is not None:
            columns[name] = number
            if type(record[name]) is int:
                del unmapped[name]
    for name in _TYPED.keys() & record.keys():
        number = _integer(record[name])
        if number is not None:
            columns.setdefault(_TYPED[name], number)
    return columns


def _integer(value: object) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdecimal():
        value = int(value[:_DIGITS])
    if type(value) is int and -_INTEGER_END <= value < _INTEGER_END:
        return value
    return None


def _move(unmapped: Flat, columns: dict[str, object], names: Mapping[str, str]) -> None:
    """Texts into their columns; a column that is taken leaves the field where it is."""
    for name in names.keys() & unmapped.keys():
        value = unmapped[name]
        if type(value) is str and columns.get(names[name]) is None:
            columns[names[name]] = value
            del unmapped[name]


def _describe(columns: dict[str, object], unmapped: Flat, shape: Shape) -> None:
    """What the engine's gates look at: class, recorder, log."""
    if shape.activity_id is not None:
        columns.setdefault("activity_id", shape.activity_id)
    told = columns.get("product") or _first(unmapped, ("vendor", "vendor_name"))
    product = str(told or shape.product or "json")
    if columns.get("product") == "":
        unmapped["product"] = ""
    if told and product != product.lower():
        unmapped.setdefault("product", product)
    columns["product"] = product.lower()
    if "log_name" not in columns:
        log = _first(unmapped, ("service", "category")) if not shape.log_name else shape.log_name
        columns["log_name"] = log


def _first(unmapped: Flat, names: Sequence[str]) -> str | None:
    for name in names:
        value = unmapped.get(name)
        if isinstance(value, str) and value:
            return value
    return None


GENERIC = JsonFormat("json", _anything, _read, _row_of)


class JsonParser(JsonLinesParser):
    """The parser of lines that are JSON objects of any kind, each read by what it is.

    Formats may change from line to line: an object goes to the first of `formats` that claims it
    by its own keys, and else is read as it is. It is decoded once.
    """

    def __init__(self, formats: Sequence[JsonFormat]) -> None:
        """Formats: those with a reader of their own, the most exact first."""
        super().__init__(GENERIC)
        self.formats = (*formats, GENERIC)

    def form_of(self, record: Record) -> JsonFormat:
        """The format that reads an object."""
        return super().form_of(record) or GENERIC
