"""Processes, parents and ancestors of rows, by what events said and by nothing else."""

import json
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foreseen.core.errors import CorruptError
from foreseen.parsers.protocol import Row
from foreseen.pipeline import lineage
from foreseen.pipeline.lineage import DEPTH, ProcessCache, fill


def row(call: str, time: int, pid: int, ppid: int | None, **columns: object) -> Row:
    columns = {"class_uid": 1007, "status_id": 1, "user_uid": "1001", "session_uid": "5", **columns}
    columns |= {"event_type": call, "process_pid": pid, "parent_pid": ppid}
    return Row("log", time, "web-1", "0", time, None, columns)


def start(time: int, pid: int, ppid: int | None, path: str, **columns: object) -> Row:
    return row("execve", time, pid, ppid, process_path=path, process_cmd_line=path, **columns)


def fork(time: int, pid: int, ppid: int, child: int, path: str = "/bin/sh") -> Row:
    return row("clone", time, pid, ppid, exit_code=child, process_path=path)


def filled(rows: Sequence[Row]) -> list[Row]:
    fill(ProcessCache(), rows)
    return list(rows)


def test_a_child_gets_its_parents_image_command_and_ancestors() -> None:
    rows = filled(
        [start(1, 10, 1, "/bin/sh"), start(2, 20, 10, "/bin/env"), start(3, 30, 20, "/bin/ls")]
    )
    columns = rows[2].columns
    assert columns["process_uid"] == "web-1/0:30:3"
    assert columns["parent_uid"] == "web-1/0:20:2"
    assert (columns["parent_path"], columns["parent_cmd_line"]) == ("/bin/env", "/bin/env")
    assert columns["lineage"] == ["web-1/0:20:2", "web-1/0:10:1"]
    assert columns["lineage_paths"] == ["/bin/env", "/bin/sh"]


def test_an_unknown_parent_stays_null_until_it_is_seen() -> None:
    rows = filled(
        [
            start(1, 20, 10, "/bin/ls"),
            row("openat", 2, 10, 1, class_uid=1001, process_path="/bin/sh"),
            row("openat", 3, 20, 10, class_uid=1001, process_path="/bin/ls"),
        ]
    )
    assert rows[0].columns["parent_uid"] is None
    assert rows[0].columns["lineage"] == []
    assert rows[2].columns["parent_path"] == "/bin/sh"


def test_exec_keeps_the_process_and_changes_its_image() -> None:
    rows = filled([start(1, 10, 1, "/bin/sh"), start(2, 10, 1, "/bin/ls"), start(3, 11, 10, "/x")])
    assert rows[0].columns["process_uid"] == rows[1].columns["process_uid"]
    assert rows[2].columns["parent_path"] == "/bin/ls"


def test_a_failed_exec_leaves_the_image() -> None:
    tried = row("execve", 2, 10, 1, status_id=2, process_path="/bin/sh")
    rows = filled([start(1, 10, 1, "/bin/sh"), tried, start(3, 11, 10, "/x")])
    assert rows[1].columns["process_cmd_line"] == "/bin/sh"
    assert rows[2].columns["parent_path"] == "/bin/sh"


def test_the_same_pid_under_another_parent_is_another_process() -> None:
    rows = filled([start(1, 10, 7, "/a"), start(2, 10, 8, "/b")])
    assert rows[0].columns["process_uid"] != rows[1].columns["process_uid"]


def test_a_pid_after_its_exit_is_another_process() -> None:
    end = row("exit_group", 2, 10, 7, process_path="/a")
    rows = filled([start(1, 10, 7, "/a"), end, start(3, 10, 7, "/a"), start(4, 11, 10, "/b")])
    assert rows[1].columns["process_uid"] == rows[0].columns["process_uid"]
    assert rows[2].columns["process_uid"] == "web-1/0:10:3"
    assert rows[3].columns["parent_uid"] == "web-1/0:10:3"


