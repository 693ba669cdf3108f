"""Real audit logs of other machines and collectors: every line is accounted for."""

from pathlib import Path

import pytest

from foreseen.core.records import Line, Reason
from foreseen.parsers.auditd import AuditdParser
from foreseen.parsers.protocol import Parsed
from foreseen.pipeline.lineage import ProcessCache, fill

PARSER = AuditdParser()


@pytest.fixture(scope="module")
def samples(foreseen_data: Path) -> Path:
    return foreseen_data / "samples" / "auditd"


def parsed(path: Path) -> Parsed:
    state, offset, lines = PARSER.initial(), 0, []
    for number, line in enumerate(path.read_bytes().split(b"\n"), 1):
        lines.append(Line(path.name, offset, number, path.name, line))
        offset += len(line) + 1
    result = PARSER.parse(state, lines)
    last = PARSER.finish(state)
    return Parsed(result.rows + last.rows, result.quarantined + last.quarantined)


@pytest.mark.parametrize(
    "name",
    [
        "this-machine-ENRICHED.log",
        "this-machine-multicast-numeric-types.log",
        "golibaudit-audit-rhel7.log",
        "golibaudit-audit-ubuntu17.log",
    ],
)
def test_every_line_is_in_a_row_or_in_quarantine(samples: Path, name: str) -> None:
    path = samples / name
    result = parsed(path)
    kept = [line for row in result.rows for line in str(row.columns["raw"]).split("\n")]
    kept += [one.line.data.decode() for one in result.quarantined]
    assert sorted(kept) == sorted(line for line in path.read_text().split("\n") if line)


def test_whole_logs_leave_nothing_in_quarantine(samples: Path) -> None:
    for name in ("this-machine-ENRICHED.log", "this-machine-multicast-numeric-types.log"):
        assert parsed(samples / name).quarantined == []


def test_records_torn_from_their_events_are_named_incomplete(samples: Path) -> None:
    result = parsed(samples / "golibaudit-audit-rhel7.log")
    reasons = {one.reason for one in result.quarantined}
    assert reasons == {Reason.INCOMPLETE_EVENT, Reason.TRUNCATED}
    assert {"LOGIN", "USER_CMD", "connect", "finit_module"} <= {
        row.columns["event_type"] for row in result.rows
    }


def test_a_login_through_su_keeps_who_it_was(samples: Path) -> None:
    rows = parsed(samples / "this-machine-ENRICHED.log").rows
    fill(ProcessCache(), rows)
    switched = [row.columns for row in rows if row.columns["event_type"] == "setuid"]
    assert [(one["user_uid"], one["process_path"]) for one in switched] == [("4242", "/usr/bin/su")]
    started = [row.columns for row in rows if row.columns["event_type"] == "execve"]
    last = [one for one in started if one["process_cmd_line"] == "id -un"]
    assert [(one["user_uid"], one["process_user_uid"]) for one in last] == [("4242", "65534")]
    assert all(one["parent_path"] for one in last)
