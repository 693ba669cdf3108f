"""The overview, workloads, people and stories say what a count over the tables says."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from tests.api.conftest import NOW, TENANT
from tests.api.lake_site import LakeSite, Row, commit, made_site, recorded_site
from tests.api.planting import CANARY
from tests.shipped import shipped_rules

from foreseen.control.alert_commit import Decided, commit_decisions
from foreseen.control.alerts import Page, alerts, incidents
from foreseen.control.cursors import Checkpoint
from foreseen.core.alerts import Alert
from foreseen.core.ids import RuleId
from foreseen.lake.rollups import HOUR_MS
from foreseen.pipeline.predictions import last_words
from foreseen.pipeline.stories import STORY


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LakeSite]:
    """Recorded events, matched and judged."""
    with recorded_site(tmp_path_factory.mktemp("recorded")) as made:
        yield made


def own(site: LakeSite, table: str) -> list[Row]:
    return [row for row in site.lake.read(table).to_pylist() if row["tenant"] == TENANT]


def words(site: LakeSite) -> list[Row]:
    found = last_words(site.lake.read("predictions")).to_pylist()
    return [row for row in found if row["tenant"] == TENANT]


def test_the_funnel_counts_what_the_tables_hold(site: LakeSite) -> None:
    outcomes = Counter(row["outcome"] for row in words(site))
    assert site.get("/overview")["funnel"] == {
        "events": len(own(site, "events")),
        "matches": len(own(site, "matches")),
        "suppressed": outcomes["suppressed"],
        "alerted": outcomes["alerted"],
        "alerts": len(alerts(site.engine, TENANT, page=Page(limit=100_000))),
        "incidents": len(incidents(site.engine, TENANT)),
    }


def test_decisions_severities_and_techniques_are_those_of_the_rows(site: LakeSite) -> None:
    found = site.get("/overview")
    told = {(each["outcome"], each["basis"]): each["matches"] for each in found["decisions"]}
    assert told == Counter((row["outcome"], row["basis"]) for row in words(site))
    listed = alerts(site.engine, TENANT, page=Page(limit=100_000))
    assert found["open_by_severity"] == Counter(each.severity for each in listed)
    named = {rule.id: rule.techniques for rule in shipped_rules().rules}
    wanted: Counter[str] = Counter()
    for row in own(site, "matches"):
        wanted.update(set(named.get(RuleId(row["rule_id"]), ())))
    assert {each["technique"]: each["matches"] for each in found["techniques"]} == wanted
    assert wanted


def test_an_hour_counts_its_own_events(site: LakeSite) -> None:
    rows = own(site, "events")
    hours = Counter(row["time"] // HOUR_MS * HOUR_MS for row in rows)
    hour, number = hours.most_common(1)[0]
    found = site.get("/overview", **{"from": moment(hour + 1_000), "until": moment(hour + 2_000)})
    assert found["funnel"]["events"] == number
    assert found["since"] == moment(hour).replace("Z", ".000+00:00")


def moment(time: int) -> str:
    return datetime.fromtimestamp(time // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_telemetry_says_what_was_heard_and_lost(site: LakeSite) -> None:
    found = site.get("/overview", until="2027-01-01T00:00:00Z")["telemetry"]
    rows = own(site, "events")
    assert found["hosts"] == found["silent_hosts"] == len({row["host"] for row in rows})
    last = max(row["time"] for row in rows)
    heard = site.get("/overview", until=moment(last + 1_000))["telemetry"]
    assert heard["silent_hosts"] < heard["hosts"]
    assert found["bytes"] == sum(len((row["raw"] or "").encode()) for row in rows)
    assert found["quarantined"] == len(own(site, "quarantine"))
    assert found["workloads"] == len({row["workload"] for row in rows})


def test_workloads_add_up_and_each_has_its_course(site: LakeSite) -> None:
    rows = own(site, "events")
    listed = site.pages("/workloads", "workloads", limit=1)
    assert {each["name"]: each["events"] for each in listed} == Counter(
        row["workload"] for row in rows
    )
    for each in listed:
        course = site.get(f"/workloads/{each['name']}", every="hour")
        for name in ("events", "matches", "suppressed", "alerted"):
            assert sum(bucket[name] for bucket in course["course"]) == each[name]
        times = [bucket["time"] for bucket in course["course"]]
        assert times == sorted(times)
        hosts = {row["host"] for row in rows if row["workload"] == each["name"]}
        assert {host["host"] for host in course["hosts"]} == hosts
        assert course["waiting"] == each["waiting"]
    site.get("/workloads/nowhere", status=404)
    site.get(f"/workloads/{CANARY}-workload", status=404)


def test_people_are_told_by_what_they_did(tmp_path: Path) -> None:
    login = {"class_uid": 3002, "event_type": "USER_AUTH", "process_path": "/usr/sbin/sshd"}
    rows: list[dict[str, Any]] = [
        {"user_name": "ana", "session_uid": "7", "process_path": "/bin/ls", "process_uid": "p1"},
        {"user_name": "ana", "session_uid": "7", "process_path": "/bin/ls", "process_uid": "p2"},
        {**login, "auth_account": "ana", "status_id": 2, "src_ip": "192.0.2.1"},
        {**login, "auth_account": "ana", "status_id": 1, "src_ip": "192.0.2.1"},
        {"user_name": "<b>\x00\u202e"},
        {"user_uid": "1000", "time": NOW - 40 * 86_400_000},
        {"user_name": "y" * 9_000},
    ]
    between = {"until": "2026-09-22T00:00:00Z"}
    with made_site(tmp_path, *rows) as site:
        listed = site.pages("/people", "people", limit=1, **between)
        assert [each["name"] for each in listed] == ["<b>\x00\u202e", "ana", "y" * 100]
        assert (listed[1]["events"], listed[1]["logins"], listed[1]["failed"]) == (4, 2, 1)
        found = site.get("/people/ana", **between)
        assert found["person"] == listed[1]
        assert [each["status_id"] for each in found["logins"]] == [1, 2]
        assert [each["session_uid"] for each in found["sessions"]] == ["7"]
        programs = [(each["process_path"], each["processes"]) for each in found["programs"]]
        assert programs == [("/bin/ls", 2), ("/usr/sbin/sshd", 2)]
        site.get("/people/nobody", status=404, **between)
        site.get("/people/1000", status=404, **between)
        assert site.get("/people/1000", **{"from": "2026-01-01T00:00:00Z"})["person"]["events"] == 1
        site.get("/people", status=422, **{"from": "2026-09-23T00:00:00Z"}, **between)
        answer = site.client.get("/api/v1/people/ana", params=between, headers=site.other)
        assert answer.status_code == 404


def test_a_story_is_shown_with_the_suppressed_matches_in_it(tmp_path: Path) -> None:
    with made_site(tmp_path) as site:
        matches = [{"rule_id": f"r{n}", "match_uid": f"m{n}"} for n in range(3)]
        commit(site.lake, "matches", matches, version=1)
        word = {"outcome": "suppressed", "basis": "expected", "evidence": "[]", "artefacts": "{}"}
        commit(site.lake, "predictions", [{**each, **word} for each in matches], version=1)
        signs = [
            {"match": "m0", "rule": "r0", "stream": "s", "time": NOW, "probability": 0.01},
            {"match": "m1", "rule": "r1", "stream": "s", "time": NOW + 1, "probability": 0.02},
        ]
        commit_decisions(
            site.engine,
            TENANT,
            Decided((story(signs), alert("other", "r1"))),
            Checkpoint("judge", 1),
        )
        (listed,) = site.get("/stories")["stories"]
        assert listed["alert"]["uid"] == "story"
        assert [each["match"] for each in listed["signs"]] == ["m0", "m1"]
        assert [each["uid"] for each in listed["members"]] == ["m0", "m1", "m2"]
        assert {each["decision"]["outcome"] for each in listed["members"]} == {"suppressed"}
        assert (listed["left_out"], listed["probability"]) == (1, 0.001)
        assert site.get("/stories/story") == listed
        site.get("/stories/other", status=404)
        answer = site.client.get("/api/v1/stories", headers=site.other).json()
        assert answer["stories"] == []


def alert(uid: str, rule: str, **decision: object) -> Alert:
    return Alert(
        uid, TENANT, RuleId(rule), "ana", "web-1", "s", NOW, NOW + 5, "high", "t", (), None,
        (uid,), None, {"outcome": "alerted", **decision},
    )  # fmt: skip


def story(signs: list[dict[str, Any]]) -> Alert:
    made = alert("story", STORY, signs=signs, probability=0.001)
    return replace(made, members=("m0", "m1", "m2", "gone"))


def test_the_riskiest_workloads_are_those_of_alerts_that_wait(tmp_path: Path) -> None:
    with made_site(tmp_path) as site:
        commit_decisions(
            site.engine, TENANT, Decided((alert("a", "r"), alert("b", "r"))), Checkpoint("judge", 1)
        )
        (found,) = site.get("/overview")["riskiest"]
        assert (found["workload"], found["alerts"]) == ("ana", 2)
        assert found["risk"] > 0
        assert site.get("/overview")["riskiest_of_all"] is True
        (took,) = site.get("/overview")["times"]
        assert (took["measure"], took["alerts"]) == ("detect", 2)
        month = {"from": "2026-09-01T00:00:00Z", "until": "2026-10-01T00:00:00Z"}
        assert site.get("/overview", **month)["funnel"]["alerts"] == 2
        assert site.get("/overview", until="2026-09-01T00:00:00Z")["funnel"]["alerts"] == 0


def test_an_empty_lake_has_an_empty_overview(tmp_path: Path) -> None:
    with made_site(tmp_path) as site:
        found = site.get("/overview")
        assert set(found["funnel"].values()) == {0}
        assert site.get("/workloads")["workloads"] == []
        assert site.get("/stories")["stories"] == []


def test_who_logged_in_is_whose_processes_and_files_have_their_number_alone(tmp_path: Path) -> None:
    login = {"class_uid": 3002, "process_path": "/usr/sbin/sshd", "status_id": 1}
    run = {"class_uid": 1007, "process_path": "/bin/id", "process_cmd_line": "id"}
    rows: list[dict[str, Any]] = [
        {**login, "auth_account": "ana", "user_uid": "1000", "session_uid": "7"},
        {**run, "user_uid": "1000", "session_uid": "7"},
        {**run, "user_uid": "1000", "event_type": "vfork"},
        {**login, "auth_account": "root", "user_uid": "1000", "session_uid": "7"},  # by sudo
        {**run, "user_uid": "1000", "session_uid": "7", "process_cmd_line": "id -u"},
        {"class_uid": 1001, "user_uid": "1000", "file_path": "/etc/x", "event_type": "openat"},
        {**run, "user_uid": "1001", "process_cmd_line": "not hers"},
    ]
    between = {"until": "2026-09-22T00:00:00Z"}
    with made_site(tmp_path, *rows) as site:
        listed = site.pages("/people", "people", **between)
        assert [(each["name"], each["events"]) for each in listed] == [("1001", 1), ("ana", 6)]
        found = site.get("/people/ana", **between)
        assert [each["process_cmd_line"] for each in found["commands"]] == ["id -u", "id"]
        assert [each["file_path"] for each in found["files"]] == ["/etc/x"]
        assert found["person"] == listed[1]


def test_people_at_risk_have_all_matches_that_alerted(site: LakeSite) -> None:
    span = {"from": "2026-01-01T00:00:00Z", "until": "2027-01-01T00:00:00Z"}
    people = site.get("/figures/people", **span, limit=200)["people"]
    alerted = {row["match_uid"] for row in words(site) if row["outcome"] == "alerted"}
    rules = Counter(row["rule_id"] for row in own(site, "matches") if row["match_uid"] in alerted)
    assert sum(each["matches"] for each in people) == sum(rules.values()) > 0
    assert max(each["rules"] for each in people) <= len(rules)
    ranks = [(-each["rules"], -each["surprise"]) for each in people]
    assert ranks == sorted(ranks)
    for each in people[:3]:
        told = site.get(f"/people/{quote(each['name'])}", **span, limit=200)["alerted"]
        assert {row["match_uid"] for row in told} <= alerted
        assert min(200, each["matches"]) <= len(told) <= 200
        times = [row["time"] for row in told]
        assert times == sorted(times, reverse=True)
        held = site.get(f"/alerts/{told[0]['alert']}/members")["members"]
        assert told[0]["match_uid"] in held
