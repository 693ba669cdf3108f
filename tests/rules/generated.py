"""Hypothesis strategies: Sigma rules and events that are likely to meet."""

from collections.abc import Callable, Sequence
from typing import Any

import yaml
from hypothesis import strategies as st
from tests.rules.worlds import POWERSHELL, SYSMON

# dotted I, Kelvin sign, long and sharp s, sigma and its final form, a combining mark, an emoji,
# line ends, vertical tab, no-break space, NUL
LETTERS = "aAbBkKsSiI/-. \\*?1é\u0130\u212a\u017f\u00df\u03a3\u03c2\u0301\U0001f600\n\r\v\u00a0\0"
PLAIN = "aAbB/. 1"
ID = "11111111-2222-4333-8444-555555555555"

Strategy = st.SearchStrategy[Any]

words = st.text("aA", max_size=2) | st.text(LETTERS, max_size=3) | st.text("aéb*?\n\\", max_size=4)
plain_words = st.text(PLAIN, min_size=1, max_size=3)
addresses = st.sampled_from(
    ["10.0.0.1", "10.1.2.3", "::1", "::ffff:10.0.0.9", "fe80::1", "fe80::1%eth0", "1", "a", ""]
)
numbers = st.integers(-3, 3)
amounts = numbers.map(str) | st.sampled_from(["1.0", "1.5", "-0", "1e3", "0x1", " 1", "1.", "٣"])
times = st.sampled_from(
    [
        "2024-12-30T23:59:59Z",
        "2024-12-31T01:30:00+02:00",
        "2021-01-03 00:00:00.123",
        "2021-01-04",
        " 2026-02-28T12:00:00-12:00",
        "1735603199",
        "1735603199999",
        "-1",
        "2024-02-30",
        "99999999999999999",
        "noon",
    ]
)
time_questions = {
    "minute": [0, 30, 59],
    "hour": [0, 12, 23],
    "day": [1, 3, 4, 30, 31],
    "week": [1, 9, 52, 53],
    "month": [1, 2, 3, 12],
    "year": [1969, 2020, 2021, 2024, 2026],
}
patterns = st.sampled_from(
    [
        *("a", "^a", "a$", "A.b", "(a|b)+", "[^a]", "a?b*", "^$", r"\.", "a{2}", r"\bb", "é", "."),
        *(r"^.$", r"\s", r"\w$", "(?i)k", "[a-z]$", r"\x61", r"\Aa", r"a\z", r"\d", "s", "[[:alpha:]]"),
        *(r"(?:a|)$", "^a\n", "a*?b", r"\p{Greek}", "(a|é)b?", r"\D\S\W"),
    ]
)


def maybe(values: Strategy) -> Strategy:
    return st.none() | values


texts = words | addresses | amounts | times
_unmapped = st.dictionaries(
    st.sampled_from(["OriginalFileName", "Hashes", "other", "uid", "Image", "a b"]),
    maybe(texts | st.lists(texts, max_size=3)),
    max_size=4,
)

events = st.fixed_dictionaries(
    {
        "product": st.sampled_from(["auditd", "auditd", "Laurel", "falco", "sysmon", None]),
        "class_uid": st.sampled_from([1007, 1007, 1007, 1001, 4001, None]),
        "activity_id": st.sampled_from([1, 1, 1, 2, None]),
        "status_id": st.sampled_from([1, 1, 2, None]),
        "log_name": st.sampled_from([None, "sshd", "SSHD", "other"]),
        "event_type": maybe(st.sampled_from(["execve", "USER_AUTH", "1", "a"])),
        "process_path": maybe(words),
        "process_cmd_line": maybe(texts),
        "parent_path": maybe(words),
        "process_pid": maybe(numbers | st.sampled_from([2**60 + 1, 1735603199])),
        "process_user_uid": maybe(st.sampled_from(["0", "1000", ""])),
        "process_user_name": maybe(words),
        "file_path": maybe(words),
        "file_target": maybe(words),
        "dst_ip": maybe(addresses),
        "lineage_paths": maybe(st.lists(maybe(words), max_size=3)),
        "unmapped": maybe(_unmapped),
    }
)
EVENT_COLUMNS = (
    *("product", "class_uid", "activity_id", "status_id", "log_name", "event_type"),
    *("process_path", "process_cmd_line", "parent_path", "process_pid", "process_user_uid"),
    *("process_user_name", "file_path", "file_target", "dst_ip", "lineage_paths", "unmapped"),
)
LINUX_FIELDS = (
    *("Image", "CommandLine", "ParentImage", "lineage_paths", "Hashes", "ProcessId", "a b"),
    *("process_pid", "OriginalFileName", "dst_ip", "User", "uid", "TargetFilename", "event_type"),
    *("success", "nowhere"),
)
LINUX_SOURCES = (
    *[{"product": "linux", "category": "process_creation"}] * 3,
    {"product": "linux", "category": "file_event"},
    {"product": "linux", "service": "sshd"},
    {"product": "linux"},
)

