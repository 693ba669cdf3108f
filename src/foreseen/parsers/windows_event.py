"""Windows events as JSON lines, in three dialects: each line one event, nothing is remembered."""

from typing import Any, cast

from foreseen.core.records import Line, Quarantined, Reason
from foreseen.parsers.json_flat import text_of
from foreseen.parsers.json_lines import JsonFormat, Record, rejected
from foreseen.parsers.protocol import Row
from foreseen.parsers.windows_event_dialects import claims, fields_of
from foreseen.parsers.windows_event_kinds import columns_of
from foreseen.parsers.windows_event_plans import Plan, columns_by, plan_of
from foreseen.parsers.windows_event_times import time_of

__all__ = ["WINDOWS_EVENT", "columns_of", "read"]

#: Windows names no boots in its events; process identities are unique without them.
BOOT = "windows"

_MOST_PLANS = 4096
_LONGEST_SHAPE = 8192
_Shape = tuple[object, object, tuple[str, ...], tuple[type, ...]]
_PLANS: dict[_Shape, Plan] = {}


def read(line: Line, record: Record) -> Row | Quarantined:
    """Row of an object that is a Windows event; `record` is used up."""
    fields = fields_of(cast("dict[str, Any]", record))
    event_id = fields.get("EventID")
    if type(event_id) is not int and type(event_id) is not str:
        return rejected(line, f"EventID is {type(event_id).__name__}, not a number")
    plan = _plan(fields, event_id)
    time = time_of(fields, plan.clocks)
    if time is None:
        if plan.clocks or line.received is None:
            told = ", ".join(f"{name} {fields[name]!r}" for name in plan.clocks) or "no time field"
            return Quarantined(line, Reason.BAD_TIME, told[:200])
        time = line.received
    columns = columns_by(plan, fields)
    columns["raw"] = line.data.decode()
    columns["unmapped"] = fields
    host = cast("str", columns.pop("host") or "")
    return Row(line.source, line.offset, host, BOOT, time, line.received, columns)


def _plan(fields: dict[str, Any], event_id: object) -> Plan:
    channel = fields.get("Channel")
    if type(channel) is not str:
        channel = ""
    names, kinds = tuple(fields), tuple(map(type, fields.values()))
    shape = (channel, event_id, names, kinds)
    plan = _PLANS.get(shape)
    if plan is None:
        plan = plan_of(channel, text_of(event_id) or "", dict(zip(names, kinds, strict=True)))
        if sum(map(len, names)) <= _LONGEST_SHAPE:
            if len(_PLANS) >= _MOST_PLANS:
                _PLANS.clear()
            _PLANS[shape] = plan
    return plan


WINDOWS_EVENT = JsonFormat("windows_event", claims, read)
