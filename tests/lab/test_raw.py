"""Raw records are read as the kernel and auditd write them."""

from collections import Counter

from foreseen.lab.raw import command, events, record, text
from foreseen.lab.recording import node_lines

_CALL = 'type=SYSCALL msg=audit(5.000:{0}): syscall=59 pid={1} auid={2} ses=4 exe="/usr/bin/dash"'
_EXEC = 'type=EXECVE msg=audit(5.000:{0}): argc=3 a0="sh" a1="-c" a2={1}'


def test_hexadecimal_arguments_are_decoded() -> None:
    lines = [_CALL.format(7, 9, 61001), _EXEC.format(7, "6C73202D6C61")]
    assert command(next(events(lines))) == ["sh", "-c", "ls -la"]


def test_a_split_argument_is_joined() -> None:
    line = "type=EXECVE msg=audit(5.000:7): argc=1 a0_len=4 a0[0]=6C73 a0[1]=2D6C"
    one = record(line)
    assert one is not None
    assert command([one]) == ["ls-l"]


def test_text_in_quotes_is_not_taken_for_hexadecimal() -> None:
    assert text("a1", '"CAFE"') == "CAFE"
    assert text("comm", "CAFE") == b"\xca\xfe".decode("utf-8", "replace")


def test_interleaved_events_are_put_together() -> None:
    lines = [_CALL.format(7, 9, 61001), _CALL.format(8, 9, 61001), _EXEC.format(7, '"x"')]
    assert [[one.type for one in event] for event in events(lines)] == [
        ["SYSCALL", "EXECVE"],
        ["SYSCALL"],
    ]


def test_only_the_labs_events_are_kept_and_get_their_node() -> None:
    login = (
        "type=USER_ACCT msg=audit(5.000:9): pid=3 uid=0 auid=4294967295 ses=4294967295 "
        'msg=\'op=PAM:accounting acct="{}" exe="{}" hostname=? addr=? terminal=cron res=success\''
    )
    lines = [
        _CALL.format(7, 9, 61021),
        _CALL.format(8, 9, 1000),
        login.format("alice", "/usr/sbin/cron"),
        login.format("someone", "/usr/sbin/cron").replace(":9)", ":10)"),
        login.format("alice", "/usr/bin/su").replace(":9)", ":11)"),
    ]
    counts: Counter[str] = Counter()
    kept = list(node_lines(lines, counts))
    assert [line.split(" ")[0] for line in kept] == ["node=db-1", "node=bastion-1"]
    assert counts == {"db-1": 1, "bastion-1": 1, "dropped": 3}
