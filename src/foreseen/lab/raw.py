"""Reads raw audit records: fields, hexadecimal text, whole events."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_HELD = 64  # events that auditd may still be writing records of
_STAMP = re.compile(
    r"^(?:node=(?P<node>\S+) )?type=(?P<type>\S+) msg=audit\((?P<time>[\d.]+):(?P<serial>\d+)\): ?"
)
_FIELD = re.compile(r"""([A-Za-z_][\w\[\]-]*)=("[^"]*"|'[^']*'|\S*)""")
_HEXADECIMAL = re.compile(r"^(?:[0-9A-F]{2})+$")
_TEXT_FIELDS = frozenset(
    (
        "exe",
        "comm",
        "cwd",
        "name",
        "proctitle",
        "key",
        "cmd",
        "acct",
        "terminal",
        "data",
        "grp",
        "path",
    )
)


@dataclass(frozen=True, slots=True)
class Record:
    """One line: its type, time, serial number and the rest of the text."""

    node: str
    type: str
    time: str
    serial: int
    body: str

    @property
    def fields(self) -> dict[str, str]:
        """The fields as written, those inside msg='...' among them."""
        return fields(self.body)


def record(line: str) -> Record | None:
    """Take a line apart; None if it is no audit record."""
    stamp = _STAMP.match(line)
    if stamp is None:
        return None
    return Record(
        stamp["node"] or "",
        stamp["type"],
        stamp["time"],
        int(stamp["serial"]),
        line[stamp.end() :].rstrip(),
    )


def fields(body: str) -> dict[str, str]:
    """The fields of a record's text, still encoded."""
    found = {}
    for name, value in _FIELD.findall(body):
        if name == "msg" and value.startswith("'"):
            found.update(fields(value[1:-1]))
        else:
            found[name] = value
    return found


def text(name: str, value: str) -> str:
    """A field's value in plain text: without quotes, or decoded from hexadecimal."""
    if value.startswith('"'):
        return value.strip('"')
    argument = re.fullmatch(r"a\d+(\[\d+\])?", name) is not None
    if (argument or name in _TEXT_FIELDS) and _HEXADECIMAL.match(value):
        return bytes.fromhex(value).decode("utf-8", "replace")
    return value


def events(lines: Iterable[str]) -> Iterator[list[Record]]:
    """Group records into events; auditd may interleave two events, so a few are held open."""
    open_events: dict[tuple[str, int], list[Record]] = {}
    for line in lines:
        one = record(line)
        if one is None:
            continue
        open_events.setdefault((one.time, one.serial), []).append(one)
        while len(open_events) > _HELD:
            yield open_events.pop(next(iter(open_events)))
    yield from open_events.values()


def command(event: Iterable[Record]) -> list[str]:
    """The arguments of a process start; empty for other events."""
    for one in event:
        if one.type == "EXECVE":
            values = one.fields
            count = int(values.get("argc", "0"))
            return [_argument(values, n) for n in range(count)]
    return []


def _argument(values: dict[str, str], number: int) -> str:
    whole = values.get(f"a{number}")
    if whole is not None:
        return text(f"a{number}", whole)
    parts: list[str] = []
    while (part := values.get(f"a{number}[{len(parts)}]")) is not None:
        parts.append(text("a0", part))
    return "".join(parts)
