"""Small data sets whose matches are odd in one way each: what came before, who, where, or how."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pyarrow as pa

from foreseen.studies.benchmark.dataset import CALIBRATE, EVENTS, MATCHES, TEST, TRAIN, Dataset

ROUTINE = ("login", "list", "check", "copy", "sync")
INTRUSION = ("login", "download", "unpack", "copy", "sync")
RULE, MATCHED = "copying", 3
_VARIANTS = {
    3: ("login", "download", "check", "copy", "sync"),
    7: ("login", "list", "unpack", "copy", "sync"),
}


@dataclass(frozen=True, slots=True)
class Session:
    """Five events on one workload; the fourth matches.

    Attributes:
        odd: What the labels say.
    """

    part: str
    workload: str = "files"
    tokens: Sequence[str] = ROUTINE
    parent: str | None = "cron"
    command: str | None = "copy /data/1 /backup/1"
    weight: float = 1.0
    rule: str = RULE
    odd: bool = False


USUAL = Session(TEST)
ODD_BEFORE = replace(USUAL, tokens=INTRUSION, odd=True)
ODD_PARENT = replace(USUAL, parent="nginx", odd=True)
ODD_COMMAND = replace(USUAL, command="copy /etc/shadow /tmp/x", odd=True)
ODD_WORKLOAD = replace(USUAL, workload="web", odd=True)
ODDITIES = {
    "before": ODD_BEFORE,
    "parent": ODD_PARENT,
    "command": ODD_COMMAND,
    "workload": ODD_WORKLOAD,
}


def history(days: int = 100) -> list[Session]:
    """Much the same day after day, the last fifth of it to calibrate on; the web only serves."""
    sessions = []
    for day in range(days):
        part = TRAIN if day < days - days // 5 else CALIBRATE
        steps = _VARIANTS.get(day % 10, ROUTINE)
        command = f"copy /data/{day} /backup/{day}"
        sessions.append(Session(part, tokens=steps, command=command))
        if day % 4 == 0:
            served = ("get", "read", "open", "serve", "log")
            sessions.append(Session(part, "web", served, rule="serving"))
    return sessions


def dataset(sessions: Sequence[Session], *, flipped: bool = False) -> Dataset:
    """Sessions one after the other, a minute between events.

    Args:
        sessions: In order of time.
        flipped: Whether the labels of all matches say the opposite.
    """
    events: list[dict[str, object]] = []
    matches: list[dict[str, object]] = []
    for number, session in enumerate(sessions):
        for place, token in enumerate(session.tokens):
            row = len(events)
            events.append(
                {"time": row * 60_000, "workload": session.workload, "session": str(number)}
                | {"token": token}
            )
            if place == MATCHED:
                matches.append(_match(session, row, str(number), odd=session.odd != flipped))
    return Dataset(
        "days", pa.Table.from_pylist(events, EVENTS), pa.Table.from_pylist(matches, MATCHES)
    )


def _match(session: Session, row: int, name: str, *, odd: bool) -> dict[str, object]:
    return {
        "event": row,
        "rule": session.rule,
        "part": session.part,
        "malicious": odd,
        "group": name if odd else None,
        "cluster": name,
        "harness": False,
        "weight": session.weight,
        "parent": session.parent,
        "child": session.tokens[MATCHED] if session.parent else None,
        "command": session.command,
    }
