"""What the oracle knows of sources: events of Linux in our columns, events of Windows as JSON."""

from collections.abc import Mapping

from sigma.rule import SigmaRule
from tests.rules.oracle import Event, World, canonical

RECORDERS = ("auditd", "laurel", "agent", "fargate", "falco", "osquery", "sysmon_linux", "linux")
_GATES = ("event_type", "log_name")  # what names the event says it all
_LINUX_NAMES = {
    "Image": "process_path",
    "exe": "process_path",
    "CommandLine": "process_cmd_line",
    "ParentImage": "parent_path",
    "ProcessId": "process_pid",
    "comm": "process_name",
    "DestinationIp": "dst_ip",
    "TargetFilename": "file_path",
    "Computer": "host",
}
_LINUX_COLUMNS = {
    *_LINUX_NAMES.values(),
    *("lineage_paths", "process_user_name", "process_user_uid", "event_type", "log_name", "time"),
}
# `host` says who reported, `product` who recorded, the lineage is ours: nothing that was written
_LINUX_TEXTS = (
    *("process_path", "process_cmd_line", "parent_path", "process_name", "dst_ip", "file_path"),
    *("process_user_name", "process_user_uid", "event_type", "log_name"),
)


def _linux_admits(rule: SigmaRule, event: Event) -> bool:
    """Whether nothing that the event says of itself is against the log source.

    What it leaves unsaid counts only where it says neither its recorder nor its log.
    """
    product, log = event.get("product"), event.get("log_name")
    anonymous = product in {None, "json"} and log is None
    if not anonymous and str(product or "").lower() not in RECORDERS:
        return False
    where = rule.logsource
    if where.service == "sshd":
        return anonymous or str(log or "").lower() == "sshd"
    if where.category is None:
        return True
    classes, activities, done = {
        "process_creation": ({1007}, {1}, True),
        "file_event": ({1001}, {1, 3}, True),
        "network_connection": ({4001}, {1, 4, 5, 6}, False),
    }[where.category]
    unsaid = {None, 0} if anonymous else set()
    return (
        event.get("class_uid") in classes | unsaid
        and event.get("activity_id") in activities | unsaid
        and not (done and event.get("status_id") == 2)
    )


def _linux_texts(rule: SigmaRule, field: str, event: Event) -> list[str]:
    """Values of a field; what no column is for lies in `unmapped` under its own name."""
    unmapped = event.get("unmapped") or {}
    assert isinstance(unmapped, Mapping)
    own = _texts(unmapped.get(field))
    follows = _linux_follows(rule, field, event, own)
    if follows is None:
        column = _LINUX_NAMES.get(field, field)
        if column not in _LINUX_COLUMNS:
            return own
        follows = _texts(event.get(column))
    return follows if field in _GATES else follows + own


def _linux_follows(rule: SigmaRule, field: str, event: Event, own: list[str]) -> list[str] | None:
    """Values of fields that follow from columns; None for any other field."""
    number = _texts(event.get("process_user_uid"))
    if field == "User":
        names = _texts(event.get("process_user_name")) + number
        return names + ["root"] * (number == ["0"])
    if field in {"uid", "gid"}:
        return own or number
    if field == "success":
        return {1: ["yes"], 2: ["no"]}.get(event.get("status_id"), [])  # type: ignore[call-overload,no-any-return]
    if field == "TargetFilename" and rule.logsource.category == "file_event":
        return _texts(event.get("file_target")) or _texts(event.get("file_path"))
    return None


def _linux_is_written(_rule: SigmaRule, field: str, event: Event) -> bool:
    unmapped = event.get("unmapped") or {}
    return isinstance(unmapped, Mapping) and field in unmapped and not _texts(unmapped[field])


def _linux_haystack(event: Event) -> list[str]:
    unmapped = event.get("unmapped") or {}
    assert isinstance(unmapped, Mapping)
    found = [_texts(event.get(name)) for name in (*_LINUX_TEXTS, "file_target")]
    return [text for texts in (*found, *map(_texts, unmapped.values())) for text in texts]


def _texts(value: object) -> list[str]:
    """Texts of a value or of a list of values; nulls are none."""
    many = value if isinstance(value, list) else [value]
    return [canonical(each) for each in many if each is not None]