_scalars = texts | numbers | st.booleans() | st.sampled_from([1.0, 1.5, 2**53 + 1])
_json = maybe(
    _scalars
    | st.lists(maybe(_scalars), max_size=3)
    | st.dictionaries(st.sampled_from(["Inner", "p"]), maybe(_scalars), max_size=2)
    | st.lists(st.dictionaries(st.just("Inner"), _scalars, max_size=1), max_size=2)
)
WINDOWS_FIELDS = (
    *("Image", "CommandLine", "ParentImage", "User", "ProcessId", "ParentProcessId", "LogonId"),
    *("TargetFilename", "TargetObject", "Details", "ScriptBlockText", "NewProcessName", "EventID"),
    *("SubjectUserName", "DestinationIp", "Hashes", "Data", "Data.Inner", "Threat Name", "Channel"),
    *("Computer", "Hostname", "ComputerName", "SourceName", "Provider_Name", "IntegrityLevel"),
    *("nowhere", "protocol", "IpAddress", "TargetUserName"),
)
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
WINDOWS_SOURCES = (
    *[{"product": "windows", "category": "process_creation"}] * 3,
    {"product": "windows", "category": "file_event"},
    {"product": "windows", "category": "registry_set"},
    {"product": "windows", "category": "registry_event"},
    {"product": "windows", "category": "ps_script"},
    {"product": "windows", "service": "security"},
    {"product": "windows", "service": "sysmon"},
    {"product": "windows", "category": "process_creation", "service": "security"},
    {"product": "windows"},
)
_CHANNELS = (
    *[(SYSMON, 1), (SYSMON.upper(), "1"), ("Security", 4688), (SYSMON, 11), (SYSMON, 13)],
    *[("Security", 4624), (POWERSHELL, 4104), (SYSMON, 3), ("Application", 1), ("System", "7045")],
    (SYSMON, 12),
)


def _windows_event(kind: tuple[str, object], fields: dict[str, object]) -> dict[str, object]:
    channel, number = kind
    return {"Channel": channel, "EventID": number, **fields}



def windows_events(names: Sequence[str]) -> Strategy:
    """Flat JSON events that have these fields of rules, or what they may mean, or neither."""
    sent = sorted({each for name in names for each in (name, *_MEANT.get(name, ()))})
    fields = {name: _json for name in sent if name not in {"Channel", "EventID", "nowhere"}}
    optional = st.fixed_dictionaries({}, optional=fields)
    return st.builds(_windows_event, st.sampled_from(_CHANNELS), optional)


def _one_or_many(values: Strategy) -> Strategy:
    return values | st.lists(values, min_size=1, max_size=3)


def _item(fields: Strategy, modifiers: Sequence[str], values: Strategy) -> Strategy:
    return st.tuples(st.tuples(fields, st.sampled_from(modifiers)).map("".join), values)


