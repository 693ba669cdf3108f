"""Logs that correlation rules count, the rules, and both ways through which they go."""

from collections.abc import Iterable
from pathlib import Path

import orjson
from tests.pipeline.matches import DOWNLOADED, LOGIN_FAILED
from tests.runners.installation import NOW, SETTINGS, Held, held, opened

from foreseen.core.ids import DEFAULT_TENANT
from foreseen.intake.log import Entry, EntryKind
from foreseen.rules import parse_rules
from foreseen.runners.installation import Installation, Stores
from foreseen.runners.replay import Replayed, ReplayOrder, replay
from foreseen.runners.rules.watch import LiveRules
from foreseen.runners.worker import Worker

START, MINUTE = 1_795_287_000_000, 60_000
RULES = f"""{LOGIN_FAILED}---{DOWNLOADED}---
title: A Windows login failed
name: win_failed
logsource: {{product: windows, service: security}}
detection: {{selection: {{EventID: 4625}}, condition: selection}}
---
title: A shell started
name: shell
logsource: {{product: linux, category: process_creation}}
detection: {{selection: {{Image|endswith: /sh}}, condition: selection}}
---
title: Many shells
name: shells
correlation:
  {{type: event_count, rules: [shell], group-by: [User], timespan: 10m, condition: {{gte: 9}}}}
---
title: Somebody guesses passwords
name: guessing
level: high
correlation:
  type: event_count
  rules: [failed]
  group-by: [src_ip]
  timespan: 10m
  condition: {{gte: 3}}
---
title: One address tries many accounts
name: spraying
level: high
correlation:
  type: value_count
  rules: [win_failed]
  group-by: [IpAddress]
  timespan: 10m
  condition: {{field: TargetUserName, gte: 3}}
  generate: true
---
title: A single download
name: lonely
level: low
correlation:
  type: event_count
  rules: [download]
  group-by: [Image]
  timespan: 10m
  condition: {{lt: 2}}
  generate: true
"""
ANSWERED = START + 40 * MINUTE
"""When all that waits for ten minutes and a quarter of an hour is due."""


def refused(serial: int, minute: float, ip: str = "203.0.113.9", pid: int = 812) -> bytes:
    stamp = f"{(START + minute * MINUTE) / 1000:.3f}:{serial}"
    return (
        f"node=web-1 type=USER_AUTH msg=audit({stamp}): pid={pid} uid=0 auid=4294967295"
        ' ses=4294967295 msg=\'op=PAM:authentication grantors=? acct="admin"'
        f' exe="/usr/sbin/sshd" hostname={ip} addr={ip} terminal=ssh res=failed\'\n'
    ).encode()


def run(serial: int, minute: float, program: str, pid: int, parent: int = 1) -> bytes:
    stamp = f"msg=audit({(START + minute * MINUTE) / 1000:.3f}:{serial}):"
    return (
        f"node=web-1 type=SYSCALL {stamp} arch=c000003e syscall=59 success=yes exit=0 items=2"
        f" ppid={parent} pid={pid} auid=1001 uid=1001 gid=1001 euid=1001 tty=(none) ses=3"
        f' comm="x" exe="{program}" key="exec"\n'
        f'node=web-1 type=EXECVE {stamp} argc=1 a0="{program}"\n'
        f"node=web-1 type=EOE {stamp} \n"
    ).encode()


def spray(minute: float, account: str) -> bytes:
    seconds = int(minute * 60)
    time = f"2026-11-21T18:{50 + seconds // 60:02}:{seconds % 60:02}.000000Z"
    system = {
        "Provider": {"#attributes": {"Name": "Microsoft-Windows-Security-Auditing"}},
        "EventID": 4625,
        "TimeCreated": {"#attributes": {"SystemTime": time}},
        "EventRecordID": seconds,
        "Channel": "Security",
        "Computer": "ws-1.example.com",
    }
    data = {"TargetUserName": account, "LogonType": "3", "IpAddress": "198.51.100.7"}
    return orjson.dumps({"Event": {"System": system, "EventData": data}}) + b"\n"


AUDIT = [refused(10 + n, n) for n in range(4)] + [run(30, 5, "/usr/bin/curl", 500)]
AUDIT += [refused(40, 6, "192.0.2.1"), run(41, 7, "/usr/bin/true", 900)]
WINDOWS = [spray(n, name) for n, name in enumerate(["ann", "bob", "Ann", "carol", "dave"])]
FIRED = {
    ("guessing", "3 events of failed within 10 minutes, the same src_ip 203.0.113.9."),
    ("lonely", "1 event of download within 10 minutes, the same Image /usr/bin/curl."),
    ("spraying", "4 events of win_failed within 10 minutes, the same IpAddress 198.51.100.7."),
}


COMPILED = parse_rules([("rules.yml", RULES)])


def replayed(folder: Path, audit: Iterable[bytes] = AUDIT) -> Replayed:
    files = [("windows.json", WINDOWS), ("audit.log", audit)]
    for name, lines in files:
        (folder / name).write_bytes(b"".join(lines))
    paths = [str(folder / name) for name, _ in files]
    return replay(ReplayOrder(paths, "auto", COMPILED, folder / "data", NOW, settings=SETTINGS))


def entry(data: bytes, form: str, kind: EntryKind = EntryKind.DATA) -> Entry:
    return Entry(DEFAULT_TENANT, f"agent-{form}", "p", form, ANSWERED, data, kind)


def tick(now: int) -> Entry:
    return Entry(DEFAULT_TENANT, "", "", "", now, kind=EntryKind.TICK)


def fill(stores: Stores) -> None:
    """What agents post, in small bodies, and ticks until all is answered."""
    for line in WINDOWS:
        stores.intake.append([entry(line, "windows_event")])
    for line in AUDIT:
        stores.intake.append([entry(line, "auditd")])
    stores.intake.append([entry(b"", "auditd", EntryKind.END)])
    stores.intake.append([tick(START + 8 * MINUTE)])
    stores.intake.append([tick(ANSWERED)])


def drained(stores: Stores) -> None:
    live = Worker(Installation(stores, DEFAULT_TENANT, SETTINGS), LiveRules(COMPILED))
    while live.drain():
        pass


def told(alerts: Iterable[object]) -> list[tuple[object, ...]]:
    names = ("rule", "title", "host", "sentences", "severity", "first_time", "count")
    return sorted(tuple(getattr(each, name) for name in names) for each in alerts)


def calm_installation(data: Path) -> Held:
    """What an installation holds when nothing disturbed it."""
    with opened(data) as stores:
        fill(stores)
        drained(stores)
    return held(data)
