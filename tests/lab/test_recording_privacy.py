"""Nothing of the machine that recorded, and nothing secret, is in the recording."""

import re
from pathlib import Path

import pytest

from foreseen.lab.privacy import check, check_lines

_OUTSIDE = ("vm", "runsc")  # names of the machine that recorded
_HEAD = "node=web-1 type={} msg=audit(1795287226.692:3577): {}"


def test_recording_holds_nothing_foreign(recording: Path) -> None:
    parts = sorted(recording.glob("*.log.zst"))
    assert len(parts) >= 2
    found = {part.name: check(part, forbidden=_OUTSIDE) for part in parts}
    assert not any(found.values()), found


def test_truth_and_datasheet_name_nothing_foreign(recording: Path) -> None:
    for name in ("runs.json", "truth.json", "parts.json", "DATASHEET.md"):
        text = (recording / name).read_text()
        assert re.search(r"(?<!\w)/root/|pyenv|192\.0\.2\.", text) is None


def _hex(text: str) -> str:
    return text.encode().hex().upper()


@pytest.mark.parametrize(
    ("kind", "body", "reason"),
    [
        ("EXECVE", 'argc=2 a0="cat" a1="/root/.bashrc"', "path /root"),
        ("EXECVE", f'argc=2 a0="sh" a1={_hex("cd /workspace/app && make")}', "path /workspace"),
        ("EXECVE", f"argc=1 a0[0]={_hex('curl https://index.example/x')}", "host index.example"),
        ("EXECVE", 'argc=2 a0="ssh" a1="db.corp.internal"', "domain db.corp.internal"),
        ("EXECVE", 'argc=2 a0="ping" a1="10.1.2.3"', "address 10.1.2.3"),
        ("EXECVE", 'argc=2 a0="hostname" a1="vm"', "word vm"),
        ("EXECVE", f'argc=2 a0="x" a1={_hex("t=Zx9mQ2vR7tLk4WpY8sNb3HcD6fJg1aEe")}', "token"),
        ("EXECVE", 'argc=2 a0="x" a1="0123456789abcdef0123456789abcdef"', "token"),
        ("EXECVE", 'argc=2 a0="curl" a1="-Hx: eyJhbGciOiJIUzI1NiJ9"', "word eyJ"),
        ("PATH", 'item=0 name="/home/someone/notes" nametype=NORMAL', "home of someone"),
        ("CWD", f"cwd={_hex('/root/my dir')}", "path /root"),
        ("SYSCALL", 'pid=1 auid=1000 exe="/usr/bin/id"', "user id 1000"),
        ("SYSCALL", 'pid=1 exe="/root/.local/bin/python"', "path /root"),
        ("SOCKADDR", "saddr=02000035C00002020000000000000000", "address 192.0.2.2"),
        ("SOCKADDR", f"saddr=0A0001BB00000000{'FD' + '0' * 29 + '1'}00000000", "address fd00::1"),
        ("SOCKADDR", f"saddr=0100{_hex('/root/agent.sock')}00", "path /root"),
        (
            "USER_CMD",
            f'pid=1 msg=\'cwd="/" cmd={_hex("cat /root/x")} exe="/usr/bin/sudo"\'',
            "path",
        ),
        ("USER_START", "pid=1 msg='op=PAM:x acct=\"someone\" hostname=? addr=?'", "user someone"),
        ("USER_LOGIN", "pid=1 msg='op=login id=61031 hostname=? addr=192.0.2.7'", "host 192.0.2.7"),
    ],
)
def test_a_planted_leak_is_found(kind: str, body: str, reason: str) -> None:
    reasons = [one.reason for one in check_lines([_HEAD.format(kind, body)], forbidden=_OUTSIDE)]
    assert any(found.startswith(reason) for found in reasons), reasons


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("EXECVE", 'argc=2 a0="curl" a1="http://127.0.1.50:8099/src/libhash.tar.gz"'),
        ("EXECVE", f'argc=2 a0="sh" a1={_hex("cd /srv/shop && ls ~/.ssh")}'),
        ("SYSCALL", 'pid=9 a0=7ffd0123456789ab auid=61001 uid=0 exe="/usr/bin/dash"'),
        ("SOCKADDR", "saddr=02001F9A7F00010A0000000000000000"),
        ("USER_LOGIN", "pid=1 msg='op=login id=61031 hostname=127.0.0.1 addr=127.0.0.1'"),
    ],
)
def test_what_is_the_labs_own_passes(kind: str, body: str) -> None:
    assert list(check_lines([_HEAD.format(kind, body)], forbidden=_OUTSIDE)) == []


def test_a_leak_among_fields_seen_before_is_found_and_told_once() -> None:
    clean = _HEAD.format("EXECVE", 'argc=3 a0="tar" a1="czf" a2="/tmp/x"')
    split = _HEAD.format("CWD", 'cwd="/srv/a b" x="/srv/a c /root/d"')
    lines = [clean, clean, clean.replace("/tmp/x", "/root/x"), clean, split, split]
    found = list(check_lines([*lines, *lines], forbidden=_OUTSIDE))
    assert [(one.line, one.reason) for one in found] == [(3, "path /root"), (5, "path /root")]


def test_a_leak_of_two_words_that_were_seen_apart_is_found() -> None:
    texts = ('name="BEGIN x"', 'name="y PRIVATE"', 'name="BEGIN PRIVATE"')
    found = check_lines([_HEAD.format("PATH", text) for text in texts])
    assert [(one.line, one.reason) for one in found] == [(3, "word BEGIN PRIVATE")]
