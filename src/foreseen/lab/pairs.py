"""Finds the matched pairs: a benign and a malicious event alike but for what came before them."""

import json
import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from foreseen.lab.attacks.matched import RULES, before
from foreseen.lab.attacks.runs import Run
from foreseen.lab.labels import Label, labels_of
from foreseen.lab.layout import MONITOR, UNSET
from foreseen.lab.raw import Record, command, events, text
from foreseen.lab.recording import read_lines

NAME = "pairs.json"
QUIET = 15.0
"""Seconds before a benign side in which, if any such is left, its node has no attack event."""

_EXECVE, _CONNECT, _FORKS = "59", "42", frozenset(("56", "57", "58"))
_PROGRAMS = {
    "discovery_command": (_EXECVE, re.compile(r"/usr/bin/ps")),
    "compiler_run": (_EXECVE, re.compile(r"/usr/bin/x86_64-linux-gnu-gcc-\d+")),
    "archive_tool": (_EXECVE, re.compile(r"/usr/bin/tar")),
    "outbound_by_interpreter": (_CONNECT, re.compile(r"/usr/bin/curl")),
}
"""The system call and the program of the tools' events that each rule matches."""


@dataclass(frozen=True, slots=True)
class Side:
    """The event of one side's match, as labels name it."""

    part: str
    node: str
    time: str
    serial: int


@dataclass(frozen=True, slots=True)
class Pair:
    """One pair.

    Attributes:
        pair: Its name.
        rule: The sensor rule that both sides match.
        before: What came before the malicious side: web_shell, failed_logins, odd_download.
        run: The attack run of the malicious side.
        same_ancestors: Whether all command lines above the parent's are alike, too.
        quiet: Whether the node has no attack event in the `QUIET` seconds before the benign side.
        command: Command line of both sides, random names and numbers folded.
        malicious: The malicious side.
        benign: The benign side.
    """

    pair: str
    rule: str
    before: str
    run: str
    same_ancestors: bool
    quiet: bool
    command: str
    malicious: Side
    benign: Side


@dataclass(frozen=True, slots=True)
class Match:
    """An event that one of the four rules matches below one of the tools."""

    side: Side
    rule: str
    alike: tuple[str, ...]  # node, users, terminal, program, its and its parent's command lines
    ancestors: tuple[str, ...]  # command lines above the parent's, nearest first
    tool: str  # process id of the tool that ran it
    place: int  # programs that its login session had run; 0 for what is of no login session


def write_pairs(out: Path, runs: Sequence[Run]) -> list[Pair]:
    """Write `pairs.json` for the parts of a folder that have runs with pairs."""
    found: list[Pair] = []
    for part in sorted({run.part for run in runs if run.pair}):
        own = [run for run in runs if run.part == part]
        found.extend(pairs_of(part, list(read_lines(out / f"{part}.log.zst")), own))
    (out / NAME).write_text(json.dumps([asdict(pair) for pair in found], indent=1) + "\n")
    return found


def pairs_of(part: str, lines: Sequence[str], runs: Sequence[Run]) -> list[Pair]:
    """Join each run's match to a benign match that is alike; none where no benign one is left.

    Args:
        part: Name of the part.
        lines: Its raw records.
        runs: All its attack runs, those without a pair among them.
    """
    labels = {(one.time, one.serial): one for one in labels_of(part, lines, runs)}
    wanted = {run.name: run for run in runs if run.pair and not run.failed}
    malicious: dict[str, Match] = {}
    benign: dict[tuple[str, ...], list[Match]] = defaultdict(list)
    tools: set[tuple[str, str]] = set()
    for match in matches(part, lines):
        if (match.tool, match.rule) in tools:
            continue  # one match of a run of a tool
        tools.add((match.tool, match.rule))
        label = labels.get((match.side.time, match.side.serial))
        if label is None:
            benign[match.rule, *match.alike].append(match)
        elif label.run in wanted and wanted[label.run].pair == match.rule:
            malicious.setdefault(label.run, match)
    busy = _busy(labels.values())
    pairs = []
    for number, (run, match) in enumerate(malicious.items(), 1):
        candidates = benign[match.rule, *match.alike]
        if candidates:
            best = min(candidates, key=lambda one: _distance(match, one, busy))
            candidates.remove(best)
            quiet = not _attacks_before(best.side, busy)
            pairs.append(_pair(f"{part}-{number:03}", wanted[run], match, best, quiet=quiet))
    return pairs


