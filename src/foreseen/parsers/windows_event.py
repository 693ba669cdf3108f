"""Windows events as JSON lines, in three dialects: each line one event, nothing is remembered."""

from foreseen.core.records import Line, Quarantined, Reason
from foreseen.parsers.json_lines import JsonFormat, Record, rejected
from foreseen.parsers.protocol import Row
from foreseen.parsers.windows_event_columns import columns_by
from foreseen.parsers.windows_event_dialects import Fields, claims, fields_of
from foreseen.parsers.windows_event_kinds import columns_of
from foreseen.parsers.windows_event_plans import Plan, plan_of
from foreseen.parsers.windows_event_times import time_of

__all__ = ["WINDOWS_EVENT", "columns_of", "read"]

#: Windows names no boots in its events; process identities are unique without them.
BOOT = "windows"

_MOST_PLANS = 4096
_LONGEST_SHAPE = 8192
_Shape = tuple[str, int | str, tuple[str, ...], tuple[type, ...]]
_PLANS: dict[_Shape, Plan] = {}
#: The plan that the last event of this channel, id and number of fields had. Nearly always the next
#: one has it too, and to see that it fits takes half the time of finding it by all names and types.
_LAST: dict[tuple[str, int | str, int], Plan] = {}


def read(line: Line, record: Record) -> Row | Quarantined:
    """Row of an object that is a Windows event; `record` is used up."""
    fields = fields_of(record)
    event_id, channel = fields.get("EventID"), fields.get("Channel")
    if type(event_id) is not int and type(event_id) is not str:
        return rejected(line, f"EventID is {type(event_id).__name__}, not a number")
    named = channel if type(channel) is str else ""
    plan = _LAST.get((named, event_id, len(fields)))
    types = [*map(type, fields.values())]
    if plan is None or plan.types != types or plan.fields != list(fields):
        plan = _found((named, event_id, tuple(fields), tuple(types)))
    return _row(line, fields, plan)


def read_known(line: Line, record: Record) -> Row | Quarantined | None:
    """Row of an object with the names and types of one that was read a while ago.

    Whoever has a channel and an event id is claimed; what holds records has no such plan.
    """
    fields: Fields = record  # type: ignore[assignment]  # a cast would take time for each event
    event_id, channel = fields.get("EventID"), fields.get("Channel")
    if type(channel) is not str or (type(event_id) is not int and type(event_id) is not str):
        return None
    plan = _LAST.get((channel, event_id, len(fields)))
    if (
        plan is None
        or plan.types != [*map(type, fields.values())]
        or plan.fields != list(fields)
        or plan.may_wrap
    ):
        return None
    return _row(line, fields, plan)


def _row(line: Line, fields: Fields, plan: Plan) -> Row | Quarantined:
    time = time_of(fields, plan.clocks)
    if time is None:
        if plan.clocks or line.received is None:
            told = ", ".join(f"{name} {fields[name]!r}" for name in plan.clocks) or "no time field"
            return Quarantined(line, Reason.BAD_TIME, told[:200])
        time = line.received
    columns = columns_by(plan, fields, line.data)
    host = "" if plan.host is None else fields[plan.host]
    return Row(line.source, line.offset, host, BOOT, time, line.received, columns)


def _found(shape: _Shape) -> Plan:
    """The plan of a shape; kept, unless its names are so long that many would fill the memory."""
    channel, event_id, names, kinds = shape
    plan = _PLANS.get(shape)
    if plan is None:
        plan = plan_of(channel, str(event_id), dict(zip(names, kinds, strict=True)))
        if sum(map(len, names)) > _LONGEST_SHAPE:
            return plan
        if len(_PLANS) >= _MOST_PLANS:
            _PLANS.clear()
            _LAST.clear()
        _PLANS[shape] = plan
    _LAST[channel, event_id, len(names)] = plan
    return plan


WINDOWS_EVENT = JsonFormat("windows_event", claims, read, read_known=read_known)
