"""Sigma rules and events that are likely to meet, by the number that a test draws.

Hypothesis draws only that number: to draw each letter would cost twenty times what it tests.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

import yaml
from tests.rules.worlds import POWERSHELL, SYSMON

Event = dict[str, object]

# dotted I, Kelvin sign, long and sharp s, sigma and its final form, a combining mark, an emoji,
# line ends, vertical tab, no-break space, NUL
LETTERS = "aAbBkKsSiI/-. \\*?1é\u0130\u212a\u017f\u00df\u03a3\u03c2\u0301\U0001f600\n\r\v\u00a0\0"
PLAIN = "aAbB/. 1"
ID = "11111111-2222-4333-8444-555555555555"
ADDRESSES = ("10.0.0.1", "10.1.2.3", "::1", "::ffff:10.0.0.9", "fe80::1", "fe80::1%eth0", "1", "")
AMOUNTS = (
    *map(str, range(-3, 4)),
    "1.0",
    "1.5",
    "-0",
    "1e3",
    "0x1",
    " 1",
    "1.",
    "1\n",
    "٣",
    "+2",
    "1e-07",
)
TIMES = (
    *("2024-12-30T23:59:59Z", "2024-12-31T01:30:00+02:00", "2021-01-03 00:00:00.123"),
    *("2021-01-04", " 2026-02-28T12:00:00-12:00", "1735603199", "1735603199999", "-1"),
    *("2024-02-30", "99999999999999999", "noon"),
)
TIME_QUESTIONS = {
    "minute": [0, 30, 59],
    "hour": [0, 12, 23],
    "day": [1, 3, 4, 30, 31],
    "week": [1, 9, 52, 53],
    "month": [1, 2, 3, 12],
    "year": [1969, 2020, 2021, 2024, 2026],
}
PATTERNS = (
    *("a", "^a", "a$", "A.b", "(a|b)+", "[^a]", "a?b*", "^$", r"\.", "a{2}", r"\bb", "é", "."),
    *(r"^.$", r"\s", r"\w$", "(?i)k", "[a-z]$", r"\x61", r"\Aa", r"a\z", r"\d", "s", "^a\n"),
    *(r"(?:a|)$", "a*?b", r"\p{Greek}", "(a|é)b?", r"\D\S\W", "[[:alpha:]]", "[^\\s]a", "i"),
)
CONDITIONS = (
    *("s1", "s1", "not s1", "s1 and not s2", "s1 or s2", "1 of s*", "all of s*", "1 of them"),
    *("all of them", "not 1 of s*", "1 of s2* or not s1", "not (s1 and (s2 or not s1))"),
    *("not (not s1 or not s2)", "(s1 or s2) and not (s1 and s2)"),
    *(["s1", "s2"], ["s1 and s2", "not s1 and not s2"]),
)

LINUX_FIELDS = (
    *("Image", "CommandLine", "ParentImage", "lineage_paths", "Hashes", "ProcessId", "a b"),
    *("process_pid", "OriginalFileName", "dst_ip", "User", "uid", "TargetFilename", "event_type"),
    *("success", "nowhere"),
)
EVENT_COLUMNS = (
    *("product", "class_uid", "activity_id", "status_id", "log_name", "event_type"),
    *("process_path", "process_cmd_line", "parent_path", "process_pid", "process_user_uid"),
    *("process_user_name", "file_path", "file_target", "dst_ip", "lineage_paths", "unmapped"),
)
LINUX_SOURCES = (
    *[{"product": "linux", "category": "process_creation"}] * 4,
    {"product": "linux", "category": "file_event"},
    {"product": "linux", "service": "sshd"},
    *[{"product": "linux"}] * 2,
)
WINDOWS_FIELDS = (
    *("Image", "CommandLine", "ParentImage", "User", "ProcessId", "ParentProcessId", "LogonId"),
    *("TargetFilename", "TargetObject", "Details", "ScriptBlockText", "NewProcessName", "EventID"),
    *("SubjectUserName", "DestinationIp", "Hashes", "Data", "Data.Inner", "Threat Name", "Channel"),
    *("Computer", "Hostname", "ComputerName", "SourceName", "Provider_Name", "IntegrityLevel"),
    *("nowhere", "protocol", "IpAddress", "TargetUserName"),
)
WINDOWS_SOURCES = (
    *[{"product": "windows", "category": "process_creation"}] * 3,
    {"product": "windows", "category": "file_event"},
    {"product": "windows", "category": "registry_set"},
    {"product": "windows", "category": "registry_event"},
    {"product": "windows", "category": "ps_script"},
    {"product": "windows", "service": "security"},
    {"product": "windows", "service": "sysmon"},
    {"product": "windows", "category": "process_creation", "service": "security"},
    *[{"product": "windows"}] * 4,
)
_CHANNELS = (
    *((SYSMON, 1), (SYSMON.upper(), "1"), ("Security", 4688), (SYSMON, 11), (SYSMON, 13)),
    *(("Security", 4624), (POWERSHELL, 4104), (SYSMON, 3), ("Application", 1), ("System", "7045")),
    (SYSMON, 12),
)
_IDENTIFYING = ("Computer", "Hostname", "SourceName", "Provider_Name")
_MEANT = {
    "Image": ("NewProcessName",),
    "ParentImage": ("ParentProcessName",),
    "User": ("SubjectUserName", "SubjectDomainName"),
    "ProcessId": ("NewProcessId",),
    "ParentProcessId": ("ProcessId",),
    "LogonId": ("SubjectLogonId",),
    "IntegrityLevel": ("MandatoryLabel",),
    "Data.Inner": ("Data",),
    "Computer": ("Hostname",),
    "Hostname": ("Computer",),
    "ComputerName": ("Computer",),
    "SourceName": ("Provider_Name",),
    "Provider_Name": ("SourceName",),
}


@dataclass(frozen=True, slots=True)
class Scenario:
    """Rules as texts by path, and events that some of them are about."""

    rules: dict[str, str]
    events: list[Event]


def linux(number: int, rules: int = 8, events: int = 24) -> Scenario:
    """Rules for Linux, and events as rows of our columns."""
    draw = draw_of(number)
    names = draw.sample(LINUX_FIELDS, draw.randint(1, 3))
    texts = [rule(draw, names, LINUX_SOURCES) for _ in range(rules)]
    made = [linux_event(draw) for _ in range(events // 2)]
    return Scenario(files(texts), made + [_neighbour(draw, made) for _ in range(events // 2)])


def windows(number: int, rules: int = 8, events: int = 24) -> Scenario:
    """Rules for Windows, and events as flat JSON."""
    draw = draw_of(number)
    names = draw.sample(WINDOWS_FIELDS, draw.randint(1, 3))
    texts = [rule(draw, names, WINDOWS_SOURCES) for _ in range(rules)]
    return Scenario(files(texts), [windows_event(draw, names) for _ in range(events)])


def draw_of(number: int) -> Random:
    """Choices that the number decides."""
    return Random(number)  # noqa: S311 (no secret)


def files(texts: Sequence[str]) -> dict[str, str]:
    """Rules as files by path, each under an id of its own; some of them nobody can load."""
    return {
        f"{number}.yml": text.replace(ID, f"{number:08}{ID[8:]}")
        for number, text in enumerate(texts)
    }


def linux_event(draw: Random) -> Event:
    """A row of our columns."""
    unmapped = {
        name: _maybe(draw, lambda d: _many(d, text))
        for name in ("OriginalFileName", "Hashes", "other", "uid", "Image", "ab")
        if draw.random() < 0.5
    }
    return {
        "product": draw.choice(["auditd", "auditd", "auditd", "Laurel", "falco", "sysmon", None]),
        "class_uid": draw.choice([1007, 1007, 1007, 1001, 4001, None]),
        "activity_id": draw.choice([1, 1, 1, 2, None]),
        "status_id": draw.choice([1, 1, 1, 2, None]),
        "log_name": draw.choice([None, "sshd", "SSHD", "other"]),
        "event_type": draw.choice([None, "execve", "USER_AUTH", "1", "a"]),
        "process_path": _maybe(draw, word),
        "process_cmd_line": _maybe(draw, text),
        "parent_path": _maybe(draw, word),
        "process_pid": draw.choice([None, -1, 0, 1, 2, 2**60 + 1, 1735603199]),
        "process_user_uid": draw.choice([None, "0", "1000", ""]),
        "process_user_name": _maybe(draw, word),
        "file_path": _maybe(draw, word),
        "file_target": _maybe(draw, word),
        "dst_ip": draw.choice([None, *ADDRESSES]),
        "lineage_paths": _maybe(draw, lambda d: [_maybe(d, word) for _ in range(d.randint(0, 3))]),
        "unmapped": None if draw.random() < 0.2 else unmapped,
    }


def _neighbour(draw: Random, events: Sequence[Event]) -> Event:
    """One of the events, as it is but for one column, which it has of another one."""
    column = draw.choice(EVENT_COLUMNS[4:])
    return {**draw.choice(events), column: draw.choice(events)[column]}


def windows_event(draw: Random, names: Sequence[str]) -> Event:
    """A flat JSON event that has some of these fields of rules, or what they may mean."""
    channel, event = draw.choice(_CHANNELS)
    sent = [each for name in names for each in (name, *_MEANT.get(name, ()))]
    fields = {
        name: (text(draw) or "a") if name in _IDENTIFYING else _json(draw)
        for name in sent
        if draw.random() < 0.6 and name != "nowhere"
    }
    return {**fields, "Channel": channel, "EventID": event}


def rule(draw: Random, names: Sequence[str], sources: Sequence[dict[str, str]]) -> str:
    """The text of a rule about some fields."""
    first, second = _selection(draw, names), _selection(draw, names)
    return rule_text(first, second, draw.choice(CONDITIONS), draw.choice(sources))


def rule_text(first: object, second: object, condition: object, source: dict[str, str]) -> str:
    """The text of a rule with two selections."""
    detection = {"s1": first, "s2": second, "condition": condition}
    document = {"title": "generated", "id": ID, "logsource": source, "detection": detection}
    return yaml.dump(document, Dumper=yaml.CSafeDumper, allow_unicode=True)


def word(draw: Random) -> str:
    """A short text; so short and of so few letters that rule and event often meet."""
    letters, longest = draw.choice(
        [("aA", 2), ("ab", 3), (LETTERS, 2), (LETTERS, 4), ("aé*?\n\\", 4)]
    )
    return "".join(draw.choices(letters, k=draw.randint(0, longest)))


def text(draw: Random) -> str:
    """A word, an address, a number or a time."""
    return draw.choice(
        [word(draw), word(draw), draw.choice(ADDRESSES + AMOUNTS), draw.choice(TIMES)]
    )


def _maybe(draw: Random, make: Callable[[Random], object]) -> object:
    return make(draw) if draw.random() < 0.75 else None


def _many(draw: Random, make: Callable[[Random], object]) -> object:
    """A value, or one time in three a list."""
    if draw.random() < 0.67:
        return make(draw)
    return [make(draw) for _ in range(draw.randint(0, 3))]


def _scalar(draw: Random) -> object:
    number = draw.randint(-3, 3)
    return draw.choice(
        [text(draw), text(draw), text(draw), number, True, False, 1.0, 1.5, 2**53 + 1]
    )


def _json(draw: Random) -> object:
    """What JSON may have where a text is usual."""
    kind = draw.random()
    if kind < 0.1:
        return None
    if kind < 0.75:
        return _scalar(draw)
    if kind < 0.85:
        return [_maybe(draw, _scalar) for _ in range(draw.randint(0, 3))]
    inner = {name: _maybe(draw, _scalar) for name in ("Inner", "p") if draw.random() < 0.7}
    return inner if draw.random() < 0.5 else [inner, {"Inner": _scalar(draw)}]


def _selection(draw: Random, names: Sequence[str]) -> object:
    kind = draw.random()
    if kind < 0.15:
        return _keywords(draw)
    if kind < 0.3:
        return [dict(_item(draw, names) for _ in range(draw.randint(1, 2))) for _ in range(2)]
    return dict(_item(draw, names) for _ in range(draw.choice([1, 1, 2, 3])))


def _keywords(draw: Random) -> object:
    plain = ["".join(draw.choices(PLAIN, k=draw.randint(1, 3))) for _ in range(2)]
    odd = ["".join(draw.choices(LETTERS, k=draw.randint(1, 3))) for _ in range(2)]
    by_modifier = (
        {"|all": plain},
        {"|re": draw.choice(PATTERNS)},
        {"|cased": plain},
        {"|base64offset|contains": "a"},
        {"|startswith": plain[0]},
    )
    return draw.choice([plain, odd, [plain[0], 1], *by_modifier])


def _item(draw: Random, names: Sequence[str]) -> tuple[str, object]:
    """A field with modifiers, and its value or values."""
    modifiers, make = draw.choice(_QUESTIONS)
    if modifiers == "fieldref":
        return f"{draw.choice(names)}|{draw.choice(_REFERENCES)}", draw.choice(names)
    if modifiers == "time":
        part = draw.choice(list(TIME_QUESTIONS))
        return f"{draw.choice(names)}|{part}", draw.choice(TIME_QUESTIONS[part])
    return draw.choice(names) + draw.choice(modifiers.split()).removeprefix("="), make(draw)


def _listed(make: Callable[[Random], object]) -> Callable[[Random], object]:
    return lambda draw: (
        [make(draw) for _ in range(draw.randint(1, 3))] if draw.random() < 0.4 else make(draw)
    )


def _plain_scalar(draw: Random) -> object:
    return draw.choice([None, draw.randint(-3, 3), True, False, 1.0, draw.choice(TIMES), "1"])


_REFERENCES = (
    *("fieldref", "fieldref|startswith", "fieldref|endswith", "fieldref|contains", "fieldref|neq"),
)
_TEXTS = "= |contains |startswith |endswith |contains|all |cased |neq |contains|cased |contains|neq"
_MORE = (
    "|startswith|cased |endswith|cased |contains|all|neq |endswith|all |startswith|neq |cased|neq"
)
_QUESTIONS: tuple[tuple[str, Callable[[Random], object]], ...] = (
    *[(_TEXTS, _listed(word))] * 4,
    (_MORE, _listed(word)),
    *[("= |neq", _listed(_plain_scalar))] * 2,
    ("|re |re|i |re|m |re|s |re|i|m|s", _listed(lambda draw: draw.choice(PATTERNS))),
    (
        "|re|contains |re|startswith |re|endswith |re|neq",
        lambda draw: draw.choice(PATTERNS),
    ),
    (
        "|cidr |cidr|neq",
        lambda draw: draw.choice(["10.0.0.0/8", "::/0", "::1/128", "0.0.0.0/0", "10.0.0.0/29"]),
    ),
    ("|gt |gte |lt |lte |gt|neq", lambda draw: draw.choice([-1, 0, 1, 1.5, 2**53 - 1])),
    ("|exists", lambda draw: draw.random() < 0.5),
    ("time", lambda _: None),
    ("fieldref", lambda _: None),
    (
        "|windash|contains |base64offset|contains |base64 |windash",
        _listed(lambda draw: draw.choice(["-a", "/a b", " -b", "a", "A1"])),
    ),
    (
        "|wide |wide|contains |utf16be|contains |utf16|base64offset|contains",
        lambda draw: draw.choice(["a", "A", "a1"]),
    ),
)