def matches(part: str, lines: Iterable[str]) -> Iterator[Match]:
    """The tools' matches, with the command lines that ran above them at that moment."""
    ancestry = _Ancestry()
    started: Counter[tuple[str, str]] = Counter()
    for event in events(lines):
        call = next((one for one in event if one.type == "SYSCALL"), None)
        if call is None:
            continue
        values = call.fields
        ancestry.note(values, command(event))
        session = call.node, values.get("ses", _UNSET)
        started[session] += values["syscall"] == _EXECVE
        if rule := _rule(values):
            above = ancestry.above(values["pid"])
            tool = next((n for n, (_, line) in enumerate(above) if _is_tool(line, rule)), None)
            if tool is not None:
                commands = [line for _, line in above]
                alike = (
                    *(call.node, values["auid"], values["uid"], folded(values["tty"])),
                    *(text("exe", values["exe"]), _address(event)),
                    ancestry.running.get(values["pid"], ""),
                    *commands[: tool + 1],
                )
                side = Side(part, call.node, call.time, call.serial)
                place = 0 if session[1] == _UNSET else started[session]
                yield Match(side, rule, alike, tuple(commands[tool + 1 :]), above[tool][0], place)


class _Ancestry:
    """Who started whom and what each process runs, as the records tell it one by one."""

    def __init__(self) -> None:
        self._parents: dict[str, str] = {}
        self.running: dict[str, str] = {}

    def note(self, values: Mapping[str, str], arguments: Sequence[str]) -> None:
        """Take a system call in."""
        pid = values["pid"]
        if values["syscall"] in _FORKS and values.get("success") == "yes":
            child = values["exit"]
            self._parents[child] = pid
            self.running.setdefault(child, self.running.get(pid, ""))  # it may have run already
        self._parents.setdefault(pid, values["ppid"])
        if arguments:
            self.running[pid] = folded(" ".join(arguments))

    def above(self, pid: str) -> list[tuple[str, str]]:
        """Process ids and command lines above a process, nearest first; forks alike are one."""
        found: list[tuple[str, str]] = []
        while (pid := self._parents.get(pid, "")) and len(found) < _HIGHEST:
            line = self.running.get(pid, "")
            if found and found[-1][1] == line:
                found[-1] = (pid, line)
            else:
                found.append((pid, line))
        return found


_HIGHEST = 12
_UNSET = str(UNSET)


def _rule(values: Mapping[str, str]) -> str:
    """The rule that an event of a tool matches by its system call and program; "" if none."""
    if values["syscall"] == _EXECVE and values.get("success") != "yes":
        return ""  # a program that was not found there
    exe = text("exe", values.get("exe", ""))
    for rule, (call, program) in _PROGRAMS.items():
        if values["syscall"] == call and program.fullmatch(exe):
            return rule
    return ""


def _is_tool(line: str, rule: str) -> bool:
    return f"/bin/bash {MONITOR}/{RULES[rule]}.sh " in line


def _address(event: Iterable[Record]) -> str:
    return next((one.fields.get("saddr", "") for one in event if one.type == "SOCKADDR"), "")


def folded(line: str) -> str:
    """A command line without its random names and numbers."""
    return _NUMBER.sub("#", _RANDOM.sub("*", line))


_RANDOM = re.compile(r"(?<=-)[A-Za-z0-9]{8}(?=[/.]|$|\s)")  # as mktemp makes them
_NUMBER = re.compile(r"\d+")


def _busy(labels: Iterable[Label]) -> dict[str, list[float]]:
    """The moments of attack events by node, in order."""
    moments: dict[str, list[float]] = defaultdict(list)
    for one in labels:
        moments[one.node].append(float(one.time))
    return {node: sorted(times) for node, times in moments.items()}


def _distance(
    match: Match, one: Match, busy: Mapping[str, Sequence[float]]
) -> tuple[bool, int, int, float]:
    """How ill a benign match suits: ancestors, attacks before it, place in the session, time."""
    far = abs(float(one.side.time) - float(match.side.time))
    place = abs(one.place - match.place)
    return one.ancestors != match.ancestors, _attacks_before(one.side, busy), place, far


def _attacks_before(side: Side, busy: Mapping[str, Sequence[float]]) -> int:
    """How many attack events the node has in the `QUIET` seconds before."""
    moment, times = float(side.time), busy.get(side.node, ())
    return bisect_left(times, moment) - bisect_left(times, moment - QUIET)


def _pair(name: str, run: Run, match: Match, benign: Match, *, quiet: bool) -> Pair:
    return Pair(
        pair=name,
        rule=match.rule,
        before=before(run.chain),
        run=run.name,
        same_ancestors=match.ancestors == benign.ancestors,
        quiet=quiet,
        command=match.alike[6],
        malicious=match.side,
        benign=benign.side,
    )