def _items(names: Sequence[str]) -> Strategy:
    fields = st.sampled_from(names)
    return st.one_of(
        _item(
            fields,
            ["", "|contains", "|startswith", "|endswith", "|contains|all", "|cased", "|neq"],
            _one_or_many(words),
        ),
        _item(
            fields,
            ["|contains|cased", "|startswith|cased", "|endswith|cased", "|contains|all|neq"],
            _one_or_many(words),
        ),
        _item(fields, ["", "|neq"], _one_or_many(st.none() | numbers | st.booleans() | times)),
        _item(fields, ["|re", "|re|i", "|re|m", "|re|s", "|re|i|m|s"], _one_or_many(patterns)),
        _item(fields, ["|re|contains", "|re|startswith", "|re|endswith", "|re|neq"], patterns),
        _item(
            fields,
            ["|cidr", "|cidr|neq"],
            st.sampled_from(["10.0.0.0/8", "::/0", "::1/128", "0.0.0.0/0", "10.0.0.0/29"]),
        ),
        _item(fields, ["|gt", "|gte", "|lt", "|lte", "|gt|neq"], numbers | st.just(1.5)),
        _item(fields, ["|exists"], st.booleans()),
        st.sampled_from(sorted(time_questions)).flatmap(
            lambda part: _item(fields, [f"|{part}"], st.sampled_from(time_questions[part]))
        ),
        _item(
            fields,
            ["|fieldref", "|fieldref|startswith", "|fieldref|endswith", "|fieldref|contains"],
            fields,
        ),
        _item(
            fields,
            ["|windash|contains", "|base64offset|contains", "|base64", "|windash"],
            plain_words | st.sampled_from(["-a", "/a b", " -b"]),
        ),
        _item(
            fields,
            ["|wide", "|utf16le|contains", "|utf16be|contains", "|utf16|base64offset|contains"],
            st.text("aA1", min_size=1, max_size=2),
        ),
    )


_keywords = st.one_of(
    st.lists(st.text(LETTERS, min_size=1, max_size=3), min_size=1, max_size=2),
    st.lists(plain_words | numbers, min_size=1, max_size=2),
    st.fixed_dictionaries({"|all": st.lists(plain_words, min_size=1, max_size=2)}),
    st.fixed_dictionaries({"|re": patterns}),
    st.fixed_dictionaries({"|cased": plain_words}),
)
CONDITIONS = (
    "s1",
    "not s1",
    "s1 and not s2",
    "s1 or s2",
    "1 of s*",
    "all of s*",
    "1 of them",
    "all of them",
    "not 1 of s*",
    "1 of s2* or not s1",
    "not (s1 and (s2 or not s1))",
    ["s1", "s2"],
    ["s1 and s2", "not s1 and not s2"],
)


def selections(names: Sequence[str]) -> Strategy:
    items = _items(names)
    maps = st.lists(items, min_size=1, max_size=3).map(dict)
    lists = st.lists(st.lists(items, min_size=1, max_size=2).map(dict), min_size=1, max_size=2)
    return maps | maps | lists | _keywords


def rules(names: Sequence[str], sources: Sequence[dict[str, str]]) -> Strategy:
    detections = st.tuples(
        selections(names), selections(names), st.sampled_from(CONDITIONS), st.sampled_from(sources)
    )
    return detections.map(lambda parts: rule_text(*parts))


def rule_text(first: object, second: object, condition: object, source: dict[str, str]) -> str:
    return yaml.safe_dump(
        {
            "title": "generated",
            "id": ID,
            "logsource": source,
            "detection": {"s1": first, "s2": second, "condition": condition},
        },
        allow_unicode=True,
    )


def files(texts: Sequence[str]) -> list[tuple[str, str]]:
    """The rules as files, each under an id of its own; pySigma refuses some, as it should."""
    return [
        (f"{number}.yml", text.replace(ID, f"{number:08}{ID[8:]}"))
        for number, text in enumerate(texts)
    ]


def _names(names: Sequence[str]) -> Strategy:
    return st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True)


def _scenario(
    sources: Sequence[dict[str, str]], events_of: Callable[[Sequence[str]], Strategy]
) -> Callable[[Sequence[str]], Strategy]:
    return lambda names: st.tuples(
        st.lists(rules(names, sources), min_size=1, max_size=4),
        st.lists(events_of(names), min_size=1, max_size=10),
    )


#: Texts of rules about few fields, and events that have some of these.
linux = _names(LINUX_FIELDS).flatmap(_scenario(LINUX_SOURCES, lambda _: events))
windows = _names(WINDOWS_FIELDS).flatmap(_scenario(WINDOWS_SOURCES, windows_events))
linux_rules = rules(LINUX_FIELDS, LINUX_SOURCES)
