"""Which records make an event, when it leaves and in which order."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foreseen.core.records import Line, Quarantined
from foreseen.parsers.auditd import AuditdParser
from foreseen.parsers.auditd_join import MOST_PENDING
from foreseen.parsers.protocol import Parsed, Row

PARSER = AuditdParser()


def syscall(time: str, serial: int, node: str = "") -> bytes:
    prefix = f"node={node} " if node else ""
    return (
        f"{prefix}type=SYSCALL msg=audit({time}:{serial}): arch=c000003e syscall=59 success=yes "
        f'exit=0 ppid=1 pid=2 auid=1 euid=0 ses=1 tty=(none) comm="x" exe="/x" key=(null)'
    ).encode()


def record(kind: str, time: str, serial: int, body: str = "") -> bytes:
    return f"type={kind} msg=audit({time}:{serial}): {body}".encode()


def message(time: str, serial: int) -> bytes:
    return record("USER_AUTH", time, serial, "pid=9 uid=0 auid=1 ses=1 msg='op=x res=success'")


def lines_of(data: list[bytes]) -> list[Line]:
    lines, offset = [], 0
    for number, one in enumerate(data, 1):
        lines.append(Line("log", offset, number, "audit.log", one))
        offset += len(one) + 1
    return lines


def left(data: list[bytes]) -> list[object]:
    """Serials of the rows that leave before the end."""
    rows = PARSER.parse(PARSER.initial(), lines_of(data)).rows
    return [row.columns["original_uid"] for row in rows]


def all_of(data: list[bytes]) -> Parsed:
    state = PARSER.initial()
    first = PARSER.parse(state, lines_of(data))
    last = PARSER.finish(state)
    return Parsed(first.rows + last.rows, first.quarantined + last.quarantined)


def test_eoe_lets_an_event_go() -> None:
    assert left([syscall("10.000", 1)]) == []
    assert left([syscall("10.000", 1), record("EOE", "10.000", 1)]) == ["1"]


def test_a_record_that_stands_alone_goes_at_once() -> None:
    assert left([message("10.000", 5)]) == ["5"]


def test_a_later_record_lets_go_what_is_older_than_two_seconds() -> None:
    assert left([syscall("10.000", 1), syscall("12.000", 2)]) == []
    assert left([syscall("10.000", 1), syscall("12.001", 2)]) == ["1"]


def test_the_clock_of_another_node_lets_nothing_go() -> None:
    assert left([syscall("10.000", 1, "a"), syscall("99.000", 2, "b")]) == []


def test_proctitle_ends_an_event_where_no_eoe_comes() -> None:
    title = record("PROCTITLE", "10.000", 1, 'proctitle="x"')
    assert left([syscall("10.000", 1), title]) == []
    assert left([syscall("10.000", 1), title, syscall("10.001", 2)]) == ["1"]
    rows = all_of([syscall("10.000", 1), title, record("EOE", "10.000", 1)]).rows
    assert len(str(rows[0].columns["raw"]).split("\n")) == 3


def test_events_leave_in_the_order_in_which_they_began() -> None:
    data = [syscall("10.000", 1), message("10.001", 2), syscall("10.002", 3)]
    done = [record("EOE", "10.002", 3), record("EOE", "10.000", 1)]
    assert left(data + done[:1]) == []
    assert left(data + done) == ["1", "2", "3"]


def test_interleaved_events_keep_their_own_records() -> None:
    data = [
        syscall("10.000", 1),
        syscall("10.000", 2),
        record("CWD", "10.000", 1, 'cwd="/one"'),
        record("CWD", "10.000", 2, 'cwd="/two"'),
        record("EOE", "10.000", 2),
        record("EOE", "10.000", 1),
    ]
    assert [row.columns["process_cwd"] for row in all_of(data).rows] == ["/one", "/two"]


def test_a_record_after_the_end_of_its_event_is_kept_apart() -> None:
    late = record("PATH", "10.000", 1, 'item=0 name="/x" nametype=NORMAL')
    result = all_of([syscall("10.000", 1), record("EOE", "10.000", 1), late])
    assert len(result.rows) == 1
    assert [one.line.data for one in result.quarantined] == [late]


def test_an_old_event_that_blocked_is_not_torn() -> None:
    # accept() is stamped when it is entered and written when it returns, an hour later
    data = [syscall("9999.000", 1), record("EOE", "9999.000", 1), syscall("100.000", 2)]
    data += [syscall("9999.100", 3), record("CWD", "100.000", 2, 'cwd="/late"')]
    rows = all_of(data).rows
    assert [row.columns.get("process_cwd") for row in rows] == [None, "/late", None]


def test_more_open_events_than_the_bound_let_the_oldest_go() -> None:
    data = [syscall("10.000", serial) for serial in range(MOST_PENDING + 3)]
    assert left(data) == ["0", "1", "2"]


def test_serials_that_fall_sharply_begin_a_new_boot() -> None:
    data = [message("10.000", 90_000), message("11.000", 90_001), message("70.000", 3)]
    data += [message("71.000", 4), message("5.000", 1)]
    assert [row.boot for row in all_of(data).rows] == ["0", "0", "70000", "70000", "70000"]


def test_serials_a_little_out_of_order_are_no_new_boot() -> None:
    data = [message("10.000", 90_000), message("10.001", 89_995), message("10.002", 90_001)]
    assert {row.boot for row in all_of(data).rows} == {"0"}


KINDS = (
    "SYSCALL",
    "EXECVE",
    "CWD",
    "PATH",
    "PROCTITLE",
    "EOE",
    "CONFIG_CHANGE",
    "USER_AUTH",
    "1306",
)


@st.composite
def audit_lines(draw: st.DrawFn) -> list[bytes]:
    """Records of few events, cut, glued, mutated and mixed with arbitrary bytes."""
    lines: list[bytes] = []
    for _ in range(draw(st.integers(0, 25))):
        time = f"{draw(st.integers(8, 14))}.{draw(st.integers(0, 1)):03d}"
        serial = draw(st.integers(1, 4))
        kind = draw(st.sampled_from(KINDS))
        line = syscall(time, serial, draw(st.sampled_from(["", "a"])))
        if kind != "SYSCALL":
            body = draw(st.sampled_from(['argc=1 a0="x"', "saddr=0200005001020304", "cwd=2F", ""]))
            line = record(kind, time, serial, body)
        damage = draw(st.integers(0, 9))
        place = draw(st.integers(0, len(line)))
        if damage == 0:
            line = line[:place]
        elif damage == 1:
            line = line[:place] + draw(st.binary(max_size=6)) + line[place + 3 :]
        elif damage == 2 and lines:
            lines[-1] += line
            continue
        elif damage == 3:
            line = draw(st.binary(max_size=60))
        lines.append(line.replace(b"\n", b" ").rstrip(b"\r"))
    return lines


def as_text(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace")


def kept(result: Parsed) -> int:
    """Characters that are in a row's raw or in quarantine."""
    raw = sum(len(str(row.columns["raw"]).replace("\n", "")) for row in result.rows)
    return raw + sum(len(as_text(one.line.data)) for one in result.quarantined)