LINUX = World(
    _linux_admits, _linux_texts, _linux_is_written, lambda *_: False, _linux_haystack
)  # audit records have no objects

SYSMON = "Microsoft-Windows-Sysmon/Operational"
POWERSHELL = "Microsoft-Windows-PowerShell/Operational"
_WINDOWS_CATEGORIES = {
    "process_creation": {(SYSMON, "1"), ("Security", "4688")},
    "network_connection": {(SYSMON, "3")},
    "file_event": {(SYSMON, "11")},
    "registry_event": {(SYSMON, "12"), (SYSMON, "13"), (SYSMON, "14")},
    "registry_set": {(SYSMON, "13")},
    "ps_script": {(POWERSHELL, "4104")},
}
_WINDOWS_SERVICES = {"sysmon": SYSMON, "security": "Security", "powershell": POWERSHELL}
_ALIASES_OF_4688 = {
    "Image": ["NewProcessName"],
    "ParentImage": ["ParentProcessName"],
    "User": ["SubjectUserName", "SubjectDomainName"],
    "LogonId": ["SubjectLogonId"],
    "IntegrityLevel": ["MandatoryLabel"],
    "ParentProcessId": ["ProcessId"],
}
# what Sigma calls what names the event, and what shippers call it
_ALIASES = {
    "ComputerName": ["ComputerName", "Computer"],
    "Hostname": ["Hostname", "Computer"],
    "ProviderName": ["ProviderName", "Provider_Name"],
    "SourceName": ["SourceName", "Provider_Name"],
}
_FLAT_NAMES = {"Computer": "Hostname", "Provider_Name": "SourceName"}


def _windows_admits(rule: SigmaRule, event: Event) -> bool:
    channel, number = str(event["Channel"]).lower(), canonical(event["EventID"])
    where = rule.logsource
    if where.service and channel != _WINDOWS_SERVICES[where.service].lower():
        return False
    kinds = {
        (name.lower(), each) for name, each in _WINDOWS_CATEGORIES.get(where.category or "", ())
    }
    return where.category is None or (channel, number) in kinds


def _windows_texts(rule: SigmaRule, field: str, event: Event) -> list[str]:
    flat = flattened(event)
    return [text for name in _windows_names(rule, field, event) for text in flat.get(name, [])]


def _windows_is_written(rule: SigmaRule, field: str, event: Event) -> bool:
    flat = flattened(event)
    return any(name in flat for name in _windows_names(rule, field, event))


def _windows_is_object(rule: SigmaRule, field: str, event: Event) -> bool:
    flat = flattened(event)
    names = tuple(f"{name}." for name in _windows_names(rule, field, event))
    return any(name.startswith(names) for name in flat)


def _windows_names(rule: SigmaRule, field: str, event: Event) -> list[str]:
    """Names of the source that a rule's name means."""
    names = _ALIASES.get(field, [field])
    if str(event["Channel"]).lower() == "security" and canonical(event["EventID"]) == "4688":
        names = [*_ALIASES_OF_4688.get(field, []), *names]
        if field == "ProcessId" and rule.logsource.category:
            names = ["NewProcessId"]
    flat = flattened(event)
    return [
        _FLAT_NAMES[name] if name in _FLAT_NAMES and name not in flat else name for name in names
    ]


def flattened(event: Event) -> dict[str, list[str]]:
    """Texts by dotted name; a name with a null, an empty list or object has none."""
    flat: dict[str, list[str]] = {}

    def put(name: str, value: object) -> None:
        if isinstance(value, dict) and value:
            for key, each in value.items():
                put(f"{name}.{key}", each)
        elif isinstance(value, list) and value:
            for each in value:
                put(name, each)
        else:
            flat.setdefault(name, [])
            if not isinstance(value, dict | list) and value is not None:
                flat[name].append(canonical(value))

    for name, value in event.items():
        put(name.replace(" ", ""), value)
    return flat


def _windows_haystack(event: Event) -> list[str]:
    return [text for texts in flattened(event).values() for text in texts]


WINDOWS = World(
    _windows_admits, _windows_texts, _windows_is_written, _windows_is_object, _windows_haystack
)
