"""What holds for the API: a scope for a route (all: test_api_walker), problems, tenants apart."""

# ruff: noqa: ANN401 (test files cannot import the fixture's class from conftest)

import base64
import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from foreseen.control.alert_commit import Decided, commit_decisions
from foreseen.control.cursors import Checkpoint
from foreseen.control.tokens import revoke_token
from foreseen.core.alerts import Alert
from foreseen.core.ids import RuleId, TenantId

ALERTS = "/api/v1/alerts"


def alert(uid: str, time: int = 0, rule: str = "r") -> Alert:
    return Alert(
        uid,
        TenantId("default"),
        RuleId(rule),
        "web",
        "h",
        "h/1",
        time,
        time,
        "high",
        "<script>\x00\x1b[31m\u202e",
        ("not seen before",),
        3.5,
        (uid,),
        None,
        {"outcome": "alerted"},
    )


def fill(api: Any, *made: Alert) -> None:
    commit_decisions(api.engine, TenantId("default"), Decided(made), Checkpoint("judge", 1))


@pytest.mark.parametrize(
    ("method", "path", "right", "wrong"),
    [
        ("GET", ALERTS, "read", "ingest"),
        ("GET", f"{ALERTS}/x", "read", "ingest"),
        ("POST", "/api/v1/ingest/auditd", "ingest", "read"),
    ],
)
def test_a_route_takes_its_scope_only(
    api: Any, method: str, path: str, right: str, wrong: str
) -> None:
    for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": "Basic eDp5"}):
        answer = api.client.request(method, path, headers=headers)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert api.client.request(method, path, headers=getattr(api, wrong)).status_code == 403
    good = getattr(api, right)
    assert api.client.request(method, path, headers=good).status_code in {200, 202, 404}
    revoke_token(api.engine, good["Authorization"].split()[1], now=1)
    assert api.client.request(method, path, headers=good).status_code == 401


def test_health_and_readiness_tell_the_truth(api: Any) -> None:
    assert api.client.get("/healthz").json() == {"status": "alive"}
    ready = {"control": {"state": "ok"}, "intake": {"state": "ok"}}
    assert api.client.get("/readyz").json() == {"status": "ready", "dependencies": ready}
    with api.engine.begin() as connection:
        connection.execute(text("ALTER TABLE alert RENAME TO away"))
    assert api.client.get("/healthz").status_code == 200
    answer = api.client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["dependencies"]["control"] == {"state": "unavailable"}
    assert answer.json()["detail"] == "not ready: control"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/docs", 404),
        ("GET", f"{ALERTS}/nothing", 404),
        ("DELETE", ALERTS, 405),
        ("GET", "/api/v1/ingest/auditd", 405),
        ("GET", f"{ALERTS}?limit=0", 422),
        ("GET", f"{ALERTS}?limit=x", 422),
        ("GET", f"{ALERTS}?status=closed", 422),
        ("GET", f"{ALERTS}?cursor=abc", 422),
    ],
)
def test_errors_are_problems(api: Any, method: str, path: str, status: int) -> None:
    answer = api.client.request(method, path, headers=api.read)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["status"], problem["type"]) == (status, "about:blank")
    assert problem["title"]
    assert problem["detail"]


def test_an_error_of_ours_tells_nothing_of_the_inside(api: Any) -> None:
    fill(api, alert("m1"))
    with api.engine.begin() as connection:
        connection.execute(text("UPDATE alert SET sentences = '7'"))
    answer = api.client.get(ALERTS, headers=api.read)
    assert answer.status_code == 500
    assert answer.json()["detail"] == "an error of ours; see the server's log"


def test_openapi_lists_every_code_that_is_answered(api: Any) -> None:
    described = api.client.get("/api/v1/openapi.json").json()
    assert "Problem" in described["components"]["schemas"]
    ingest = described["paths"]["/api/v1/ingest/{form}"]["post"]
    wanted = {"202", "400", "401", "403", "405", "408", "413", "415", "422", "429", "500", "503"}
    assert wanted <= set(ingest["responses"])
    for path in described["paths"].values():
        for operation in path.values():
            problems = {code: r for code, r in operation["responses"].items() if code >= "400"}
            assert {"401", "404", "422", "500"} <= set(problems)
            assert all("application/problem+json" in r["content"] for r in problems.values())
            assert not any("application/json" in r["content"] for r in problems.values())


def test_pages_follow_their_cursor_to_the_end(api: Any) -> None:
    fill(api, *(alert(f"m{n}", n // 2) for n in range(9)))
    seen: list[str] = []
    cursor = None
    while True:
        asked = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = api.client.get(ALERTS, params=asked, headers=api.read).json()
        seen += [each["uid"] for each in page["alerts"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == ["m8", "m6", "m7", "m4", "m5", "m2", "m3", "m0", "m1"]


def test_an_alert_is_shown_with_its_reasons(api: Any) -> None:
    fill(api, alert("m1", 1_790_000_000_123), alert("m2", 2**62, rule="other"))
    shown = api.client.get(f"{ALERTS}/m1", headers=api.read).json()
    assert shown["first_time"] == "2026-09-21T14:13:20.123+00:00"
    assert (shown["sentences"], shown["surprise"]) == (["not seen before"], 3.5)
    assert (shown["title"], shown["count"]) == ("<script>\x00\x1b[31m\u202e", 1)
    listed = api.client.get(ALERTS, params={"rule": "other"}, headers=api.read).json()
    assert [(each["uid"], each["first_time"]) for each in listed["alerts"]] == [("m2", None)]


def test_another_tenant_sees_nothing(api: Any) -> None:
    fill(api, alert("m1"))
    assert api.client.get(ALERTS, headers=api.other_read).json()["alerts"] == []
    assert api.client.get(f"{ALERTS}/m1", headers=api.other_read).status_code == 404


HOSTILE = st.one_of(
    st.text(max_size=40),
    st.sampled_from(["\x00", "../..", "' OR 1=1 --", "%00", "\u202e", "{", "9" * 400]),
    st.tuples(st.integers(), st.text(max_size=9)).map(
        lambda key: base64.urlsafe_b64encode(json.dumps(key).encode()).decode()
    ),
)


@given(name=st.sampled_from(["status", "rule", "workload", "limit", "cursor"]), value=HOSTILE)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_hostile_queries_never_break_the_server(api: Any, name: str, value: str) -> None:
    answer = api.client.get(ALERTS, params={name: value}, headers=api.read)
    assert answer.status_code in {200, 422}
    answer = api.client.get(f"{ALERTS}/{quote(value, safe='')}", headers=api.read)
    assert answer.status_code in {404, 200}
