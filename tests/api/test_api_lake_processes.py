"""Process trees over HTTP: who started whom, bounded, and the same however the lake lies."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.api.conftest import NOW, OTHER, TENANT
from tests.api.lake_site import LakeSite, Row, commit, made_site, recorded_site

from foreseen.api.lake.rows import LONGEST
from foreseen.control.alert_commit import Decided, commit_decisions
from foreseen.control.alerts import Page, alerts
from foreseen.control.cursors import Checkpoint
from foreseen.core.alerts import Alert
from foreseen.core.ids import RuleId

HOUR = 3_600_000
DAY = 24 * HOUR
HOSTILE = "curl <b>\x00\x1b[2J\u202e</b>"


def uid(name: str, start: int = NOW) -> str:
    """An identity as the pipeline makes them."""
    return f"web-1/boot:{name}:{start}"


INIT, SHELL = uid("1", NOW - 3 * DAY), uid("20", NOW - HOUR // 2)
FOCUS, CHILD, GRANDCHILD = uid("30"), uid("40"), uid("50")
LINE = [SHELL, INIT]


def event(process: str, parent: str | None, above: list[str], time: int, **more: object) -> Row:
    """An event of a process."""
    paths = [f"/bin/{each.split(':')[1]}" for each in above]
    said = {"process_uid": process, "parent_uid": parent, "lineage": above, "time": time}
    return {**said, "lineage_paths": paths, "process_path": f"/bin/{process.split(':')[1]}", **more}


def family() -> list[Row]:
    """A tree with siblings before and after, on a stream with other processes."""
    rows = [
        event(INIT, None, [], NOW - 3 * DAY, process_cmd_line="/sbin/init"),
        event(uid("7"), None, [], NOW, process_path="/bin/unrelated"),
        event(SHELL, INIT, [INIT], NOW - HOUR // 2, process_cmd_line="sh", user_name="ana"),
        event(uid("21"), SHELL, LINE, NOW - 500),
        event(uid("22"), SHELL, LINE, NOW - 400),
        event(FOCUS, SHELL, LINE, NOW, process_cmd_line=HOSTILE, labels=["r", "a"]),
        event(FOCUS, SHELL, LINE, NOW + 5, event_type="openat", labels=["r"]),
        event(CHILD, FOCUS, [FOCUS, *LINE], NOW + 10, process_cmd_line="x" * 100_000),
        event(GRANDCHILD, CHILD, [CHILD, FOCUS, *LINE], NOW + 20),
        event(CHILD, FOCUS, [FOCUS, *LINE], NOW + 30, event_type="exit_group"),
        event(uid("23"), SHELL, LINE, NOW + 600),
        event(uid("24"), SHELL, LINE, NOW + 2 * HOUR),
        event(uid("31"), FOCUS, [FOCUS, *LINE], NOW + 40, stream="web-2/boot"),
    ]
    return [{"seq": number + 1, **row} for number, row in enumerate(rows)]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[LakeSite]:
    """The family, with an alert on its middle."""
    with made_site(tmp_path, *family()) as made:
        rows = family()
        match = {**rows[5], "rule_id": "r", "match_uid": "m", "parent_cmd_line": "sh"}
        commit(made.lake, "matches", [match], version=1)
        alerted(made, "m", NOW)
        yield made


def alerted(made: LakeSite, name: str, time: int) -> None:
    alert = Alert(
        name, TENANT, RuleId("r"), "web", "web-1", "web-1/boot", time, time, "high", "t", (), None,
        (name,), None, {"outcome": "alerted"},
    )  # fmt: skip
    commit_decisions(made.engine, TENANT, Decided((alert,)), Checkpoint("judge", 1))


def shape(tree: Row) -> list[tuple[str, str]]:
    return [(each["relation"], each["uid"]) for each in tree["processes"]]


def test_a_tree_has_ancestors_the_process_its_children_and_its_siblings(site: LakeSite) -> None:
    tree = site.get("/alerts/m/process-tree")
    assert shape(tree) == [
        ("ancestor", INIT),
        ("ancestor", SHELL),
        ("self", FOCUS),
        ("child", CHILD),
        ("descendant", GRANDCHILD),
        ("sibling", uid("22")),
        ("sibling", uid("21")),
        ("sibling", uid("23")),
    ]
    assert (tree["match"], tree["process"], tree["left_out"]) == ("m", FOCUS, 0)


def test_a_process_says_what_events_say_of_it(site: LakeSite) -> None:
    found = {each["uid"]: each for each in site.get("/alerts/m/process-tree")["processes"]}
    assert found[INIT]["command_line"] == "/sbin/init"
    assert found[INIT]["started"] == "2026-09-18T14:13:20.000+00:00"
    assert (found[SHELL]["login"], found[SHELL]["parent"]) == ("ana", INIT)
    focus = found[FOCUS]
    assert (focus["command_line"], focus["rules"], focus["events"]) == (HOSTILE, ["a", "r"], 2)
    child = found[CHILD]
    assert child["command_line"] == "x" * LONGEST
    assert child["truncated"] == ["command_line"]
    assert child["ended"] == "2026-09-21T14:13:20.030+00:00"
    assert focus["ended"] is None


def test_a_tree_is_cut_from_its_far_end_and_says_so(site: LakeSite) -> None:
    whole = shape(site.get("/alerts/m/process-tree"))
    for limit in (1, 3, 5):
        tree = site.get("/alerts/m/process-tree", limit=limit)
        assert shape(tree) == whole[: 2 + limit]
        assert tree["left_out"] == 6 - limit
    tree = site.get("/alerts/m/process-tree", minutes=180)
    assert ("sibling", uid("24")) in shape(tree)


def test_compaction_changes_no_tree(site: LakeSite) -> None:
    before = site.get("/alerts/m/process-tree")
    commit(site.lake, "events", [{"time": NOW, "stream": "b/b", "event_uid": "b"}], version=2)
    site.lake.compact()
    assert site.get("/alerts/m/process-tree") == before


def test_parents_are_followed_where_no_lineage_is_told(tmp_path: Path) -> None:
    rows = [{**row, "lineage": [], "lineage_paths": []} for row in family()]
    with made_site(tmp_path, *rows) as made:
        commit(made.lake, "matches", [{**rows[5], "rule_id": "r", "match_uid": "m"}], version=1)
        alerted(made, "m", NOW)
        tree = made.get("/alerts/m/process-tree")
        assert shape(tree)[:4] == [
            ("ancestor", INIT), ("ancestor", SHELL), ("self", FOCUS), ("child", CHILD),
        ]  # fmt: skip


def test_an_event_without_a_process_has_an_empty_tree(tmp_path: Path) -> None:
    with made_site(tmp_path) as made:
        commit(made.lake, "matches", [{"rule_id": "r", "match_uid": "m"}], version=1)
        alerted(made, "m", NOW)
        tree = made.get("/alerts/m/process-tree")
        assert (tree["process"], tree["processes"]) == (None, [])


def test_an_alert_whose_matches_expired_is_a_404(tmp_path: Path) -> None:
    with made_site(tmp_path) as made:
        alerted(made, "gone", NOW)
        assert "no longer" in made.get("/alerts/gone/process-tree", status=404)["detail"]
        made.get("/alerts/nowhere/process-tree", status=404)


def test_another_organisation_finds_no_tree(site: LakeSite) -> None:
    answer = site.client.get("/api/v1/alerts/m/process-tree", headers=site.other)
    assert answer.status_code == 404
    answer = site.client.get("/api/v1/workloads/web/processes", headers=site.other).json()
    assert answer["processes"] == []
    assert OTHER not in str(answer)


@pytest.mark.long
def test_recorded_trees_are_those_that_the_events_tell(tmp_path: Path) -> None:
    with recorded_site(tmp_path) as made:
        events = made.lake.read("events").to_pylist()
        matches = {row["match_uid"]: row for row in made.lake.read("matches").to_pylist()}
        told = alerts(made.engine, TENANT, page=Page(limit=40))
        checked = 0
        for each in told:
            match = matches.get(each.uid)
            if match is None or not match["process_uid"]:
                continue
            tree = made.get(f"/alerts/{each.uid}/process-tree", limit=500, minutes=1_440)
            assert related(tree) == expected(events, match)
            checked += 1
        assert checked > 5


def related(tree: Row) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for relation, name in shape(tree):
        found.setdefault(relation, set()).add(name)
    return found


def expected(events: list[Row], match: Row) -> dict[str, set[str]]:
    """The relatives, by a loop over all events."""
    focus, parent, above = match["process_uid"], match["parent_uid"], match["lineage"] or []
    found: dict[str, set[str]] = {"ancestor": set(above)} if above else {}
    kinds: dict[str, int] = {}
    for row in events:
        name = row["process_uid"]
        if row["tenant"] != TENANT or row["stream"] != match["stream"] or not name:
            continue
        kin: Any = None
        if name == focus:
            kin = 0
        elif row["parent_uid"] == focus:
            kin = 1
        elif focus in (row["lineage"] or ()):
            kin = 2
        elif parent and row["parent_uid"] == parent:
            kin = 3
        if kin is not None and name not in above:
            kinds[name] = min(kin, kinds.get(name, kin))
    for name, kin in kinds.items():
        relation = ("self", "child", "descendant", "sibling")[kin]
        found.setdefault(relation, set()).add(name)
    return found


def test_processes_at_a_moment_are_those_that_lived_then(site: LakeSite) -> None:
    found = site.get("/workloads/web/processes", at="2026-09-21T14:13:20.035Z", minutes=1)
    names = [each["uid"] for each in found["processes"]]
    assert names == [GRANDCHILD, FOCUS, uid("7"), uid("22"), uid("21")]
    assert CHILD not in names  # it had ended
    cut = site.get("/workloads/web/processes", at="2026-09-21T14:13:20.035Z", minutes=1, limit=2)
    assert [each["uid"] for each in cut["processes"]] == names[:2]
    assert cut["left_out"] == 3


def test_without_a_moment_it_is_that_of_the_last_event(site: LakeSite) -> None:
    found = site.get("/workloads/web/processes", minutes=1)
    assert found["at"] == "2026-09-21T16:13:20.000+00:00"
    assert [each["uid"] for each in found["processes"]] == [uid("24")]
    assert site.get("/workloads/nowhere/processes") == {
        "workload": "nowhere", "at": None, "since": None, "processes": [], "left_out": 0,
    }  # fmt: skip
