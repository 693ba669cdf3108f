"""What a system call acted on (program, file, endpoint), out of its accompanying records."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from foreseen.parsers.auditd_activities import (
    BASE,
    CALLS,
    DESCRIPTOR_CALLS,
    EXECS,
    FILE,
    FORKS,
    FROM_PEER,
    MODE_REGISTER,
    NETWORK,
    OPENS,
    OTHER,
    PROCESS,
    open_activity,
    trace_activity,
)
from foreseen.parsers.auditd_commands import arguments, command_line, title
from foreseen.parsers.auditd_files import Item, absolute, files_of, item
from foreseen.parsers.auditd_records import Record
from foreseen.parsers.auditd_sockets import Endpoint, endpoint
from foreseen.parsers.auditd_text import fields_of, octal, plain, register, text

Columns = dict[str, object]

_ARGUMENTS_KEPT = 10
_REGISTERS = ("a0", "a1", "a2", "a3")
_THREAD = 0x10000
_CREAT_FLAGS = 0o1101
#: Fields of rarer records that rules ask for; in unmapped they stand as `record type.field`.
_MORE = {
    "OBJ_PID": ("opid", "oauid", "ocomm"),
    "KERN_MODULE": ("name",),
    "OPENAT2": ("oflag",),
    "AVC": ("scontext", "tcontext", "tclass"),
    "NETFILTER_CFG": ("table", "family", "op"),
    "CAPSET": ("cap_pe",),
}
_ENCODED = frozenset(("ocomm", "name"))


@dataclass(slots=True)
class _Parts:
    """The accompanying records, taken apart."""

    items: list[Item] = field(default_factory=list)
    executed: list[str] = field(default_factory=list)
    cwd: str | None = None
    title: str = ""
    endpoint: Endpoint | None = None
    open_flags: int = 0


def add_object(
    call: str,
    records: Sequence[Record],
    fields: dict[str, str],
    columns: Columns,
    unmapped: dict[str, object],
) -> None:
    """Fill class, activity and what the call acted on.

    Args:
        call: Name of the system call.
        records: All records of the event.
        fields: Fields of the SYSCALL record as written.
        columns: Columns of the row, filled in place.
        unmapped: What has no column, filled in place.
    """
    parts = _taken_apart(records, unmapped)
    columns["process_cwd"] = parts.cwd
    if parts.items:
        unmapped["name"] = [one.name for one in parts.items if one.name is not None]
    event_class, columns["activity_id"] = CALLS.get(call, (BASE, OTHER))
    columns["class_uid"] = event_class
    if call in EXECS:
        _add_program(parts, columns, unmapped)
        return
    columns["process_cmd_line"] = title(parts.title)
    for name in _REGISTERS:
        unmapped[name] = fields.get(name)
    if event_class == FILE or call in OPENS:
        _add_file(call, parts, fields, columns)
    elif event_class == NETWORK:
        _add_endpoint(call, parts, columns, unmapped)
    elif call in FORKS:
        _add_child(call, fields, columns)
    elif call == "ptrace":
        columns["class_uid"] = PROCESS
        columns["activity_id"] = trace_activity(register(fields.get("a0")))


def _taken_apart(records: Sequence[Record], unmapped: dict[str, object]) -> _Parts:
    parts = _Parts()
    for record in records:
        name = record.name
        if name == "PATH":
            parts.items.append(item(record.body))
        elif name == "CWD":
            parts.cwd = text(record.body.partition("=")[2].partition("\x1d")[0].rstrip())
        elif name == "EXECVE":
            parts.executed.append(record.body)
        elif name == "PROCTITLE":
            parts.title = record.body
        elif name == "SOCKADDR":
            parts.endpoint = parts.endpoint or endpoint(record.body)
        elif name in _MORE:
            _take_more(record, parts, unmapped)
    return parts


def _take_more(record: Record, parts: _Parts, unmapped: dict[str, object]) -> None:
    fields = fields_of(record.body)
    for name in _MORE[record.name]:
        if name in fields:
            decode = text if name in _ENCODED else plain
            unmapped[f"{record.name}.{name}"] = decode(fields[name])
    if record.name == "OPENAT2":
        parts.open_flags = octal(fields.get("oflag"))


def _add_program(parts: _Parts, columns: Columns, unmapped: dict[str, object]) -> None:
    """The started program: exe is the new image; its arguments stand in unmapped as a0...a9.

    A failed start leaves the old image running (exe) and names what was tried in file_path.
    """
    if parts.executed:
        argv = arguments(parts.executed)
        columns["process_cmd_line"] = command_line(argv)
        for index, argument in enumerate(argv[:_ARGUMENTS_KEPT]):
            unmapped[f"a{index}"] = argument
    elif columns["status_id"] == 1:
        columns["process_cmd_line"] = title(parts.title)
    if columns["status_id"] != 1 and parts.items:
        columns["file_path"] = absolute(parts.items[0].name, parts.cwd)


def _add_file(call: str, parts: _Parts, fields: dict[str, str], columns: Columns) -> None:
    files = files_of(call, parts.items, parts.cwd, fields.get("a0"))
    if files.path is None and call in DESCRIPTOR_CALLS:
        columns["class_uid"], columns["activity_id"] = BASE, OTHER
        return
    columns["file_path"] = files.path
    columns["file_target"] = files.target
    if call in OPENS:
        columns["class_uid"] = FILE
        columns["activity_id"] = open_activity(_open_flags(call, parts, fields), files.nametype)
    mode = MODE_REGISTER.get(call)
    if mode is not None:
        columns["file_mode"] = register(fields.get(mode)) & 0o7777


def _open_flags(call: str, parts: _Parts, fields: dict[str, str]) -> int:
    if call == "creat":
        return _CREAT_FLAGS
    if call == "openat2":
        return parts.open_flags
    return register(fields.get("a1" if call == "open" else "a2"))


def _add_endpoint(call: str, parts: _Parts, columns: Columns, unmapped: dict[str, object]) -> None:
    found = parts.endpoint
    if found is None:
        return
    unmapped["family"] = found.family
    if call in FROM_PEER:
        columns["src_ip"], columns["src_port"] = found.ip, found.port
    else:
        columns["dst_ip"], columns["dst_port"] = found.ip, found.port
        columns["dst_path"] = found.path


def _add_child(call: str, fields: dict[str, str], columns: Columns) -> None:
    """A new thread is no new process: its clone is kept as a base event."""
    if call == "clone" and register(fields.get("a0")) & _THREAD:
        columns["class_uid"], columns["activity_id"] = BASE, OTHER