def test_a_process_of_another_login_session_that_once_had_the_parents_pid_is_no_parent() -> None:
    # ends are not always recorded: 10 is long gone, and another process has its number
    rows = filled([start(1, 10, 7, "/bin/id"), start(9, 20, 10, "/bin/sh", session_uid="6")])
    assert rows[1].columns["parent_uid"] is None
    assert rows[1].columns["lineage_paths"] == []


def test_a_login_begins_a_session_below_a_service_that_has_none() -> None:
    service = start(1, 10, 1, "/usr/sbin/sshd", session_uid=None)
    rows = filled([service, start(2, 20, 10, "/bin/bash", session_uid="6")])
    assert rows[1].columns["lineage_paths"] == ["/usr/sbin/sshd"]


def test_the_exit_of_a_thread_ends_no_process() -> None:
    rows = filled([start(1, 10, 7, "/a"), row("exit", 2, 10, 7), start(3, 10, 7, "/b")])
    assert rows[0].columns["process_uid"] == rows[2].columns["process_uid"]


def test_a_clone_gives_the_child_its_birth_and_its_parents_image() -> None:
    child = row("connect", 4, 20, 10, class_uid=4001, process_path="/bin/sh")
    rows = filled([start(1, 10, 1, "/bin/sh"), fork(2, 10, 1, 20), child])
    assert rows[2].columns["process_uid"] == "web-1/0:20:2"
    assert rows[2].columns["process_cmd_line"] == "/bin/sh"


def test_a_clone_that_gives_a_known_pid_anew_begins_a_process() -> None:
    rows = filled(
        [start(1, 10, 1, "/sh"), start(2, 20, 10, "/a"), fork(3, 10, 1, 20), start(4, 20, 10, "/b")]
    )
    assert rows[3].columns["process_uid"] == "web-1/0:20:3"


def test_a_clone_logged_after_its_childs_exec_changes_nothing() -> None:
    # clone is stamped at its begin and written at its end: vfork returns after the child's exec
    rows = filled(
        [start(1, 10, 1, "/sh"), start(3, 20, 10, "/a"), fork(2, 10, 1, 20), start(4, 20, 10, "/b")]
    )
    assert rows[3].columns["process_uid"] == rows[1].columns["process_uid"]


def test_a_clone_in_a_container_does_not_touch_a_pid_of_the_host() -> None:
    # in a pid namespace clone returns the number that the container knows
    rows = filled([start(1, 7, 1, "/usr/sbin/sshd"), fork(2, 900, 800, 7), start(3, 7, 1, "/b")])
    assert rows[2].columns["process_uid"] == rows[0].columns["process_uid"]


def test_an_orphan_of_the_same_login_keeps_its_ancestors() -> None:
    rows = filled(
        [
            start(1, 10, 9, "/bin/sh"),
            start(2, 20, 10, "/bin/setsid"),
            start(3, 20, 1, "/tmp/miner"),
            start(4, 20, 1, "/usr/sbin/cron", session_uid=None, user_uid=None),
        ]
    )
    assert rows[2].columns["lineage_paths"] == ["/bin/sh"]
    assert rows[3].columns["lineage_paths"] == []
    assert rows[3].columns["process_uid"] != rows[2].columns["process_uid"]


def test_an_orphan_may_be_adopted_by_an_ancestor_only() -> None:
    family = [start(1, 10, 1, "/reaper"), start(2, 20, 10, "/b"), start(3, 30, 20, "/c")]
    adopted = filled([*family, start(4, 30, 10, "/d")])
    assert adopted[3].columns["process_uid"] == adopted[2].columns["process_uid"]
    stranger = filled([*family, start(4, 99, 1, "/other"), start(5, 30, 99, "/d")])
    assert stranger[4].columns["process_uid"] == "web-1/0:30:5"


