"""Labels every event of an attack run, by process lineage and login session."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import zstandard

from foreseen.lab.attacks.runs import Root, Run, run_of
from foreseen.lab.raw import Record, command, events, text
from foreseen.lab.recording import read_lines

COLUMNS = ("part", "node", "time", "serial", "chain", "run", "technique")
NAME = "labels.csv.zst"
_FORKS = frozenset(("56", "57", "58"))  # clone, fork, vfork on x86-64


@dataclass(frozen=True, slots=True)
class Label:
    """One attack event."""

    part: str
    node: str
    time: str
    serial: int
    chain: str
    run: str
    technique: str


@dataclass(frozen=True, slots=True)
class _Act:
    """The few things of an event that lineage needs."""

    node: str
    time: str
    serial: int
    pid: str
    parent: str
    session: str
    child: str
    arguments: str
    refused: str = ""  # the user as whom somebody failed to log in


def write_labels(out: Path, runs: Sequence[Run]) -> int:
    """Write the labels of every part beside it; gives their number."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(COLUMNS)
    count = 0
    for part in sorted({run.part for run in runs}):
        own = [run for run in runs if run.part == part]
        for one in labels_of(part, read_lines(out / f"{part}.log.zst"), own):
            writer.writerow([getattr(one, column) for column in COLUMNS])
            count += 1
    (out / NAME).write_bytes(zstandard.compress(table.getvalue().encode(), 19))
    return count


def read_labels(path: Path) -> list[Label]:
    """The labels of a recording."""
    rows = csv.DictReader(io.StringIO(zstandard.decompress(path.read_bytes()).decode()))
    return [Label(**{**row, "serial": int(row["serial"])}) for row in rows]  # type: ignore[arg-type]  # a row has the columns


def read_runs(path: Path) -> list[Run]:
    """The runs with everything that labels are made from."""
    return [run_of(truth) for truth in json.loads(path.read_text())]


def labels_of(part: str, lines: Iterable[str], runs: Sequence[Run]) -> Iterator[Label]:
    """Label the events of a part.

    A process belongs to a run if it, or a process above it, is a root of the run: one that the
    attacker's request started, the server's side of the attacker's login, or a command that names
    what only this run has planted. Everything in an attacker's login session belongs too.
    """
    acts = [_act(event) for event in events(lines)]
    parents = _parents(acts)
    processes, sessions = _roots(acts, runs)
    guesses = [(run, root) for run in runs for root in run.roots if root.kind == "failures"]
    owners: dict[str, tuple[Run, Root] | None] = {}
    for act in acts:
        owner = (
            _owner(act.pid, parents, processes, owners)
            or sessions.get(act.session)
            or _guesser(act, guesses)
        )
        if owner:
            run, root = owner
            technique = root.step or run.technique_at(float(act.time))
            yield Label(part, act.node, act.time, act.serial, run.chain, run.name, technique)


def _act(event: Sequence[Record]) -> _Act:
    first = next((one for one in event if one.type == "SYSCALL"), event[0])
    values = first.fields
    forked = values.get("syscall") in _FORKS and values.get("success") == "yes"
    return _Act(
        event[0].node,
        first.time,
        first.serial,
        values.get("pid", ""),
        values.get("ppid", ""),
        values.get("ses", ""),
        values.get("exit", "") if forked else "",
        "\0".join(command(event)),
        _refused(event),
    )


def _refused(event: Sequence[Record]) -> str:
    """The user of a failed login, as sshd records it before anybody is logged in."""
    for one in event:
        if one.type in {"USER_LOGIN", "USER_AUTH"}:
            values = one.fields
            if values.get("res") == "failed" and values.get("exe") == '"/usr/sbin/sshd"':
                return text("acct", values.get("acct", ""))
    return ""


def _guesser(act: _Act, guesses: Iterable[tuple[Run, Root]]) -> tuple[Run, Root] | None:
    """The run whose failed logins these are; the driver lets nobody else fail meanwhile."""
    for run, root in guesses if act.refused else ():
        user, begin, end = root.value.split()
        if act.refused == user and float(begin) - _TICK <= float(act.time) <= float(end):
            return run, root
    return None


_TICK = 0.005  # the kernel's coarse clock


def _parents(acts: Iterable[_Act]) -> dict[str, str]:
    """Each process's parent when it was born; later records may name init instead."""
    born: dict[str, str] = {}
    seen: dict[str, str] = {}
    for act in acts:
        if act.child:
            born[act.child] = act.pid
        if act.parent:
            seen.setdefault(act.pid, act.parent)
    return seen | born


def _roots(
    acts: Iterable[_Act], runs: Sequence[Run]
) -> tuple[dict[str, tuple[Run, Root]], dict[str, tuple[Run, Root]]]:
    """The first processes and the sessions of every run."""
    processes: dict[str, tuple[Run, Root]] = {}
    sessions: dict[str, tuple[Run, Root]] = {}
    named = []
    for run in runs:
        for root in run.roots:
            if root.kind == "pid":
                processes[root.value] = (run, root)
            elif root.kind == "session":
                sessions[root.value] = (run, root)
            elif root.kind != "failures":
                named.append((run, root))
    for act in acts:
        for run, root in _naming(act, named):
            if root.kind == "text":
                processes.setdefault(act.pid, (run, root))
            elif _is_cron(act):
                sessions.setdefault(act.session, (run, root))
                processes.setdefault(act.parent, (run, root))  # cron's own child for this job
    return processes, sessions


def _naming(act: _Act, named: Iterable[tuple[Run, Root]]) -> Iterator[tuple[Run, Root]]:
    """The roots whose text is in a command, from the moment that they were made."""
    for run, root in named if act.arguments else ():
        if root.value in act.arguments and float(act.time) >= root.time - 1:
            yield run, root


def _is_cron(act: _Act) -> bool:
    """Cron starts a line with `sh -c`; planting it went through the web page, a root itself."""
    words = act.arguments.split("\0")
    return (
        words[:2] == ["/bin/sh", "-c"]
        and "crontab" not in act.arguments
        and "getent" not in act.arguments
    )


def _owner(
    pid: str,
    parents: dict[str, str],
    roots: dict[str, tuple[Run, Root]],
    known: dict[str, tuple[Run, Root] | None],
) -> tuple[Run, Root] | None:
    """The run that a process belongs to, by the nearest root above it."""
    chain = []
    owner = None
    while pid:
        if pid in known:
            owner = known[pid]
            break
        chain.append(pid)
        if pid in roots:
            owner = roots[pid]
            break
        pid = parents.get(pid, "")
        if pid in chain:
            break
    for one in chain:
        known[one] = owner
    return owner
