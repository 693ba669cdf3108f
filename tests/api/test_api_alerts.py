"""Alerts over HTTP: filtered, ordered, paged, changed as seen, followed as they happen."""

# ruff: noqa: ANN401 (test files cannot import the fixture's class from conftest)

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from foreseen.control import audit_log
from foreseen.control.alert_commit import Decided, commit_decisions
from foreseen.control.cursors import Checkpoint
from foreseen.control.dispositions import Disposition, dispose
from foreseen.control.reasons import Verdict
from foreseen.control.scopes import Scope
from foreseen.control.tokens import create_token
from foreseen.core.alerts import Alert, Incident
from foreseen.core.ids import RuleId, TenantId

ALERTS = "/api/v1/alerts"
TENANT, OTHER = TenantId("default"), TenantId("other")
NOW = 1_790_000_000_000
MINUTE = 60_000


def alert(uid: str, minute: int = 0, **changes: object) -> Alert:
    time = NOW + minute * MINUTE
    made = Alert(
        uid, TENANT, RuleId("curl"), "web", "web-1", "web-1/0", time, time, "high", f"ran {uid}",
        ("s.",), 3.0, (uid,), None, {"outcome": "alerted"},
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type] # a test's own fields


def fill(api: Any, *made: Alert, incidents: tuple[Incident, ...] = (), version: int = 1) -> None:
    decided = Decided(made, incidents)
    assert commit_decisions(api.engine, TENANT, decided, Checkpoint("judge", version), now=NOW)


@pytest.fixture
def triage(api: Any) -> dict[str, str]:
    """Headers of a token that may triage."""
    scopes = {Scope.READ, Scope.TRIAGE}
    token = create_token(api.engine, TENANT, name="ana", scopes=scopes, now=NOW)
    return {"Authorization": f"Bearer {token}"}


def listed(api: Any, **parameters: Any) -> list[str]:
    answer = api.client.get(ALERTS, params=parameters, headers=api.read)
    assert answer.status_code == 200, answer.text
    return [each["uid"] for each in answer.json()["alerts"]]


def test_each_filter_narrows_the_list_and_several_narrow_it_together(api: Any) -> None:
    fill(
        api,
        alert("a", 1),
        alert("b", 2, severity="low", rule=RuleId("nc"), title="Opened 100% of %_\\ ports"),
        alert("c", 3, workload="db", host="db-1", severity="critical"),
    )
    dispose(api.engine, TENANT, Disposition("a", "ana", Verdict.DISMISSED, "policy", "", NOW))
    assert listed(api) == ["c", "b", "a"]
    assert listed(api, status=["open", "escalated"]) == ["c", "b"]
    assert listed(api, severity=["low", "critical"]) == ["c", "b"]
    assert listed(api, rule="nc") == ["b"]
    assert listed(api, workload="db", host="db-1") == ["c"]
    assert listed(api, workload="db", host="web-1") == []
    assert listed(api, q="100% of %_\\ P") == ["b"]
    assert listed(api, assignee="") == ["c", "b", "a"]
    assert listed(api, **{"from": "2026-09-21T14:15:20Z", "until": "2026-09-21T16:16:00+02:00"})


@pytest.mark.parametrize(
    ("since", "until", "found"),
    [
        ("2026-09-21T14:15:20Z", None, ["c", "b"]),
        ("2026-09-21T14:15:20Z", "2026-09-21T14:16:20Z", ["b"]),
        (None, "2026-09-21T16:15:20+02:00", ["a"]),
    ],
)
def test_times_may_be_in_any_zone(
    api: Any, since: str | None, until: str | None, found: list[str]
) -> None:
    fill(api, alert("a", 0), alert("b", 2), alert("c", 3))
    told = {name: value for name, value in (("from", since), ("until", until)) if value}
    assert listed(api, **told) == found