def test_logins_and_network_get_the_acting_process() -> None:
    rows = filled(
        [
            start(1, 10, 1, "/usr/bin/sudo"),
            row("USER_AUTH", 2, 10, None, class_uid=3002, process_path="/usr/bin/sudo"),
            row("connect", 3, 10, 1, class_uid=4001, process_path="/usr/bin/sudo"),
            row("USER_AUTH", 4, 10, None, class_uid=3002, process_path="/usr/bin/su"),
        ]
    )
    assert {one.columns["process_uid"] for one in rows[:3]} == {"web-1/0:10:1"}
    assert rows[1].columns["process_cmd_line"] == "/usr/bin/sudo"
    assert rows[3].columns["process_uid"] == "web-1/0:10:4"


def test_an_image_that_changed_unseen_has_no_command_line() -> None:
    opened = row("openat", 2, 10, 1, class_uid=1001, process_path="/bin/b")
    assert filled([start(1, 10, 1, "/bin/a"), opened])[1].columns["process_cmd_line"] is None


def test_hosts_and_boots_do_not_mix() -> None:
    first = start(1, 10, 1, "/a")
    other = Row("log", 2, "db-1", "0", 2, None, dict(start(2, 20, 10, "/b").columns))
    later = Row("log", 3, "web-1", "3", 3, None, dict(start(3, 20, 10, "/b").columns))
    rows = filled([first, other, later])
    assert rows[1].columns["parent_uid"] is None
    assert rows[2].columns["parent_uid"] is None


def test_ancestors_are_bounded() -> None:
    rows = filled([start(n, n, n - 1, f"/{n}") for n in range(2, 40)])
    assert rows[-1].columns["lineage_paths"] == [f"/{n}" for n in range(38, 38 - DEPTH, -1)]


def test_the_cache_forgets_the_least_recently_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lineage, "MOST_PROCESSES", 2)
    cache = ProcessCache()
    fill(cache, [start(1, 10, 1, "/a"), start(2, 11, 1, "/b"), row("x", 3, 10, 1)])
    fill(cache, [start(4, 12, 1, "/c"), start(5, 13, 10, "/d")])
    assert list(cache.hosts["web-1", "0"].seen) == [12, 13]


PIDS = st.integers(1, 5)


@st.composite
def histories(draw: st.DrawFn) -> list[Row]:
    """Short histories with few pids, so that every kind of reuse and order comes up."""
    rows = []
    for time in range(draw(st.integers(0, 20))):
        kind = draw(st.sampled_from(["execve", "clone", "exit_group", "openat", "USER_AUTH"]))
        ppid = None if kind == "USER_AUTH" else draw(PIDS)
        path = draw(st.sampled_from([None, "/a", "/b"]))
        session = draw(st.sampled_from([None, "1"]))
        rows.append(
            row(kind, time + draw(st.integers(-2, 0)), draw(PIDS), ppid, process_path=path,
                exit_code=draw(PIDS), session_uid=session, process_cmd_line=path)
        )  # fmt: skip
    return rows


def copies(rows: Sequence[Row]) -> list[Row]:
    return [
        Row(r.source, r.offset, r.host, r.boot, r.time, r.received, dict(r.columns)) for r in rows
    ]


@settings(max_examples=200, deadline=None)
@given(histories(), st.data())
def test_cuts_and_snapshots_change_nothing(rows: list[Row], choose: st.DataObject) -> None:
    whole = filled(copies(rows))
    cut = copies(rows)
    cache, begin = ProcessCache(), 0
    while begin < len(cut):
        end = choose.draw(st.integers(begin + 1, len(cut)))
        fill(cache, cut[begin:end])
        cache = lineage.load(json.loads(json.dumps(lineage.dump(cache))))
        begin = end
    assert cut == whole


@settings(max_examples=300, deadline=None)
@given(histories())
def test_no_process_is_its_own_ancestor(rows: list[Row]) -> None:
    for one in filled(rows):
        ancestors = one.columns["lineage"]
        assert isinstance(ancestors, list)
        assert one.columns["process_uid"] not in ancestors


def test_a_broken_snapshot_says_so() -> None:
    with pytest.raises(CorruptError, match="process cache"):
        lineage.load({"hosts": [["web-1", "0", [["short"]], []]]})
