"""Each kind of audit event becomes the row that was checked by hand."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from foreseen.core.records import Line, Reason
from foreseen.parsers.auditd import AuditdParser
from foreseen.parsers.protocol import Parsed, Row
from foreseen.schema.columns import PARSED

FIXTURES = Path(__file__).parents[1] / "fixtures" / "auditd"
PARSER = AuditdParser()


def lines_of(data: bytes) -> list[Line]:
    """Lines of a log with their places."""
    lines, offset = [], 0
    for number, line in enumerate(data.split(b"\n"), 1):
        lines.append(Line("log", offset, number, "audit.log", line))
        offset += len(line) + 1
    return lines


def parsed(data: bytes) -> Parsed:
    """All rows and rejects of a whole log."""
    state = PARSER.initial()
    first = PARSER.parse(state, lines_of(data))
    last = PARSER.finish(state)
    return Parsed(first.rows + last.rows, first.quarantined + last.quarantined)


def seen(row: Row) -> dict[str, object]:
    """What the golden file holds of a row."""
    kept = {
        name: value
        for name, value in row.columns.items()
        if value is not None and name not in {"raw", "product"}
    }
    return {"offset": row.offset, "time": row.time, **kept}


def test_every_kind_becomes_its_golden_row() -> None:
    result = parsed((FIXTURES / "kinds.log").read_bytes())
    golden = json.loads((FIXTURES / "kinds.rows.json").read_text())
    assert result.quarantined == []
    assert [seen(row) for row in result.rows] == golden


def test_rows_use_declared_columns_only() -> None:
    names = {column.name for column in PARSED}
    for row in parsed((FIXTURES / "kinds.log").read_bytes()).rows:
        assert set(row.columns) <= names


def changed(change: Callable[[bytes], bytes]) -> list[dict[str, object]]:
    data = change((FIXTURES / "kinds.log").read_bytes())
    result = parsed(data)
    assert result.quarantined == []
    return [{k: v for k, v in seen(row).items() if k != "offset"} for row in result.rows]


def test_logs_without_eoe_give_the_same_rows() -> None:
    def without_eoe(data: bytes) -> bytes:
        return b"\n".join(line for line in data.split(b"\n") if not line.startswith(b"type=EOE"))

    assert changed(without_eoe) == changed(lambda data: data)


def test_numeric_types_give_the_same_rows() -> None:
    numbers = {b"SYSCALL": b"1300", b"PATH": b"1302", b"EXECVE": b"1309", b"EOE": b"1320",
               b"USER_AUTH": b"1100", b"CWD": b"1307", b"SOCKADDR": b"1306"}  # fmt: skip

    def numeric(data: bytes) -> bytes:
        for name, number in numbers.items():
            data = data.replace(b"type=" + name + b" ", b"type=" + number + b" ")
        return data

    assert changed(numeric) == changed(lambda data: data)


def test_carriage_returns_change_nothing() -> None:
    assert changed(lambda data: data.replace(b"\n", b"\r\n")) == changed(lambda data: data)


def test_syslog_and_node_name_the_host() -> None:
    record = b"type=USER_AUTH msg=audit(1767225600.001:7): pid=1 uid=0 msg='op=x res=success'"
    rows = parsed(
        b"\n".join(
            [
                b"node=db-1 " + record,
                b"<14>Nov  1 10:00:00 web-1 audispd: " + record,
                b"2026-01-01T00:00:00.5+01:00 ci-1 audispd[7]: node=ci-2 " + record,
                record,
            ]
        )
    ).rows
    assert [row.host for row in rows] == ["db-1", "web-1", "ci-2", "localhost"]
    assert {row.columns["event_type"] for row in rows} == {"USER_AUTH"}


def test_enriched_names_fill_the_user_columns() -> None:
    rows = parsed(
        b"type=SYSCALL msg=audit(1767225600.001:7): arch=c000003e syscall=59 success=yes exit=0 "
        b"ppid=1 pid=2 auid=1001 uid=0 gid=0 euid=0 tty=(none) ses=4294967295 comm=6120622F "
        b'exe="/bin/x" key=(null)\x1dARCH=x86_64 SYSCALL=execve AUID="anna" UID="root" EUID="root"'
    ).rows
    columns = rows[0].columns
    assert (columns["user_name"], columns["process_user_name"]) == ("anna", "root")
    assert (columns["user_uid"], columns["session_uid"]) == ("1001", None)
    assert columns["process_name"] == "a b/"
    assert columns["process_terminal"] is None


SYSCALL = (
    b"type=SYSCALL msg=audit(%s): arch=c000003e syscall=59 success=yes exit=0 a0=1 a1=2 a2=3 a3=4 "
    b'items=1 ppid=1 pid=2 auid=1 uid=0 gid=0 euid=0 tty=(none) ses=1 comm="x" exe="/x" key=(null)'
)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"type=SYSCALL msg=audit(1767225600.0", Reason.TRUNCATED),
        (b"type=SYSC", Reason.TRUNCATED),
        (b"type=SYSCALL msg=audit(yesterday:7): arch=1", Reason.BAD_TIME),
        (b"\x00\x01\x02\xff\xfe", Reason.BINARY),
        (b"\xff\xfe\xfa", Reason.BINARY),
        (b'{"json": true}', Reason.NOT_THIS_FORMAT),
        (b'type=CWD msg=audit(1767225600.001:7): cwd="/hom', Reason.TRUNCATED),
        (b"type=USER_AUTH msg=audit(1767225600.001:7): pid=1 msg='op=x acc", Reason.TRUNCATED),
        (b'type=EXECVE msg=audit(1767225600.001:7): argc=1 a0="x"', Reason.INCOMPLETE_EVENT),
        (b"type=SYSCALL msg=audit(1767225600.001:7): arch=c000003e sysc", Reason.INCOMPLETE_EVENT),
        (b"type=CWD msg=audit(1.001:7): cwd=" + b"41" * (1 << 20), Reason.TOO_LONG),
    ],
)
def test_an_unreadable_line_is_kept_with_its_reason(line: bytes, reason: Reason) -> None:
    good = SYSCALL % b"1767225600.001:1"
    result = parsed(good + b"\n" + line + b"\n")
    assert [(one.line.data, one.reason) for one in result.quarantined] == [(line, reason)]
    assert result.quarantined[0].detail
    assert [row.columns["event_type"] for row in result.rows] == ["execve"]


def test_two_records_written_into_one_line_are_both_read() -> None:
    first, second = SYSCALL % b"1767225600.001:1", SYSCALL % b"1767225600.002:2"
    result = parsed(first[:150] + second)
    assert [row.columns["original_uid"] for row in result.rows] == ["2"]
    assert [one.line.data for one in result.quarantined] == [first[:150]]
    assert result.rows[0].offset == 150
    assert len(parsed(first + second).rows) == 2


def test_a_line_of_many_headers_does_not_exhaust_the_stack() -> None:
    line = b"type=CWD msg=audit(1.001:1): " * 20_000
    assert parsed(line).rows == []
