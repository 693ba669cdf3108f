"""Events to rows: the SYSCALL record says who and what, the others say on what."""

from typing import cast

from foreseen.parsers.auditd_activities import (
    BASE,
    EVENT_LOG,
    MESSAGES,
    OTHER,
    SOCKET_CALLS,
)
from foreseen.parsers.auditd_join import Event
from foreseen.parsers.auditd_messages import log_activity, message_columns
from foreseen.parsers.auditd_objects import add_object
from foreseen.parsers.auditd_records import Record
from foreseen.parsers.auditd_syscalls import ARCHITECTURES
from foreseen.parsers.auditd_text import fields_of, names_of, number, plain, text, user
from foreseen.parsers.auditd_types import ACCOMPANYING
from foreseen.parsers.protocol import Row

PRODUCT = "auditd"
_STATUS = {"yes": 1, "no": 2}
_IN_PROGRESS = -115
_IDS = ("uid", "gid", "suid", "fsuid", "egid", "sgid", "fsgid")


def row_of(event: Event) -> Row | str:
    """The row of an event, or in words what it lacks to be one."""
    columns = _columns(event)
    if isinstance(columns, str):
        return columns
    columns["product"] = PRODUCT
    columns["original_uid"] = event.stamp.partition(":")[2]
    columns["raw"] = "\n".join([record.text for record in event.records])
    line = event.records[0].line
    return Row(line.source, line.offset, event.node, event.boot, event.time, line.received, columns)


def _columns(event: Event) -> dict[str, object] | str:
    call: Record | None = None
    main: Record | None = None
    for record in event.records:
        if record.name == "SYSCALL":
            call = call or record
        elif main is None and record.name not in ACCOMPANYING:
            main = record
    if call is not None:
        columns = _call_columns(event, call)
        if columns is None:
            return "its SYSCALL record is cut off"
        if main is not None and main.name == "CONFIG_CHANGE":
            _turn_into_change(columns, main)
        return columns
    if main is not None:
        return message_columns(main, MESSAGES.get(main.name, (BASE, OTHER)))
    return "it has no SYSCALL record"


def _call_columns(event: Event, record: Record) -> dict[str, object] | None:
    """Columns of a system call; null if its record lacks who or what."""
    body, _, enrichment = record.body.partition("\x1d")
    try:
        fields = dict([word.split("=", 1) for word in body.split(" ")])
    except ValueError:
        fields = fields_of(body)
    pid = number(fields.get("pid"))
    if pid is None or "syscall" not in fields or "exe" not in fields:
        return None
    names = names_of(enrichment) if enrichment else {}
    architecture, call = _call_name(fields, names)
    exit_code = number(fields.get("exit"))
    columns: dict[str, object] = {
        "status_id": _STATUS.get(fields.get("success", ""), 0),
        "exit_code": exit_code,
        "event_type": call,
        "event_key": _keys(fields.get("key")),
        "process_pid": pid,
        **_who(fields, names),
    }
    if exit_code == _IN_PROGRESS and call == "connect":
        columns["status_id"] = 0  # a connection under way has not failed
    unmapped: dict[str, object] = {
        "type": [one.name for one in event.records if one.name != "EOE"],
        "arch": architecture,
    }
    uid = fields.get("euid")
    for name in _IDS:
        if fields.get(name, uid) != uid:
            unmapped[name] = fields[name]
    add_object(call, event.records, fields, columns, unmapped)
    columns["unmapped"] = unmapped
    return columns


def _who(fields: dict[str, str], names: dict[str, str]) -> dict[str, object]:
    """Columns of the process and its users."""
    return {
        "user_uid": user(fields.get("auid")),
        "user_name": names.get("AUID"),
        "session_uid": user(fields.get("ses")),
        "process_name": text(fields.get("comm")),
        "process_path": text(fields["exe"]),
        "process_user_uid": user(fields.get("euid")),
        "process_user_name": names.get("EUID"),
        "process_terminal": plain(fields.get("tty")),
        "parent_pid": number(fields.get("ppid")),
    }


def _call_name(fields: dict[str, str], names: dict[str, str]) -> tuple[str, str]:
    """Architecture and system call by name; the number where no table knows it."""
    syscall = fields["syscall"]
    architecture, table = ARCHITECTURES.get(fields.get("arch", ""), (fields.get("arch", ""), {}))
    call = table.get(syscall) or names.get("SYSCALL") or syscall
    if call == "socketcall":
        call = SOCKET_CALLS.get(fields.get("a0", ""), call)
    return architecture, call


def _keys(value: str | None) -> str | None:
    """Keys of the audit rules that matched, joined by commas if there are several."""
    key = text(value)
    return key.replace("\x01", ",") if key else None


def _turn_into_change(columns: dict[str, object], record: Record) -> None:
    """The call (a sendto to the kernel) only carried the change of the audit system."""
    fields = fields_of(record.body)
    columns["class_uid"], columns["activity_id"] = EVENT_LOG, log_activity(fields)
    columns["event_type"] = record.name
    unmapped = cast("dict[str, object]", columns["unmapped"])
    for name in ("op", "audit_enabled", "key", "list", "old"):
        if name in fields:
            unmapped[f"{record.name}.{name}"] = plain(fields[name])
