"""The three JSON dialects of Windows events, each to one flat object with Sigma's field names.

- flat: NXLog, Logstash and others: everything side by side, taken as it is. What names the event
  has other names there (`Hostname` is Computer), which `windows_event_plans` knows.
- event: `{"Event": {"System": ..., "EventData": ... or "UserData": ...}}`, as evtx_dump writes the
  event's XML. System's parts are named by element or `<element>_<attribute>` (Provider_Name).
- winlogbeat: `winlog.*`, nested or with dotted keys, with the rest of an ECS document.

The event's own data keep their names. Values may still be nested; `windows_event_plans` opens them.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

Fields = dict[str, Any]

#: Put before the name of what an event says itself under a name that identifies events.
OWN_DATA = "EventData."
#: Value of a name that the event does not say, and that nothing else may stand for.
NOT_SAID = ...
#: Names that mean the event itself, whatever its own data call theirs.
_IDENTIFYING = frozenset(
    ("Channel", "EventID", "Provider_Name", "Computer", "EventRecordID", "TimeCreated_SystemTime")
)
_FLAT_MARKS = ("Channel", "SourceName", "Provider_Name", "ProviderGuid")
_WINLOG_NAMES = {
    "channel": "Channel",
    "event_id": "EventID",
    "provider_name": "Provider_Name",
    "provider_guid": "Provider_Guid",
    "computer_name": "Computer",
    "record_id": "EventRecordID",
    "version": "Version",
    "opcode": "Opcode",
    "task": "Task",
    "keywords": "Keywords",
    "activity_id": "Correlation_ActivityID",
    "related_activity_id": "Correlation_RelatedActivityID",
    "process.pid": "Execution_ProcessID",
    "process.thread.id": "Execution_ThreadID",
    "user.identifier": "Security_UserID",
}
_OPENED_LEVELS = 3


def claims(record: Mapping[str, Any]) -> bool:
    """Whether an object is a Windows event, told by its keys."""
    if "EventID" in record:
        return "Channel" in record or not record.keys().isdisjoint(_FLAT_MARKS)
    event = record.get("Event")
    if isinstance(event, dict):
        return isinstance(event.get("System"), dict)
    winlog = record.get("winlog")
    if isinstance(winlog, dict):
        return "event_id" in winlog or "channel" in winlog
    return "winlog.event_id" in record or "winlog.channel" in record


def fields_of(record: Mapping[str, Any]) -> Fields:
    """The event's fields by Sigma's names; `record` is claimed, a dict, and may be changed."""
    fields: Fields = record  # type: ignore[assignment]  # a cast would take time for each event
    if "EventID" in fields:
        return fields
    return _event(fields) if "Event" in fields else _winlogbeat(fields)


def _event(record: Fields) -> Fields:
    event = record.pop("Event")
    fields = _own_data(event.pop("EventData", None), event.pop("UserData", None))
    for element, value in event.pop("System").items():
        if isinstance(value, dict):
            _open_element(fields, element.removesuffix("_attributes"), value)
        elif value is not None:
            _put(fields, element, value, "System.")
    event.pop("#attributes", None)  # the name space of the XML
    for rest in (event, record):
        for name, value in rest.items():
            _put(fields, name, value, "Event.")
    return _named(fields)


def _own_data(data: object, user: object) -> Fields:
    """EventData; or what the one element in UserData holds, whose name becomes `xml_name`."""
    fields: Fields = {}
    if isinstance(data, dict):
        fields = data
    elif data is not None:
        fields["Data"] = data
    if isinstance(user, dict):
        for element, value in user.items():
            if isinstance(value, dict):
                value.pop("#attributes", None)
                fields |= value
                fields.setdefault("xml_name", element)
            else:
                fields[element] = value
    elif user is not None:
        fields["UserData"] = user
    return fields


def _open_element(fields: Fields, element: str, parts: Mapping[str, Any]) -> None:
    """An element of System: its text under its name, its attributes as `<element>_<attribute>`."""
    for part, value in parts.items():
        if part == "#text":
            _put(fields, element, value, "System.")
        elif part == "#attributes" and isinstance(value, dict):
            for attribute, text in value.items():
                _put(fields, _joined(element, attribute), text, "System.")
        else:
            _put(fields, _joined(element, part), value, "System.")


@lru_cache(maxsize=256)
def _joined(element: str, attribute: str) -> str:
    return f"{element}_{attribute}"


def _put(fields: Fields, name: str, value: object, prefix: str) -> None:
    """A field beside the event's own data, whose name may be one of theirs.

    What identifies the event takes the name, and its own data `OWN_DATA` + name; else the event's
    own data keep it, as that is what rules mean, and the field becomes `prefix` + name.
    """
    if name not in fields:
        fields[name] = value
    elif name in _IDENTIFYING:
        fields[OWN_DATA + name] = fields[name]
        fields[name] = value
    else:
        fields[prefix + name] = value


def _winlogbeat(record: Fields) -> Fields:
    winlog: Fields = {}
    rest: Fields = {}
    for key, value in record.items():
        if key == "winlog" or key.startswith("winlog."):
            _spread(key[7:], value, winlog, _OPENED_LEVELS)
        else:
            rest[key] = value
    fields: Fields = {}
    system: Fields = {}
    for name, value in winlog.items():
        own = name.removeprefix("event_data.").removeprefix("user_data.")
        if own != name:
            fields[own] = value
        else:
            system[_WINLOG_NAMES.get(name) or "winlog." + name] = value
    for name, value in system.items():
        _put(fields, name, value, "winlog.")
    if "message" in rest:
        _put(fields, "Message", rest.pop("message"), "winlog.")
    for name, value in rest.items():
        _put(fields, name, value, "winlog.")
    return _named(_with_host(fields))


def _spread(prefix: str, value: object, into: Fields, levels: int) -> None:
    """Dotted names of what lies below; the event's own data are opened by one level."""
    if isinstance(value, dict) and levels and not prefix.startswith(("event_data.", "user_data.")):
        for name, part in value.items():
            _spread(f"{prefix}.{name}" if prefix else name, part, into, levels - 1)
    else:
        into[prefix] = value


def _with_host(fields: Fields) -> Fields:
    """An event that lacks the computer's name is of the host that the shipper names."""
    if "Computer" not in fields:
        host = fields.get("host")
        name = host.get("name") if isinstance(host, dict) else fields.get("host.name")
        if isinstance(name, str):
            fields["Computer"] = name
    return fields


def _named(fields: Fields) -> Fields:
    """Also what it lacks of Sigma's names, so that its own data are not taken for them."""
    for name in ("Provider_Name", "Computer", "EventRecordID"):
        fields.setdefault(name, NOT_SAID)
    return fields