@settings(max_examples=300, deadline=None)
@given(audit_lines())
def test_no_line_raises_and_none_is_lost(data: list[bytes]) -> None:
    expected = sum(len(as_text(line)) for line in data if line.strip())
    assert kept(all_of(data)) == expected


@settings(max_examples=200, deadline=None)
@given(st.lists(st.binary(max_size=200), max_size=8))
def test_arbitrary_bytes_are_quarantined_line_by_line(data: list[bytes]) -> None:
    clean = [line.replace(b"\n", b"").rstrip(b"\r") for line in data]
    assert kept(all_of(clean)) == sum(len(as_text(line)) for line in clean if line.strip())


@pytest.mark.long
@settings(max_examples=200, deadline=None)
@given(audit_lines(), st.data())
def test_cuts_and_snapshots_change_nothing(data: list[bytes], choose: st.DataObject) -> None:
    whole = all_of(data)
    lines = lines_of(data)
    state = PARSER.initial()
    rows: list[Row] = []
    quarantined: list[Quarantined] = []
    start = 0
    while start < len(lines):
        end = choose.draw(st.integers(start + 1, len(lines)))
        part = PARSER.parse(state, lines[start:end])
        rows, quarantined = rows + part.rows, quarantined + part.quarantined
        state = PARSER.load(json.loads(json.dumps(PARSER.dump(state))))
        start = end
    part = PARSER.finish(state)
    assert Parsed(rows + part.rows, quarantined + part.quarantined) == whole
