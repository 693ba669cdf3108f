"""Records that are an event by themselves: logins, accounts, services, the audit daemon."""

from foreseen.parsers.auditd_activities import EVENT_LOG, LOGIN, OTHER
from foreseen.parsers.auditd_records import Record
from foreseen.parsers.auditd_text import address, fields_of, names_of, number, plain, text, user
from foreseen.parsers.auditd_types import words

_SUCCESS = frozenset(("success", "1", "yes"))
_FAILURE = frozenset(("failed", "fail", "failure", "0", "no"))
#: Fields that libaudit writes in hexadecimal when they hold blanks or control characters.
_ENCODED = words("acct cmd comm cwd data dir exe grp key name new_group path proctitle unit vm")
_MAPPED = words("pid ppid auid ses uid euid exe comm acct cmd cwd addr terminal tty key res")
_ENABLED = {"0": 10, "1": 9, "2": 9}


def message_columns(record: Record, activity: tuple[int, int]) -> dict[str, object]:
    """Columns of a record of user space, of the daemon, or of the kernel without a system call.

    Args:
        record: The event's main record.
        activity: Its (class_uid, activity_id).
    """
    body, _, enrichment = record.body.partition("\x1d")
    outer, inner = _outer_and_inner(body)
    # the kernel wrote the outer fields; what user space says must not replace them
    fields = {**inner, **outer}
    names = names_of(enrichment) if enrichment else {}
    result = plain(fields.get("res", fields.get("result")))
    columns: dict[str, object] = {
        "class_uid": activity[0],
        "activity_id": activity[1],
        "status_id": 1 if result in _SUCCESS else 2 if result in _FAILURE else 0,
        "event_type": record.name,
        "event_key": text(fields.get("key")),
        "user_uid": user(fields.get("auid")),
        "user_name": names.get("AUID"),
        "session_uid": user(fields.get("ses")),
        "process_pid": number(fields.get("pid")),
        "process_name": text(fields.get("comm")),
        "process_path": _known(text(fields.get("exe"))),
        "process_cmd_line": text(fields.get("cmd")),
        "process_cwd": text(fields.get("cwd")),
        "process_user_uid": user(fields.get("uid")),
        "process_user_name": names.get("UID"),
        "process_terminal": plain(fields.get("terminal", fields.get("tty"))),
        "parent_pid": number(fields.get("ppid")),
        "src_ip": address(fields.get("addr")),
    }
    if activity[0] == LOGIN:
        columns["auth_service"] = columns["process_path"]
    if "acct" in fields or "id" in fields:
        columns["auth_account"] = _known(text(fields.get("acct"))) or names.get("ID")
    if activity == (EVENT_LOG, OTHER):
        columns["activity_id"] = log_activity(fields)
    columns["unmapped"] = _unmapped(record.name, fields)
    return columns


def log_activity(fields: dict[str, str]) -> int:
    """Activity of a change to the audit system: switching it on or off is told from the rest."""
    return _ENABLED.get(fields.get("audit_enabled", ""), OTHER)


def _outer_and_inner(body: str) -> tuple[dict[str, str], dict[str, str]]:
    """Fields beside and inside `msg='...'`."""
    outer, found, message = body.partition("msg='")
    if not found:
        return fields_of(body), {}
    return fields_of(outer), fields_of(message.rstrip().removesuffix("'"))


def _known(value: str | None) -> str | None:
    return None if value in {"?", ""} else value


def _unmapped(name: str, fields: dict[str, str]) -> dict[str, object]:
    rest: dict[str, object] = {"type": [name]}
    for field, value in fields.items():
        if field not in _MAPPED:
            decoded = text(value) if field in _ENCODED else plain(value)
            if decoded is not None:
                rest[field] = decoded
    return rest