@pytest.mark.parametrize("sort", ["-time", "time", "-risk"])
def test_pages_in_any_order_give_each_alert_once(api: Any, sort: str) -> None:
    made = [
        alert(f"m{n:02}", n // 3, severity=("low", "high")[n % 2], surprise=float(n % 4))
        for n in range(20)
    ]
    fill(api, *made)
    parameters: dict[str, Any] = {"sort": sort, "limit": 3}
    seen: list[dict[str, Any]] = []
    while True:
        page = api.client.get(ALERTS, params=parameters, headers=api.read).json()
        seen += page["alerts"]
        if page["next"] is None:
            break
        parameters["cursor"] = page["next"]
    key = {
        "-time": lambda each: (-ord(each["first_time"][-10]), each["uid"]),
        "time": lambda each: (each["first_time"], each["uid"]),
        "-risk": lambda each: (-each["risk"], each["uid"]),
    }[sort]
    assert len(seen) == len({each["uid"] for each in seen}) == 20
    if sort != "-time":
        assert seen == sorted(seen, key=key)
    else:
        times = [each["first_time"] for each in seen]
        assert times == sorted(times, reverse=True)


@pytest.mark.parametrize(
    "parameters",
    [
        {"from": "yesterday"},
        {"from": "2026-11-22T10:00:00"},
        {"sort": "surprise"},
        {"status": "gone"},
        {"severity": "1"},
        {"limit": 0},
        {"cursor": "!!"},
        {"cursor": "WzEsMiwzXQ=="},
        {"cursor": "WzFlOTk5LCJhIl0="},
    ],
)
def test_what_cannot_be_asked_is_a_problem_that_says_so(api: Any, parameters: Any) -> None:
    answer = api.client.get(ALERTS, params=parameters, headers=api.read)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_change_is_made_of_the_version_that_was_seen(api: Any, triage: Any) -> None:
    fill(api, alert("a"))
    shown = api.client.get(f"{ALERTS}/a", headers=triage)
    tag = shown.headers["etag"]
    took = api.client.patch(
        f"{ALERTS}/a",
        json={"assignee": "bob", "status": "acknowledged", "text": "mine"},
        headers={**triage, "If-Match": tag},
    )
    assert (took.status_code, took.json()["assignee"]) == (200, "bob")
    assert took.headers["etag"] != tag
    late = api.client.patch(
        f"{ALERTS}/a", json={"assignee": None}, headers={**triage, "If-Match": tag}
    )
    assert late.status_code == 412
    assert "somebody changed it" in late.json()["detail"]
    for wrong in ("x", '"x"', '"99999999999999999999999"', "W/1"):
        answer = api.client.patch(
            f"{ALERTS}/a", json={"assignee": None}, headers={**triage, "If-Match": wrong}
        )
        assert answer.status_code == 412
    freed = api.client.patch(f"{ALERTS}/a", json={"assignee": None}, headers=triage)
    assert freed.json()["assignee"] is None
    assert freed.json()["status"] == "acknowledged"


def test_what_people_did_is_in_the_history_with_their_names(api: Any, triage: Any) -> None:
    fill(api, alert("a"))
    hostile = "<img src=x onerror=alert(1)>\x1b]0;\u202e"
    said = api.client.post(f"{ALERTS}/a/comments", json={"text": hostile}, headers=triage)
    assert said.status_code == 201
    api.client.patch(f"{ALERTS}/a", json={"status": "acknowledged"}, headers=triage)
    page = api.client.get(f"{ALERTS}/a/history", params={"limit": 2}, headers=api.read).json()
    assert [(e["action"], e["actor"], e["text"]) for e in page["history"]] == [
        ("raise", "server", ""),
        ("comment", "ana", hostile),
    ]
    rest = {"cursor": page["next"]}
    page = api.client.get(f"{ALERTS}/a/history", params=rest, headers=api.read).json()
    assert [e["action"] for e in page["history"]] == ["acknowledge"]
    assert page["next"] is None
    (last, *_) = audit_log.entries(api.engine, TENANT)
    assert (last.actor.name, last.actor.way, last.change.kind) == ("ana", "token", "alert")
    assert last.actor.address == "127.0.0.1"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"status": "dismissed"}, 422),
        ({"assignee": ""}, 422),
        ({"resolved": True}, 409),
        ({"unknown": 1}, 422),
        ({"text": "x" * 5_000}, 422),
        ([], 422),
    ],
)
def test_what_cannot_become_of_an_alert_is_refused(
    api: Any, triage: Any, body: Any, status: int
) -> None:
    fill(api, alert("a"))
    answer = api.client.patch(f"{ALERTS}/a", json=body, headers=triage)
    assert answer.status_code == status
    assert api.client.get(f"{ALERTS}/a", headers=triage).json()["version"] == 1


def test_members_are_paged_in_the_order_in_which_they_were_told(api: Any) -> None:
    fill(api, alert("a", members=tuple(f"m{n}" for n in range(5))))
    fill(api, alert("a", members=("m5", "m6"), earlier=5), version=2)
    path, seen, parameters = f"{ALERTS}/a/members", [], {"limit": 3}
    while True:
        page = api.client.get(path, params=parameters, headers=api.read).json()
        seen += page["members"]
        if page["next"] is None:
            break
        parameters = {"limit": 3, "cursor": page["next"]}
    assert seen == [f"m{n}" for n in range(7)]
    assert api.client.get(f"{ALERTS}/a", headers=api.read).json()["count"] == 7


