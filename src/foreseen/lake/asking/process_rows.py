"""Processes out of events: one row a process, with what was last said of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

COLUMNS = (
    "process_uid",
    "parent_uid",
    "process_pid",
    "parent_pid",
    "process_path",
    "process_cmd_line",
    "process_cwd",
    "process_user_name",
    "process_user_uid",
    "user_name",
    "user_uid",
    "session_uid",
    "process_terminal",
)
"""Columns of the events that say who a process is."""

_END = "exit_group"
_SAID = ", ".join(f"arg_max({name}, seq) AS {name}" for name in COLUMNS[1:])

GROUPED = f"""
    process_uid, stream, {_SAID}, count(*) AS events,
    min(time) AS first_time, max(time) AS last_time, min(seq) AS first_seq,
    max(time) FILTER (event_type = '{_END}') AS ended,
    list_sort(list_distinct(flatten(list(labels)))) AS rules"""
"""SQL: what a process's events come to, grouped by `process_uid, stream`."""


@dataclass(frozen=True, slots=True)
class Process:
    """A process as far as events tell of it.

    Attributes:
        uid: Its identity, which survives reuse of its pid.
        relation: What it is to the one that was asked about: `self`, `ancestor`, `sibling`,
            `child` or `descendant`; empty where none was.
        stream: The stream that told of it.
        said: Columns of `COLUMNS` by name, each as it was last said.
        first_time: Its first event in the time that was looked at, ms UTC; None: it has none.
        last_time: Its last one.
        started: When it was first seen at all, ms UTC, where its identity says so.
        ended: When it ended, ms UTC; None: nothing says so.
        events: Its events in the time that was looked at.
        rules: Rules that labelled them.
    """

    uid: str
    relation: str = ""
    stream: str = ""
    said: Mapping[str, Any] = field(default_factory=dict)
    first_time: int | None = None
    last_time: int | None = None
    started: int | None = None
    ended: int | None = None
    events: int = 0
    rules: tuple[str, ...] = ()


def process_of(row: Mapping[str, Any], relation: str = "") -> Process:
    """A process of a row that `GROUPED` made."""
    return Process(
        uid=row["process_uid"],
        relation=relation,
        stream=row["stream"],
        said={name: row[name] for name in COLUMNS},
        first_time=row["first_time"],
        last_time=row["last_time"],
        started=start_of(row["process_uid"]),
        ended=row["ended"],
        events=row["events"],
        rules=tuple(row["rules"] or ()),
    )


def start_of(uid: str) -> int | None:
    """When a process was first seen, ms UTC, by its identity; None where that does not say."""
    last = uid.rpartition(":")[2]
    known = last.isascii() and last.isdecimal() and len(last) < _DIGITS
    return int(last) if known else None


_DIGITS = 18  # of a time that 64 bits hold, whoever wrote the identity
