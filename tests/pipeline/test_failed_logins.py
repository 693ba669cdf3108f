"""Logins as auditd and Windows record them, from the line to what models see of failed ones."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path

import orjson
import pyarrow as pa
from deltalake import write_deltalake
from tests.recording import lines_of

from foreseen.core.ids import DEFAULT_TENANT
from foreseen.lake.asking.hunt import hunt
from foreseen.lake.lake import Cursor, Lake
from foreseen.lake.tables import PART_TENANT, TABLES
from foreseen.models.moments.moment import Moment, moments_of
from foreseen.pipeline.shard import Lines, ShardArtefacts, ShardState, step
from foreseen.pipeline.snapshots import dump_shard, load_shard
from foreseen.rules import parse_rules

RULE = """
title: A program was started
name: started
logsource: {{product: {product}, category: process_creation}}
detection: {{selection: {{Image|endswith: "{image}"}}, condition: selection}}
"""
RULES = parse_rules(
    [
        ("linux.yml", RULE.format(product="linux", image="/id")),
        (
            "windows.yml",
            RULE.format(product="windows", image="whoami.exe").replace("started", "who"),
        ),
    ]
)
ARTEFACTS = ShardArtefacts(DEFAULT_TENANT, RULES)
QUERY = "SELECT count(*) AS n, max(session_failures) AS most FROM matches"
NOBODY = "auid=4294967295 ses=4294967295"
SSHD = 'exe="/usr/sbin/sshd" hostname=127.0.0.1 addr=127.0.0.1 terminal=ssh res=success'
CRON = 'exe="/usr/sbin/cron" hostname=? addr=? terminal=cron res=success'
SUDO = 'exe="/usr/bin/sudo" hostname=? addr=? terminal=/dev/pts/0 res=success'


def told(kind: str, session: int | None, words: str) -> str:
    """A record of user space, its time to be filled in."""
    who = NOBODY if session is None else f"auid=61033 ses={session}"
    return f"type={kind} {{}} pid=8610 uid=0 {who} msg='{words}'"


def refused(user: str = "ops") -> list[str]:
    """A password that sshd did not take."""
    by = 'exe="/usr/sbin/sshd" hostname=? addr=127.0.0.1 terminal=sshd res=failed'
    return [told("USER_LOGIN", None, f'op=login acct="{user}" {by}')]


def entered(session: int, by: str = SSHD, user: str = "ops") -> list[str]:
    """What a login leaves behind, as recorded."""
    audit = "pid=8610 uid=0 old-auid=4294967295 auid=61033 tty=(none) old-ses=4294967295"
    return [
        told("USER_ACCT", None, f'op=PAM:accounting grantors=pam_permit acct="{user}" {by}'),
        told("CRED_ACQ", None, f'op=PAM:setcred grantors=pam_permit acct="{user}" {by}'),
        f"type=LOGIN {{}} {audit} ses={session} res=1",
        told("USER_START", session, f'op=PAM:session_open grantors=pam_unix acct="{user}" {by}'),
        told("USER_LOGIN", session, f"op=login id=61033 {by}"),
    ]


def sudo(session: int) -> list[str]:
    """Sudo to root within a session."""
    return [
        told("USER_ACCT", session, f'op=PAM:accounting grantors=pam_permit acct="ops" {SUDO}'),
        told("USER_START", session, f'op=PAM:session_open grantors=pam_unix acct="root" {SUDO}'),
        told("USER_END", session, f'op=PAM:session_close grantors=pam_unix acct="root" {SUDO}'),
    ]


def ran(session: int) -> list[str]:
    """A program that a rule matches, in a session."""
    call = "arch=c000003e syscall=59 success=yes exit=0 items=2 ppid=8700 pid=8800"
    who = f"auid=61033 uid=61033 gid=61033 euid=61033 tty=pts3 ses={session}"
    return [f'type=SYSCALL {{}} {call} {who} comm="id" exe="/usr/bin/id" key="exec"']


def log_of(*parts: Iterable[str]) -> bytes:
    """The records of one host, one a second."""
    records = [record for part in parts for record in part]
    return "".join(
        f"node=bastion-1 {record.format(f'msg=audit({1_795_325_000 + n}.281:{n + 1}):')}\n"
        for n, record in enumerate(records)
    ).encode()


def matches_of(data: bytes, cuts: Sequence[int] = (), parser: str = "auditd") -> pa.Table:
    lines, state, found = lines_of(data), ShardState(), []
    for begin, end in pairwise([0, *cuts, len(lines)]):
        part = Lines("log", parser, lines[begin:end], ended=end == len(lines))
        state, out = step(load_shard(dump_shard(state)), [part], ARTEFACTS)
        found.append(out.matches)
    return pa.Table.from_batches(found)


def seen(*parts: Iterable[str]) -> list[int | None]:
    """Failed logins before each match, as models see them."""
    data = log_of(*parts)
    whole = _failures(moments_of(matches_of(data)))
    assert whole == _failures(moments_of(matches_of(data, range(1, data.count(b"\n")))))
    return whole


def _failures(moments: Sequence[Moment]) -> list[int | None]:
    return [moment.failures for moment in moments]


def test_a_login_after_six_failures_says_six() -> None:
    assert seen(*[refused()] * 6, entered(2469), ran(2469)) == [6]


def test_sudo_in_the_session_changes_nothing() -> None:
    assert seen(*[refused()] * 6, entered(2469), sudo(2469), ran(2469), sudo(2469), ran(2469)) == [
        6,
        6,
    ]


def test_a_job_of_cron_does_not_begin_the_count_anew() -> None:
    job = [*entered(2470, CRON)[:-1], *ran(2470)]
    assert seen(*[refused()] * 4, job, *[refused()] * 2, entered(2471), ran(2471)) == [0, 6]


def test_a_login_of_the_account_begins_the_count_anew() -> None:
    first, second = entered(2469), entered(2471)
    assert seen(*[refused()] * 6, first, refused(), second, ran(2471), ran(2469)) == [1, 6]


def test_of_a_session_from_before_the_recording_nothing_is_known() -> None:
    assert seen(*[refused()] * 6, ran(2469)) == [None]


def test_failed_logins_of_other_accounts_are_theirs() -> None:
    assert seen(*[refused("alice")] * 6, refused(), entered(2469), ran(2469)) == [1]


def test_failed_logons_of_windows_count_too() -> None:
    """4625 and 4624 name account, logon process and logon id; 4688 names the logon id."""
    failed = [_windows(4625, n, "0x0", Keywords="0x8010000000000000") for n in range(1, 4)]
    done = _windows(4624, 4, "0x8ab12", Keywords="0x8020000000000000")
    process = {"SubjectLogonId": "0x8ab12", "NewProcessName": "C:\\Windows\\System32\\whoami.exe"}
    data = b"".join([*failed, done, _windows(4688, 5, None, **process)])
    assert _failures(moments_of(matches_of(data, parser="windows_event"))) == [3]


def _windows(event_id: int, number: int, logon: str | None, **fields: str) -> bytes:
    values = {
        "Channel": "Security",
        "EventID": event_id,
        "Computer": "dc.example.com",
        "TimeCreated": f"2026-11-21T10:00:0{number}Z",
        "Provider": "Microsoft-Windows-Security-Auditing",
        "EventRecordID": number,
        "SubjectLogonId": "0x3e7",
    }
    if logon is not None:
        values |= {"TargetUserName": "ann", "TargetLogonId": logon, "LogonProcessName": "User32"}
    return orjson.dumps({**values, **fields}) + b"\n"


def test_matches_that_a_lake_kept_before_it_knew_say_nothing(tmp_path: Path) -> None:
    known = matches_of(log_of(*[refused()] * 6, entered(2469), ran(2469)))
    table, column = TABLES["matches"], "session_failures"
    older = known.drop_columns([column]).append_column(PART_TENANT, known["tenant"])
    write_deltalake(tmp_path / "matches", older, partition_by=table.partition_by)
    lake = Lake.open(tmp_path)
    assert moments_of(lake.read("matches"))[0].failures is None
    assert lake.read("matches").drop_columns([column]) == known.drop_columns([column])
    assert hunt(lake, QUERY, 9).to_pylist() == [{"n": 1, "most": None}]
    lake.commit({"matches": known}, Cursor("a", 1))
    for _ in range(2):
        assert sorted(lake.read("matches")[column].to_pylist(), key=str) == [6, None]
        assert hunt(lake, QUERY, 9).to_pylist() == [{"n": 2, "most": 6}]
        lake.compact()