def test_counts_and_times_follow_what_people_say(api: Any) -> None:
    fill(api, alert("a", -10), alert("b", -20, rule=RuleId("nc"), severity="low"))
    word = Disposition("a", "ana", Verdict.ESCALATED, "attack", "", NOW + 5 * MINUTE)
    dispose(api.engine, TENANT, word)
    found = api.client.get("/api/v1/figures/alerts", headers=api.read).json()["counts"]
    assert {(e["status"], e["rule"], e["alerts"]) for e in found} == {
        ("escalated", "curl", 1),
        ("open", "nc", 1),
    }
    times = api.client.get("/api/v1/figures/times", headers=api.read).json()["times"]
    whole = {e["measure"]: (e["alerts"], e["mean"]) for e in times if e["rule"] is None}
    assert whole == {"detect": (2, 900.0), "know": (1, 300.0)}
    asked = {"from": "2026-10", "until": "2026-11"}
    later = api.client.get("/api/v1/figures/times", params=asked, headers=api.read).json()
    assert later == {"times": []}


def test_incidents_sum_up_their_alerts(api: Any) -> None:
    story = Incident("a", TENANT, NOW, ("web-1/0/session/4", "person/alice"))
    other = Incident("c", TENANT, NOW + MINUTE, ())
    fill(
        api,
        alert("a", incident="a"),
        alert("b", 7, incident="a", host="db-1", rule=RuleId("nc"), members=("b", "b2")),
        alert("c", 1, incident="c"),
        incidents=(story, other),
    )
    dispose(api.engine, TENANT, Disposition("b", "ana", Verdict.DISMISSED, "policy", "", NOW))
    first = api.client.get("/api/v1/incidents", params={"limit": 1}, headers=api.read).json()
    assert [each["uid"] for each in first["incidents"]] == ["c"]
    rest = {"cursor": first["next"]}
    page = api.client.get("/api/v1/incidents", params=rest, headers=api.read).json()
    (found,) = page["incidents"]
    assert (found["alerts"], found["open"], found["matches"]) == (2, 1, 3)
    assert (found["hosts"], found["rules"]) == (["db-1", "web-1"], ["curl", "nc"])
    assert (found["host_count"], found["rule_count"]) == (2, 2)
    assert found["keys"] == ["web-1/0/session/4", "person/alice"]
    assert api.client.get("/api/v1/incidents/a", headers=api.read).json() == found
    assert api.client.get("/api/v1/incidents/a", headers=api.other_read).status_code == 404
    assert listed(api, incident="a") == ["b", "a"]


@contextmanager
def following(api: Any, headers: Any, **parameters: Any) -> Iterator[Iterator[dict[str, Any]]]:
    """Events of the stream as they come."""
    with api.client.stream("GET", "/api/v1/stream", params=parameters, headers=headers) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")

        def events() -> Iterator[dict[str, Any]]:
            event: dict[str, Any] = {}
            for line in answer.iter_lines():
                name, _, value = line.partition(": ")
                if not line and "data" in event:
                    yield event
                    event = {}
                elif name in {"id", "event"}:
                    event[name] = value
                elif name == "data":
                    event["data"] = json.loads(value)

        yield events()


def test_the_stream_tells_what_comes_and_goes_on_where_it_was_left(api: Any) -> None:
    fill(api, alert("old"))
    with following(api, api.read) as events:
        threading.Timer(0.3, fill, (api, alert("a")), {"version": 2}).start()
        event = next(events)
    assert (event["event"], event["data"]["uid"]) == ("alert.created", "a")
    dispose(api.engine, TENANT, Disposition("a", "ana", Verdict.DISMISSED, "policy", "", NOW))
    fill(api, alert("b"), version=3)
    with following(api, {**api.read, "Last-Event-ID": event["id"]}) as events:
        found = [next(events), next(events)]
    assert [(each["event"], each["data"]["uid"]) for each in found] == [
        ("alert.updated", "a"),
        ("alert.created", "b"),
    ]
    with following(api, api.read, after=0) as events:
        assert [next(events)["data"]["uid"] for _ in range(3)] == ["old", "a", "b"]


def test_the_stream_of_another_tenant_is_silent_about_ours(api: Any) -> None:
    fill(api, alert("a"))
    theirs = alert("theirs", tenant=OTHER)
    commit_decisions(api.engine, OTHER, Decided([theirs]), Checkpoint("judge", 1), now=NOW)
    with following(api, api.other_read, after=0) as events:
        assert next(events)["data"]["uid"] == "theirs"


@pytest.mark.parametrize("seen", ["x", "-1", "99999999999999999999"])
def test_a_place_in_the_stream_that_is_none_is_refused_at_once(api: Any, seen: str) -> None:
    headers = {**api.read, "Last-Event-ID": seen}
    assert api.client.get("/api/v1/stream", headers=headers).status_code == 422
