"""Counts how often broad sensor rules would match, to tune the lab and for the datasheet."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from foreseen.lab.layout import TEMPORARY
from foreseen.lab.raw import Record, command, text

_SERVERS = (
    "/usr/sbin/nginx",
    "/usr/bin/python3.11",
    "/usr/lib/postgresql/15/bin/postgres",
    "/usr/bin/node",
)
_SHELLS = ("/usr/bin/dash", "/usr/bin/bash")
_TEMPORARY = tuple(f"{folder}/" for folder in TEMPORARY)
_RECON = frozenset(("id", "whoami", "uname", "ps", "ss", "hostname", "w", "who", "last", "lsof"))
_SECRET = re.compile(r"^/etc/(shadow|sudoers)|/\.ssh/id_|\.env$|\.key$|\.pgpass$|\.netrc$|\.npmrc$")


def count(found: Iterable[Sequence[Record]]) -> Counter[tuple[str, str]]:
    """How many events of each node match each kind of rule."""
    counts: Counter[tuple[str, str]] = Counter()
    programs: dict[str, str] = {}
    for event in found:
        call = next((one.fields for one in event if one.type == "SYSCALL"), None)
        if call is None:
            continue
        exe, arguments = text("exe", call.get("exe", "")), command(event)
        parent = programs.get(call["ppid"], "")
        if arguments:
            programs[call["pid"]] = exe
        for kind in _process(exe, parent, arguments) if arguments else _other(event, exe, call):
            counts[event[0].node, kind] += 1
    return counts


def _process(exe: str, parent: str, arguments: Sequence[str]) -> list[str]:
    tool, line = exe.rpartition("/")[2], " ".join(arguments)
    tests: dict[str, bool] = {
        "program in a temporary folder ran": exe.startswith(_TEMPORARY),
        "curl or wget ran": tool in {"curl", "wget"},
        "shell started by a server or interpreter": exe in _SHELLS and parent in _SERVERS,
        "sudo or su used": tool in {"sudo", "su"},
        "look-around command": tool in _RECON,
        "one-liner of an interpreter": len(arguments) > 1
        and re.match(r"(python|perl|bash|node|ruby)", tool) is not None
        and arguments[1] in {"-c", "-e"},
        "archive made": tool in {"tar", "zip", "gpg", "openssl"} or "gzip" in tool,
        "compiler ran": "gcc" in tool or tool in {"cc1", "g++"},
        "chmod of something in a temporary folder": tool == "chmod"
        and any(t in line for t in _TEMPORARY),
        "file removed by rm, shred or truncate": tool in {"rm", "shred", "truncate"},
        "crontab used": tool == "crontab",
        "database client ran": tool in {"psql", "pg_dump"},
        "ssh, scp or rsync ran": tool in {"ssh", "scp", "rsync"},
    }
    return [kind for kind, holds in tests.items() if holds]


def _other(event: Sequence[Record], exe: str, call: dict[str, str]) -> list[str]:
    key = text("key", call.get("key", ""))
    names = [text("name", one.fields.get("name", "")) for one in event if one.type == "PATH"]
    interpreter = exe in _SHELLS or re.search(r"/(python|perl|node|nc|socat)", exe) is not None
    tests: dict[str, Callable[[], bool]] = {
        "secret read": lambda: key == "read" and any(_SECRET.search(name) for name in names),
        "connection by a shell or interpreter": lambda: key == "net" and interpreter,
        "log folder changed": lambda: key == "write" and any("/var/log/" in name for name in names),
        "authorized_keys, cron or /etc written": lambda: (
            key == "write"
            and any(
                "authorized_keys" in n or n.startswith(("/etc/", "/var/spool/cron", "crontabs/"))
                for n in names
            )
        ),
    }
    return [kind for kind, holds in tests.items() if holds()]
