"""Matches over HTTP: all of them, with what was decided, suppressed ones like all others."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.api.conftest import TENANT
from tests.api.lake_site import LakeSite, commit, lake_site, made_site, recorded_site
from tests.api.planting import CANARY
from tests.studies.judged import HOSTILE, judged

from foreseen.control.alerts import Page, alerts
from foreseen.pipeline.predictions import last_words

Row = dict[str, Any]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LakeSite]:
    """Recorded events, matched and judged."""
    with recorded_site(tmp_path_factory.mktemp("recorded")) as made:
        yield made


@pytest.fixture(scope="module")
def by_model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LakeSite]:
    """Matches that a model judged, hostile ones among them."""
    folder = tmp_path_factory.mktemp("judged")
    with judged(folder) as world, lake_site(folder, world.lake, world.engine) as made:
        yield made


def own(site: LakeSite, table: str) -> list[Row]:
    return [row for row in site.lake.read(table).to_pylist() if row["tenant"] == TENANT]


def words(site: LakeSite) -> dict[str, Row]:
    return {
        row["match_uid"]: row
        for row in last_words(site.lake.read("predictions")).to_pylist()
        if row["tenant"] == TENANT
    }


def newest_first(rows: list[Row]) -> list[str]:
    ordered = sorted(rows, key=lambda row: (row["time"], row["match_uid"]), reverse=True)
    return [row["match_uid"] for row in ordered]


def test_every_match_is_on_one_page_newest_first(recorded: LakeSite) -> None:
    listed = recorded.pages("/matches", "matches", limit=97)
    assert [each["uid"] for each in listed] == newest_first(own(recorded, "matches"))
    assert len(listed) > 100


def test_each_match_has_the_word_that_holds_and_the_alert_that_it_is_in(
    recorded: LakeSite,
) -> None:
    told = words(recorded)
    held = alerts(recorded.engine, TENANT, page=Page(limit=100_000, members=True))
    inside = {uid for each in held for uid in each.members}
    for each in recorded.pages("/matches", "matches", limit=200):
        word, decision = told.get(each["uid"]), each["decision"]
        assert (decision is None) == (word is None)
        assert (each["alert"] is not None) == (each["uid"] in inside)
        if word is not None:
            assert (decision["outcome"], decision["basis"]) == (word["outcome"], word["basis"])
            assert decision["probability"] == word["probability"]


@pytest.mark.long
@pytest.mark.parametrize("decision", ["suppressed", "alerted", "unjudged"])
def test_a_decision_filters(by_model: LakeSite, decision: str) -> None:
    told = words(by_model)
    wanted = [
        row
        for row in own(by_model, "matches")
        if told.get(row["match_uid"], {"outcome": "unjudged"})["outcome"] == decision
    ]
    listed = by_model.pages("/matches", "matches", decision=decision, limit=7)
    assert [each["uid"] for each in listed] == newest_first(wanted)
    assert wanted


def test_what_late_evidence_revised_is_listed_as_its_last_word_says(tmp_path: Path) -> None:
    with made_site(tmp_path) as site:
        match = {"rule_id": "r", "match_uid": "m"}
        commit(site.lake, "matches", [match], version=1)
        word = {**match, "evidence": "[]", "artefacts": "{}", "basis": "expected"}
        commit(site.lake, "predictions", [{**word, "outcome": "suppressed"}], version=1)
        assert len(site.get("/matches", decision="suppressed")["matches"]) == 1
        again = {**word, "outcome": "alerted", "basis": "unexpected", "revised": "late login"}
        commit(site.lake, "predictions", [again], version=2)
        assert site.get("/matches", decision="suppressed")["matches"] == []
        (shown,) = site.get("/matches", decision="alerted")["matches"]
        assert shown["decision"]["revised"] == "late login"


def test_a_decision_whose_match_expired_is_still_listed(tmp_path: Path) -> None:
    with made_site(tmp_path) as site:
        word = {"outcome": "suppressed", "basis": "expected", "evidence": "[]", "artefacts": "{}"}
        words = [{**word, "rule_id": "r", "match_uid": f"m{n}", "time": n} for n in range(5)]
        commit(site.lake, "predictions", words, version=1)
        listed = site.pages("/matches", "matches", decision="suppressed", limit=2)
        assert [each["uid"] for each in listed] == ["m4", "m3", "m2", "m1", "m0"]
        assert listed[0]["event_at"] is None
        assert site.get("/matches/m1")["rule"] == "r"
        assert site.get("/matches/m1/window")["events"] == []
        assert site.get("/matches", decision="suppressed", host="web-1")["matches"] == []


def test_decisions_and_columns_of_the_match_filter_together(recorded: LakeSite) -> None:
    told, rows = words(recorded), own(recorded, "matches")
    host = rows[0]["host"]
    listed = recorded.pages("/matches", "matches", limit=200, host=host, decision="alerted")
    wanted = [
        row
        for row in rows
        if row["host"] == host and told.get(row["match_uid"], {}).get("outcome") == "alerted"
    ]
    assert [each["uid"] for each in listed] == newest_first(wanted)


def test_filters_of_the_match_itself(recorded: LakeSite) -> None:
    rows = own(recorded, "matches")
    some = rows[len(rows) // 2]
    for name, column in (("rule", "rule_id"), ("host", "host"), ("stream", "stream")):
        listed = recorded.pages("/matches", "matches", limit=200, **{name: some[column]})
        wanted = [row for row in rows if row[column] == some[column]]
        assert [each["uid"] for each in listed] == newest_first(wanted)
    for name in ("rule", "host", "stream", "user", "workload", "incident"):
        assert recorded.get("/matches", **{name: "' OR 1=1 --"})["matches"] == []


def test_a_time_filters_with_its_begin_and_without_its_end(tmp_path: Path) -> None:
    with made_site(tmp_path) as site:
        rows = [{"rule_id": "r", "match_uid": f"m{n}", "time": 1_000 * n} for n in range(5)]
        commit(site.lake, "matches", rows, version=1)
        between = {"from": "1970-01-01T00:00:01Z", "until": "1970-01-01T00:00:03Z"}
        listed = site.get("/matches", **between)["matches"]
        assert [each["uid"] for each in listed] == ["m2", "m1"]


def test_one_match_has_all_that_its_decision_rests_on(by_model: LakeSite) -> None:
    suppressed = by_model.get("/matches", decision="suppressed", limit=1)["matches"][0]
    found = by_model.get(f"/matches/{suppressed['uid']}")
    assert found["decision"]["evidence"]
    assert found["decision"]["artefacts"].keys() >= {"settings"}
    assert found["columns"]["process_cmd_line"].startswith("curl")
    explained = by_model.get(found["decision"]["explanation"].removeprefix("/api/v1"))
    assert explained["outcome"] == "suppressed"
    assert explained["same"] is True
    assert explained["answer"]["nearest"]


def test_the_window_is_as_it_was_saved_with_its_events_beside_it(recorded: LakeSite) -> None:
    events = {(row["stream"], row["seq"]): row for row in own(recorded, "events")}
    rows = [row for row in own(recorded, "matches") if row["window_seqs"]]
    for row in (rows[0], rows[len(rows) // 2], rows[-1]):
        found = recorded.get(f"/matches/{row['match_uid']}/window")
        assert [step["seq"] for step in found["events"]] == row["window_seqs"]
        assert [step["token"] for step in found["events"]] == row["window_tokens"]
        assert found["session"] == (row["session_tokens"] or [])
        assert found["siblings"] == (row["sibling_tokens"] or [])
        assert found["complete"] == row["window_complete"]
        for step, age in zip(found["events"], row["window_ages"], strict=True):
            event = events[row["stream"], step["seq"]]
            assert step["event"]["event_uid"] == event["event_uid"]
            assert step["seconds_before"] == age / 1000
            assert row["time"] - age == event["time"]


def test_a_window_whose_events_are_gone_still_says_what_they_were(by_model: LakeSite) -> None:
    found = by_model.get("/matches/odd/window")
    tokens = ["execve id", "execve wget", "execve wget"]
    assert [step["token"] for step in found["events"]] in ([], tokens)
    assert all(step["event"] is None for step in found["events"])


def test_hostile_texts_come_back_letter_by_letter(by_model: LakeSite) -> None:
    found = by_model.get("/matches/hostile")
    assert found["columns"]["process_cmd_line"] == f"curl {HOSTILE}"
    assert found["columns"]["parent_cmd_line"] == HOSTILE


def test_another_organisation_sees_its_own_alone(recorded: LakeSite) -> None:
    uid = recorded.get("/matches", limit=1)["matches"][0]["uid"]
    for path in (f"/matches/{uid}", f"/matches/{uid}/window", f"/matches/{uid}/explanation"):
        answer = recorded.client.get(f"/api/v1{path}", headers=recorded.other)
        assert answer.status_code == 404
    answer = recorded.client.get("/api/v1/matches", headers=recorded.other).json()
    assert [each["uid"] for each in answer["matches"]] == [CANARY]
    assert CANARY not in recorded.client.get("/api/v1/matches", headers=recorded.read).text
    for path in (f"/matches/{CANARY}", f"/matches/{CANARY}/window"):
        recorded.get(path, status=404)
