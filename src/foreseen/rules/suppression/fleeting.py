"""Values that never come back: process ids, times, record numbers, temporary names."""

import re

from foreseen.rules.tree import Atom, Kind

_IDENTITIES = frozenset(
    [
        "process_pid",
        "parent_pid",
        "process_uid",
        "parent_uid",
        "lineage",
        "session_uid",
        "stream",
        "seq",
        "event_uid",
        "match_uid",
        "original_uid",
        "container_uid",
        "src_port",
        "pid",
        "ppid",
        "ses",
        "processid",
        "newprocessid",
        "parentprocessid",
        "sourceprocessid",
        "targetprocessid",
        "threadid",
        "sourcethreadid",
        "processguid",
        "parentprocessguid",
        "sourceprocessguid",
        "targetprocessguid",
        "logonid",
        "logonguid",
        "subjectlogonid",
        "targetlogonid",
        "targetlogonguid",
        "handleid",
        "eventrecordid",
        "recordnumber",
        "sourceport",
        "ipport",
        "eventid",
        "requestid",
        "sharedeventid",
        "auditid",
    ]
)
"""Names of fields, folded, whose values belong to one event, process or session."""

_TIMES = frozenset(
    [
        "time",
        "ingested_time",
        "utctime",
        "systemtime",
        "timecreated",
        "creationutctime",
        "previouscreationutctime",
        "eventtime",
        "creationdate",
        "requestreceivedtimestamp",
        "stagetimestamp",
    ]
)
_WINDOWS_EVENT_ID = "EventID"
_STANDING = frozenset(
    {"", "0", "1", "4", "0x0", "0x4", "0x3e4", "0x3e5", "0x3e7", "-1", "unset", "4294967295"}
)
"""Init, the Windows kernel, its service accounts' sessions, no session: the same every day."""

_NAMED = frozenset({Kind.EQUALS, Kind.CONTAINS, Kind.STARTS, Kind.ENDS, Kind.WILDCARD, Kind.REGEX})
_UNTIL = frozenset({Kind.LT, Kind.LTE})
_TEMPORARY = re.compile(
    r"(?:/tmp/|/dev/shm/|/run/user/\d+/|[\\/]temp[\\/])(?:[^\s/\\]+[\\/])*?"
    r"(?:tmp\.[a-z0-9]{6,}|tmp[a-z0-9_]{8}|[\w.-]*(?=[0-9a-f]*\d)[0-9a-f]{8,}|[\w.-]*\d{4,})"
    r"(?![\w*?])",
    re.IGNORECASE,
)
_PROCESS = re.compile(r"/proc/\d{2,}(?!\d)")
_LAYER = re.compile(r"[0-9a-f]{64}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_ESCAPED = re.compile(r"\\(\W)")


def fleeting(atom: Atom) -> str:
    """Why what an atom asks for is not seen twice, in words; empty where it may be."""
    name = atom.field.name
    if atom.kind in _UNTIL and name.lower() in _TIMES:
        return f"'{name}' is compared with a time, which has passed"
    if atom.kind not in _NAMED:
        return ""
    if name.lower() in _TIMES:
        return f"'{name}' is the time of one event"
    if name.lower() in _IDENTITIES and not _is_standing(atom):
        return f"'{name}' has another value in each event, process or session"
    return _in_text(atom)


def _is_standing(atom: Atom) -> bool:
    """Whether it names what is the same every day; `EventID` of Windows says what happened."""
    return atom.field.name == _WINDOWS_EVENT_ID or (
        atom.kind is Kind.EQUALS and atom.text in _STANDING
    )


def _in_text(atom: Atom) -> str:
    text = atom.text
    if atom.kind in {Kind.WILDCARD, Kind.REGEX}:
        text = _ESCAPED.sub(r"\1", text)
    for pattern, what in (
        (_TEMPORARY, "a temporary file with a random part"),
        (_PROCESS, "one process"),
        (_LAYER, "one container, file or request by its random id"),
    ):
        found = pattern.search(text)
        if found:
            return f"'{found[0]}' names {what}"
    return ""
