"""Sigma's names for log sources and fields, and what they are in our columns."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from foreseen.rules.derived import KEPT_IDS
from foreseen.rules.rule import Logsource
from foreseen.rules.tree import Field, Origin
from foreseen.schema.columns import IDENTITY, PARSED

PROCESS, FILE, MODULE, NETWORK, LOGIN = 1007, 1001, 1002, 4001, 3002
FAILURE = 2
LINUX_RECORDERS = ("auditd",)


@dataclass(frozen=True, slots=True)
class Gate:
    """Events that a log source means; an empty tuple does not restrict.

    Attributes:
        classes: OCSF classes.
        activities: OCSF activities in them.
        products: Recorders.
        done: Whether what is known to have failed is left out.
    """

    classes: tuple[int, ...] = ()
    activities: tuple[int, ...] = ()
    products: tuple[str, ...] = ()
    done: bool = False


@dataclass(frozen=True, slots=True)
class Scope:
    """One log source: its events and the fields that they have.

    Attributes:
        name: As in messages, e.g. `linux/process_creation`.
        gate: Events; nothing else is labelled.
        fields: Meaning of each name that a rule may use.
    """

    name: str
    gate: Gate
    fields: Mapping[str, Field]

    def field(self, name: str) -> Field | None:
        """Meaning of a field's name; blanks in it do not count, case does."""
        return self.fields.get(name.replace(" ", ""))

    def nearest(self, name: str) -> str | None:
        """The known name that looks most like this one."""
        by_fold = {known.lower(): known for known in self.fields}
        close = get_close_matches(name.lower(), by_fold, n=1, cutoff=0.5)
        return by_fold[close[0]] if close else None


def scope_of(logsource: Logsource) -> Scope | None:
    """Events and fields of a log source; None when we have no such events."""
    key = logsource.service or logsource.category
    if logsource.service and logsource.category:
        return None
    if logsource.product not in {"", "linux"} or (not logsource.product and not key):
        return None
    if key and key not in _SOURCES:
        return None
    gate, fields = _SOURCES.get(key, (Gate(), _AUDITD | _PROCESS_FIELDS))
    products = LINUX_RECORDERS if logsource.product or logsource.service else ()
    restricted = Gate(gate.classes, gate.activities, products, gate.done)
    return Scope(str(logsource), restricted, {**NATIVE, **fields})


def known_logsources() -> tuple[str, ...]:
    """What a rule may say, for messages."""
    return ("linux", *(f"linux/{name}" for name in sorted(_SOURCES)))


def _columns(**names: str) -> dict[str, Field]:
    return {sigma: Field(Origin.COLUMN, column) for sigma, column in names.items()}


def _unmapped(names: str) -> dict[str, Field]:
    return {name: Field(Origin.UNMAPPED, name) for name in names.split()}


def _derived(names: str) -> dict[str, Field]:
    return {name: Field(Origin.DERIVED, name) for name in names.split()}


NATIVE = {column.name: Field(Origin.COLUMN, column.name) for column in IDENTITY + PARSED}
KEYWORD_FIELDS = (
    *(
        Field(Origin.COLUMN, column.name)
        for column in PARSED
        if "string" in column.kind and column.name not in {"raw", "unmapped", "lineage"}
    ),
    Field(Origin.UNMAPPED, "*"),
)
_USER = {"User": Field(Origin.DERIVED, "User")}
_ACTOR_FIELDS = _USER | _columns(
    Image="process_path",
    CommandLine="process_cmd_line",
    CurrentDirectory="process_cwd",
    LogonId="session_uid",
    ProcessId="process_pid",
    ProcessGuid="process_uid",
    ParentImage="parent_path",
    ParentCommandLine="parent_cmd_line",
    ParentProcessId="parent_pid",
    ParentProcessGuid="parent_uid",
    Computer="host",
)
_PROCESS_FIELDS = _ACTOR_FIELDS | _unmapped(
    "OriginalFileName Hashes md5 sha1 sha256 imphash IntegrityLevel Product Company Description"
    " FileVersion ParentUser LogonGuid TerminalSessionId"
)
_FILE_FIELDS = (
    _ACTOR_FIELDS
    | _columns(TargetFilename="file_path")
    | _derived("FileMode")
    | _unmapped("CreationUtcTime")
)
_EVENT_FIELDS = _FILE_FIELDS | {"TargetFilename": Field(Origin.DERIVED, "MadeFile")}
_RENAME_FIELDS = _FILE_FIELDS | _columns(TargetFilename="file_target", SourceFilename="file_path")
_NETWORK_FIELDS = (
    _ACTOR_FIELDS
    | _columns(
        DestinationIp="dst_ip",
        DestinationPort="dst_port",
        SourceIp="src_ip",
        SourcePort="src_port",
    )
    | _derived("Initiated")
    | _unmapped("DestinationHostname SourceHostname Protocol DestinationIsIpv6 SourceIsIpv6")
)
_LOGIN_FIELDS = _ACTOR_FIELDS | _columns(TargetUser="auth_account", Service="auth_service")
_ARGUMENTS = " ".join(f"a{number}" for number in range(10))
_AUDITD = (
    _columns(
        exe="process_path",
        comm="process_name",
        key="event_key",
        auid="user_uid",
        euid="process_user_uid",
        ses="session_uid",
        pid="process_pid",
        ppid="parent_pid",
        tty="process_terminal",
        cwd="process_cwd",
        proctitle="process_cmd_line",
        exit="exit_code",
        acct="auth_account",
        addr="src_ip",
        laddr="dst_ip",
        lport="dst_port",
    )
    | _derived(f"type SYSCALL success {' '.join(KEPT_IDS)}")
    | _unmapped(
        f"{_ARGUMENTS} name arch argc cap_fe cap_fi cap_fp cap_frootid cap_fver capability dev dir"
        " family fp hostname id inode item items kind mode msg nametype new obj objtype ogid old"
        " old-auid old-ses op op2 ouid path perm proto rdev res saddr scontext sig subj syscall"
        " tcontext terminal unit data"
    )
)

_SOURCES: dict[str, tuple[Gate, Mapping[str, Field]]] = {
    "process_creation": (Gate((PROCESS,), (1,), done=True), _PROCESS_FIELDS),
    "process_activity": (Gate((PROCESS,)), _PROCESS_FIELDS),
    "file_event": (Gate((FILE,), (1, 3), done=True), _EVENT_FIELDS),
    "file_change": (Gate((FILE,), (3,), done=True), _FILE_FIELDS),
    "file_delete": (Gate((FILE,), (4,), done=True), _FILE_FIELDS),
    "file_rename": (Gate((FILE,), (5,), done=True), _RENAME_FIELDS),
    "file_access": (Gate((FILE,), (2, 14)), _FILE_FIELDS),
    "file_activity": (Gate((FILE,)), _FILE_FIELDS),
    "network_connection": (Gate((NETWORK,), (1, 4, 5, 6)), _NETWORK_FIELDS),
    "network_activity": (Gate((NETWORK,)), _NETWORK_FIELDS),
    "module_activity": (Gate((MODULE,)), _FILE_FIELDS),
    "authentication": (Gate((LOGIN,)), _LOGIN_FIELDS),
    "auditd": (Gate(), _AUDITD),
}
